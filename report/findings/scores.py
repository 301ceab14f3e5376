"""How sentences print a test accuracy: alone, or over seeds with deviation and number."""

from collections.abc import Sequence

from report.accuracy import Tested
from report.names import INTERVAL
from report.numbers import Quantity, derive, integer, mean_of, percent, points
from report.text import Parts, say


def score(values: Sequence[Quantity]) -> Parts:
    """Print an accuracy; of several seeds the mean, standard deviation and number."""
    if len(values) == 1:
        return say(percent(values[0])).parts
    return say(
        percent(mean_of(values)), " ± ", points(derive("std", *values)), " (n\u00a0=\u00a0",
        integer(derive("count", *values)), ")",
    ).parts  # fmt: skip


def tested_score(tested: Tested) -> Parts:
    """Print a test accuracy likewise."""
    return score([run.number("/test/accuracy") for run in tested.runs])


def accuracy_parts(tested: Tested) -> Parts:
    """Print a test accuracy with its interval, and its spread over seeds."""
    interval: Parts = say(percent(tested.low), " to ", percent(tested.high)).parts
    if tested.std is None:
        return say(percent(tested.accuracy), " (", INTERVAL, " ", interval, ")").parts
    named: Parts = (
        say("Student’s ", INTERVAL, " of the mean over seeds ").parts
        if tested.over_seeds
        else say(INTERVAL, " ").parts
    )
    return say(
        percent(tested.accuracy), " (mean of ", integer(tested.n_seeds),
        " seeds, standard deviation ", points(tested.std), " points, ", named, interval, ")",
    ).parts  # fmt: skip

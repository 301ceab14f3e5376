"""How sentences print a test accuracy: alone, or over seeds or folds, with their deviation."""

from collections.abc import Sequence

from report.evidence.accuracy import STUDENT_SEEDS, Tested
from report.evidence.display_names import INTERVAL
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Number,
    Quantity,
    derive,
    integer,
    mean_of,
    p_value,
    percent,
    points,
)
from report.evidence.repeats import n_repeats, repeat_word, which_column
from report.evidence.run import Run
from report.evidence.sentences import Parts, Sentence, say


def score(values: Sequence[Quantity]) -> Parts:
    """Print an accuracy; of several seeds the mean, standard deviation and number."""
    if len(values) == 1:
        return say(percent(values[0])).parts
    return say(
        percent(mean_of(values)), " ± ", points(derive("std", *values)), " (n\u00a0=\u00a0",
        integer(derive("count", *values)), ")",
    ).parts  # fmt: skip


def p_parts(p: Quantity) -> Parts:
    """Print a p-value with the sign before it."""
    number: Number = p_value(p)
    return say("" if number.text.startswith("<") else "=\u00a0", number).parts


def tested_score(tested: Tested) -> Parts:
    """Print a test accuracy likewise."""
    return score([run.number("/test/accuracy") for run in tested.runs])


def accuracy_parts(tested: Tested) -> Parts:
    """Print a test accuracy with its interval, and its spread over seeds or folds."""
    interval: Parts = say(percent(tested.low), " to ", percent(tested.high)).parts
    if tested.std is None:
        return say(percent(tested.accuracy), " (", INTERVAL, " ", interval, ")").parts
    word = repeat_word(tested.runs[0])
    return say(
        percent(tested.accuracy), " (mean of ", integer(tested.n_seeds),
        f" {word}s, standard deviation ", points(tested.std), " points, ", INTERVAL, " ", interval,
        ")",
    ).parts  # fmt: skip


WILSONS_OF_THE_MEAN = (
    " Its interval is Wilson’s of the mean, and McNemar’s test has to find a difference"
)


def rules_over_seeds(view: StudyView) -> list[Sentence]:
    """Say what stands for a model that has several seeds or folds."""
    if view.study.settings.folds:
        return _rules_over_folds(view)
    seeds = view.study_number("/settings/seeds")
    if seeds.value == 1:
        return []
    two = f"{WILSONS_OF_THE_MEAN} for each seed."
    return [
        say("This study asks for ", integer(seeds), " random starts of every experiment. The mean "
            "of a model’s test accuracies stands for it, with their standard deviation and number.",
            two if seeds.value < STUDENT_SEEDS else "")
    ]  # fmt: skip


def _rules_over_folds(view: StudyView) -> list[Sentence]:
    folds = n_repeats(view)
    two = f"{WILSONS_OF_THE_MEAN} in each fold."
    return [
        say("Every experiment is run once for each of the ", integer(folds), " folds, with a "
            "random start of its own. The mean of a model’s test accuracies stands for it, with "
            "their standard deviation and number.", two if folds.value < STUDENT_SEEDS else "")
    ]  # fmt: skip


def first_of_several(view: StudyView, runs: Sequence[Run], what: str) -> list[Sentence]:
    """Say that something is of the first seed or fold of some runs; nothing where each has one.

    Args:
        what: A plural.
    """
    seeds = [[each.number("/seed") for each in view.tested(run.id)] for run in runs]
    most = max(seeds, key=len, default=[])
    if len(most) < 2:
        return []
    n, word = integer(derive("count", *most)), which_column(view).lower()
    return [say(f"{what} are those of the first of ", n, f" {word}s.")]

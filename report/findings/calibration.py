"""Whether a network's probabilities can be taken at their word, and what a temperature changes."""

from report.evidence.calibration import COLDEST, HOTTEST
from report.evidence.numbers import Quantity, decimal, derive, percent, points
from report.evidence.run import Run
from report.evidence.sentences import Name, Sentence, say


def how_sure(run: Run) -> Sentence:
    """Say whether the probabilities of the answers hold, by what chance would make of them.

    If every probability held, each answer would be right with the probability that it states.
    Chance then moves the mean probability away from the accuracy, and the calibration error above
    its limit, in one of fifty cases each.
    """
    test = run.score("test")
    gap, low, high = (derive(f"confidence_gap{end}", test) for end in ("", "_low", "_high"))
    error, limit = derive("calibration_error", test), derive("calibration_error_high", test)
    mean, side = derive("mean_confidence", test), "above" if gap.value > 0 else "below"
    start = say("Over all answers the mean probability is ", percent(mean), ", ", points(gap),
                f" points {side} the share that is right").parts  # fmt: skip
    if not low.value <= gap.value <= high.value:
        how = "overconfident" if gap.value > 0 else "underconfident"
        most = high if gap.value > 0 else low
        return say(start, ": it is ", how, ", by more than the ", points(most),
                   " points that chance explains.", strength="strong")  # fmt: skip
    if error.value > limit.value:
        return say(start, ", which chance explains; but at single probabilities they are ",
                   points(error), " points apart, and chance explains ", points(limit), ".",
                   strength="strong")  # fmt: skip
    return say(start, ", which can’t be told from probabilities that hold.", strength="weak")


def calibration_error(run: Run) -> Sentence:
    """State the expected calibration error beside what it would be if every probability held."""
    test = run.score("test")
    return say("The expected calibration error of ", Name(run.name), " is ",
               points(derive("calibration_error", test)),
               " points; if every probability held, chance alone would give ",
               points(derive("calibration_error_by_chance", test)), ".")  # fmt: skip


def temperature(run: Run) -> Quantity | None:
    """Return the temperature that validation asks for; None where there is none in the range."""
    assert run.scores is not None
    validation = run.scores.validation
    if validation.classes is not None or not len(validation.label):
        return None
    found = derive("best_temperature", run.score("validation"))
    return found if COLDEST < found.value < HOTTEST else None


def what_a_temperature_does(run: Run) -> list[Sentence]:
    """Say what the scores, divided by the temperature that validation chooses, are on test."""
    by = temperature(run)
    if by is None:
        return []
    test = run.score("test")
    return [
        say("The temperature with the lowest loss on validation is ", decimal(by, 2),
            ". On the test pictures, scores divided by it have a loss of ",
            decimal(derive("nll_at", test, by)), " in place of ", decimal(derive("nll", test)),
            ", and a calibration error of ", points(derive("calibration_error_at", test, by)),
            " points in place of ", points(derive("calibration_error", test)), ".")
    ]  # fmt: skip

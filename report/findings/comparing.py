"""Two models on the same test pictures: what may be said of the difference."""

from report.accuracy import Tested, tested_accuracy
from report.load import Run, StudyView
from report.names import INTERVAL, experiment_name
from report.numbers import Number, Quantity, derive, integer, p_value, percent, points
from report.text import Name, Parts, Sentence, say

SIGNIFICANCE = 0.05
"""A difference is called one when the exact McNemar test gives p below this for every seed."""


def accuracy_parts(tested: Tested) -> Parts:
    """Print a test accuracy with its interval, and its spread over seeds."""
    spread: Parts = ()
    if tested.std is not None:
        n_seeds = derive("count", *(run.number("/test/accuracy") for run in tested.runs))
        spread = say(
            ", standard deviation ", points(tested.std), " points over ", integer(n_seeds), " seeds"
        ).parts  # fmt: skip
    return say(
        percent(tested.accuracy), " (", INTERVAL, " ", percent(tested.low), " to ",
        percent(tested.high), spread, ")",
    ).parts  # fmt: skip


def tested_result(view: StudyView, experiment_id: str) -> list[Sentence]:
    """State an experiment's test accuracy and hold it against its validation accuracy."""
    tested = tested_accuracy(view, experiment_id)
    if tested is None:
        return []
    run = tested.runs[0]
    opening = say(
        Name(experiment_name(tested.experiment)), " gets ", accuracy_parts(tested), " of the ",
        integer(run.number("/test/n_images")), " test pictures right.",
    )  # fmt: skip
    return [opening, *_against_validation(tested)]


def _against_validation(tested: Tested) -> list[Sentence]:
    values = [run.number("/validation/accuracy") for run in tested.runs]
    validation = values[0] if len(values) == 1 else derive("mean", *values)
    if tested.low.value <= validation.value <= tested.high.value:
        return [
            say(
                "Its validation accuracy, ", percent(validation),
                ", lies inside that interval: choosing the epoch on the validation set has not "
                "flattered it measurably.",
            )
        ]  # fmt: skip
    gap = derive("difference", validation, tested.accuracy)
    side = "above" if gap.value > 0 else "below"
    return [
        say(
            "Its validation accuracy, ", percent(validation), ", lies ", points(gap),
            f" points {side} and outside that interval, so one of the two is an optimistic guess "
            "for new pictures.",
        )
    ]  # fmt: skip


def compare(view: StudyView, first_id: str, second_id: str) -> list[Sentence]:
    """Say whether the first model is better than the second on the same test pictures."""
    first, second = tested_accuracy(view, first_id), tested_accuracy(view, second_id)
    if first is None or second is None:
        return []
    pairs = _same_pictures(first, second)
    if not pairs:
        return [_not_comparable(first, second)]
    gain = derive("difference", first.accuracy, second.accuracy)
    tests = [_mcnemar(a, b) for a, b in pairs]
    directions = {(_only(a, b).value > _only(b, a).value) for a, b in pairs}
    largest = tests[0] if len(tests) == 1 else derive("maximum", *tests)
    decided = largest.value < SIGNIFICANCE and len(directions) == 1 and gain.value != 0
    return [_verdict(first, second, gain, largest, decided, pairs), *_epochs_differ(first, second)]


def _verdict(
    first: Tested,
    second: Tested,
    gain: Quantity,
    p: Quantity,
    decided: bool,
    pairs: list[tuple[Run, Run]],
) -> Sentence:
    names = (Name(experiment_name(first.experiment)), Name(experiment_name(second.experiment)))
    scores: Parts = say(
        "On the same test pictures, ", names[0], " is right for ", percent(first.accuracy),
        " and ", names[1], " for ", percent(second.accuracy), ": ",
    ).parts  # fmt: skip
    direction = "better" if gain.value > 0 else "worse"
    outcome: Parts = (
        say(points(gain), f" points {direction}").parts
        if decided
        else say("no measurable difference").parts
    )
    return say(
        scores, outcome, " (", _evidence(p, pairs), ").", strength="strong" if decided else "weak"
    )


def _evidence(p: Quantity, pairs: list[tuple[Run, Run]]) -> Parts:
    if len(pairs) > 1:
        return say("exact McNemar test for each seed, largest p\u00a0", _p(p)).parts
    a, b = pairs[0]
    return say(
        integer(_only(a, b)), " pictures only the first gets right, ", integer(_only(b, a)),
        " only the second; exact McNemar test, p\u00a0", _p(p),
    ).parts  # fmt: skip


def _p(p: Quantity) -> Parts:
    number: Number = p_value(p)
    return say("" if number.text.startswith("<") else "=\u00a0", number).parts


def _same_pictures(first: Tested, second: Tested) -> list[tuple[Run, Run]]:
    """Pair up the seeds; empty unless every pair was asked about the same pictures."""
    pairs = list(zip(first.runs, second.runs, strict=False))
    for a, b in pairs:
        if a.predictions is None or b.predictions is None:
            return []
        if a.predictions.label != b.predictions.label:
            return []
        if a.predictions.dataset_fingerprint != b.predictions.dataset_fingerprint:
            return []
    return pairs


def _only(first: Run, second: Run) -> Quantity:
    label = first.prediction("/label")
    predicted = first.prediction("/predicted"), second.prediction("/predicted")
    return derive("only_first", label, *predicted)


def _mcnemar(first: Run, second: Run) -> Quantity:
    label = first.prediction("/label")
    return derive("mcnemar", label, first.prediction("/predicted"), second.prediction("/predicted"))


def _not_comparable(first: Tested, second: Tested) -> Sentence:
    return say(
        Name(experiment_name(first.experiment)), " and ",
        Name(experiment_name(second.experiment)),
        " weren’t tested on the same pictures, so no difference between them is stated.",
        strength="gap",
    )  # fmt: skip


def _epochs_differ(first: Tested, second: Tested) -> list[Sentence]:
    a, b = first.runs[0], second.runs[0]
    specs = a.metrics.spec, b.metrics.spec
    if specs[0] is None or specs[1] is None or specs[0].epochs == specs[1].epochs:
        return []
    return [
        say(
            "The two had different numbers of epochs, ", integer(a.number("/spec/epochs")), " and ",
            integer(b.number("/spec/epochs")), ", so the comparison isn’t of one change alone.",
        )
    ]  # fmt: skip

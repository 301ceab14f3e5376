"""This study's test accuracies held against the reference report's."""

from report.evidence.accuracy import Tested, all_tested
from report.evidence.display_names import INTERVAL
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, percent
from report.evidence.reference import is_comparable, reference_number
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.findings.scores import tested_score


def against_reference(view: StudyView) -> list[Sentence]:
    """Compare where pictures, size and networks are the same; else say nothing."""
    if not is_comparable(view):
        return []
    pairs = [
        (t, reference_number(view, t.experiment.id, "test_accuracy")) for t in all_tested(view)
    ]
    known = [(t, value) for t, value in pairs if value is not None]
    if not known:
        return []
    return [_agreement(known), *_side(known, above=True), *_side(known, above=False)]


def _agreement(known: list[tuple[Tested, Quantity]]) -> Sentence:
    agreeing = [(t, r) for t, r in known if t.low.value <= r.value <= t.high.value]
    return say(
        "Of ", integer(derive("count", *(r for _, r in known))),
        " test accuracies that the reference report also gives, ",
        integer(derive("count", *(r for _, r in agreeing))),
        " have its value inside their ", INTERVAL, ".",
    )  # fmt: skip


def _side(known: list[tuple[Tested, Quantity]], above: bool) -> list[Sentence]:
    outside = [
        (t, r) for t, r in known if (r.value < t.low.value if above else r.value > t.high.value)
    ]
    if not outside:
        return []
    named: list[Parts] = [
        say(
            Name(t.name), " (", tested_score(t), " here, ", percent(r),
            " there)",
        ).parts
        for t, r in outside
    ]  # fmt: skip
    return [say("Higher here: " if above else "Lower here: ", listing(named), ".")]

"""Which classes a change helps and hurts: one rule for every comparison of the study.

Within each class the exact McNemar test holds two models' answers to the same test pictures against
each other; the p-values are corrected by Holm for the number of classes of the comparison.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

from report.evidence.by_picture import distinct, same_length
from report.evidence.homework import CHANGES
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, signed_points
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.statistics import SIGNIFICANCE, by_class, mcnemar_exact
from report.evidence.study_sections import is_homework
from report.findings.answers import Difference, answers
from report.findings.mistakes import class_name, fits
from training.holm import holm

NAMED = 3
"""Most classes that a sentence names."""


@dataclass(frozen=True)
class ClassChange:
    """What a change does to one class.

    Attributes:
        index: The class.
        gain: Share of its test pictures named rightly, less that without the change.
        p: Corrected for the number of classes.
    """

    index: int
    gain: Quantity
    p: float

    @property
    def measurable(self) -> bool:
        return self.p < SIGNIFICANCE


_known: "weakref.WeakKeyDictionary[StudyView, dict[tuple[str, str], list[ClassChange]]]"
_known = weakref.WeakKeyDictionary()


def class_changes(view: StudyView, d: Difference) -> list[ClassChange]:
    """Return what a change does to each class of the test split; empty of several seeds."""
    if len(d.model.runs) > 1 or len(d.base.runs) > 1:
        return []
    of_study = _known.setdefault(view, {})
    names = d.model.experiment.id, d.base.experiment.id
    if names not in of_study:
        of_study[names] = _changes(view, d.model.runs[0], d.base.runs[0])
    return of_study[names]


def _changes(view: StudyView, run: Run, base: Run) -> list[ClassChange]:
    if not (fits(run, view) and fits(base, view)):
        return []
    ours, theirs = run.predictions, base.predictions
    assert ours is not None
    assert theirs is not None
    true, a, b = same_length(ours.label, ours.predicted, theirs.predicted)
    right, other = a == true, b == true
    n = len(view.dataset.classes) if view.dataset else 0
    gained, lost = by_class(true[right & ~other], n), by_class(true[other & ~right], n)
    classes = distinct(ours.label)
    corrected = holm([mcnemar_exact(gained[i], lost[i]) for i in classes])
    return [
        ClassChange(i, _gain(view, run, base, i), p)
        for i, p in zip(classes, corrected, strict=True)
    ]


def _gain(view: StudyView, run: Run, base: Run, index: int) -> Quantity:
    return derive(
        "class_gain", run.prediction("/label"), run.prediction("/predicted"),
        base.prediction("/predicted"), view.dataset_number("/classes"),
        view.dataset_number(f"/classes/{index}"),
    )  # fmt: skip


def compared(view: StudyView) -> list[Difference]:
    """Return all comparisons of the study whose classes can be held against each other."""
    found = [d for answer in answers(view) for d in answer.differences]
    return [d for d in found if class_changes(view, d)]


def comparison_of(view: StudyView, experiment_id: str) -> Difference | None:
    """Return the comparison of one experiment with what it is held against."""
    return next((d for d in compared(view) if d.model.experiment.id == experiment_id), None)


def hurt_and_helped(
    view: StudyView, d: Difference
) -> tuple[list[ClassChange], list[ClassChange], int]:
    """Return the classes measurably worse and better, most changed first, and the number of all."""
    changes = class_changes(view, d)
    told = [c for c in changes if c.measurable]
    worse = sorted((c for c in told if c.gain.value < 0), key=lambda c: c.gain.value)
    better = sorted((c for c in told if c.gain.value > 0), key=lambda c: -c.gain.value)
    return worse, better, len(changes)


def class_effects(view: StudyView, experiment_id: str) -> list[Sentence]:
    """Say which classes a change measurably helps and hurts, where it does so to any."""
    d = comparison_of(view, experiment_id)
    if d is None:
        return []
    if not is_homework(view):
        return effects_by_class(view, d)
    subject = CHANGES.get(experiment_id)
    if subject is None:
        return []
    worse, better, _ = hurt_and_helped(view, d)
    n_classes = integer(derive("count", *(c.gain for c in class_changes(view, d))))
    sides = [("hurts", worse), ("helps", better)]
    if len(better) > len(worse):
        sides.reverse()
    told = [(verb, classes) for verb, classes in sides if classes]
    if not told:
        return []
    verb, classes = told[0]
    said = say(f"{subject} measurably {verb} ", integer(_count(classes)), " of ", n_classes,
               " classes, ", _most(classes), _named(view, classes, " points")).parts  # fmt: skip
    if len(told) > 1:
        verb, classes = told[1]
        said = say(said, f"; it {verb} ", integer(_count(classes)), ", ", _most(classes),
                   _named(view, classes, "")).parts  # fmt: skip
    return [say(said, ".", strength="strong")]


def effects_by_class(view: StudyView, d: Difference) -> list[Sentence]:
    """Say in which classes one model is measurably better or worse than another, if in any."""
    worse, better, _ = hurt_and_helped(view, d)
    told = [(verb, classes) for verb, classes in (("better", better), ("worse", worse)) if classes]
    if not told:
        return []
    n_classes = integer(derive("count", *(c.gain for c in class_changes(view, d))))
    clauses: list[Parts] = []
    for place, (verb, classes) in enumerate(told):
        of_all: Parts = say(" of ", n_classes, " classes").parts if place == 0 else ()
        unit = " points" if place == 0 else ""
        clauses.append(
            say(f"{verb} in ", integer(_count(classes)), of_all, ", ", _most(classes),
                _named(view, classes, unit)).parts
        )  # fmt: skip
    return [
        say("Against ", Name(d.base.name), ", ", Name(d.model.name), " is measurably ",
            clauses[0], *(say("; it is ", clause).parts for clause in clauses[1:]), ".",
            strength="strong")
    ]  # fmt: skip


def _count(classes: Sequence[ClassChange]) -> Quantity:
    return derive("count", *(c.gain for c in classes))


def _most(classes: Sequence[ClassChange]) -> str:
    return "most of all " if len(classes) > NAMED else ""


def _named(view: StudyView, classes: Sequence[ClassChange], unit: str) -> Parts:
    """Name the most changed classes with their changes, the unit with the first."""
    units = (unit, *[""] * NAMED)
    named: list[Parts] = [
        say(class_name(view, c.index), " (", signed_points(c.gain), after, ")").parts
        for c, after in zip(classes[:NAMED], units, strict=False)
    ]
    return listing(named)

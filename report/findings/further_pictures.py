"""Which further pictures a study tests on, what it leaves out of them, and which tests are old."""

from collections.abc import Iterator

from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer
from report.evidence.sentences import Code, Name, Parts, Sentence, listing, numbered, parts, say
from training.records import Experiment, OtherPictures

NAMED = 5
"""Classes up to which each is named."""


def further_pictures(view: StudyView) -> list[Sentence]:
    """Say of each further set how many pictures of which classes it has, and what is left out."""
    dataset = view.dataset
    if dataset is None:
        return []
    return [
        sentence
        for place, other in enumerate(dataset.other_pictures or ())
        for sentence in _of_set(view, place, other)
    ]


def _of_set(view: StudyView, place: int, other: OtherPictures) -> Iterator[Sentence]:
    def number(pointer: str, operation: str = "") -> Parts:
        quantity = view.dataset_number(f"/other_pictures/{place}/{pointer}")
        return parts(integer(derive(operation, quantity) if operation else quantity))

    yield say(
        "Models are tested on further pictures, too: ", number("images", "length"), " of ",
        Name(other.name), ", in ", number("classes", "length"), " of the ",
        integer(derive("length", view.dataset_number("/classes"))), " classes, matched by name. "
        "Nothing was trained, stopped or chosen by them.",
    )  # fmt: skip
    yield from _classes(view, place, other)
    if other.n_trained_on:
        are = "picture is" if other.n_trained_on == 1 else "pictures are"
        yield say(
            number("n_trained_on"), f" {are} left out of that test: train or validation has the "
            "same, or one that is nearly identical.",
        )  # fmt: skip
    if other.n_also_tested:
        stand = "stands" if other.n_also_tested == 1 else "stand"
        yield say(
            "Of the others ", number("n_also_tested"),
            f" {stand} in the study’s own test split, too.",
        )  # fmt: skip
    if other.n_unreadable_files:
        yield say("Files of ", Name(other.name), " that can’t be read: ",
                  number("n_unreadable_files"), ".")  # fmt: skip


def _classes(view: StudyView, place: int, other: OtherPictures) -> Iterator[Sentence]:
    assert view.dataset is not None
    classes = view.dataset.classes
    lacking = [name for i, name in enumerate(classes) if i not in other.classes]
    if lacking:
        yield say("It has no pictures of ", _some(lacking), ".")
    if other.unknown:
        counts = [
            view.dataset_number(f"/other_pictures/{place}/unknown/{i}/n_images")
            for i in range(len(other.unknown))
        ]
        yield say(
            "Left out of it, since the study doesn’t know them: ",
            _some([each.name for each in other.unknown]), ", ",
            *numbered(integer(derive("sum", *counts)), "picture"), ".",
        )  # fmt: skip


def _some(names: list[str]) -> Parts:
    """Name classes; of many, the first and how many there are."""
    named = [parts(Name(name)) for name in names[:NAMED]]
    return listing(named) if len(names) <= NAMED else parts(listing(named, ", "), " and others")


def further_notices(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Say whose tests on further pictures are of others than are described, or are missing."""
    if view.dataset is None:
        return []
    known = {other.name: other.fingerprint for other in view.dataset.other_pictures or ()}
    stale: dict[tuple[str, str], None] = {}
    missing: dict[tuple[str, str], None] = {}
    for experiment in (e for e in experiments if e.test_on):
        for run in view.tested(experiment.id):
            there = {test.pictures: test.fingerprint for test in run.metrics.other_tests or ()}
            for name in experiment.test_on:
                if name not in there:
                    missing[name, experiment.id] = None
                elif known.get(name) != there[name]:
                    stale[name, experiment.id] = None
    said = []
    for names, before, after in (
        (stale, "Stale: ", " on other pictures than those described here. "),
        (missing, "Not tested yet: ", ". "),
    ):
        pairs = [parts(Code(id_), " on ", Name(name)) for name, id_ in names]
        if pairs:
            said.append(
                say(before, listing(pairs), after, Code("homework run-all"), " tests them.",
                    strength="gap")
            )  # fmt: skip
    return said

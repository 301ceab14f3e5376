"""What several tested models get wrong alike, and which classes that follows from."""

from report.evidence.accuracy import all_tested
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, decimal, derive, integer
from report.evidence.run import Run
from report.evidence.sentences import Name, Sentence, numbered, say
from report.evidence.statistics import wrong_alike
from report.findings.guessing import learned_nothing
from report.findings.mistakes import confusion, fits
from report.findings.scores import p_parts
from training.records import rank

ENOUGH_MODELS = 3
"""So many trainings must agree before a label is called into question."""

ENOUGH_CLASSES = 8
"""Fewer have no order that could be told from chance by much."""

UNEVEN = 1.5
"""How many times the train pictures of the smallest class the largest has, for both to be held
against accuracy."""

FACES = ("Faces", "Faces_easy")

LEVEL = 0.04
"""Of the permutation test: large classes' accuracies vary less than those of small ones, so that at
0.05 it finds an order in 5.5 % of studies without one."""


def learned(view: StudyView) -> list[Run]:
    """Return a run of every tested training that learned something, the best by validation first.

    They were all asked about the same pictures. A run that several experiments stand for counts
    once.
    """
    found: dict[tuple[str, int], Run] = {}
    for tested in all_tested(view):
        run = tested.runs[0]
        if fits(run, view) and not learned_nothing(view, tested):
            found.setdefault((run.metrics.reused_from or run.id, run.metrics.seed), run)
    ranked = sorted(found.values(), key=lambda run: rank([run.metrics]))
    labels = [run.predictions.label for run in ranked if run.predictions is not None]
    return ranked if all(label == labels[0] for label in labels) else []


def second_model(view: StudyView, run: Run) -> Run | None:
    """Return the best other training that learned something, by validation."""
    same = {run.id, run.metrics.reused_from}
    others = (r for r in learned(view) if not same & {r.id, r.metrics.reused_from or r.id})
    return next(others, None)


def n_alike(*runs: Run) -> Quantity:
    """Count the test pictures that all of some runs get wrong with the same answer."""
    label = runs[0].prediction("/label")
    return derive("n_wrong_alike", label, *(run.prediction("/predicted") for run in runs))


def shared_with_second(view: StudyView, run: Run) -> list[Sentence]:
    """Say how many of a model's mistakes another one makes, too, with the same answer."""
    other = second_model(view, run)
    alone = n_alike(run)
    if other is None or not alone.value:
        return []
    name = Name(other.name)
    return [say(name, " gives the same wrong answer to ", integer(n_alike(run, other)),
                " of these.")]  # fmt: skip


def places_all_get_wrong(view: StudyView) -> tuple[list[Run], list[int]]:
    """Return the models, and the test pictures that all of them name wrongly and alike."""
    runs = learned(view)
    if len(runs) < ENOUGH_MODELS:
        return runs, []
    predicted = [run.predictions.predicted for run in runs if run.predictions is not None]
    assert runs[0].predictions is not None
    return runs, wrong_alike(runs[0].predictions.label, *predicted)


def likely_labels(view: StudyView) -> list[Sentence]:
    """Call the labels into question that every model that learned contradicts alike."""
    runs, places = places_all_get_wrong(view)
    if not places:
        return []
    count = integer(n_alike(*runs))
    n_runs = derive("count", *(run.number("/test/n_correct") for run in runs))
    one = len(places) == 1
    verb, their = ("is", "Its label") if one else ("are", "Their labels")
    return [
        say("By all ", integer(n_runs), " models that learned, ", numbered(count, "test picture"),
            f" {verb} named wrongly and alike. {their} may be wrong: a person has to look.",
            strength="weak")
    ]  # fmt: skip


def sizes_matter(view: StudyView) -> bool:
    """Tell whether the classes' numbers of train pictures differ enough to be held against."""
    if view.dataset is None:
        return False
    counts = view.dataset.counts.train
    return len(counts) >= ENOUGH_CLASSES and max(counts) >= UNEVEN * max(1, min(counts))


def accuracy_by_size(view: StudyView, run: Run) -> list[Sentence]:
    """Say whether classes with more train pictures are named rightly more often."""
    if not sizes_matter(view):
        return []
    operands = (
        run.prediction("/label"), run.prediction("/predicted"),
        view.dataset_number("/counts/train"),
    )  # fmt: skip
    rho = derive("accuracy_rank_correlation", *operands)
    p = derive("accuracy_rank_correlation_p", *operands)
    evidence = say("rank correlation ", decimal(rho, 2), ", permutation test, p\u00a0", p_parts(p))
    if p.value >= LEVEL:
        return [
            say("Whether a class’s accuracy depends on its number of train pictures can’t be ",
                "told (", evidence.parts, ").", strength="weak")
        ]  # fmt: skip
    more = "higher" if rho.value > 0 else "lower"
    return [
        say(f"Classes with more train pictures have the {more} accuracy (", evidence.parts, ").",
            strength="strong")
    ]  # fmt: skip


def same_persons(view: StudyView, run: Run) -> list[Sentence]:
    """Say of Caltech’s two classes of faces that they show the same, where both are there."""
    dataset = view.dataset
    if dataset is None or not (dataset.kind == "caltech101" or "caltech" in dataset.name.lower()):
        return []
    if not set(FACES) <= set(dataset.classes):
        return []
    one, other = (dataset.classes.index(name) for name in FACES)
    both = derive("sum", confusion(view, run, one, other), confusion(view, run, other, one))
    faces, easy = (Name(name.replace("_", " ")) for name in FACES)
    return [
        say(faces, " and ", easy, " show the same persons, the second cropped to the face; ",
            numbered(integer(both), "mistake is", "mistakes are"), " between these two.")
    ]  # fmt: skip

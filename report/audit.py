"""Hold a study's records against themselves: what must follow from what."""

from collections.abc import Iterator
from dataclasses import dataclass

from report.load import Run, StudyView


@dataclass(frozen=True)
class Problem:
    """Something that can't be true.

    Attributes:
        where: A section of the report, or a record.
        text: What is printed or recorded there.
        problem: What is wrong with it.
        source: Where the value should come from.
    """

    where: str
    text: str
    problem: str
    source: str = ""


def audit_records(view: StudyView) -> list[Problem]:
    """Check every finished run, and every choice from a grid."""
    choices = [problem for run in view.all_runs() for problem in _choice(view, run)]
    return [*audit_runs(view), *choices]


def audit_runs(view: StudyView) -> list[Problem]:
    """Check each finished run's hash, counts, and scores against its curves and predictions."""
    return [
        problem
        for run in view.all_runs()
        if run.finished
        for check in (_spec, _counts, _best_epoch, _predictions)
        for problem in check(run)
    ]


def _wrong(run: Run, text: str, problem: str, pointer: str) -> Problem:
    file = f"{run.path}/metrics.json"
    return Problem(file, text, problem, f"{file}#{pointer}")


def _spec(run: Run) -> Iterator[Problem]:
    spec, known = run.metrics.spec, run.metrics.spec_hash
    if spec is not None and spec.digest() != known:
        yield _wrong(run, known, f"the spec's hash is {spec.digest()}", "/spec_hash")


def _counts(run: Run) -> Iterator[Problem]:
    counts = run.metrics.parameters
    if counts is None:
        return
    if counts.trainable + counts.frozen != counts.total:
        yield _wrong(run, str(counts.total), "isn't trainable plus frozen", "/parameters/total")
    if sum(counts.parts.values()) != counts.total:
        yield _wrong(run, str(counts.total), "isn't the sum of its parts", "/parameters/total")
    if sum(counts.trainable_parts.values()) != counts.trainable:
        pointer = "/parameters/trainable"
        yield _wrong(run, str(counts.trainable), "isn't the sum of its parts", pointer)
    spec = run.metrics.spec
    frozen = {"features": "features", "classifier": "classifier"}.get(spec.freeze if spec else "")
    if frozen and counts.trainable_parts.get(frozen, 0):
        text = str(counts.trainable_parts[frozen])
        problem = f"parameters of “{frozen}” are trained, though the spec freezes them"
        yield _wrong(run, text, problem, f"/parameters/trainable_parts/{frozen}")


def _best_epoch(run: Run) -> Iterator[Problem]:
    curves, metrics = run.curves, run.metrics
    if curves is None or metrics.best_epoch is None or metrics.validation is None:
        return
    accuracies = curves.validation_accuracy
    if not 1 <= metrics.best_epoch <= len(accuracies):
        yield _wrong(run, str(metrics.best_epoch), "is no epoch of the curves", "/best_epoch")
        return
    at_best = accuracies[metrics.best_epoch - 1]
    if at_best != metrics.validation.accuracy:
        text, pointer = str(metrics.validation.accuracy), "/validation/accuracy"
        yield _wrong(run, text, f"the curves say {at_best} at the best epoch", pointer)
    if metrics.status == "done" and at_best != max(accuracies):
        problem = "isn't the epoch of the highest validation accuracy"
        yield _wrong(run, str(metrics.best_epoch), problem, "/best_epoch")


def _predictions(run: Run) -> Iterator[Problem]:
    test = run.metrics.test
    if test is None:
        return
    if test.n_images and test.accuracy != test.n_correct / test.n_images:
        problem = f"{test.n_correct} of {test.n_images} is {test.n_correct / test.n_images}"
        yield _wrong(run, str(test.accuracy), problem, "/test/accuracy")
    record = run.predictions
    if record is None:
        yield _wrong(run, str(test.n_correct), "its predictions.json is missing", "/test")
        return
    n_correct = sum(p == t for p, t in zip(record.predicted, record.label, strict=True))
    if (n_correct, len(record.label)) != (test.n_correct, test.n_images):
        found = f"the predictions hold {n_correct} right of {len(record.label)}"
        yield _wrong(run, f"{test.n_correct} of {test.n_images}", found, "/test/n_correct")


def _choice(view: StudyView, run: Run) -> Iterator[Problem]:
    chosen = run.metrics.selected
    if chosen is None:
        return
    ranked = view.ranked(chosen.grid)
    if len(ranked) < chosen.rank:
        yield _wrong(run, chosen.id, f"{chosen.grid} has fewer finished runs", "/selected/id")
    elif ranked[chosen.rank - 1].id != chosen.id:
        now = ranked[chosen.rank - 1].id
        yield _wrong(run, chosen.id, f"{chosen.grid} now chooses {now}", "/selected/id")

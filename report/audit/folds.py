"""Hold what records say of folds against each other: sizes, and which run had which fold."""

from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted
from training.records import Dataset

FILE = "dataset.json"


def fold_problems(view: StudyView) -> Iterator[Problem]:
    """Yield counts of folds that can't be, and folds that the data set hasn't."""
    dataset, n_folds = view.dataset, view.study.settings.folds
    if dataset is None or not (dataset.folds or n_folds):
        return
    if len(dataset.folds) != n_folds:
        yield _wrong(len(dataset.folds), f"the study has {counted(n_folds, 'fold')}", "")
        return
    yield from _first(dataset)
    pool = [sum(counts) for counts in zip(*(f.validation for f in dataset.folds), strict=True)]
    drops = view.study.settings.duplicates == "drop-from-train"
    for i, fold in enumerate(dataset.folds):
        for name in ("train", "validation"):
            n = sum(getattr(fold, name))
            if n != getattr(fold, f"n_{name}"):
                problem = f"its classes have {counted(n, 'picture')}"
                yield _wrong(getattr(fold, f"n_{name}"), problem, f"/{i}/n_{name}")
        both = [sum(counts) for counts in zip(fold.train, fold.validation, strict=True)]
        fits = all(a <= b for a, b in zip(both, pool, strict=True)) if drops else both == pool
        if not fits:
            problem = f"all folds together have {sum(pool)}, class by class"
            yield _wrong(sum(both), problem, f"/{i}/train")


def _first(dataset: Dataset) -> Iterator[Problem]:
    """What the record says of train and validation must be of the first fold."""
    first, counts = dataset.folds[0], dataset.counts
    found = (first.n_train, first.n_validation, first.train, first.validation)
    if found != (dataset.n_train, dataset.n_validation, counts.train, counts.validation):
        problem = f"train and validation of the record have {dataset.n_train} and "
        yield _wrong(first.n_train, f"{problem}{dataset.n_validation} pictures", "/0/n_train")


def fold_of_run_problems(view: StudyView, run: Run) -> Iterator[Problem]:
    """A run's fold must follow from its seed."""
    spec, settings = run.metrics.spec, view.study.settings
    if spec is None:
        return
    for name, expected in (("folds", settings.folds), ("fold", settings.fold_of(spec.seed))):
        told = getattr(spec, name)
        if told != expected:
            what = "study" if name == "folds" else "seed"
            yield wrong(run, str(told), f"the {what} says {expected}", f"/spec/{name}")


def _wrong(text: object, problem: str, pointer: str) -> Problem:
    return Problem(FILE, str(text), problem, f"{FILE}#/folds{pointer}")

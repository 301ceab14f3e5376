"""What an experiment's several runs are: random starts, or folds of cross-validation."""

from typing import Literal

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, mean_of, plain
from report.evidence.run import Run
from report.evidence.sentences import Parts, parts
from training.records import Dataset

HeldOut = Literal["train", "validation"]


def has_several(view: StudyView) -> bool:
    """Tell whether every experiment is run more than once."""
    return len(view.study.settings.run_seeds) > 1


def n_repeats(view: StudyView) -> Quantity:
    """Return how often every experiment is to be run."""
    return view.study_number("/settings/folds" if view.study.settings.folds else "/settings/seeds")


def fold_of(run: Run) -> int:
    """Return the number of the fold that a run validates on; 0 without folds."""
    return run.metrics.spec.fold if run.metrics.spec is not None else 0


def repeat_word(run: Run) -> str:
    """Return what an experiment's runs differ in: its fold or its seed."""
    return "fold" if fold_of(run) else "seed"


def repeat_number(run: Run) -> Quantity:
    """Return the number of a run's fold, or its seed."""
    return run.number("/spec/fold" if fold_of(run) else "/seed")


def which_column(view: StudyView) -> str:
    """Head a column of `repeat_number`."""
    return "Fold" if view.study.settings.folds else "Seed"


def in_which(run: Run) -> Parts:
    """Say, after a comma or a name, which of an experiment's runs is meant."""
    number = plain(repeat_number(run))
    return parts(" in fold " if fold_of(run) else " with the seed ", number)


def n_images(view: StudyView, run: Run, split: HeldOut) -> Quantity:
    """Return how many pictures a run had for training, or for validation."""
    return view.dataset_number(f"{_of_fold(view, run)}/n_{split}")


def class_counts(view: StudyView, run: Run, split: HeldOut) -> Quantity:
    """Return the same by class, a list."""
    fold = _of_fold(view, run)
    return view.dataset_number(f"{fold}/{split}" if fold else f"/counts/{split}")


def _of_fold(view: StudyView, run: Run) -> str:
    fold = fold_of(run)
    n_folds = len(view.dataset.folds) if view.dataset is not None else 0
    return f"/folds/{fold - 1}" if 0 < fold <= n_folds else ""


def validated_by(run: Run, dataset: Dataset) -> tuple[int, list[int]]:
    """Return how many pictures a run validates on, and how many of each class."""
    fold = fold_of(run)
    if 0 < fold <= len(dataset.folds):
        counts = dataset.folds[fold - 1]
        return counts.n_validation, counts.validation
    return dataset.n_validation, dataset.counts.validation


def n_validated(view: StudyView) -> Quantity:
    """Return how many pictures are validation in one of an experiment's runs."""
    assert view.dataset is not None
    folds = range(len(view.dataset.folds))
    if not folds:
        return view.dataset_number("/n_validation")
    return derive("sum", *(view.dataset_number(f"/folds/{i}/n_validation") for i in folds))


def mean_over_folds(view: StudyView, split: HeldOut) -> Quantity | None:
    """Return the mean number of a split's pictures over folds; None without folds."""
    if view.dataset is None or not view.dataset.folds or not view.study.settings.folds:
        return None
    folds = range(len(view.dataset.folds))
    return mean_of([view.dataset_number(f"/folds/{i}/n_{split}") for i in folds])

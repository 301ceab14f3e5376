"""Test accuracies with their intervals, over one seed, several, or folds."""

from dataclasses import dataclass

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, mean_of
from report.evidence.once import once
from report.evidence.repeats import mean_over_folds
from report.evidence.run import Run
from report.evidence.train_scores import train_accuracy_of
from training.records import Experiment

STUDENT_SEEDS = 3
"""From so many tested seeds on, intervals and comparisons are over seeds."""


@dataclass(frozen=True)
class Tested:
    """What the test set says of one experiment.

    Attributes:
        accuracy: The accuracy, or the mean over seeds or folds.
        low: Lower end of a 95 % interval: Wilson's of `accuracy` for the number of test pictures;
            from `STUDENT_SEEDS` seeds or folds on `joined` with Student's over seeds, or with the
            one over folds that is corrected for pictures that trainings share.
        high: Upper end.
        std: Standard deviation over seeds or folds, for more than one.
        runs: The tested runs, by rising seed.
        n_train: Pictures that a fold's run trains on, in the mean; None without folds.
    """

    experiment: Experiment
    accuracy: Quantity
    low: Quantity
    high: Quantity
    std: Quantity | None
    runs: tuple[Run, ...]
    n_train: Quantity | None = None

    @property
    def name(self) -> str:
        """What the report calls the experiment."""
        return self.runs[0].name

    @property
    def over_seeds(self) -> bool:
        """Whether the interval is one over seeds or folds."""
        return len(self.runs) >= STUDENT_SEEDS

    @property
    def over_folds(self) -> bool:
        """Whether it is one over folds."""
        return self.over_seeds and self.n_train is not None

    @property
    def n_seeds(self) -> Quantity:
        return derive("count", *(run.number("/test/accuracy") for run in self.runs))


def tested_accuracy(view: StudyView, experiment_id: str) -> Tested | None:
    """Return an experiment's test accuracy, or None where the test set wasn't read."""
    runs = view.tested(experiment_id)
    if not runs:
        return None
    values = [run.number("/test/accuracy") for run in runs]
    accuracy = mean_of(values)
    n_images = runs[0].number("/test/n_images")
    if len(runs) == 1:
        n_correct = runs[0].number("/test/n_correct")
    else:
        n_correct = derive("product", accuracy, n_images)
    low, high = (derive(f"wilson_{end}", n_correct, n_images) for end in ("low", "high"))
    n_train = mean_over_folds(view, "train")
    if len(runs) >= STUDENT_SEEDS:
        of_trainings = _over_repeats(values, n_train, n_images)
        low, high = _joined(accuracy, (low, high), of_trainings)
    return Tested(
        experiment=runs[0].experiment,
        accuracy=accuracy,
        low=low,
        high=high,
        std=derive("std", *values) if len(values) > 1 else None,
        runs=tuple(runs),
        n_train=n_train,
    )


def _over_repeats(
    values: list[Quantity], n_train: Quantity | None, n_held_out: Quantity | None
) -> tuple[Quantity, Quantity]:
    """Return the interval of a mean over seeds; with `n_train`, of one over folds."""
    if n_train is None or n_held_out is None:
        return derive("student_low", *values), derive("student_high", *values)
    operands = (n_train, n_held_out, *values)
    return derive("corrected_low", *operands), derive("corrected_high", *operands)


def _joined(
    mean: Quantity, first: tuple[Quantity, Quantity], second: tuple[Quantity, Quantity]
) -> tuple[Quantity, Quantity]:
    """Return an interval about the luck of pictures and that of trainings."""
    low, high = (derive("joined", mean, *ends) for ends in zip(first, second, strict=True))
    return low, high


def all_tested(view: StudyView) -> list[Tested]:
    """Return the test accuracy of every finalist, in the list's order."""
    return list(_all_tested(view))


@once
def _all_tested(view: StudyView) -> tuple[Tested, ...]:
    found = (tested_accuracy(view, experiment.id) for experiment in view.listed)
    return tuple(item for item in found if item is not None)


def validation_accuracy(view: StudyView, experiment_id: str) -> Quantity | None:
    """Return the best-epoch validation accuracy, the mean over seeds, or None."""
    runs = view.finished(experiment_id)
    return mean_of([run.number("/validation/accuracy") for run in runs]) if runs else None


def validation_interval(view: StudyView, experiment_id: str) -> tuple[Quantity, Quantity] | None:
    """Return the 95 % interval of the validation accuracy: as that of a test accuracy, `Tested`.

    Over folds, whose validation pictures are others each time, the corrected one alone.
    """
    runs = view.finished(experiment_id)
    if not runs or view.dataset is None or not view.dataset.n_validation:
        return None
    values = [run.number("/validation/accuracy") for run in runs]
    n_train, n_held_out = (mean_over_folds(view, split) for split in ("train", "validation"))
    if len(values) >= STUDENT_SEEDS and n_train is not None:
        return _over_repeats(values, n_train, n_held_out)
    mean, n_images = mean_of(values), view.dataset_number("/n_validation")
    n_correct = derive("rounded_product", mean, n_images)
    wilson = derive("wilson_low", n_correct, n_images), derive("wilson_high", n_correct, n_images)
    several = len(values) >= STUDENT_SEEDS
    return _joined(mean, wilson, _over_repeats(values, None, None)) if several else wilson


def train_accuracy(view: StudyView, experiment_id: str) -> Quantity | None:
    """Return the train accuracy at the best epoch, the mean over seeds, or None.

    See `train_accuracy_of`.
    """
    found = (train_accuracy_of(view, run) for run in view.finished(experiment_id))
    known = [accuracy for accuracy in found if accuracy is not None]
    return mean_of(known) if known else None

"""Refuse values of a recipe that no run could be made by."""

from collections.abc import Iterable

from training.errors import StudyError
from training.plurals import counted
from training.records import Experiment, Settings, value_of


def check_recipe(given: Experiment | Settings, where: str) -> None:
    """Refuse what no run could be made by.

    Args:
        where: Names the table in an error.

    Raises:
        StudyError: A value out of its range.
    """
    for name in ("warm_up", "clip_gradient", "early_stopping"):
        value = getattr(given, name)
        if value is not None and value < 0:
            raise StudyError(f"In {where}: {name} can't be negative; found {value}.")
    smoothing = given.label_smoothing
    if smoothing is not None and not 0 <= smoothing < 1:
        raise StudyError(
            f"In {where}: label_smoothing must be at least 0 and below 1; found {smoothing}."
        )


def check_warm_ups(experiments: Iterable[Experiment], settings: Settings) -> None:
    """Refuse a warm-up that leaves no epoch at the full rate, whoever says how long either is.

    Raises:
        StudyError: An experiment has one.
    """
    for experiment in experiments:
        epochs = experiment.epochs or settings.epochs
        warm_up = value_of("warm_up", experiment, settings)
        if epochs and warm_up >= epochs:
            of_all = counted(epochs, "epoch", "epochs")
            raise StudyError(
                f"{experiment.id}: warm_up takes {warm_up} of its {of_all}.",
                "Choose fewer epochs of warm-up, or more epochs.",
            )

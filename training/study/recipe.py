"""Refuse values of a recipe that no run could be made by."""

from training.errors import StudyError
from training.records import Experiment, Settings


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
    epochs, warm_up = given.epochs, given.warm_up
    if epochs and warm_up and warm_up >= epochs:
        raise StudyError(
            f"In {where}: warm_up takes all of {epochs} epochs; found {warm_up}.",
            "Choose fewer epochs of warm-up, or more epochs.",
        )

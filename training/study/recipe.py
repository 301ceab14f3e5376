"""Refuse values of a recipe that no run could be made by."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from training.errors import StudyError
from training.lookup import unknown_name
from training.plurals import counted
from training.records import (
    FREEZES,
    LOSSES,
    OPTIONS,
    SCHEDULES,
    Experiment,
    Optimizer,
    OptimizerOptions,
    Settings,
    is_code,
    optimizer_fields,
    options_of,
    value_of,
)
from training.records.optimizers import WITHOUT_WEIGHT_DECAY
from training.records.recipe import HEAD_ONLY_OR_HELD

BELOW_1 = ("alpha", "betas", "dampening", "momentum", "rho")
"""Options of optimizers that are shares of what was before."""


OWN = "module:function"


def check_names(fields: Mapping[str, Any], where: str) -> None:
    """Refuse names that neither torch nor this program has, unless they are somebody's code.

    Args:
        fields: Of a table of a study file, as it stands there.
        where: Names the table in an error.

    Raises:
        StudyError: With the nearest right word.
    """
    named = [fields.get("optimizer"), *_listed(fields.get("optimizers"))]
    for name in named:
        if isinstance(name, str) and name not in OPTIONS and not is_code(name):
            raise unknown_name(f"optimizer in {where}:", name, [*OPTIONS, OWN])
    choices: dict[str, tuple[str, ...]] = {"schedule": SCHEDULES, "loss": LOSSES}
    for key, choice in choices.items():
        name = fields.get(key)
        if isinstance(name, str) and name not in choice and not is_code(name):
            raise unknown_name(f"{key} in {where}:", name, [*choice, OWN])
    freeze = fields.get("freeze")
    if isinstance(freeze, str) and not re.fullmatch(r"first:[1-9]\d*|pattern:.+", freeze):
        named = [*FREEZES, "first:N", "pattern:NAMES"]
        if freeze not in FREEZES:
            raise unknown_name(f"freeze in {where}:", freeze, named)
    options = fields.get("optimizer_options")
    for name in options if isinstance(options, Mapping) else ():
        if name not in OptimizerOptions.__struct_fields__:
            known = OPTIONS.get(fields.get("optimizer"), OptimizerOptions.__struct_fields__)  # type: ignore[arg-type]
            raise unknown_name(f"option of an optimizer in {where}:", name, known)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def check_recipe(given: Experiment | Settings, where: str) -> None:
    """Refuse what no run could be made by.

    Args:
        where: Names the table in an error.

    Raises:
        StudyError: A value out of its range.
    """
    for name in ("warm_up", "clip_gradient", "early_stopping", "mixup", "cutmix",
                 "head_learning_rate", "two_phase"):  # fmt: skip
        value = getattr(given, name)
        if value is not None and value < 0:
            raise StudyError(f"In {where}: {name} can't be negative; found {value}.")
    for name in ("label_smoothing", "ema"):
        value = getattr(given, name)
        if value is not None and not 0 <= value < 1:
            raise StudyError(f"In {where}: {name} must be at least 0 and below 1; found {value}.")
    decay = given.layer_decay
    if decay is not None and not 0 < decay <= 1:
        raise StudyError(f"In {where}: layer_decay must be above 0 and at most 1; found {decay}.")
    if given.channels not in (None, 1, 3):
        raise StudyError(
            f"In {where}: channels must be 3, for colours, or 1, for grey; found {given.channels}."
        )
    if given.optimizer_options is not None:
        _check_options(given.optimizer_options, where)


def _check_options(options: OptimizerOptions, where: str) -> None:
    for name, value in options.given().items():
        numbers = value if isinstance(value, tuple) else (value,)
        least, most = (-math.inf, 0.0) if name == "beta2_decay" else (0.0, math.inf)
        if not all(least <= number <= most for number in numbers):
            side = "above" if name == "beta2_decay" else "below"
            raise StudyError(f"In {where}: {name} can't be {side} 0; found {_plain(value)}.")
        if name == "d" and options.d is not None and options.d < 1:
            raise StudyError(f"In {where}: d must be at least 1; found {options.d}.")
        if name in BELOW_1 and not all(number < 1 for number in numbers):
            raise StudyError(f"In {where}: {name} must be below 1; found {_plain(value)}.")


def _plain(value: object) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)


def check_phases(experiments: Iterable[Experiment], settings: Settings) -> None:
    """Refuse a first phase of the head alone that no other follows, or that isn't another.

    Raises:
        StudyError: An experiment has one.
    """
    for experiment in experiments:
        n, epochs = value_of("two_phase", experiment, settings), experiment.epochs
        epochs = epochs or settings.epochs
        if n and epochs and n >= epochs:
            of_all = counted(epochs, "epoch", "epochs")
            raise StudyError(
                f"{experiment.id}: two_phase trains the head alone in {n} of its {of_all}.",
                'Choose fewer, or freeze = "backbone", which trains it alone in all.',
            )
        if experiment.two_phase and experiment.freeze in HEAD_ONLY_OR_HELD:
            later = "nothing else later" if experiment.freeze == "backbone" else "never the head"
            raise StudyError(
                f"{experiment.id}: two_phase trains the head first, but freeze = "
                f"“{experiment.freeze}” trains {later}.",
                "Leave one of them out.",
            )


def check_mixing(experiments: Iterable[Experiment], settings: Settings) -> None:
    """Refuse class weights for images that are mixed: their labels are of two classes.

    Raises:
        StudyError: An experiment has both.
    """
    for experiment in experiments:
        mixing = [n for n in ("mixup", "cutmix") if value_of(n, experiment, settings)]
        if mixing and value_of("balance", experiment, settings) == "loss":
            raise StudyError(
                f'{experiment.id}: balance = "loss" weighs each picture by its class, but with '
                f"{' and '.join(mixing)} a picture has two.",
                'Choose balance = "sampling", or leave one of them out.',
            )


def check_optimizers(experiments: Iterable[Experiment], settings: Settings) -> None:
    """Refuse options that the optimizer they are given to hasn't, or can't have together.

    Raises:
        StudyError: With the options that there are.
    """
    used: set[Optimizer] = set(settings.optimizers)
    for experiment in experiments:
        where, options = f'[experiments."{experiment.id}"]', experiment.optimizer_options
        optimizer = experiment.optimizer or ("sgd" if experiment.choice is None else None)
        given = options.given() if options is not None else {}
        if optimizer is None:
            if given:
                raise StudyError(
                    f"In {where}: optimizer_options without an optimizer, which a grid chooses.",
                    "Name the optimizer, too, or give the options to the grid’s experiments.",
                )
            continue
        used.add(optimizer)
        for name in given:
            if name not in options_of(optimizer):
                raise unknown_name(f"option of {optimizer} in {where}:", name, OPTIONS[optimizer])
        _check_nesterov(experiment, settings, optimizer)
        _check_decay(experiment, optimizer)
    for name in settings.optimizer_options.given() if settings.optimizer_options else ():
        having = [optimizer for optimizer, known in OPTIONS.items() if name in known]
        if not any(name in options_of(optimizer) for optimizer in used):
            raise StudyError(
                f"In [settings]: no optimizer of this study has the option {name}.",
                f"These have it: {', '.join(having)}.",
            )


def check_losses(experiments: Iterable[Experiment], settings: Settings) -> None:
    """Refuse what only cross-entropy has, beside a loss of one's own.

    Raises:
        StudyError: An experiment has both.
    """
    for experiment in experiments:
        loss = value_of("loss", experiment, settings)
        if not is_code(loss):
            continue
        smoothed = value_of("label_smoothing", experiment, settings)
        if smoothed or value_of("balance", experiment, settings) == "loss":
            what = f"label_smoothing = {smoothed}" if smoothed else 'balance = "loss"'
            raise StudyError(
                f"{experiment.id}: {what} is cross-entropy’s, and the loss is {loss}.",
                "Leave it out, and have your loss do it.",
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


def _check_nesterov(experiment: Experiment, settings: Settings, optimizer: Optimizer) -> None:
    fields = optimizer_fields(optimizer, experiment, settings, None)
    options = fields.get("optimizer_options")
    if options is None or not options.nesterov or (fields["momentum"] and not options.dampening):
        return
    wrong = "a dampening" if fields["momentum"] else "no momentum"
    raise StudyError(
        f"{experiment.id}: nesterov is set together with {wrong}.",
        "Nesterov's momentum needs a momentum above 0 and no dampening.",
    )


def _check_decay(experiment: Experiment, optimizer: Optimizer) -> None:
    if experiment.weight_decay and optimizer in WITHOUT_WEIGHT_DECAY:
        raise StudyError(
            f"{experiment.id}: {optimizer} has no weight decay; found {experiment.weight_decay}.",
            "Leave weight_decay out, or choose another optimizer.",
        )

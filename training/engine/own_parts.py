"""What of a recipe is a person's own code: optimizer, loss and schedule."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.errors import HomeworkError, StudyError
from training.own_code import own_code, what_failed
from training.records import Spec, is_code


@dataclass(frozen=True)
class OwnParts:
    """The code that a spec names; None where it names what this program has.

    Attributes:
        optimizer: Called with groups of parameters as torch's optimizers have them, `lr`,
            `weight_decay` unless it is 0, and the options; returns a `torch.optim.Optimizer`.
        loss: Called with logits (B, n_classes) and labels (B,); returns their mean loss ().
        schedule: Called with how many epochs are done since warm-up and how many there are after
            it; returns the factor of the learning rate, as for `LambdaLR`.
    """

    optimizer: Callable[..., Any] | None = None
    loss: Callable[[Tensor, Tensor], Any] | None = None
    schedule: Callable[[int, int], Any] | None = None


NO_PARTS = OwnParts()


def own_parts(spec: Spec, folders: Sequence[Path]) -> OwnParts:
    """Import what a spec names.

    Args:
        folders: See `own_code`.

    Raises:
        StudyError: It can't be imported.
    """
    names = spec.optimizer, spec.loss, spec.schedule
    if not any(map(is_code, names)):
        return NO_PARTS
    return OwnParts(*(_imported(name, folders) if is_code(name) else None for name in names))


def _imported(name: str, folders: Sequence[Path]) -> Any:
    with _told(f"{name} can't be imported"):
        return own_code(name, folders)


def own_optimizer(
    make: Callable[..., Any], name: str, groups: Sequence[dict[str, Any]], options: dict[str, Any]
) -> torch.optim.Optimizer:
    """Make an optimizer by somebody's own code.

    Raises:
        StudyError: The code fails, or returns something else.
    """
    with _told(f"{name} can't be made with {', '.join(options)}"):
        made = make(groups, **options)
    if not isinstance(made, torch.optim.Optimizer):
        raise StudyError(
            f"{name} returned {type(made).__name__}, not a torch.optim.Optimizer.",
            "module:function is called with groups of parameters and lr, weight_decay and the "
            "options by their names.",
        )
    return made


def own_rate(schedule: Callable[[int, int], Any], spec: Spec, done: int, n_epochs: int) -> float:
    """Return the learning rate that somebody's own schedule gives an epoch.

    Raises:
        StudyError: The code fails, or returns no number from 0.
    """
    with _told(f"{spec.schedule} fails in epoch {done + 1} of {n_epochs}"):
        factor = schedule(done, n_epochs)
    if not isinstance(factor, int | float) or not 0 <= factor < math.inf:
        raise StudyError(
            f"{spec.schedule} returned {factor!r}, not a number from 0.",
            "module:function is called with the epochs that are done and all there are, and "
            "returns the factor of the learning rate.",
        )
    return spec.learning_rate * factor


def own_loss(loss: Callable[[Tensor, Tensor], Any], logits: Tensor, labels: Tensor) -> Tensor:
    """Return what somebody's own loss () makes of logits (B, n_classes) and labels (B,).

    Raises:
        StudyError: It isn't one number that has a gradient.
    """
    value = loss(logits, labels)
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
        what = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise StudyError(
            f"The study's own loss returned {what}, not one number that has a gradient.",
            "module:function is called with logits (B, classes) and labels (B,), and returns the "
            "mean over the batch.",
        )
    return value.reshape(())


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn whatever somebody's own code raises into one message."""
    try:
        yield
    except HomeworkError:
        raise
    except Exception as error:
        raise StudyError(f"{what}: {what_failed(error)}.") from error

"""How the learning rate changes: the closed forms of `torch.optim.lr_scheduler`.

They have no state, so a run that resumes needs nothing but its epoch and batch.
"""

import math
from collections.abc import Callable
from typing import Any

from training.engine.own_parts import own_rate
from training.records import Spec

FIRST, LAST, RISING = 25.0, 1e4, 0.3
"""Of one cycle: the rate divided by the first is its start, and that by the second its end; it
rises over this share of the batches. The values are those of `OneCycleLR`."""


def rate_in(spec: Spec, epoch: int, own: Callable[[int, int], Any] | None = None) -> float:
    """Return the learning rate of an epoch, from 1; of one cycle only its warm-up is known so.

    During warm-up it is 1, 2, … parts of as many as there are epochs of it, and one.

    Args:
        own: Somebody's own schedule, see `OwnParts.schedule`.

    Raises:
        StudyError: That fails.
    """
    if epoch <= spec.warm_up:
        return spec.learning_rate * epoch / (spec.warm_up + 1)
    done, n_epochs = epoch - 1 - spec.warm_up, spec.epochs - spec.warm_up
    if own is not None:
        return own_rate(own, spec, done, n_epochs)
    if spec.schedule == "linear":
        return spec.learning_rate * (1 - done / n_epochs)
    if spec.schedule == "cosine":
        return spec.learning_rate * (1 + math.cos(math.pi * done / n_epochs)) / 2
    rate = spec.learning_rate
    if spec.schedule == "step":
        for _ in range(done // spec.step_size):  # one after the other, as rounding would have it
            rate *= spec.gamma
    return rate


def rate_of_cycle(spec: Spec, done: int, n_batches: int) -> float:
    """Return the learning rate of a batch where there is one cycle.

    Args:
        done: Batches since the end of warm-up.
        n_batches: In all epochs after warm-up.
    """
    top = spec.learning_rate
    start = top / FIRST
    turn, end = RISING * n_batches - 1, n_batches - 1
    if done <= turn:
        return _along(start, top, done / turn if turn else 1.0)
    return _along(top, start / LAST, (done - turn) / (end - turn) if end > turn else 1.0)


def _along(start: float, end: float, share: float) -> float:
    """Return a place on half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

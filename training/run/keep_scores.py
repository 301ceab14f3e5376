"""Keep the log-probabilities that a tested network gives the test and the validation images."""

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from training.records import KeptScores, Spec, encode_scores
from training.run.prepare_model import Model
from training.run.train_model import validation_logits
from training.run.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 10_000
"""Images whose log-probabilities are held in memory at the same time."""


def kept_scores(
    test: tuple[Tensor, Tensor], model: Model, spec: Spec, workspace: Workspace
) -> tuple[bytes, KeptScores] | None:
    """Return what `scores.npy` holds, and what its record says of it; None if it isn't kept.

    The validation images pass once through the network, or through what training changed of it.

    Args:
        test: Logits (n, n_classes) and true classes (n,) of the test images, on the CPU.
        model: With the tested weights.
    """
    splits = (test, validation_logits(model, spec, workspace))
    found = [(labels.numpy(), functools.partial(_in_parts, logits)) for logits, labels in splits]
    return encode_scores(*found)


def _in_parts(logits: Tensor) -> Iterator["NDArray[np.float64]"]:
    for some in torch.split(logits, AT_ONCE):
        yield some.double().log_softmax(1).numpy()

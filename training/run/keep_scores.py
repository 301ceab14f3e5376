"""Keep the log-probabilities that a tested network gives the test and the validation images."""

from torch import Tensor

from training.records import KeptScores, Spec, encode_scores
from training.run.prepare_model import Model
from training.run.train_model import validation_logits
from training.run.workspace import Workspace


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
    found = [(labels.numpy(), logits.double().log_softmax(1).numpy()) for logits, labels in splits]
    return encode_scores(*found)

"""Loss and top-1 accuracy over a split."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.device.precision import fp16_forward, of_sums
from training.device.process_group import ALONE, ProcessGroup
from training.device.transfer import moved
from training.engine.batches import Inputs, in_order
from training.engine.out_of_memory import forward, gathered
from training.errors import DeviceError
from training.records import Scores, ValidationAnswers

EVALUATED_TOGETHER = 64
"""Images in a batch at least; where so many don't fit, they go in batches of training's size."""

EVALUATED_TOGETHER_ON_CUDA = 512
"""The same there: fewer kernels, each of which keeps more of the device busy."""


def batch_totals(loss: Tensor, logits: Tensor, labels: Tensor, n: int | None = None) -> Tensor:
    """Return summed loss and correct count of a batch, (2,), without leaving the device.

    The format is that of sums on the device, see `of_sums`.

    Args:
        n: Images that the mean loss is over, where it is a part's share of a larger batch's.
    """
    correct = (logits.argmax(1) == labels).sum()
    kind = of_sums(labels.device)
    return torch.stack((loss.to(kind) * (n or len(labels)), correct.to(kind)))


def scores_of(totals: Tensor, n: int) -> Scores:
    loss, correct = totals.tolist()
    return Scores(loss=loss / n if math.isfinite(loss) else None, accuracy=int(correct) / n)


def evaluate(
    module: nn.Module, inputs: Inputs, batch_size: int, after_batch: Callable[[], object] = bool,
    group: ProcessGroup = ALONE,
) -> tuple[Scores, ValidationAnswers]:  # fmt: skip
    """Return mean cross-entropy and top-1 accuracy in inference mode, and what was answered."""
    scores, logits = evaluate_logits(module, inputs, batch_size, after_batch, group)
    return scores, answers_of(logits, inputs.labels.cpu())


def answers_of(logits: Tensor, labels: Tensor) -> ValidationAnswers:
    """Describe the answers to images.

    Args:
        logits: (n, n_classes), on the CPU.
        labels: True classes, (n,), int64, on the CPU.
    """
    n_classes, true = logits.shape[1], labels.numpy()
    given = logits.numpy().argmax(1)  # not torch's, whose threads cost more than they save here
    right = given == true
    digits = math.ceil(len(true) / 4)
    return ValidationAnswers(
        right=np.packbits(right).tobytes().hex()[:digits],
        given=np.bincount(given, minlength=n_classes).tolist(),
        right_in_class=np.bincount(true[right], minlength=n_classes).tolist(),
    )


@torch.no_grad()
def evaluate_logits(
    module: nn.Module, inputs: Inputs, batch_size: int, after_batch: Callable[[], object] = bool,
    group: ProcessGroup = ALONE,
) -> tuple[Scores, Tensor]:  # fmt: skip
    """Return the scores and all logits (n, n_classes), float32 on the CPU.

    Logits that aren't finite in fp16 are computed again in fp32, and so is all that follows.

    Args:
        batch_size: Of training; smaller ones than `EVALUATED_TOGETHER` are joined.
        after_batch: Called after each batch; may raise to leave.
        group: The processes that divide the batches among themselves; each gets all logits.
    """
    module.eval()
    scores, logits = _evaluate(module, inputs, batch_size, after_batch, group)
    fp16 = fp16_forward(module)
    if fp16 is None or fp16.in_fp32 or logits.isfinite().all():
        return scores, logits
    fp16.in_fp32 = True
    return _evaluate(module, inputs, batch_size, after_batch, group)


def _evaluate(
    module: nn.Module, inputs: Inputs, batch_size: int, after_batch: Callable[[], object],
    group: ProcessGroup,
) -> tuple[Scores, Tensor]:  # fmt: skip
    on_cuda = inputs.labels.device.type == "cuda"
    at_least = EVALUATED_TOGETHER_ON_CUDA if on_cuda else EVALUATED_TOGETHER
    totals = torch.zeros(2, dtype=of_sums(inputs.labels.device), device=inputs.labels.device)
    outputs = []
    batches = list(in_order(len(inputs.labels), max(batch_size, at_least)))
    for chosen, logits in _outputs(module, inputs, batches, batch_size, after_batch, group):
        labels = inputs.labels[moved(chosen, inputs.labels.device)]
        totals += batch_totals(F.cross_entropy(logits, labels), logits, labels)
        outputs.append(logits)
        after_batch()
    return scores_of(totals, len(inputs.labels)), torch.cat(outputs).cpu()


def _outputs(
    module: nn.Module, inputs: Inputs, batches: Sequence[Tensor], batch_size: int,
    after_batch: Callable[[], object], group: ProcessGroup,
) -> Iterator[tuple[Tensor, Tensor]]:  # fmt: skip
    """Yield batches and their logits (B, n_classes), in order.

    Several processes compute whole batches in turn, so that all logits are those of one process.
    """
    if group.size == 1:
        for chosen in batches:
            yield chosen, _logits(module, inputs, chosen, batch_size)
        return
    own = []
    for chosen in batches[group.rank :: group.size]:
        own.append(_logits(module, inputs, chosen, batch_size))
        after_batch()
    n_classes = group.share(own[0].shape[1] if group.is_first else 0)
    logits = inputs.labels.new_zeros((len(inputs.labels), n_classes), dtype=torch.float32)
    for chosen, output in zip(batches[group.rank :: group.size], own, strict=True):
        logits[moved(chosen, logits.device)] = output
    group.assemble(logits)
    of_batches = torch.split(logits, [len(chosen) for chosen in batches])
    yield from zip(batches, of_batches, strict=True)


def _logits(module: nn.Module, inputs: Inputs, chosen: Tensor, batch_size: int) -> Tensor:
    """Return the logits (B, n_classes) of B images, in batches of training's size if need be."""
    try:
        return forward(module, gathered(inputs, chosen, module)).float()
    except DeviceError:
        if len(chosen) <= batch_size:
            raise
    parts = [_logits(module, inputs, some, batch_size) for some in torch.split(chosen, batch_size)]
    return torch.cat(parts)

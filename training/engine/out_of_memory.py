"""A batch that doesn't fit the device's memory goes through it in parts."""

import contextlib
import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from training.device.randomness import restore_random_state, torch_state
from training.engine.batches import WHOLE, Inputs
from training.engine.objective import PLAIN, Objective
from training.errors import DeviceError
from training.plurals import counted

MESSAGES = ("out of memory", "ALLOC_FAILED", "can't allocate memory")
"""How backends without an exception of their own say it (MPS, cuDNN, cuBLAS; torch on the CPU)."""

SHORT = (RuntimeError, MemoryError)
"""What memory that runs out raises, torch's and Python's own."""


def is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(m in str(error) for m in MESSAGES)


def normalises_batches(module: nn.Module) -> bool:
    """Say whether a module in training mode computes statistics over the batch."""
    layers = module.modules()
    return any(layer.training and isinstance(layer, nn.modules.batchnorm._BatchNorm)
               for layer in layers)  # fmt: skip


def backward(
    module: nn.Module, inputs: Tensor, labels: Tensor, parts: int, scale: Tensor | None = None,
    objective: Objective = PLAIN,
) -> tuple[Tensor, Tensor, int]:  # fmt: skip
    """Add the gradient of a batch's mean cross-entropy, in more parts if memory runs out.

    The parts' losses are scaled so that their gradients sum to the whole batch's. Dropout draws
    its masks part by part, and batch normalisation knows its part only; without these the result
    is the undivided batch's but for rounding.

    Args:
        inputs: (B, …).
        labels: (B,).
        parts: How many to begin with.
        scale: () factor of the gradients.
        objective: Whose gradient is added.

    Returns:
        Mean loss (), logits (B, n_classes), and how many parts it took.

    Raises:
        DeviceError: Not even the smallest parts fit.
    """
    smallest = 2 if normalises_batches(module) else 1
    most = max(1, len(labels) // smallest)
    parts = min(parts, most)
    state = torch_state(labels.device) if parts < most else None
    before = statistics_of(module) if parts < most else []
    while True:
        module.zero_grad(set_to_none=True)
        try:
            return *add_gradients(module, inputs, labels, parts, scale, objective), parts
        except SHORT as error:
            if not is_out_of_memory(error):
                raise
            if state is None or parts == most:
                raise _too_small(smallest) from error
        # outside of the handler, whose traceback holds on to what filled the memory
        restore_random_state(state, labels.device)
        for buffer, value in before:
            buffer.copy_(value)
        _free(labels.device)
        parts = min(parts * 2, most)


def statistics_of(module: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Return what a forward pass in training mode changes (running statistics), and its values."""
    return [
        (buffer, buffer.clone())
        for layer in module.modules()
        if layer.training
        for buffer in layer.buffers(recurse=False)
    ]


def add_gradients(
    module: nn.Module, inputs: Tensor, labels: Tensor, parts: int = 1, scale: Tensor | None = None,
    objective: Objective = PLAIN,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Add the gradient of a batch's objective, times `scale`.

    Returns:
        The mean cross-entropy, without `scale`, and logits (B, n_classes).
    """
    if parts == 1:
        logits = module(inputs).float()
        loss = add_gradient(logits, labels, labels, scale, objective)
        return loss, logits.detach()
    outputs, losses = [], []
    for some, some_labels, its in zip(
        inputs.tensor_split(parts), labels.tensor_split(parts), objective.split(parts), strict=True
    ):
        logits = module(some).float()
        losses.append(add_gradient(logits, some_labels, labels, scale, its))
        outputs.append(logits.detach())
    return torch.stack(losses).sum(), torch.cat(outputs)


def add_gradient(
    logits: Tensor, labels: Tensor, batch: Tensor, scale: Tensor | None, objective: Objective
) -> Tensor:
    """Return a part's share of the batch's mean cross-entropy, having gone back through it.

    Args:
        batch: (B,) labels of the whole batch, of which `labels` are a part.
    """
    loss = objective.recorded(logits, labels)
    loss = loss if labels is batch else loss * (len(labels) / len(batch))
    followed = loss if objective.is_plain else objective.of_part(logits, labels, batch)
    _scaled(followed, scale).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def _scaled(loss: Tensor, scale: Tensor | None) -> Tensor:
    return loss if scale is None else loss * scale


def forward(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Return the outputs at inference, halving the batch (B, …) as long as it doesn't fit.

    Raises:
        DeviceError: Not even one image fits.
    """
    try:
        return function(inputs)
    except SHORT as error:
        if not is_out_of_memory(error):
            raise
        if len(inputs) == 1:
            raise _too_small(1) from error
    _free(inputs.device)
    return torch.cat([forward(function, half) for half in inputs.tensor_split(2)])


def gathered(inputs: Inputs, chosen: Tensor, module: nn.Module, part: slice = WHOLE) -> Tensor:
    """Return inputs (B, …) on the device; where that doesn't fit, without the old gradients there.

    Args:
        part: Of the batch `chosen`, see `Inputs.gather`.

    Raises:
        DeviceError: It doesn't fit even so.
    """
    state = inputs.generator.get_state() if inputs.generator is not None else None
    gather = functools.partial(inputs.gather, chosen, *[part] * (part != WHOLE))
    try:
        return gather()
    except SHORT as error:
        if not is_out_of_memory(error):
            raise
    module.zero_grad(set_to_none=True)
    _free(inputs.labels.device)
    if inputs.generator is not None and state is not None:
        inputs.generator.set_state(state)
    with told(f"a batch of {len(chosen)}", "a smaller --batch-size or --image-size"):
        return gather()


@contextlib.contextmanager
def told(what: str, smaller: str) -> Iterator[None]:
    """Turn memory that runs out into one message.

    Args:
        what: What it is too small for.
        smaller: What to choose instead.

    Raises:
        DeviceError: Memory ran out.
    """
    try:
        yield
    except SHORT as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            f"The device's memory is too small for {what}.",
            f"Close other programs that use the device, or choose {smaller}, or --device cpu.",
        ) from error


def _free(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _too_small(n: int) -> DeviceError:
    return DeviceError(
        f"The device's memory is too small for this network with {counted(n, 'image')} at a time.",
        "Close other programs that use the device, or choose a smaller --image-size or --width, "
        "or --device cpu.",
    )

"""Which places of an image speak for an answer: Grad-CAM, and a check that it sees the weights.

Grad-CAM (Selvaraju et al., 2017, https://arxiv.org/abs/1610.02391) weighs the maps of a late layer
by the mean gradient of a class's score with respect to each, adds them up and keeps what is
positive. Adebayo et al. (2018, https://arxiv.org/abs/1810.03292) found kinds of maps that hardly
change when weights are drawn at random; such maps explain nothing, so these are held against
random weights.
"""

import contextlib
import functools
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.networks.convolutions import Convolutions

N_DRAWS = 3
"""Random last layers that a map is held against."""


def last_maps(module: nn.Module, picture: Tensor) -> tuple[str, int] | None:
    """Find the last layer, pooling aside, whose output still knows places.

    Args:
        picture: (1, 3, S, S).

    Returns:
        Its dotted path, and how many places its maps (B, C, side, side) have along a side; None if
        there is no such layer, as in most transformers.
    """
    found: list[tuple[str, int]] = []
    pooled: list[Tensor] = []

    def look(name: str, layer: nn.Module, inputs: object, output: object) -> None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            return
        if "Pool" in type(layer).__name__:
            pooled.append(output)
        side = output.shape[-1]
        if side > 1 and output.shape[-2] == side and not any(output is maps for maps in pooled):
            found.append((name, side))

    layers = [(name, layer) for name, layer in module.named_modules() if name]
    with contextlib.ExitStack() as hooks, _step_by_step(module), torch.no_grad():
        for name, layer in layers:
            hook = layer.register_forward_hook(functools.partial(look, name))
            hooks.callback(hook.remove)
        module(picture)
    return found[-1] if found else None


def grad_cam(
    module: nn.Module, layer: str, last: nn.Linear, pictures: Tensor, classes: Tensor
) -> NDArray[np.float64]:
    """Return a map of each image for a class, and those that random last layers give instead.

    What is drawn at random are weights from a normal distribution as wide as the last layer's own.
    They change gradients only, so that one forward pass serves all maps.

    Args:
        module: In inference mode; gives scores (B, n_classes).
        layer: Path of a layer whose output is (B, C, h, w).
        last: The linear layer that gives the scores.
        pictures: (B, 3, H, W).
        classes: (B,) int64, on the pictures' device.

    Returns:
        (1 + N_DRAWS, B, h, w), not negative, not scaled; the module's own maps first.

    Raises:
        RuntimeError: The gradients can't be followed.
    """
    maps: list[Tensor] = []
    given: list[Tensor] = []

    def begin_here(layer: nn.Module, inputs: object, output: Tensor) -> Tensor:
        maps.append(output.detach().requires_grad_())
        return maps[-1].clone()  # which layers that follow may change in place

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        given.append(inputs[0])

    hooks = [
        module.get_submodule(layer).register_forward_hook(begin_here),
        last.register_forward_pre_hook(note),
    ]
    try:
        with _step_by_step(module), torch.enable_grad():
            chosen = module(pictures).gather(1, classes[:, None]).sum()
    finally:
        for hook in hooks:
            hook.remove()
    if len(maps) != 1 or len(given) != 1 or given[0].ndim != 2:
        raise RuntimeError("a layer is used more than once, or on more than one vector an image")
    gradients = [torch.autograd.grad(chosen, maps, retain_graph=True)[0]]
    for weights in random_weights(last):
        of_classes = weights[classes].to(given[0])
        gradients += torch.autograd.grad(given, maps, [of_classes], retain_graph=True)
    values = maps[0].detach().float()
    found = [
        (gradient.float().mean((2, 3), keepdim=True) * values).sum(1).clamp(min=0)
        for gradient in gradients
    ]
    return torch.stack(found).cpu().double().numpy()


def random_weights(last: nn.Linear) -> Iterator[Tensor]:
    """Yield weights for a layer, drawn from a normal distribution as wide as its own."""
    weight = last.weight.detach()
    generator = torch.Generator().manual_seed(0)
    for _ in range(N_DRAWS):
        drawn = torch.randn(weight.shape, generator=generator).to(weight.dtype)
        yield drawn.to(weight.device) * weight.std()


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Return Spearman's rank correlation of two maps, ties given their mean rank.

    Returns:
        None if the first is the same everywhere; 0 if only the second is, which says nothing of it.
    """
    ranks = [_ranks(values.ravel()) for values in (a, b)]
    first, second = (values - values.mean() for values in ranks)
    if not first.any():
        return None
    length = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float(np.clip((first * second).sum() / length, -1, 1)) if length > 0 else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, n_equal = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(n_equal)
    ranks: NDArray[np.float64] = (last - (n_equal - 1) / 2)[place]
    return ranks


@contextlib.contextmanager
def _step_by_step(module: nn.Module) -> Iterator[None]:
    """Have every layer called on CUDA, too, where some are otherwise computed together."""
    together = [layer for layer in module.modules() if isinstance(layer, Convolutions)]
    for layer in together:
        layer.forward = functools.partial(nn.Sequential.forward, layer)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for layer in together:
            del layer.forward

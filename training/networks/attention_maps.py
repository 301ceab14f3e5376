"""Which places of an image speak for a transformer's answer: attention rollout with gradients.

Abnar and Zuidema (2020, https://arxiv.org/abs/2005.00928) multiply the attention of all layers,
averaged over the heads and with the identity added for what skips them. That says which places the
answer is made from, but is the same for every class and whatever the last layer has learned, so it
would never pass the check by random weights. Chefer, Gur and Wolf (2021,
https://arxiv.org/abs/2103.15679) weigh each attention by the gradient of a class's score and keep
what is positive; with all weights one it is rollout again, but for a factor.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.grad_cam import last_maps, random_weights

MOST_BEFORE = 8
"""Tokens at most that stand before those of the places: for the class, distillation, registers."""


def rollout(attention: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """Return how far each token is made from each token of the input.

    Args:
        attention: Of each layer, the first one first, (B, n_heads, T, T), rows adding up to 1.
        weights: Of each attention, likewise.

    Returns:
        (B, T, T), not scaled.
    """
    n_tokens = attention[0].shape[-1]
    relevance = torch.eye(n_tokens, device=attention[0].device).expand(len(attention[0]), -1, -1)
    for layer, weight in zip(attention, weights, strict=True):
        relevance = relevance + (weight * layer).clamp(min=0).mean(1) @ relevance
    return relevance


def attention_places(module: nn.Module, picture: Tensor) -> tuple[int, int] | None:
    """Find whether attention between the tokens of all places follows the last convolution.

    Args:
        module: In inference mode.
        picture: (1, 3, S, S).

    Returns:
        Places along a side, and how many tokens stand before theirs; None if there is no such
        attention, or it isn't computed by torch's function for it.
    """
    maps = last_maps(module, picture)
    n_before: list[int] = []
    with _noted() as noted, contextlib.ExitStack() as stack:
        if maps is not None:
            layer = module.get_submodule(maps[0])
            hook = layer.register_forward_hook(lambda *_: n_before.append(len(noted)))
            stack.callback(hook.remove)
        _scores(module, picture)
    return None if any(n_before) else _places(noted)


def attention_maps(
    module: nn.Module, before: int, last: nn.Linear, pictures: Tensor, classes: Tensor
) -> NDArray[np.float64]:
    """Return a map of each image for a class, and those that random last layers give instead.

    Args:
        module: In inference mode; gives scores (B, n_classes).
        before: Tokens that stand before those of the places.
        last: The linear layer that gives the scores.
        pictures: (B, 3, S, S).
        classes: (B,) int64, on the pictures' device.

    Returns:
        (1 + N_DRAWS, B, side, side), not negative, not scaled; the module's own maps first.

    Raises:
        RuntimeError: The gradients can't be followed.
    """
    given: list[Tensor] = []
    hook = last.register_forward_pre_hook(lambda layer, inputs: given.append(inputs[0]))
    try:
        with _noted() as noted:
            chosen = _scores(module, pictures).gather(1, classes[:, None]).sum()
    finally:
        hook.remove()
    if len(given) != 1 or given[0].ndim != 2:
        raise RuntimeError("the last layer is used more than once, or on more than one vector")

    def gradients(of: Tensor, weights: Tensor | None) -> Sequence[Tensor]:
        return torch.autograd.grad(of, noted, weights, retain_graph=True, materialize_grads=True)

    weights = [gradients(chosen, None)]
    weights += [gradients(given[0], drawn[classes].to(given[0])) for drawn in random_weights(last)]
    found = [_map(module, noted, own, before) for own in weights]
    return torch.stack(found).cpu().double().numpy()


@torch.enable_grad()
def _scores(module: nn.Module, pictures: Tensor) -> Tensor:
    """Run a module on inputs with gradient, so that torch doesn't join whole layers."""
    scores: Tensor = module(pictures.detach().requires_grad_())
    return scores


def _map(
    module: nn.Module, noted: Sequence[Tensor], weights: Sequence[Tensor], before: int
) -> Tensor:
    """Return what the tokens that the head reads are made from, (B, side, side)."""
    relevance = rollout([layer.detach().float() for layer in noted], [w.float() for w in weights])
    pooled = before == 0 or getattr(module, "global_pool", "token") not in ("token", "")
    read = relevance[:, before:].mean(1) if pooled else relevance[:, 0]
    places = read[:, before:]
    side = math.isqrt(places.shape[1])
    return places.reshape(len(places), side, side)


def _places(noted: Sequence[Tensor]) -> tuple[int, int] | None:
    """Return places along a side and tokens before them, if these are attentions of one image."""
    shapes = {(layer.ndim, layer.shape[0], *layer.shape[2:]) for layer in noted}
    if len(shapes) != 1:
        return None
    ((n_dimensions, n, *tokens),) = shapes
    if n_dimensions != 4 or n != 1 or tokens[0] != tokens[1]:
        return None
    side = math.isqrt(tokens[0])
    before = tokens[0] - side**2
    return (side, before) if side > 1 and before <= MOST_BEFORE else None


@contextlib.contextmanager
def _noted() -> Iterator[list[Tensor]]:
    """Note the attention of every layer, (B, n_heads, T, T), that torch's function computes."""
    noted: list[Tensor] = []
    fused = F.scaled_dot_product_attention

    def plain(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        **others: Any,
    ) -> Tensor:
        if is_causal or any(others.values()):
            return fused(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, **others)
        scores = query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5)
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, -torch.inf)
        elif attn_mask is not None:
            scores = scores + attn_mask
        noted.append(scores.softmax(-1))
        return noted[-1] @ value

    F.scaled_dot_product_attention = plain  # type: ignore[assignment]
    try:
        yield noted
    finally:
        F.scaled_dot_product_attention = fused

"""Convolutions on CUDA by fewer and larger kernels: the same sums, in another order.

Two habits of networks for images are slow there. The first convolution sees three channels, while
tensor cores multiply eight or more at a time; seen as blocks of pixels, an image has enough of
them. And bias and ReLU go over maps that pooling then makes four times smaller; as both keep the
order of values, pooling may come first.

Elsewhere everything is computed as it is written.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from training.networks.cuda_kernels import LANES, blocks_of, max_pooled

ALIGNED = LANES
"""Channels that a tensor core's kernels for 16-bit numbers want to be a multiple of."""


class MaxPooling(nn.MaxPool2d):
    """Maximum pooling, on CUDA by a kernel that moves fewer bytes; maps (B, C, H, W) as torch's."""

    def __init__(self, size: int, stride: int, padding: int = 0) -> None:
        super().__init__(size, stride, padding)
        self._sides = size, stride, padding

    def forward(self, maps: Tensor) -> Tensor:
        pooled = max_pooled(maps, *self._sides)
        return super().forward(maps) if pooled is None else pooled


class Convolutions(nn.Sequential):
    """Convolutions, ReLU and maximum pooling in a row; maps (B, C, H, W) to (B, C', H', W').

    Outputs are those of `nn.Sequential` but for the order in which products are summed, and so are
    gradients, but for pixels that become equal by rounding: which of them was the largest may then
    be decided otherwise.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Apply the layers; on CUDA, pool before bias and ReLU."""
        if not maps.is_cuda:
            return super().forward(maps)  # type: ignore[no-any-return,no-untyped-call]
        return self.pooled_first(maps)

    def pooled_first(self, maps: Tensor) -> Tensor:
        """Apply the layers, with maximum pooling before the bias and the ReLU that precede it."""
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            if not isinstance(layer, nn.Conv2d):
                maps = layer(maps)
            elif _is_pooled(layers):
                pool = layers[1]
                del layers[:2]
                maps = pool(convolved(layer, maps, with_bias=False))
                maps = F.relu(biased(maps, layer.bias), inplace=True)
            else:
                maps = convolved(layer, maps)
        return maps


def _is_pooled(following: list[nn.Module]) -> bool:
    kinds = nn.ReLU, nn.MaxPool2d
    return len(following) > 1 and all(map(isinstance, following, kinds))


def convolved(layer: nn.Conv2d, maps: Tensor, with_bias: bool = True) -> Tensor:
    """Return a convolution's output (B, C', H', W'), with or without its bias."""
    bias = layer.bias if with_bias else None
    if _gains_from_blocks(layer, maps):
        blocks = convolved_by_blocks(maps, layer.weight, layer.stride[0], int(layer.padding[0]))
        return biased(blocks, bias)
    apart = maps.is_cuda and torch.is_autocast_enabled("cuda")
    added = None if apart else bias
    result = F.conv2d(
        maps, layer.weight, added, layer.stride, layer.padding, layer.dilation, layer.groups
    )
    return biased(result, bias) if apart else result


def biased(maps: Tensor, bias: Tensor | None) -> Tensor:
    """Return maps (B, C, H, W) with a bias (C,) added, which may change them in place."""
    if bias is None:
        return maps
    if maps.dtype != torch.bfloat16:
        return maps + bias.to(maps.dtype)[:, None, None]
    added: Tensor = _Biased.apply(maps, bias)
    return added


class _Biased(torch.autograd.Function):
    """Adds a bias; its gradient is a matrix product, several times as fast as torch's sum."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, bias: Tensor) -> Tensor:
        ctx.mark_dirty(maps)
        ctx.kind = bias.dtype
        return maps.add_(bias.to(maps.dtype)[:, None, None])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
        if not ctx.needs_input_grad[1]:
            return gradient, None
        rows = gradient.permute(0, 2, 3, 1).reshape(-1, gradient.shape[1])
        return gradient, (rows.new_ones(1, len(rows)) @ rows)[0].to(ctx.kind)


def _gains_from_blocks(layer: nn.Conv2d, maps: Tensor) -> bool:
    """Tell whether tensor cores would see too few channels, of a layer with a stride."""
    square = len({*layer.kernel_size}) == len({*layer.stride}) == len({*layer.padding}) == 1
    plain = layer.groups == 1 and {*layer.dilation} == {1} and not isinstance(layer.padding, str)
    few = layer.in_channels < ALIGNED and layer.stride[0] > 1
    return maps.is_cuda and torch.is_autocast_enabled("cuda") and square and plain and few


def convolved_by_blocks(maps: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Convolve maps seen as blocks of stride × stride pixels, each pixel of a block a channel.

    A step of the filter is then one block, and a filter of k pixels covers ⌈k / stride⌉ blocks;
    what it doesn't cover of them has the weight 0.

    Args:
        maps: (B, C, H, W).
        weight: (C', C, k, k).
        stride: Pixels between two places of the filter, both ways.
        padding: Pixels of zeros around the maps.

    Returns:
        (B, C', H', W') as `F.conv2d` without a bias.
    """
    _, n_channels, height, width = maps.shape
    n_filters, _, kernel, _ = weight.shape
    covered = math.ceil(kernel / stride)
    rows, columns = ((side + 2 * padding - kernel) // stride + covered for side in (height, width))
    in_block = stride * stride * n_channels
    room = -in_block % ALIGNED
    blocks = blocks_of(maps, stride, padding, rows, columns)
    if blocks is None:
        blocks = _blocks(maps, stride, padding, rows, columns)
    rest = covered * stride - kernel
    filters = F.pad(weight, (0, rest, 0, rest))
    filters = filters.view(n_filters, n_channels, covered, stride, covered, stride)
    filters = filters.permute(0, 2, 4, 3, 5, 1).reshape(n_filters, covered, covered, in_block)
    return F.conv2d(blocks, F.pad(filters, (0, room)).permute(0, 3, 1, 2))


def _blocks(maps: Tensor, stride: int, padding: int, rows: int, columns: int) -> Tensor:
    """Do as `blocks_of` by torch's operations."""
    n, n_channels, _, _ = maps.shape
    canvas = maps.new_zeros(n, rows * stride, columns * stride, n_channels)
    seen = maps.permute(0, 2, 3, 1)[
        :, : rows * stride - padding, : columns * stride - padding
    ]  # a border that no filter reaches is left out
    canvas[:, padding : padding + seen.shape[1], padding : padding + seen.shape[2]] = seen
    pixels = canvas.view(n, rows, stride, columns, stride, n_channels).permute(0, 1, 3, 2, 4, 5)
    in_block = stride * stride * n_channels
    room = -in_block % ALIGNED
    return F.pad(pixels.reshape(n, rows, columns, in_block), (0, room)).permute(0, 3, 1, 2)

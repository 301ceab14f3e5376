"""Kernels of our own for CUDA devices: maximum pooling and the first convolution's blocks, in bf16.

torch's kernels for these move several times the bytes that have to be moved; together they take a
third of AlexNet's step. These are compiled by NVRTC, which torch brings along, when they are first
used. Where that can't be done, their users do the same by torch's operations.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

LANES = 8
"""Channels that a thread works on: 16 bytes, the most that is loaded at once."""

THREADS = 256
LARGEST = 2**31 - 1
"""Kernels count in 32 bits."""

HEADER = """
union Lanes { uint4 all; unsigned short each[8]; };
__device__ float number(unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
__device__ unsigned short rounded(float x) {
    unsigned bits = __float_as_uint(x);
    return x != x ? 0x7fc0 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}
"""
"""bf16 is the upper half of fp32; rounding is to the nearest, ties to even."""

POOLING = """
union Places { uint2 all; unsigned char each[8]; };
const int K = %(size)d, S = %(stride)d, P = %(padding)d;

extern "C" __global__ void pool(const uint4* maps, uint4* pooled, uint2* places, int height,
                                int width, int lanes, int rows, int columns, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    int lane = i %% lanes, place = i / lanes;
    int column = place %% columns, row = place / columns %% rows, image = place / columns / rows;
    Lanes best;
    Places at;
    float most[8];
    bool first = true;
    for (int u = 0; u < K; u++) {
        int y = row * S - P + u;
        if (y < 0 || y >= height) continue;
        for (int v = 0; v < K; v++) {
            int x = column * S - P + v;
            if (x < 0 || x >= width) continue;
            Lanes seen;
            seen.all = maps[((image * height + y) * width + x) * lanes + lane];
            for (int k = 0; k < 8; k++) {
                float found = number(seen.each[k]);
                if (first || found > most[k] || found != found) {
                    most[k] = found;
                    best.each[k] = seen.each[k];
                    at.each[k] = u * K + v;
                }
            }
            first = false;
        }
    }
    pooled[i] = best.all;
    places[i] = at.all;
}

extern "C" __global__ void pool_back(const uint4* gradient, const uint2* places, uint4* result,
                                     int height, int width, int lanes, int rows, int columns,
                                     int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    int lane = i %% lanes, place = i / lanes;
    int x = place %% width, y = place / width %% height, image = place / width / height;
    float sums[8] = {};
    for (int row = y + P < K ? 0 : (y + P - K) / S + 1; row <= (y + P) / S && row < rows; row++) {
        int u = y + P - row * S;
        for (int column = x + P < K ? 0 : (x + P - K) / S + 1;
             column <= (x + P) / S && column < columns; column++) {
            int code = u * K + x + P - column * S;
            int from = ((image * rows + row) * columns + column) * lanes + lane;
            Places at;
            Lanes given;
            at.all = places[from];
            given.all = gradient[from];
            for (int k = 0; k < 8; k++)
                if (at.each[k] == code) sums[k] += number(given.each[k]);
        }
    }
    Lanes sum;
    for (int k = 0; k < 8; k++) sum.each[k] = rounded(sums[k]);
    result[i] = sum.all;
}
"""

BLOCKS = """
const int C = %(n_channels)d, S = %(stride)d, P = %(padding)d;

extern "C" __global__ void blocks(const unsigned short* maps, uint4* result, int height, int width,
                                  int lanes, int rows, int columns, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    int lane = i %% lanes, place = i / lanes;
    int column = place %% columns, row = place / columns %% rows, image = place / columns / rows;
    Lanes block;
    for (int k = 0; k < 8; k++) {
        int e = lane * 8 + k;
        int y = row * S - P + e / (S * C), x = column * S - P + e / C %% S;
        bool inside = e < S * S * C && y >= 0 && y < height && x >= 0 && x < width;
        block.each[k] = inside ? maps[((image * height + y) * width + x) * C + e %% C] : 0;
    }
    result[i] = block.all;
}
"""

Kernel = Callable[..., None]
Sides = tuple[tuple[str, int], ...]
"""Names and values of the numbers that a kernel is compiled for."""


def max_pooled(maps: Tensor, size: int, stride: int, padding: int) -> Tensor | None:
    """Pool as `F.max_pool2d` does: the same values; gradients are summed in fp32, rounded once.

    Args:
        maps: (B, C, H, W).
        size: Side of the square that is pooled.
        stride: Pixels between two of them, both ways.
        padding: Pixels around the maps that are smaller than any.

    Returns:
        (B, C, H', W'); None where there is no kernel for it.
    """
    usable = _usable(maps) and maps.shape[1] % LANES == 0 and size * size < 256
    if not usable or _kernel(maps.device, "pool", POOLING, _sides(size, stride, padding)) is None:
        return None
    pooled: Tensor = _MaxPooling.apply(maps, size, stride, padding)
    return pooled


class _MaxPooling(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, size: int, stride: int, padding: int) -> Tensor:
        n, n_channels, height, width = maps.shape
        rows, columns = ((side + 2 * padding - size) // stride + 1 for side in (height, width))
        pooled = _laid_out(maps, (n, n_channels, rows, columns), maps.dtype)
        places = _laid_out(maps, (n, n_channels, rows, columns), torch.uint8)
        ctx.save_for_backward(places)
        ctx.sides, ctx.shape = _sides(size, stride, padding), maps.shape
        lanes = n_channels // LANES
        _launch("pool", POOLING, ctx.sides, maps, pooled, places, height, width, lanes, rows,
                columns, n_threads=pooled.numel() // LANES)  # fmt: skip
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (places,) = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        result = _laid_out(gradient, ctx.shape, gradient.dtype)
        _, n_channels, height, width = ctx.shape
        rows, columns = places.shape[2:]
        _launch("pool_back", POOLING, ctx.sides, gradient, places, result, height, width,
                n_channels // LANES, rows, columns, n_threads=result.numel() // LANES)  # fmt: skip
        return result, None, None, None


def blocks_of(maps: Tensor, stride: int, padding: int, rows: int, columns: int) -> Tensor | None:
    """See maps as blocks of stride × stride pixels, each pixel of a block a channel.

    Args:
        maps: (B, C, H, W); nothing here has a gradient.
        padding: Pixels of zeros around the maps.
        rows: Blocks from top to bottom; what of them lies outside is zero.
        columns: Blocks from left to right.

    Returns:
        (B, stride · stride · C and zeros up to a multiple of `LANES`, rows, columns), the channels
        in the order of the pixels' rows, columns and channels; None where there is no kernel for
        it.
    """
    n, n_channels, height, width = maps.shape
    lanes = -(-stride * stride * n_channels // LANES)
    sides = ("n_channels", n_channels), ("stride", stride), ("padding", padding)
    tracked = maps.requires_grad and torch.is_grad_enabled()
    if tracked or not _usable(maps) or _kernel(maps.device, "blocks", BLOCKS, sides) is None:
        return None
    result = _laid_out(maps, (n, lanes * LANES, rows, columns), maps.dtype)
    _launch("blocks", BLOCKS, sides, maps, result, height, width, lanes, rows, columns,
            n_threads=result.numel() // LANES)  # fmt: skip
    return result


def _usable(maps: Tensor) -> bool:
    return (
        maps.is_cuda
        and maps.dtype == torch.bfloat16
        and maps.is_contiguous(memory_format=torch.channels_last)
        and maps.numel() <= LARGEST
    )


def _laid_out(like: Tensor, shape: tuple[int, ...], kind: torch.dtype) -> Tensor:
    return torch.empty(shape, device=like.device, dtype=kind, memory_format=torch.channels_last)


def _sides(size: int, stride: int, padding: int) -> Sides:
    return ("size", size), ("stride", stride), ("padding", padding)


def _launch(
    name: str, source: str, sides: Sides, maps: Tensor, *arguments: Any, n_threads: int
) -> None:
    kernel = _kernel(maps.device, name, source, sides)
    assert kernel is not None, "asked for before"
    blocks = -(-n_threads // THREADS)
    with torch.cuda.device(maps.device):
        kernel((blocks, 1, 1), (THREADS, 1, 1), [maps, *arguments, n_threads])


@functools.cache
def _kernel(device: torch.device, name: str, source: str, sides: Sides) -> Kernel | None:
    """Compile a kernel for a device; None where this torch or this device can't."""
    compile_kernel = getattr(torch.cuda, "_compile_kernel", None)  # since torch 2.8
    if compile_kernel is None or torch.version.hip is not None:
        return None
    try:
        with torch.cuda.device(device):
            kernel: Kernel = compile_kernel(HEADER + source % dict(sides), name)
    except Exception:  # no compiler, or none for this device: torch's own kernels do
        return None
    return kernel

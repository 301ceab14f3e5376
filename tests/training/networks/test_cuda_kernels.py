"""Kernels of our own, held to torch's operations: on CUDA, and compiled for the CPU elsewhere."""

import ctypes
import math
import shutil
import subprocess

import pytest
import torch
from torch.nn import functional as F

from training.networks import cuda_kernels
from training.networks.convolutions import MaxPooling, _blocks, biased
from training.networks.cuda_kernels import BLOCKS, HEADER, LANES, POOLING, blocks_of, max_pooled

CUDA = torch.device("cuda", 0)
on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
with_compiler = pytest.mark.skipif(compiler is None, reason="needs a C++ compiler")

POOLS = [(3, 2, 0), (2, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2)]
"""Size, stride and padding; the first three are AlexNet's, VGG16's and ResNet18's."""

FIRST = [(3, 4, 2, 11, 65), (3, 2, 3, 7, 63), (4, 3, 1, 5, 20), (1, 4, 0, 4, 16)]
"""Channels, stride, padding, filter and height of a first convolution."""

CPU_SHIM = """
#include <cstring>
#define __device__
#define __global__
struct uint4 { unsigned x, y, z, w; };
struct uint2 { unsigned x, y; };
struct Place { int x; };
static Place blockIdx, blockDim, threadIdx;
static float __uint_as_float(unsigned bits) { float x; memcpy(&x, &bits, 4); return x; }
static unsigned __float_as_uint(float x) { unsigned bits; memcpy(&bits, &x, 4); return bits; }
"""
LOOP = """
extern "C" void all_of_%(name)s(%(parameters)s, int n) {
    blockDim.x = 64;
    for (blockIdx.x = 0; blockIdx.x * 64 < n; blockIdx.x++)
        for (threadIdx.x = 0; threadIdx.x < 64; threadIdx.x++) %(name)s(%(names)s, n);
}
"""
PARAMETERS = {
    "pool": "uint4* a, uint4* b, uint2* c, int h, int w, int l, int rows, int columns",
    "pool_back": "uint4* a, uint2* b, uint4* c, int h, int w, int l, int rows, int columns",
    "blocks": "unsigned short* a, uint4* b, int h, int w, int l, int rows, int columns",
}


@pytest.fixture
def compiled_for_the_cpu(tmp_path, monkeypatch):
    """Have the kernels run on the CPU, thread after thread, and say which were launched."""
    launched = []

    def launch(name, source, sides, *arguments, n_threads):
        parameters = PARAMETERS[name]
        names = ", ".join(part.split()[-1].lstrip("*") for part in parameters.split(","))
        code = HEADER + source % dict(sides)
        text = CPU_SHIM + code + LOOP % {"name": name, "parameters": parameters, "names": names}
        file = tmp_path / f"{name}{len(launched)}.cpp"
        file.write_text(text)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", file.with_suffix(".so"), file],
                       check=True)  # fmt: skip
        function = getattr(ctypes.CDLL(str(file.with_suffix(".so"))), f"all_of_{name}")
        function(*(ctypes.c_void_p(a.data_ptr()) if isinstance(a, torch.Tensor) else ctypes.c_int(a)
                   for a in (*arguments, n_threads)))  # fmt: skip
        launched.append(name)

    monkeypatch.setattr(cuda_kernels, "_launch", launch)
    monkeypatch.setattr(cuda_kernels, "_usable", lambda maps: True)
    monkeypatch.setattr(cuda_kernels, "_kernel", lambda *_: "a kernel")
    return launched


def maps_like(shape, device):
    """Draw maps in which many values are equal, one isn't a number and one is infinite."""
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(0)).round(decimals=1)
    maps[0, 0, 3, 3], maps[0, -1, 2, 2] = math.nan, -math.inf
    maps = maps.bfloat16().to(device)
    return maps.contiguous(memory_format=torch.channels_last)


def check_pooling(pool, device):
    for height, width in ((13, 17), (8, 9), (7, 6)):
        maps = maps_like((3, 16, height, width), device).requires_grad_()
        pooled, plain = max_pooled(maps, *pool), F.max_pool2d(maps, *pool)
        assert torch.equal(pooled.nan_to_num(9.0), plain.nan_to_num(9.0))
        gradient = torch.randn(plain.shape, device=device).bfloat16()
        (ours,) = torch.autograd.grad(pooled, maps, gradient)
        exact = maps.detach().float().requires_grad_()
        (theirs,) = torch.autograd.grad(F.max_pool2d(exact, *pool), exact, gradient.float())
        torch.testing.assert_close(ours, theirs.bfloat16(), rtol=2**-7, atol=1e-6)
        assert (ours == theirs.bfloat16()).float().mean() > 0.99  # sums in another order


def check_blocks(first, device):
    n_channels, stride, padding, kernel, height = first
    maps = maps_like((2, n_channels, height, height + 1), device)
    rows, columns = (
        (side + 2 * padding - kernel) // stride + math.ceil(kernel / stride)
        for side in maps.shape[2:]
    )
    found = blocks_of(maps, stride, padding, rows, columns)
    expected = _blocks(maps, stride, padding, rows, columns)
    assert found.shape[1] % LANES == 0
    assert torch.equal(found.nan_to_num(9.0), expected.nan_to_num(9.0))


@with_compiler
@pytest.mark.parametrize("pool", POOLS)
def test_the_pooling_kernel_does_what_torch_does(pool, compiled_for_the_cpu):
    check_pooling(pool, "cpu")
    assert set(compiled_for_the_cpu) == {"pool", "pool_back"}


@with_compiler
def test_the_networks_layer_pools_by_the_kernel(compiled_for_the_cpu):
    maps = maps_like((2, 16, 9, 8), "cpu")
    pooled = MaxPooling(3, stride=2, padding=1)(maps)
    assert compiled_for_the_cpu == ["pool"]
    assert torch.equal(pooled.nan_to_num(9.0), F.max_pool2d(maps, 3, 2, 1).nan_to_num(9.0))


@with_compiler
@pytest.mark.parametrize("first", FIRST)
def test_the_kernel_for_blocks_does_what_torch_does(first, compiled_for_the_cpu):
    check_blocks(first, "cpu")
    assert compiled_for_the_cpu == ["blocks"]


@pytest.mark.gpu
@on_cuda
@pytest.mark.parametrize("pool", POOLS)
def test_pooling_on_cuda_does_what_torch_does(pool):
    assert max_pooled(maps_like((1, 16, 8, 8), CUDA), *pool) is not None
    check_pooling(pool, CUDA)


@pytest.mark.gpu
@on_cuda
@pytest.mark.parametrize("first", FIRST)
def test_blocks_on_cuda_are_those_of_torch(first):
    check_blocks(first, CUDA)


@pytest.mark.parametrize(
    "device", ["cpu", pytest.param(CUDA, marks=[pytest.mark.gpu, on_cuda], id="cuda")]
)
def test_the_gradient_of_a_bias_is_the_sum(device):
    maps = torch.randn(8, 32, 27, 27, generator=torch.Generator().manual_seed(0)).bfloat16()
    maps = maps.to(device).contiguous(memory_format=torch.channels_last)
    bias = torch.randn(32, device=device).requires_grad_()
    added = biased(maps.clone().requires_grad_() * 1, bias)
    assert torch.equal(added, maps + bias.bfloat16()[:, None, None])
    gradient = torch.randn(maps.shape, device=device).bfloat16()
    (found,) = torch.autograd.grad(added, bias, gradient)
    exact = gradient.double().sum((0, 2, 3))
    assert found.dtype == bias.dtype
    assert (found - exact).abs().max() <= 2**-8 * exact.abs().max()


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_elsewhere_there_is_no_kernel(kind):
    maps = torch.randn(2, 16, 8, 8).to(kind)
    assert max_pooled(maps, 3, 2, 0) is None
    assert blocks_of(maps, 2, 1, 4, 4) is None


def test_sources_are_complete():
    for source, sides in ((POOLING, ("size", "stride", "padding")),
                          (BLOCKS, ("n_channels", "stride", "padding"))):  # fmt: skip
        assert "%" not in (source % dict.fromkeys(sides, 1)).replace(" % ", "")

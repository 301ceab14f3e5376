"""Number formats: what they are on each device, and that bf16 trains like fp32."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from training.device import environment
from training.device.precision import computing, resolve_precision, use_precision
from training.errors import DeviceError

CPU = torch.device("cpu")


@pytest.fixture(params=["torch", "linux"])
def processor(request, monkeypatch, tmp_path):
    """Have torch, or Linux where torch says nothing, describe a processor with these flags."""

    def described(flags):
        told = {"avx2": True, "amx_bf16": False, "avx512_bf16": False, "cpu_name": "A CPU"}
        if request.param == "torch":
            told |= dict.fromkeys(flags.split(), True)
            monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
            return
        file = tmp_path / "cpuinfo"
        file.write_text(f"processor\t: 0\nmodel name\t: A CPU\nflags\t\t: {flags}\n\nflags\t: x\n")
        monkeypatch.setattr(environment, "CPU_FILE", file)
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)

    return described


def test_auto_is_fp32_on_a_cpu_that_cannot_multiply_bf16(processor):
    processor("fpu avx512f avx512_vnni amx_int8 x_avx512_bf16")
    assert resolve_precision("auto", CPU, 224) == "fp32"
    assert resolve_precision("auto", torch.device("mps"), 224) == "fp32"


@pytest.mark.parametrize("unit", ["amx_bf16", "avx512_bf16"])
def test_auto_is_bf16_on_a_cpu_that_multiplies_it_where_pictures_keep_it_busy(processor, unit):
    processor(f"fpu {unit} avx512f")
    sides = (64, 127, 128, 224)
    assert [resolve_precision("auto", CPU, side) for side in sides] == ["fp32"] * 2 + ["bf16"] * 2


def test_auto_is_fp32_where_nothing_describes_the_cpu(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "CPU_FILE", tmp_path / "missing")
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert resolve_precision("auto", CPU, 224) == "fp32"
    assert environment.cpu_name()


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((6, 1), "fp32"), ((7, 0), "fp16"), ((7, 5), "fp16"), ((8, 0), "bf16"), ((9, 0), "bf16")],
)
def test_auto_is_the_16_bit_format_that_cuda_multiplies(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert resolve_precision("auto", torch.device("cuda", 0), 64) == expected


@pytest.mark.parametrize(
    ("name", "device"),
    [("tf32", "cpu"), ("bf16", "mps"), ("fp16", "mps"), ("fp8", "cpu"), ("bf61", "cpu")],
)
def test_what_a_device_lacks_is_refused(name, device):
    with pytest.raises(DeviceError, match=name):
        resolve_precision(name, torch.device(device), 224)


def test_fp16_is_taken_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert resolve_precision("fp16", torch.device("cuda", 0), 64) == "fp16"
    assert resolve_precision("fp16", CPU, 64) == "fp16"
    with pytest.raises(DeviceError, match="bf16"):
        resolve_precision("bf16", torch.device("cuda", 0), 64)


@pytest.mark.parametrize("name", ["fp32", "tf32", "bf16", "fp16"])
def test_only_tf32_rounds_fp32_products(name):
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    try:
        use_precision(name)
        found = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
        assert found == (name == "tf32",) * 2
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize(
    ("name", "kind", "within"), [("bf16", torch.bfloat16, 0.05), ("fp16", torch.float16, 0.005)]
)
def test_16_bits_are_used_inside_only_and_keep_weights_in_fp32(name, kind, within):
    torch.manual_seed(0)
    module, inputs = nn.Linear(32, 8), torch.randn(16, 32)
    exact = module(inputs)
    with computing(module, name, CPU):
        rounded = module(inputs)
        F.cross_entropy(rounded.float(), torch.zeros(16, dtype=torch.int64)).backward()
    assert rounded.dtype == kind
    assert 0 < (rounded.float() - exact).abs().max() < within
    assert module.weight.dtype == module.weight.grad.dtype == torch.float32
    assert torch.equal(module(inputs), exact)


def test_fp32_changes_nothing():
    module, inputs = nn.Linear(4, 2), torch.randn(3, 4)
    exact = module(inputs)
    with computing(module, "fp32", CPU):
        assert torch.equal(module(inputs), exact)

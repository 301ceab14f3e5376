"""torch's private kernels are there: without them everything works, but more slowly."""

import pytest
import torch

from training.engine import torch_kernels
from training.engine.torch_kernels import ADAM, SGD, UNSCALE, has_optimizers


def test_torch_still_has_them():
    assert hasattr(torch.ops.aten, SGD)
    assert hasattr(torch.ops.aten, ADAM)
    assert hasattr(torch, UNSCALE)
    assert has_optimizers(torch.device("cpu"))


@pytest.mark.parametrize("name", ["SGD", "ADAM"])
def test_one_that_is_gone_is_noticed(monkeypatch, name):
    monkeypatch.setattr(torch_kernels, name, "_fused_nothing_")
    assert not has_optimizers(torch.device("cpu"))


def test_another_kind_of_device_steps_by_plain_operations():
    assert not has_optimizers(torch.device("mps"))

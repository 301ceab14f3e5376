"""A call from Python leaves the process as it was; what can't be put back is for commands alone."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import ImageFile

from training.device import environment
from training.device.determinism import keep_deterministic
from training.device.precision import use_precision
from training.device.process_state import denormals_are_ignored, own_process, process_put_back
from training.device.randomness import seed_all


def what_a_run_may_change():
    """Return how this process computes, and what its generators would draw next."""
    states = torch.get_rng_state().tolist(), random.getstate(), str(np.random.get_state())
    return {
        "denormals": denormals_are_ignored(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.get_deterministic_debug_mode(),
        "benchmark": torch.backends.cudnn.benchmark,
        "products": torch.get_float32_matmul_precision(),
        "tf32": (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32),
        "variables": dict(os.environ),
        "cut files": ImageFile.LOAD_TRUNCATED_IMAGES,
        "generators": states,
        "seed": torch.initial_seed(),
    }


def change_everything():
    environment.ignore_denormals()
    torch.set_num_threads(torch.get_num_threads() + 1)
    keep_deterministic(True)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = "set by torch"
    use_precision("tf32")
    ImageFile.LOAD_TRUNCATED_IMAGES = not ImageFile.LOAD_TRUNCATED_IMAGES
    seed_all(torch.initial_seed() + 1)


def test_everything_is_put_back(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    before = what_a_run_may_change()
    with process_put_back():
        change_everything()
        inside = what_a_run_may_change()
    assert what_a_run_may_change() == before
    assert {name for name in before if inside[name] == before[name]} <= {"denormals"}


def test_it_is_put_back_after_an_error_as_well(monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "set before")
    before = what_a_run_may_change()

    @process_put_back()
    def failing():
        change_everything()
        raise ValueError("no pictures")

    with pytest.raises(ValueError, match="no pictures"):
        failing()
    assert what_a_run_may_change() == before


def test_the_next_numbers_are_those_without_a_run():
    torch.manual_seed(5)
    wanted = torch.rand(3), random.random(), np.random.rand()
    torch.manual_seed(5)
    state = random.getstate(), np.random.get_state()
    with process_put_back():
        seed_all(77)
        torch.rand(1)
    assert torch.equal(torch.rand(3), wanted[0])
    random.setstate(state[0])
    np.random.set_state(state[1])


SMALL = """
import torch
from training.device.process_state import denormals_are_ignored, own_process, process_put_back

def n_zeros():
    small = torch.full((2**22,), 1e-310, dtype=torch.float64)
    return (small * 1.0).numpy().view("int64").tolist().count(0)

inside = []
if {for_good}:
    own_process()
with process_put_back():
    inside += [denormals_are_ignored(), n_zeros()]
print(*inside, denormals_are_ignored(), n_zeros())
"""


@pytest.mark.parametrize(
    ("for_good", "after"), [(False, "False 0"), (True, "True 4194304")], ids=["call", "command"]
)
def test_small_numbers_are_ignored_meanwhile(for_good, after):
    """No thread that computes with this one goes on to ignore them, unless the process is ours."""
    program = SMALL.format(for_good=for_good)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    inside, n_inside, *rest = done.stdout.split()
    assert inside == "True", done.stderr
    assert int(n_inside) > 0
    assert " ".join(rest) == after


def test_memory_is_kept_by_commands_alone(monkeypatch):
    asked = []
    monkeypatch.setattr("training.device.process_state.keep_memory", lambda: asked.append(1))
    with process_put_back():
        pass
    assert asked == []
    with process_put_back():
        own_process()
    assert asked == [1]

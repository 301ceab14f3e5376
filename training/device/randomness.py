"""Every random generator that a run can draw from: seeded, saved and put back together."""

import random
from typing import Any

import numpy as np
import torch


def seed_all(seed: int) -> None:
    """Seed torch on all devices, and Python's and NumPy's generators for models of one's own."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def torch_state(device: torch.device) -> dict[str, Any]:
    """Return the state of torch's generators on the CPU and on `device`."""
    state = {"torch": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def random_state(device: torch.device) -> dict[str, Any]:
    """Return the state of all generators, as tensors and plain values."""
    version, words, gauss = random.getstate()
    keys: Any
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return torch_state(device) | {
        "python": [version, list(words), gauss],
        "numpy": [name, keys.tolist(), position, has_gauss, cached],
    }


def restore_random_state(state: dict[str, Any], device: torch.device) -> None:
    """Put back what `torch_state` or `random_state` returned."""
    torch.set_rng_state(state["torch"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
    if "mps" in state:
        torch.mps.set_rng_state(state["mps"])
    if "python" in state:
        version, words, gauss = state["python"]
        random.setstate((version, tuple(words), gauss))
        np.random.set_state(tuple(state["numpy"]))

"""Small, quick stand-ins for a spec and a study's records."""

import sys
from pathlib import Path

import pytest

from training.planning.plan import resolve
from training.records import Experiment, Settings

sys.path.insert(0, str(Path(__file__).parent))

from recorder import Recorder


@pytest.fixture
def spec():
    return resolve(Experiment(id="scratch/x", question="?"), Settings(), 0)[0]


@pytest.fixture
def recorder(tmp_path):
    return Recorder(tmp_path / "runs" / "quick")


@pytest.fixture
def one_thread():
    """Compute on one thread, so that sums are made in one order."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)

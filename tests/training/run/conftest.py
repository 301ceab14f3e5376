"""A place of work with two classes of noise, for runs of a moment."""

import numpy as np
import pytest
import torch
from PIL import Image

from training.data.prepare import prepare
from training.progress import Progress
from training.records import StudyFolder
from training.run.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for name in ("ant", "bee"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(12):
            noise = rng.integers(0, 256, (80, 80, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / "pictures" / name / f"{i}.png")
    data = prepare(tmp_path / "pictures", None, 64, None, 0)
    folder = StudyFolder(tmp_path / "study")
    return Workspace(folder, data, torch.device("cpu"), Progress(), tmp_path / "weights")

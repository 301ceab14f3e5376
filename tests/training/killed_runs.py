"""A small network whose training is killed after so many batches."""

import numpy as np
import torch
from torch import nn

from training.device.randomness import seed_all
from training.engine.batches import PictureInputs
from training.engine.checkpoint import Identity
from training.engine.loop import fit
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, Settings

IDENTITY = Identity("spec", "data", 0, "2", "cpu")


def spec_with(**fields):
    settings = Settings(image_size=64, batch_size=8, width=1 / 16)
    options = {"epochs": 3, "learning_rate": 1e-3, "augmentation": "one-of-three"} | fields
    return resolve(Experiment(id="scratch/x", question="?", **options), settings, 0)[0]


def pictures(augmentation="none", n=20):
    pixels = np.random.default_rng(0).integers(0, 256, (n, 12, 12, 3), dtype=np.uint8)
    return PictureInputs(
        pixels, np.arange(n), np.arange(n) % 3, mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3),
        device=torch.device("cpu"), augmentation=augmentation,
        generator=torch.Generator().manual_seed(1),
    )  # fmt: skip


class KilledError(Exception):
    pass


class KilledAfter(Progress):
    """Ends the run, as nothing the run could prepare for, after so many batches."""

    def __init__(self, n_batches):
        self.left = n_batches
        self.notes = []

    def batch(self, n_images):
        self.left -= 1
        if self.left < 0:
            raise KilledError

    def note(self, text):
        self.notes.append(text)


def train(spec, checkpoints=None, progress=None, stop=None, meter=None):
    seed_all(spec.seed)
    module = network()
    return fit(
        module, module.train, pictures(spec.augmentation), pictures(), spec,
        progress or Progress(), checkpoints, stop, meter=meter,
    )  # fmt: skip


def network():
    """Return a network with dropout and batch normalisation, from torch's random state."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), nn.Flatten(),
        nn.Linear(400, 3),
    ).to(memory_format=torch.channels_last)  # fmt: skip

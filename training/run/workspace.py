"""What the runs of one study share."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.data.checked_pixels import Pixels
from training.data.prepare import PreparedData
from training.device.precision import Precision
from training.engine.checkpoint import Checkpoints, Identity
from training.engine.feature_cache import FeatureCache
from training.errors import WeightsError
from training.logs import Logs
from training.networks.build import Network
from training.networks.flops import Arithmetic
from training.progress import Progress
from training.records import Layout, Spec, StudyFolder
from training.run.devices import ONE_DEVICE, Devices
from training.run.run_options import RunOptions
from training.stopping import StopSignal
from training.weights.load import StartingWeights


@dataclass
class Workspace:
    """What the runs of one study share.

    Attributes:
        stop: Says when the user wants the process to end.
        options: How the runs were asked for.
        weights_cache: Folder of trained sample weights.
        precision: See `precision.computing`.
        first_seed: Of the study; networks of others are kept only when asked for.
        alone: Whether no other run of the study uses the device at the same time.
        logs: What is written beside the records for TensorBoard, MLflow or W&B.
        feature_cache: Where features of frozen parts are kept.
        unavailable: Weights that could not be had, by label and model, so that a missing
            network is met once and not by every experiment.
        loaded: The weights file read last for a GPU: which it was, and what it held.
        drawn: The network built last with its random weights: what it was built from, itself, and
            the state of the random generators after.
        counted: The arithmetic of each kind of run, with features cached and without.
        said: Kinds of notes that were made.
        layout: How features are laid out, see `Settings.feature_map`.
        devices: Which train a run together.
        pool_features: Features of frozen parts of all pictures that folds divide, computed last, by
            their key, with the seconds that took: for the next fold.
        nudge: How far starting weights are moved, relative to their size, to see how far that
            carries a run; 0 everywhere but in `reproduce`.
    """

    folder: StudyFolder
    data: PreparedData
    device: torch.device
    progress: Progress
    weights_cache: Path
    stop: StopSignal = field(default_factory=StopSignal)
    options: RunOptions = field(default_factory=RunOptions)
    precision: Precision = "fp32"
    logs: Logs = field(default_factory=Logs)
    feature_cache: FeatureCache = field(default_factory=FeatureCache)
    first_seed: int = 0
    alone: bool = True
    unavailable: dict[tuple[str, str], WeightsError] = field(default_factory=dict)
    loaded: tuple[object, StartingWeights] | None = None
    on_device: dict[int, Tensor | None] = field(default_factory=dict)
    drawn: tuple[object, Network, dict[str, Any]] | None = None
    counted: dict[tuple[Spec, bool], Arithmetic | None] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    layout: Layout = "pca"
    devices: Devices = ONE_DEVICE
    nudge: float = 0.0
    pool_features: tuple[str, Tensor, float] | None = None

    @contextlib.contextmanager
    def on_fold(self, number: int) -> Iterator[None]:
        """See the pictures as the run of a fold does, counted from 1; 0 for as they are."""
        whole = self.data
        self.data = whole.of_fold(number)
        try:
            yield
        finally:
            self.data = whole
            if number == len(whole.folds):
                self.pool_features = None  # the next experiment's first fold wants others

    def note_once(self, kind: str, text: str) -> None:
        """Tell the user something about the first run that it holds for."""
        if kind not in self.said:
            self.said.add(kind)
            self.progress.note(text)

    def pixels_on_device(self, image_size: int) -> Tensor | None:
        """Return all images, (N, H, W, 3) uint8 on a CUDA device, if a third of it has room.

        A CPU needs no copy: it reads the mapped file.
        """
        if self.device.type != "cuda":
            return None
        if image_size not in self.on_device:
            pixels = self.data.pixels(image_size)
            free, _ = torch.cuda.mem_get_info(self.device)
            fits = 3 * pixels.nbytes < free
            self.on_device = {image_size: _moved(pixels, self.device) if fits else None}
        return self.on_device[image_size]

    def checkpoints(self, folder: Path, spec: Spec, dataset_fingerprint: str) -> Checkpoints:
        """Return the place for a run's checkpoints."""
        identity = Identity(
            spec_hash=spec.digest(),
            dataset_fingerprint=dataset_fingerprint,
            seed=spec.seed,
            torch=str(torch.__version__),
            device=self.device.type,
            precision=self.precision,
            deterministic=torch.are_deterministic_algorithms_enabled(),
        )
        return Checkpoints(folder, identity, self.options.checkpoint_seconds, self.progress.note)


def _moved(pixels: Pixels, device: torch.device, rows: int = 512) -> Tensor:
    """Copy images (N, H, W, 3) to a device, some at a time: the map never is in memory whole."""
    moved = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    for start in range(0, len(pixels), rows):
        moved[start : start + rows] = torch.from_numpy(pixels[start : start + rows].copy())
    return moved

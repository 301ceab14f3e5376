"""What the runs of one study share."""

from dataclasses import dataclass, field
from pathlib import Path

import torch

from training.checkpoint import SECONDS_BETWEEN, Checkpoints, Identity
from training.data.prepare import PreparedData
from training.errors import WeightsError
from training.progress import Progress
from training.records import Spec, StudyFolder
from training.stopping import StopSignal
from training.weights import StartingWeights


@dataclass
class Workspace:
    """What the runs of one study share.

    Attributes:
        stop: Says when the user wants the process to end.
        checkpoint_seconds: Time between two checkpoints of a run, at least.
        weights_cache: Folder of trained sample weights.
        unavailable: Weights that could not be had, by label and model, so that a missing
            network is met once and not by every experiment.
    """

    folder: StudyFolder
    data: PreparedData
    device: torch.device
    progress: Progress
    weights_cache: Path
    stop: StopSignal = field(default_factory=StopSignal)
    checkpoint_seconds: float = SECONDS_BETWEEN
    unavailable: dict[tuple[str, str], WeightsError] = field(default_factory=dict)
    loaded: dict[tuple[str, str], StartingWeights] = field(default_factory=dict)

    def checkpoints(self, folder: Path, spec: Spec, dataset_fingerprint: str) -> Checkpoints:
        """Return the place for a run's checkpoints."""
        identity = Identity(
            spec_hash=spec.digest(),
            dataset_fingerprint=dataset_fingerprint,
            seed=spec.seed,
            torch=str(torch.__version__),
            device=self.device.type,
            deterministic=torch.are_deterministic_algorithms_enabled(),
        )
        return Checkpoints(folder, identity, self.checkpoint_seconds, self.progress.note)

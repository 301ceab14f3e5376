"""What the runs of one study share."""

from dataclasses import dataclass, field
from pathlib import Path

import torch

from training.data.prepare import PreparedData
from training.errors import WeightsError
from training.progress import Progress
from training.records import StudyFolder
from training.weights import StartingWeights


@dataclass
class Workspace:
    """What the runs of one study share.

    Attributes:
        weights_cache: Folder of trained sample weights.
        unavailable: Weights that could not be had, by label and model, so that a missing
            network is met once and not by every experiment.
    """

    folder: StudyFolder
    data: PreparedData
    device: torch.device
    progress: Progress
    weights_cache: Path
    unavailable: dict[tuple[str, str], WeightsError] = field(default_factory=dict)
    loaded: dict[tuple[str, str], StartingWeights] = field(default_factory=dict)

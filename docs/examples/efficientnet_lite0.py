"""EfficientNet-Lite0 from timm, with weights whose tensors carry older names.

The file's tensors stand in timm's order, so they are matched by position; shapes are compared.
"""

from pathlib import Path

import timm
import torch
from torch import nn


def build(n_classes: int, weights: Path | None) -> nn.Module:
    """Return the network with its ImageNet head; homework replaces the head by a new one."""
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    if weights is not None:
        model.load_state_dict(renamed(weights, model.state_dict()))
    return model


def renamed(weights: Path, wanted: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give the file's tensors timm's names.

    Raises:
        ValueError: Number or shapes differ, so that it is another network's file.
    """
    found = torch.load(weights, map_location="cpu", weights_only=True)
    if [t.shape for t in found.values()] != [t.shape for t in wanted.values()]:
        raise ValueError(f"{weights} doesn't hold the tensors of tf_efficientnet_lite0")
    return dict(zip(wanted, found.values(), strict=True))

"""Write random weights under the names of torchvision's ImageNet files: the same work to train.

    python bench/random_weights.py DIR
    homework run-all --weights DIR …

They stand in for the ImageNet weights where only times are wanted.
"""

import argparse
from pathlib import Path

import torch
import torchvision

from training.weights.source import IMAGENET_FILES


def main() -> None:
    """Write a file a network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for model, name in IMAGENET_FILES.items():
        torch.save(torchvision.models.get_model(model, weights=None).state_dict(), folder / name)


if __name__ == "__main__":
    main()

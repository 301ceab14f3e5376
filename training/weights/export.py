"""Export a saved network for other programs: ONNX, or a safetensors state dict."""

import importlib
import io
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.errors import StudyError
from training.records import write_bytes
from training.weights.saved_network import Kept

OPSET = 18


class Classifier(nn.Module):
    """A network with normalisation before and softmax behind it.

    Takes images (n, 3, H, W), or (n, 1, H, W) of grey, with values in [0, 1]; gives probabilities
    (n, n_classes).
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.network = kept.network.module
        n = kept.about.spec.channels
        self.register_buffer("mean", torch.tensor(kept.about.mean[:n]).view(1, n, 1, 1))
        self.register_buffer("std", torch.tensor(kept.about.std[:n]).view(1, n, 1, 1))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the probabilities of the classes."""
        scores: torch.Tensor = self.network((pictures - self.mean) / self.std)
        return scores.softmax(1)


def described(kept: Kept, normalises: bool) -> dict[str, str]:
    """Return what a program needs to know of the file, as text by name.

    Args:
        normalises: Whether the network itself subtracts mean and divides by std.
    """
    import json

    about, spec = kept.about, kept.about.spec
    return {
        "classes": json.dumps(about.classes),
        "experiment": about.id,
        "model": spec.model,
        "mean": json.dumps(about.mean[: spec.channels]),
        "std": json.dumps(about.std[: spec.channels]),
        "image_size": str(spec.image_size),
        "resize_size": str(spec.resize_size),
        "preparation": preparation(spec.image_size, spec.resize_size, normalises, spec.channels),
    }


def preparation(image_size: int, resize_size: int, normalises: bool, channels: int = 3) -> str:
    """Say how a picture becomes the network's input."""
    rest = "the network normalises it" if normalises else "then minus mean, divided by std"
    return (
        "Turn it upright by its EXIF orientation, put it on white and convert it to RGB; resize "
        f"its shorter side to {resize_size} pixels, bilinear with antialiasing; cut the centre "
        f"square of {image_size} pixels; "
        + ("convert it to grey, Pillow’s mode L; " if channels == 1 else "")
        + f"float32 (n, {channels}, {image_size}, {image_size}), "
        + ("channels R, G, B, " if channels == 3 else "")
        + f"values divided by 255; {rest}."
    )


def to_onnx(kept: Kept, file: Path) -> None:
    """Write ONNX: input `pictures` (n, 3, H, W) in [0, 1], output `probabilities` (n, n_classes).

    Classes and sizes stand in the file's metadata.

    Raises:
        StudyError: The packages onnx and onnxscript aren't there.
    """
    onnx = _import("onnx", "onnx onnxscript")
    _import("onnxscript", "onnx onnxscript")
    side = kept.about.spec.image_size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            Classifier(kept).eval(),
            (torch.zeros(2, kept.about.spec.channels, side, side),),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=["pictures"],
            output_names=["probabilities"],
            dynamic_shapes={"pictures": {0: torch.export.Dim("n")}},
        )
    model = program.model_proto
    for key, value in described(kept, normalises=True).items():
        model.metadata_props.add(key=key, value=value)
    buffer = io.BytesIO()
    onnx.save_model(model, buffer)
    write_bytes(file, buffer.getvalue())


def to_safetensors(kept: Kept, file: Path) -> None:
    """Write the network's state dict, what it is in the header.

    Raises:
        StudyError: The package safetensors isn't there.
    """
    safetensors = _import("safetensors.torch", "safetensors")
    state = {name: v.contiguous() for name, v in kept.network.module.state_dict().items()}
    write_bytes(file, safetensors.save(state, metadata=described(kept, normalises=False)))


def _import(module: str, packages: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise StudyError(
            f"This needs the package {name}.", f"Install it: pip install {packages}"
        ) from error

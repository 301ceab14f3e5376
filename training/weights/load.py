"""Load starting weights into a network: ImageNet's, the sample's, or a file's."""

import importlib
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import torch
from torch import Tensor, nn

from training.errors import StudyError, WeightsError
from training.networks.build import ARCHITECTURES, Network
from training.plurals import counted
from training.weights.source import IMAGENET_FILES, WeightsSource

Channels = tuple[float, float, float]

IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)

MIRROR_VARIABLE = "HOMEWORK_WEIGHTS_URL"
DEFAULT_URL = "https://download.pytorch.org/models"


class MissingWeightsError(WeightsError):
    """The weights aren't available here; experiments that need them are skipped."""


@dataclass(frozen=True)
class StartingWeights:
    """Weights and the normalisation that their images had; std and mean in [0, 1]."""

    state: Mapping[str, Tensor]
    mean: Channels
    std: Channels


def imagenet(model: str, width: float) -> StartingWeights:
    """Fetch ImageNet-1k weights, from torch's own cache when they are there.

    Raises:
        MissingWeightsError: No network and no cached file, or no such weights for this model.
    """
    if width != 1.0 and model in ARCHITECTURES:
        raise MissingWeightsError(
            f"ImageNet weights exist for {model} at width 1 only; this study has width {width:g}.",
            "Use --width 1 or --weights sample.",
        )
    if model in IMAGENET_FILES:
        state = _download(IMAGENET_FILES[model])
        return StartingWeights(state, IMAGENET_MEAN, IMAGENET_STD)
    library, _, name = model.partition(":")
    if library == "torchvision":
        return _torchvision_default(name)
    if library == "timm":
        return _timm_pretrained(name)
    raise MissingWeightsError(
        f"No ImageNet weights are known for {model}.",
        "Name a weights file for this experiment in the study file.",
    )


def _download(file: str, url: str | None = None) -> dict[str, Tensor]:
    """Load `file` from torch's cache or download it; the name's hash is checked."""
    base = url or f"{os.environ.get(MIRROR_VARIABLE, DEFAULT_URL).rstrip('/')}/{file}"
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    try:
        return torch.hub.load_state_dict_from_url(
            base,
            progress=False,
            check_hash=True,
            file_name=file,
            map_location="cpu",
            weights_only=True,
        )
    except (URLError, OSError, RuntimeError, pickle.UnpicklingError) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise MissingWeightsError(
            f"Can't get the weights {file} from {base}: {_reason(error)}.",
            f"Put {file} into {cache}, or name its folder with --weights FOLDER; "
            "--weights sample trains stand-in weights here and says so in the report.",
        ) from error


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).rstrip(".")


def _torchvision_default(name: str) -> StartingWeights:
    from torchvision import models

    try:
        published = models.get_model_weights(name).DEFAULT
    except (ValueError, AttributeError) as error:
        raise MissingWeightsError(f"torchvision publishes no weights for {name}.") from error
    transforms: Any = published.transforms()
    state = _download(Path(published.url).name, published.url)
    return StartingWeights(state, _channels(transforms.mean), _channels(transforms.std))


def _timm_pretrained(name: str) -> StartingWeights:
    import timm

    try:
        module = timm.create_model(name, pretrained=True)
    except Exception as error:  # the hub's client raises many kinds
        raise MissingWeightsError(
            f"Can't get timm's weights for {name}: {_reason(error)}.",
            "Name a weights file for this experiment in the study file.",
        ) from error
    return StartingWeights(module.state_dict(), *normalisation_of(module))


def normalisation_of(module: nn.Module) -> tuple[Channels, Channels]:
    """Return the mean and std a timm model declares for its weights, else ImageNet's."""
    declared = getattr(module, "pretrained_cfg", None) or {}
    mean, std = declared.get("mean", IMAGENET_MEAN), declared.get("std", IMAGENET_STD)
    return _channels(mean), _channels(std)


def _channels(values: Any) -> Channels:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def from_file(source: WeightsSource, network: Network) -> StartingWeights:
    """Read a state dict from a `.pth`, `.pt` or `.safetensors` file, never running its code.

    Raises:
        WeightsError: The file can't be read or doesn't hold a state dict.
    """
    assert source.file is not None
    state = read_state(source.file)
    return StartingWeights(state, *normalisation_of(network.module))


def read_state(file: Path) -> dict[str, Tensor]:
    """Read tensors by name from a weights file."""
    try:
        if file.suffix == ".safetensors":
            safetensors: Any = importlib.import_module("safetensors.torch")
            tensors: dict[str, Tensor] = safetensors.load_file(file)
            return tensors
        content = torch.load(file, map_location="cpu", weights_only=True)
    except ImportError as error:
        raise StudyError(
            f"{file} needs the package safetensors.", "pip install safetensors"
        ) from error
    except Exception as error:  # on damaged files the readers raise whatever they meet
        raise WeightsError(f"Can't read the weights file {file}: {_first_line(error)}") from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(v, Tensor) for v in content.values()):
        raise WeightsError(f"{file} doesn't contain a state dict (tensors by name).")
    return {str(name): value for name, value in content.items()}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _whose(own: Tensor, given: Tensor) -> str:
    """Say which network weights of another shape are of."""
    if given.dim() == 4 and given.shape == (own.shape[0], 1, *own.shape[2:]) and own.shape[1] == 3:
        return "They are of a network that sees one channel of grey: set channels = 1."
    return "They belong to another model or width."


def load_backbone(network: Network, state: Mapping[str, Tensor], origin: str) -> None:
    """Copy all but the head's tensors into the network; the head keeps its random start.

    Raises:
        WeightsError: A tensor is missing or has another shape.
    """
    own = {
        name: value
        for name, value in network.module.state_dict().items()
        if not name.startswith(f"{network.head}.") and not name.endswith("num_batches_tracked")
    }
    missing = [name for name in own if name not in state]
    if missing:
        raise WeightsError(
            f"The weights {origin} lack {len(missing)} of {counted(len(own), 'tensor')}, such as "
            f"“{missing[0]}”.",
            "They belong to another model.",
        )
    for name, value in own.items():
        if value.shape != state[name].shape:
            raise WeightsError(
                f"The weights {origin} don't fit: “{name}” has shape {tuple(state[name].shape)}, "
                f"the model expects {tuple(value.shape)}.",
                _whose(value, state[name]),
            )
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(state[name])

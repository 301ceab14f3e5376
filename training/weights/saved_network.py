"""A finished network saved for use: one file with weights, classes and all that images need."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor

from training.data.decode import UnreadableError, open_picture, squared
from training.device.determinism import use_steady_pooling
from training.engine.batches import PictureInputs
from training.engine.tensor_files import load_tensors, save_tensors
from training.errors import RecordError, StudyError
from training.networks.build import ARCHITECTURES, Network, build
from training.networks.grey_input import with_channels
from training.records import Spec
from training.weights.load import Channels

LARGEST_SIDE = 4096
"""Pixels; a file that wants larger images is refused."""

WIDEST = 64.0
"""Channel multiplier; wider is refused."""

CPU = torch.device("cpu")

AT_ONCE = 64
"""Images that are decoded and classified together."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a saved network is.

    Attributes:
        id: Of the experiment that trained it.
        classes: Names, in the order of the scores.
        mean: Channel means that images are normalised with, in [0, 1].
        std: Channel standard deviations, same scale.
        dataset_fingerprint: Of the images that it was trained on.
    """

    format: int = 1
    id: str
    seed: int
    spec: Spec
    classes: tuple[str, ...]
    mean: Channels
    std: Channels
    dataset_fingerprint: str


@dataclass(frozen=True)
class Kept:
    """A network ready to classify, on the CPU and in inference mode."""

    about: About
    network: Network


@dataclass(frozen=True)
class Guess:
    """What a network says of an image.

    Attributes:
        classes: The likeliest, best first.
        probabilities: Theirs.
        problem: Why the image couldn't be read; then the others are empty.
    """

    picture: Path
    classes: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    problem: str = ""


def keep(file: Path, about: About, state: Mapping[str, Tensor]) -> None:
    """Write a network's complete state and what it is, behind a checksum.

    Raises:
        RecordError: The file can't be written.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    save_tensors(file, {"about": msgspec.json.encode(about).decode(), "tensors": tensors})


def load_kept(file: Path, trusted: Path | None = None) -> Kept:
    """Build a saved network.

    Args:
        trusted: A folder whose modules may be imported, for networks that come from a
            `module:function`; a file alone never has code run.

    Raises:
        RecordError: The file isn't there or isn't such a network.
        StudyError: It needs a module that nobody named.
    """
    content = load_tensors(file)
    try:
        about = msgspec.json.decode(content["about"], type=About)
        tensors: dict[str, Tensor] = dict(content["tensors"])
        _check_about(about)
    except (TypeError, KeyError, ValueError, msgspec.MsgspecError) as error:
        raise RecordError(f"{file} isn't a saved network: {error}.", "Save it again.") from error
    _check_model(about.spec.model, file, trusted)
    code_folders = () if trusted is None else (trusted,)
    _check_shapes(about, tensors, file, code_folders)
    network = _build(about, code_folders)
    use_steady_pooling(network.module, CPU)
    network.module.load_state_dict(tensors)
    network.module.eval()
    return Kept(about, network)


def _build(about: About, code_folders: Sequence[Path]) -> Network:
    spec = about.spec
    n_classes = len(about.classes)
    network = build(spec.model, n_classes, spec.head, spec.width, code_folders=code_folders)
    with_channels(network.module, spec.channels, spec.model)
    return network


def _check_about(about: About) -> None:
    """Refuse what no training writes.

    Raises:
        ValueError: It says what.
    """
    spec = about.spec
    if len(about.classes) < 2:
        raise ValueError("it has fewer than two classes")
    if not 1 <= spec.image_size <= LARGEST_SIDE:
        raise ValueError(f"its images have {spec.image_size} pixels a side")
    if spec.channels not in (1, 3):
        raise ValueError(f"its images have {spec.channels} channels")
    if not 0 < spec.width <= WIDEST or not all(0 < units <= 2**20 for units in spec.head):
        raise ValueError("its layers have impossible widths")
    if not all(map(math.isfinite, (*about.mean, *about.std))) or min(about.std) <= 0:
        raise ValueError("its means and standard deviations are invalid")


def _check_shapes(
    about: About, tensors: Mapping[str, Tensor], file: Path, code_folders: Sequence[Path]
) -> None:
    """Hold the tensors to the network before memory is taken for it.

    Raises:
        RecordError: One is missing, left over, or of another shape.
    """
    try:
        with torch.device("meta"):
            network = _build(about, code_folders)
            wanted = {k: v.shape for k, v in network.module.state_dict().items()}
    except (RuntimeError, TypeError, ValueError) as error:
        raise RecordError(f"{file} has an unknown network: {error}", "Save it again.") from error
    found = {k: getattr(v, "shape", None) for k, v in tensors.items()}
    for name in sorted({*wanted, *map(str, found)}):
        if wanted.get(name) != found.get(name):
            raise RecordError(
                f"{file} doesn't fit its own network: {name} is {_shape(found.get(name))}, "
                f"not {_shape(wanted.get(name))}.",
                "Save it again.",
            )


def _shape(shape: torch.Size | None) -> str:
    return "missing" if shape is None else "×".join(map(str, shape)) or "a number"


def _check_model(model: str, file: Path, trusted: Path | None) -> None:
    library, _, name = model.partition(":")
    if model in ARCHITECTURES or (library in ("torchvision", "timm") and name):
        return
    if trusted is None:
        raise StudyError(
            f"{file} was trained with {model}, code that this command won't import unasked.",
            "If you trust it, name a file beside it, such as the study file: -f study.toml",
        )


def classify(kept: Kept, pictures: Sequence[Path], n_best: int = 5) -> Iterator[Guess]:
    """Yield what a network says of image files, in their order.

    Images are brought to size as for training and testing. One that can't be read yields a
    guess with a problem.
    """
    for start in range(0, len(pictures), AT_ONCE):
        yield from _classify(kept, pictures[start : start + AT_ONCE], n_best)


def _classify(kept: Kept, pictures: Sequence[Path], n_best: int) -> Iterator[Guess]:
    side = kept.about.spec.image_size
    squares, problems = [], {}
    for picture in pictures:
        try:
            squares.append(np.asarray(squared(open_picture(picture).image, side)))
        except UnreadableError as error:
            problems[picture] = str(error)
    probabilities = iter(_probabilities(kept, np.stack(squares)) if squares else ())
    for picture in pictures:
        if picture in problems:
            yield Guess(picture, problem=problems[picture])
            continue
        best = next(probabilities).topk(min(n_best, len(kept.about.classes)))
        names = tuple(kept.about.classes[i] for i in best.indices.tolist())
        yield Guess(picture, names, tuple(best.values.tolist()))


@torch.no_grad()
def _probabilities(kept: Kept, pixels: np.ndarray[Any, Any]) -> Tensor:
    """Return (n, n_classes) for uint8 pixels (n, H, W, 3)."""
    n = len(pixels)
    inputs = PictureInputs(
        pixels, np.arange(n), np.zeros(n, np.int64),
        mean=kept.about.mean, std=kept.about.std, device=CPU, channels=kept.about.spec.channels,
    )  # fmt: skip
    logits: Tensor = kept.network.module(inputs.gather(torch.arange(n)))
    return logits.float().softmax(1)

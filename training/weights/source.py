"""Where an experiment's starting weights come from. Knows names and files, no torch."""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from training.errors import WeightsError
from training.folders import expanded
from training.records import Experiment, Settings

IMAGENET_FILES = {
    "alexnet": "alexnet-owt-7be5be79.pth",
    "vgg16": "vgg16-397923af.pth",
    "resnet18": "resnet18-f37072fd.pth",
}
"""File names of torchvision's ImageNet-1k weights (IMAGENET1K_V1); the digits are the hash."""

SAMPLE_RECIPE = "sample-2"
"""Changes whenever the source task or the training of its weights does."""

SUFFIXES = (".pth", ".pt", ".safetensors")


@dataclass(frozen=True)
class WeightsSource:
    """Identifies starting weights.

    Attributes:
        label: `none`, `imagenet`, `sample` or `file:NAME`; goes into the spec.
        digest: Changes when the weights do; goes into the spec.
        file: The file to read, for `file:NAME`.
    """

    label: str
    digest: str = ""
    file: Path | None = None


def weights_source(experiment: Experiment, settings: Settings, image_size: int) -> WeightsSource:
    """Resolve an experiment's `weights` under the study's settings.

    Raises:
        WeightsError: A file or folder that was named doesn't hold weights for the model.
    """
    setting = settings.weights if experiment.weights == "pretrained" else experiment.weights
    if setting == "none":
        return WeightsSource("none")
    if setting == "imagenet":
        return WeightsSource("imagenet", IMAGENET_FILES.get(experiment.model, "default"))
    if setting == "sample":
        digest = f"{SAMPLE_RECIPE}-{experiment.model}-w{settings.width:g}-{image_size}px"
        return WeightsSource("sample", digest.replace(":", "-").replace("/", "-"))
    file = _find(expanded(setting), experiment.model)
    return WeightsSource(f"file:{file.name}", _digest(file, file.stat().st_mtime_ns), file)


def check_setting(setting: str) -> None:
    """Make sure that `--weights` names something.

    Raises:
        WeightsError: It is neither a keyword nor a path that is there.
    """
    if setting not in ("imagenet", "sample") and not expanded(setting).exists():
        raise WeightsError(
            f"There are no weights at {setting}.",
            "--weights takes “imagenet”, “sample”, a weights file or a folder of them.",
        )


def _find(path: Path, model: str) -> Path:
    if path.is_file():
        return path
    check_setting(str(path))
    stem = model.partition(":")[2] or model
    names = [IMAGENET_FILES.get(model, ""), *(f"{stem}{suffix}" for suffix in SUFFIXES)]
    names = [name for name in names if name]
    for name in names:
        if (path / name).is_file():
            return path / name
    raise WeightsError(
        f"{path} holds no weights for {model}.", f"Put {' or '.join(names)} into {path}."
    )


@functools.lru_cache(maxsize=64)
def _digest(file: Path, modified: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]

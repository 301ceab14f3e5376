"""Features of frozen parts, kept between runs in the user's cache folder.

They are named after all that they depend on, the frozen weights included, and lie behind a
checksum: what is damaged or belongs to anything else is computed anew. On the CPU another number of
threads may round otherwise, so it is part of the name: a run gets the same bytes with and without
the cache.
"""

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from training.engine.tensor_files import load_tensors, save_tensors
from training.errors import RecordError
from training.folders import cache_folder
from training.records import Spec

KEPT_BYTES = 4 * 2**30
"""Space that kept features may take; those longest unused make room."""

WORTH_SECONDS = 1.0
"""Features that took less are computed anew sooner than a file is found and checked."""


class FeatureCache:
    """Where features are kept.

    Args:
        folder: By default one in the user's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "features"

    def load(self, key: str, n: int) -> tuple[Tensor, float] | None:
        """Return features (n, …) and the seconds that computing them took; None if not kept."""
        file = self._file(key)
        if not file.exists():
            return None
        try:
            kept = load_tensors(file)
            features, seconds = kept["features"], float(kept["seconds"])
        except (RecordError, TypeError, KeyError, ValueError):
            return None
        if kept.get("key") != key or not isinstance(features, Tensor) or len(features) != n:
            return None
        with contextlib.suppress(OSError):
            file.touch()
        return features, seconds

    def keep(self, key: str, features: Tensor, seconds: float) -> None:
        """Keep features that were worth the time; a cache that can't be written is no error."""
        if seconds < WORTH_SECONDS or features.nbytes > KEPT_BYTES:
            return
        with contextlib.suppress(RecordError, OSError):
            kept = {"key": key, "features": features.cpu(), "seconds": seconds}
            save_tensors(self._file(key), kept)
            self._make_room()

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.tensors"

    def _make_room(self) -> None:
        files = sorted(self.folder.glob("*.tensors"), key=lambda file: file.stat().st_mtime_ns)
        room = KEPT_BYTES
        for file in reversed(files):
            room -= file.stat().st_size
            if room < 0:
                file.unlink(missing_ok=True)


class NothingKept(FeatureCache):
    """Features that are computed every time: to time that, or to have them from nowhere else."""

    def load(self, key: str, n: int) -> None:
        """Find nothing."""

    def keep(self, key: str, features: Tensor, seconds: float) -> None:
        """Keep nothing."""


def frozen_digest(module: nn.Module, split: str) -> str:
    """Return a digest of the weights of the part of `module` before its submodule `split`."""
    digest = hashlib.sha256()
    for name, value in module.state_dict().items():
        if not name.startswith(f"{split}."):
            digest.update(f"\n{name} {tuple(value.shape)} {value.dtype}\n".encode())
            plain = value.detach().cpu().contiguous()
            digest.update(plain.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def feature_key(
    frozen: str, split: str, spec: Spec, *, pictures: Iterable[object], device: torch.device
) -> str:
    """Name the features that a frozen part gives.

    Args:
        frozen: See `frozen_digest`.
        split: The submodule that they are the input of.
        pictures: What identifies the images that it sees, their order and their scaling.
    """
    threads = torch.get_num_threads() if device.type == "cpu" else 0
    network = spec.model, spec.width, split, spec.batch_size, frozen
    digest = hashlib.sha256(f"{torch.__version__} {device} {threads} {network}".encode())
    for item in pictures:
        digest.update(f"\n{item}".encode())
    return digest.hexdigest()[:40]

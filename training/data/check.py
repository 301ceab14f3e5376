"""`homework data check`: what a folder holds, before anything is trained on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from training.data.cache import Stage
from training.data.prepare import PreparedData, prepare
from training.records import SplitChange

CHECK_SIZE = 224

CHANGES: dict[SplitChange, str] = {
    "test-from-validation": "its validation split is used for testing",
    "validation-from-train": "validation held out of train by chance, seed 0",
}


@dataclass(frozen=True)
class DataCheck:
    """A folder that can be used, and what was found in it."""

    folder: Path
    data: PreparedData

    def as_dict(self) -> dict[str, Any]:
        """Return the data set's record as plain values."""
        plain: dict[str, Any] = msgspec.to_builtins(self.data.record)
        return plain


def check_folder(folder: Path, progress: Stage | None = None) -> DataCheck:
    """Index, split, decode and measure a folder as a study would.

    Raises:
        DataError: A study could not use it.
    """
    return DataCheck(folder, prepare(folder, None, CHECK_SIZE, None, 0, progress))


def report_lines(check: DataCheck) -> list[str]:
    """Say in lines what the folder holds."""
    record = check.data.record
    counts = [sum(n) for n in zip(*msgspec.structs.astuple(record.counts), strict=True)]
    smallest, largest = counts.index(min(counts)), counts.index(max(counts))
    source = {
        "lists": "train.txt and test.txt",
        "folders": "its folders",
        "table": "its column",
        "stratified": "by chance, seed 0, by class",
    }
    classes = f"{len(record.classes)}, "
    if min(counts) == max(counts):
        classes += f"of {min(counts)} pictures each"
    else:
        classes += f"from {min(counts)} ({record.classes[smallest]}) to "
        classes += f"{max(counts)} ({record.classes[largest]}) pictures"
    split = f"train {record.n_train:,} · validation {record.n_validation:,} · "
    split += f"test {record.n_test:,} ({source[record.split_source]})"
    if record.split_changes:
        split += ", ".join(("", *(CHANGES[change] for change in record.split_changes)))
    left_out = ", ".join(record.dropped_classes) or "no class"
    return [
        f"folder        {check.data.root}",
        f"recognised    {record.name} ({record.kind})",
        f"classes       {classes}",
        f"pictures      {sum(counts):,}",
        f"split         {split}",
        f"sizes         width {_range(record.sizes.width)}, height {_range(record.sizes.height)}",
        f"converted     {record.sizes.n_converted:,} pictures were not RGB",
        f"mean          {_channels(record.mean)} (train split at {record.image_size} px)",
        f"std           {_channels(record.std)}",
        f"fingerprint   {record.fingerprint}",
        f"left out      {left_out} ({record.n_dropped_images:,} pictures)",
        f"not pictures  {record.n_ignored_files:,}{_listed(record.ignored_files)}",
        f"unreadable    {record.n_unreadable_files:,}{_listed(record.unreadable_files)}",
    ]


def _range(values: tuple[float, ...]) -> str:
    return f"{values[0]:g} to {values[4]:g} (median {values[2]:g}) px"


def _channels(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


def _listed(files: list[str]) -> str:
    return "".join(f"\n                {file}" for file in files)

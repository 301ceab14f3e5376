"""`homework data check`: what a folder holds, before anything is trained on it.

Every image is decoded once and measured; nothing is written.
"""

import concurrent.futures
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data import duplicates
from training.data.cache import Stage, kept_pixels
from training.data.contents import Contents, no_contents
from training.data.decode import AT_ONCE, Decoded, decode_into
from training.data.index import Index
from training.data.layouts import index_pictures, is_table
from training.data.left_out import described
from training.data.looks import OF_PIXELS, describe_looks, of_pixels, with_files
from training.data.looks import lines as looks_lines
from training.data.prepare import (
    Used,
    describe,
    readable,
    settle_twins,
    used_pictures,
    with_reasons,
)
from training.data.splits import Splits, split
from training.data.statistics import (
    Channels,
    channel_sums,
    statistics_of_sums,
)
from training.data.tree import Tree, read_tree
from training.data.unreadable import LISTS_THEM
from training.errors import DataError, HomeworkError
from training.natural_order import natural_positions
from training.plurals import counted
from training.records import Dataset, Duplicates, SplitChange, SplitSource
from training.study.choices import NONE, Choices

CHECK_SIZE = 224

CHANGES: dict[SplitChange, str] = {
    "test-from-validation": "its validation split is used for testing",
    "validation-from-train": "validation held out of train at random, seed 0",
}

SOURCES: dict[SplitSource, str] = {
    "lists": "train.txt and test.txt",
    "all lists": "its lists",
    "folders": "its folders",
    "table": "its column",
    "stratified": "at random, seed 0, by class",
}


@dataclass(frozen=True)
class DataCheck:
    """What was found in a folder.

    Attributes:
        record: What a study would record; None where it couldn't use the folder.
        problem: Why a study couldn't.
        found: What is there, in lines, where it can't be said as a data set.
    """

    folder: Path
    root: Path
    record: Dataset | None
    problem: HomeworkError | None
    index: Index | None
    not_read: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    twins: Duplicates | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the data set's record as plain values, and all that isn't used."""
        plain: dict[str, Any] = msgspec.to_builtins(self.record) if self.record else {}
        plain["unreadable_files"] = list(self.not_read)
        plain["remarks"] = list(self.remarks)
        plain["duplicates"] = msgspec.to_builtins(self.twins)
        if self.index is not None:
            plain["ignored_files"] = [escaped(path) for path in self.index.ignored_files]
            plain["left_out"] = msgspec.to_builtins(self.index.left_out)
            plain["words"] = [escaped(words) for words in self.index.words]
        plain["problem"] = escaped(str(self.problem)) if self.problem else None
        plain["found"] = list(self.found)
        return plain


def check_folder(
    folder: Path,
    progress: Stage | None = None,
    choices: Choices = NONE,
    image_size: int = CHECK_SIZE,
) -> DataCheck:
    """Index, split, decode and measure a folder as a study would, keeping nothing.

    A folder that a study couldn't use is described as far as it can be, with the reason.

    Args:
        image_size: Side in pixels at which images are measured: the study's.
    """
    index: Index | None = None
    used: Used | None = None
    contents: Contents | None = None
    twins: Duplicates | None = None
    try:
        index = index_pictures(folder, choices)
        splits = split(index, None, 0, choices)
        used = used_pictures(index, splits)
        looked = _look(index.root, used, splits, image_size, progress)
        contents = looked.contents
        splits = readable(index, used, contents, choices.allow_unreadable)
        index, splits, twins = settle_twins(index, used, splits, contents, choices)
        if choices.duplicates == "refuse":
            duplicates.check_none_across(twins)
        mean, std = looked.statistics(splits)
        record = describe(index, folder, used, splits, contents, image_size, None, choices)
        measured = with_files(looked.looks, index.root, used.paths, contents.sizes)
        looks, _ = describe_looks(measured, used.labels, splits, len(index.classes), used.paths)
        record = msgspec.structs.replace(record, mean=mean, std=std, duplicates=twins, looks=looks)
    except HomeworkError as error:
        not_read = tuple(with_reasons(used, contents.unreadable)) if used and contents else ()
        found = () if index is not None else tuple(_overview(folder))
        root = index.root if index is not None else folder
        error.hint = error.hint.replace(LISTS_THEM, "They are listed above with their reasons.")
        error.hint = error.hint.replace(duplicates.LISTS_THEM, "The first are named above.")
        return DataCheck(folder, root, None, error, index, not_read, (), found, twins)
    not_read = tuple(with_reasons(used, contents.unreadable))
    remarks = tuple(with_reasons(used, contents.remarks))
    return DataCheck(folder, index.root, record, None, index, not_read, remarks, (), twins)


@dataclass(frozen=True)
class _Looked:
    """What decoding told.

    Attributes:
        sums: Each image's channel sums and sums of squares, uint64 (N, 2, 3).
        looks: What `looks.of_pixels` measures of each, (N, 8).
    """

    contents: Contents
    image_size: int
    sums: NDArray[np.uint64]
    looks: NDArray[np.float64]

    def statistics(self, splits: Splits) -> tuple[Channels, Channels]:
        rows = splits["train"]
        total, squares = self.sums[rows].sum(0)
        return statistics_of_sums(total, squares, len(rows) * self.image_size**2)


def _look(
    root: Path, used: Used, splits: Splits, image_size: int, progress: Stage | None
) -> _Looked:
    """Decode and measure every image; take from the cache what a run has left there."""
    known = kept_pixels(root, used.paths, image_size)
    found = known.contents if known is not None else no_contents(len(used.paths))
    in_train = np.zeros(len(used.paths), np.bool_)
    in_train[splits["train"]] = True
    sums = np.zeros((len(used.paths), 2, 3), np.uint64)
    looks = np.zeros((len(used.paths), len(OF_PIXELS)))

    def look(start: int) -> list[Decoded]:
        stop = min(start + AT_ONCE, len(used.paths))
        decoded: list[Decoded] = []
        if known is not None:
            squares = known.pixels[start:stop]
        else:
            squares = np.zeros((stop - start, image_size, image_size, 3), np.uint8)
            files = [root / path for path in used.paths[start:stop]]
            decoded = decode_into(squares, list(enumerate(files)))
        looks[start:stop] = of_pixels(squares)
        for place in np.flatnonzero(in_train[start:stop]):
            sums[start + place] = channel_sums(squares, np.array([place]))
        return decoded

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        starts = range(0, len(used.paths), AT_ONCE)
        for start, decoded in zip(starts, pool.map(look, starts), strict=True):
            for place, item in enumerate(decoded):
                found.note(start + place, item)
            if progress is not None:
                done = min(start + AT_ONCE, len(used.paths))
                progress(done, len(used.paths), "images checked")
    return _Looked(found, image_size, sums, looks)


def _overview(folder: Path) -> list[str]:
    """List a folder's folders with their images, where it has no reading."""
    if is_table(folder) or not folder.is_dir():
        return []
    try:
        return list(_tree_lines(read_tree(folder), 2))
    except DataError as error:
        return [error.message]


def _tree_lines(tree: Tree, levels: int) -> Iterator[str]:
    """Yield a line for each folder of some levels: images and other files right in it."""
    below = tree.n_pictures - len(tree.pictures)
    deeper = f", {below:,} further down" if below else ""
    others = f", {counted(len(tree.others), 'other file')}" if tree.others else ""
    name = escaped(tree.path) or "."
    yield f"{name}/: {counted(len(tree.pictures), 'image')}{deeper}{others}"
    if levels:
        for folder in tree.folders.values():
            yield from _tree_lines(folder, levels - 1)


def report_lines(check: DataCheck) -> list[str]:
    """Say in lines what the folder holds, and what of it a study wouldn't use."""
    lines = [f"folder        {escaped(str(check.root))}"]
    words = check.index.words if check.index is not None else ()
    lines += [f"read as       {escaped(said)}" for said in words]
    lines += _record_lines(check.record) if check.record is not None else _few_lines(check)
    left_out = described(check.index.left_out) if check.index is not None else []
    ignored = [escaped(path) for path in check.index.ignored_files] if check.index else []
    return [
        *lines,
        *(_twin_lines(check.twins) if check.twins is not None else []),
        *(_looks_lines(check.record) if check.record is not None else []),
        f"left out      {_all(left_out)}",
        f"not images    {_all(ignored)}",
        f"unreadable    {_all(check.not_read)}",
        *([f"lost much     {_all(check.remarks)}"] if check.remarks else []),
    ]


def _twin_lines(twins: Duplicates) -> list[str]:
    """Count and name the pictures that are there twice."""
    pairs = [duplicates.said(pair) for pair in twins.pairs]
    n_tested = len(twins.test_twins)
    test = "1 test picture has" if n_tested == 1 else f"{n_tested:,} test pictures have"
    return [
        f"duplicates    {duplicates.kinds(twins)}",
        *([f"              {test} a twin in train or validation"] if n_tested else []),
        *(f"                {pair}" for pair in pairs),
    ]


def _looks_lines(record: Dataset) -> list[str]:
    """Say which pictures stand out, and whether splits or classes can be told by looks alone."""
    said = looks_lines(record.looks, record.classes) if record.looks is not None else []
    first, *others = said or ["nothing stands out"]
    return [f"looks         {first}", *(f"              {line}" for line in others)]


def _few_lines(check: DataCheck) -> list[str]:
    index = check.index
    if index is None:
        return [f"holds         {_all(check.found)}"]
    counts = Counter(index.labels)
    order = natural_positions(list(index.classes))
    shown = [f"{escaped(index.classes[i])}: {counts[i]:,}" for i in order]
    return [f"classes       {_all(shown)}", f"images        {len(index.paths):,}"]


def _record_lines(record: Dataset) -> list[str]:
    counts = [sum(n) for n in zip(*msgspec.structs.astuple(record.counts), strict=True)]
    smallest, largest = counts.index(min(counts)), counts.index(max(counts))
    classes = f"{len(record.classes)}, "
    if min(counts) == max(counts):
        classes += f"of {counted(min(counts), 'image')} each"
    else:
        classes += f"from {min(counts)} ({record.classes[smallest]}) to "
        classes += f"{max(counts)} images ({record.classes[largest]})"
    split = f"train {record.n_train:,} · validation {record.n_validation:,} · "
    split += f"test {record.n_test:,} ({_source(record)})"
    if record.split_changes:
        split += ", ".join(("", *(CHANGES[change] for change in record.split_changes)))
    return [
        f"recognised    {record.name} ({record.kind})",
        f"classes       {classes}",
        f"images        {sum(counts):,}",
        f"split         {split}",
        f"sizes         width {_range(record.sizes.width)}, height {_range(record.sizes.height)}",
        f"converted     {counted(record.sizes.n_converted, 'image was', 'images were')} not RGB",
        f"mean          {_channels(record.mean)} (train split at {record.image_size} px)",
        f"std           {_channels(record.std)}",
        f"fingerprint   {record.fingerprint}",
    ]


def _source(record: Dataset) -> str:
    said = SOURCES[record.split_source]
    if record.split_shares is not None:
        shares = "/".join(f"{100 * share:.3g}" for share in record.split_shares)
        said = f"{shares}, at random, seed 0, by class"
    if record.n_groups is not None:
        said += f", {counted(record.n_groups, 'group')} kept whole"
    return said


def _range(values: tuple[float, ...]) -> str:
    return f"{values[0]:g} to {values[4]:g} (median {values[2]:g}) px"


def _channels(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


def _all(items: "list[str] | tuple[str, ...]") -> str:
    return f"{len(items):,}" + "".join(f"\n                {item}" for item in items)

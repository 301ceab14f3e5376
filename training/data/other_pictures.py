"""Pictures of further data sets, made ready to be tested on: nothing is trained on them."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data import duplicates
from training.data.blocks import Elsewhere
from training.data.cache import Stage, decode_all
from training.data.checked_pixels import Pixels
from training.data.classes_in_common import InCommon, in_common, words
from training.data.contents import Contents
from training.data.index import Index
from training.data.layouts import index_pictures
from training.data.left_out import line
from training.data.pixel_files import BESIDE, PixelCache
from training.data.splits import Splits
from training.data.unreadable import check_unreadable
from training.errors import DataError
from training.plurals import counted
from training.records import SPLITS, DuplicatePair, OtherPictures, UnknownClass
from training.study.choices import Choices

LISTED = 20
"""Files and pairs that a record names; the rest is counted."""

Rows = NDArray[np.int64]


@dataclass
class OtherData:
    """Images of a further data set, ready to be tested on.

    Attributes:
        record: What `dataset.json` says of them.
        root: The folder that `paths` are relative to.
        paths: The image behind each row of the pixels.
        labels: The study's class number of each row, int64 (N,).
        rows: Those that are tested on, int64 (n,), in the order of `OtherPictures.images`.
    """

    record: OtherPictures
    root: Path
    paths: Sequence[str]
    labels: Rows
    rows: Rows
    _caches: dict[int, PixelCache] = field(default_factory=dict)

    def pixels(
        self,
        image_size: int,
        progress: Stage | None = None,
        say: Callable[[str], None] | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> Pixels:
        """Return all images at a size, uint8 (N, H, W, 3), decoding them if need be."""
        if image_size not in self._caches:
            self._caches[image_size] = decode_all(
                self.root, self.paths, image_size, progress, say, elsewhere
            )
        return self._caches[image_size].pixels

    def files(self) -> list[Path]:
        """Return the files of the pixels that are open, and those beside them."""
        arrays = [cache.path for cache in self._caches.values()]
        return [*arrays, *(array.with_suffix(BESIDE) for array in arrays)]


@dataclass(frozen=True)
class Own:
    """The study's own images, which further ones are held against.

    Attributes:
        place: Where they are.
        classes: Their classes, in the order of their numbers.
        paths: Of the images that `splits` counts.
        splits: As trained on, chosen by and tested on.
        contents: What decoding found.
    """

    place: Path
    classes: Sequence[str]
    paths: Sequence[str]
    splits: Splits
    contents: Contents


def prepare_others(
    places: Mapping[str, Path],
    own: Own,
    image_size: int,
    choices: Choices,
    progress: Stage | None,
    say: Callable[[str], None],
    elsewhere: Elsewhere | None = None,
) -> tuple[OtherData, ...]:
    """Make further data sets ready to be tested on.

    All images of the classes in common are taken, whichever split they lie in, but those that the
    study's train or validation split has, too: a network may remember them.

    Args:
        places: Where each is, by the name that the study gives it.
        choices: The study's, of which the share of unreadable images and what becomes of images
            that are there twice hold here as well.
        elsewhere: Decodes blocks on other machines, where there are many images.

    Raises:
        DataError: One can't be used, or has no class or nothing new for the study.
    """
    return tuple(
        _prepare(name, place, own, image_size, choices, progress, say, elsewhere)
        for name, place in places.items()
    )


def _prepare(
    name: str,
    place: Path,
    own: Own,
    image_size: int,
    choices: Choices,
    progress: Stage | None,
    say: Callable[[str], None],
    elsewhere: Elsewhere | None,
) -> OtherData:
    index = index_pictures(place)
    for text in index.words:
        say(f"{name}: {text}")
    common = in_common(name, index.classes, own.classes, f"{place} and {own.place}")
    for text in words(name, common, len(own.classes)):
        say(text)
    numbers = [common.number.get(each, -1) for each in index.classes]
    taken = [i for i, label in enumerate(index.labels) if numbers[label] >= 0]
    paths = [index.paths[i] for i in taken]
    labels = np.array([numbers[index.labels[i]] for i in taken], np.int64)
    cache = decode_all(index.root, paths, image_size, progress, say, elsewhere)
    contents = cache.contents
    check_unreadable(index.root, paths, contents.unreadable, choices.allow_unreadable)
    left_out = line(index.left_out, len(index.ignored_files), len(contents.unreadable))
    for text in [left_out] if left_out else []:
        say(f"{name}: {text}")
    readable = np.array([i for i in range(len(paths)) if i not in contents.unreadable], np.int64)
    twins = _twins(readable, paths, contents, own)
    _refuse_or_say(name, twins, choices, say)
    rows = np.setdiff1d(readable, twins.trained_on)
    if not len(rows):
        raise DataError(
            f"No image of “{name}” is left to test on ({place}): the study trains on all of them.",
            "Name other pictures.",
        )
    say(f"{name}: {counted(len(rows), 'image')} to test on.")
    record = _describe(name, index, common, paths, labels, rows, contents, twins)
    found = OtherData(record, index.root, paths, labels, rows)
    found._caches[image_size] = cache
    return found


@dataclass(frozen=True)
class _Twins:
    """Which images the study has as well.

    Attributes:
        trained_on: Rows with a twin in train or validation.
        also_tested: Other rows with a twin in test.
        pairs: Of the first, with a twin each.
    """

    trained_on: Rows
    also_tested: Rows
    pairs: list[DuplicatePair]


def _twins(rows: Rows, paths: Sequence[str], contents: Contents, own: Own) -> _Twins:
    """Look for the images of some rows among the study's own.

    Both are compared as if the study's were trained on and the others tested.
    """
    n = len(own.contents)
    both = Contents(np.concatenate([own.contents.rows, contents.rows]))
    used = np.sort(np.concatenate([own.splits["train"], own.splits["validation"]]))
    as_if: Splits = {"train": used, "validation": own.splits["test"], "test": rows + n}
    alike = duplicates.find_twins(both, as_if).alike
    trained_on = alike.rows("test", ("train",)) - n
    also_tested = np.setdiff1d(alike.rows("test", ("validation",)) - n, trained_on)
    split_of = {int(row): name for name in SPLITS for row in own.splits[name].tolist()}
    pairs = []
    for row in trained_on[:LISTED].tolist():
        others = [int(twin) for twin in alike.twins(row + n) if int(twin) in split_of]
        others = [twin for twin in others if split_of[twin] != "test"]
        digest = contents.digests[row]
        same = [twin for twin in others if (own.contents.digests[twin] == digest).all()]
        twin = (same or others)[0]
        pairs.append(
            DuplicatePair(
                "identical" if same else "near",
                (escaped(paths[row]), escaped(own.paths[twin])),
                ("test", split_of[twin]),
            )
        )
    return _Twins(trained_on, also_tested, pairs)


def _refuse_or_say(name: str, twins: _Twins, choices: Choices, say: Callable[[str], None]) -> None:
    n, n_tested = len(twins.trained_on), len(twins.also_tested)
    if n:
        (there, here), (_, split) = twins.pairs[0].paths, twins.pairs[0].splits
        such = f"such as {there}, {_how(twins.pairs[0])} {here} in {split}"
        if choices.duplicates == "refuse":
            raise DataError(
                f"The study trains on, or chooses by, {counted(n, 'image')} of “{name}”, {such}.",
                "Leave them out of one of both, or let them be left out of this test: "
                "--duplicates keep.",
            )
        are = "is" if n == 1 else "are"
        say(
            f"{name}: {counted(n, 'image')} {are} left out of its test, for train or validation "
            f"has the same or nearly, {such}."
        )
    if n_tested:
        are = "stands" if n_tested == 1 else "stand"
        say(f"{name}: {counted(n_tested, 'image')} {are} in the study’s own test split, too.")


def _how(pair: DuplicatePair) -> str:
    return "identical to" if pair.kind == "identical" else "nearly identical to"


def _describe(
    name: str,
    index: Index,
    common: InCommon,
    paths: Sequence[str],
    labels: Rows,
    rows: Rows,
    contents: Contents,
    twins: _Twins,
) -> OtherPictures:
    counts = Counter(index.classes[label] for label in index.labels)
    broken = [f"{escaped(paths[i])}: {why}" for i, why in sorted(contents.unreadable.items())]
    return OtherPictures(
        name=name,
        fingerprint=_fingerprint(index, paths, labels, rows, contents, common),
        classes=sorted(set(labels[rows].tolist())),
        unknown=[UnknownClass(escaped(each), counts[each]) for each in common.unknown],
        images=[escaped(paths[row]) for row in rows.tolist()],
        n_unreadable_files=len(broken),
        unreadable_files=broken[:LISTED],
        n_trained_on=len(twins.trained_on),
        trained_on=twins.pairs,
        n_also_tested=len(twins.also_tested),
        left_out=index.left_out,
    )


def _fingerprint(
    index: Index,
    paths: Sequence[str],
    labels: Rows,
    rows: Rows,
    contents: Contents,
    common: InCommon,
) -> str:
    """Return a digest that changes with any image that is tested on, its place and its class."""
    names = {number: name for name, number in common.number.items()}
    digest = hashlib.blake2b(digest_size=16)
    for row in rows.tolist():
        file = contents.digests[row].tobytes().hex()
        text = f"{paths[row]} {file} {labels[row]} {names[int(labels[row])]}\n"
        digest.update(text.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()

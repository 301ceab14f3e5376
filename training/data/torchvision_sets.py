"""Data sets that torchvision can download, by name: `torchvision:Flowers102`."""

import csv
import inspect
import io
import operator
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.data.cache import Stage
from training.errors import DataError
from training.locks import locked
from training.lookup import unknown_name
from training.records import Split, write_bytes

TABLE = "pictures.csv"
"""Written last: names every image, its class and its split, relative to its own folder."""

WORDS: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training", "trainval"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""What torchvision's data sets call their splits."""

ONLY_CLASSES = "Only data sets for classification can be used: an image and one class each."


def fetch_torchvision(name: str, folder: Path, progress: Stage | None = None) -> Path:
    """Return the table of one of torchvision's data sets, downloading it unless it is there.

    Images that torchvision keeps as files are named where they lie; others are written as PNG.

    Args:
        name: Of a class in `torchvision.datasets`.
        folder: Where to keep it, in a folder of that name.

    Raises:
        DataError: The data set doesn't exist, isn't one for classification, or can't be
            downloaded.
    """
    place = folder / name
    if not (place / TABLE).is_file():
        kind = _data_set(name)
        place.mkdir(parents=True, exist_ok=True)
        with locked(folder / f"{name}.lock", lambda _: None):
            if not (place / TABLE).is_file():
                rows = list(_rows(name, _splits(name, kind, place), place, progress))
                write_bytes(place / TABLE, _table(rows))
    return place / TABLE


def _data_set(name: str) -> Any:
    from torchvision import datasets

    kind = getattr(datasets, name, None) if name in datasets.__all__ else None
    if kind is None:
        raise unknown_name("torchvision data set", name, datasets.__all__)
    if not inspect.isclass(kind) or "root" not in inspect.signature(kind).parameters:
        raise DataError(f"torchvision:{name} has no images of its own.", ONLY_CLASSES)
    return kind


def _splits(name: str, kind: Any, place: Path) -> dict[Split | None, Any]:
    """Return torchvision's data sets by split; a single one without where it has none."""
    known = inspect.signature(kind).parameters
    options: dict[str, Any] = {"root": str(place)}
    if "download" in known:
        options["download"] = True
    if "loader" in known:
        options["loader"] = Path  # the picture's place in the place of the picture
    try:
        if "train" in known:
            return {"train": kind(train=True, **options), "test": kind(train=False, **options)}
        if "split" not in known:
            return {None: kind(**options)}
        found = {split: _first(kind, words, options) for split, words in WORDS.items()}
    except (OSError, RuntimeError, ImportError, TypeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"Can't get torchvision:{name}: {reason}.",
            f"Without network, put torchvision's files into {place}; torchvision's documentation "
            "of the class names them.",
        ) from error
    there: dict[Split | None, Any] = {s: pictures for s, pictures in found.items() if pictures}
    if "train" not in there or len(there) < 2:
        raise DataError(f"torchvision:{name} isn't divided into train and test.", ONLY_CLASSES)
    return there


def _first(kind: Any, words: Sequence[str], options: dict[str, Any]) -> Any:
    """Return a data set's split under the first word that it knows."""
    for word in words:
        try:
            return kind(split=word, **options)
        except ValueError:
            continue
    return None


def _rows(
    name: str, splits: dict[Split | None, Any], place: Path, progress: Stage | None
) -> Iterator[tuple[str, str, str]]:
    """Yield path, class and split of every image; write those that aren't files yet."""
    total, done = sum(len(pictures) for pictures in splits.values()), 0
    for split, pictures in splits.items():
        names = getattr(pictures, "classes", None)
        for i in range(len(pictures)):
            picture, label = pictures[i]
            try:
                number = operator.index(label)
            except TypeError as error:
                kind = type(label).__name__
                raise DataError(
                    f"torchvision:{name} gives a {kind} for an image.", ONLY_CLASSES
                ) from error
            path = _path(place, picture, split, i)
            yield path, str(names[number]) if names else f"class {number:04d}", split or ""
            done += 1
            if progress is not None:
                progress(done, total, "Reading the data set")


def _path(place: Path, picture: Any, split: Split | None, i: int) -> str:
    """Return an image's place below the data set's folder; write it there if it has none."""
    if isinstance(picture, Path):
        return picture.resolve().relative_to(place.resolve()).as_posix()
    path = Path("pictures", split or "all", f"{i:07d}.png")
    (place / path).parent.mkdir(parents=True, exist_ok=True)
    picture.save(place / path)
    return path.as_posix()


def _table(rows: Sequence[tuple[str, str, str]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("path", "label", "split"))
    writer.writerows(sorted(rows))
    return stream.getvalue().encode()

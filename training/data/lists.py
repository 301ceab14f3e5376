"""Lists of images beside them: `train.txt`, `val.txt`, `test.txt`, with or without labels."""

import re
from pathlib import Path

from training.data.reading import CALTECH_FOLDER
from training.data.split_names import WORDS
from training.errors import DataError
from training.records import Split

LISTS = ("train.txt", "test.txt")
VALIDATION = ("val.txt", "valid.txt", "validation.txt")

NAMES_OF_CLASSES = ("classes.txt", "class_names.txt", "labels.txt", "synset_words.txt")
"""Files that name the classes of numbered labels, one a line."""

_LABELLED = re.compile(r"(.+?\.\w{2,5})[ \t]+(\S.*)")


def find_lists(folder: Path, root: Path) -> tuple[Path, ...] | None:
    """Look for the lists beside the class folders or one level up, never outside what was named.

    Raises:
        DataError: A list has nothing to go with it.
    """
    places = [root.parent, folder] if root.name == CALTECH_FOLDER else [folder]
    for place in places:
        train, test = (place / name for name in LISTS)
        validation = [place / name for name in VALIDATION if (place / name).is_file()]
        if train.is_file() and test.is_file():
            return (train, test, *validation[:1])
        if train.is_file() and validation and _is_labelled(train):
            return train, validation[0]
        if train.is_file() or test.is_file():
            there, missing = (train, test) if train.is_file() else (test, train)
            raise DataError(
                f"{there} has no {missing.name} beside it.",
                f"Add {missing.name}, or remove {there.name} to split the images at random.",
            )
    return None


def split_of_list(file: Path) -> Split:
    """Return the split whose images a list names."""
    return WORDS[file.stem]


def list_entries(file: Path) -> list[tuple[int, str]]:
    """Return line number and text of a list's entries, slashes made uniform.

    Raises:
        DataError: It can't be read.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Can't read {file}: {error}.", "It should be UTF-8 text.") from error
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    return [(n, line.replace("\\", "/").removeprefix("./")) for n, line in lines if line]


def _is_labelled(file: Path) -> bool:
    """Tell whether a list's lines are a path and a label, as Caffe and mmpretrain write them."""
    entries = list_entries(file)
    return (
        bool(entries)
        and all(_LABELLED.fullmatch(text) for _, text in entries)
        and not any((file.parent / text).is_file() for _, text in entries[:10])
    )


def labelled_entries(lists: tuple[Path, ...], root: Path) -> list[tuple[str, str, Split]] | None:
    """Return class, path and split of the images that lists with labels name.

    Paths are looked up beside the list, in the list's own folder (`train/` of `train.txt`) and in
    `images/`. Numbers are replaced by the names that a file of class names gives, or by the name of
    the folder, where each number has one and each folder one number.

    Returns:
        None where the lists have no labels.

    Raises:
        DataError: An image isn't there, is named twice, or a list has labels on some lines only.
    """
    labelled = [file for file in lists if _is_labelled(file)]
    if not labelled:
        return None
    if len(labelled) < len(lists):
        bare = next(file for file in lists if file not in labelled)
        raise DataError(
            f"{labelled[0]} has a class after each path, {bare.name} doesn’t.",
            "Give every list's lines a path and a label, or none's.",
        )
    found: dict[str, tuple[str, Split]] = {}
    for file in lists:
        for line, text in list_entries(file):
            match = _LABELLED.fullmatch(text)
            assert match is not None
            path = _find(file, root, match[1], line)
            if path in found:
                raise DataError(
                    f"{file}, line {line} names {path} again.",
                    "Name each image once, in one list.",
                )
            found[path] = (match[2].strip(), split_of_list(file))
    names = _names({path: label for path, (label, _) in found.items()}, lists[0].parent)
    return [(names.get(label, label), path, split) for path, (label, split) in found.items()]


def _find(file: Path, root: Path, path: str, line: int) -> str:
    for base in ("", f"{file.stem}/", "images/", f"images/{file.stem}/"):
        place = file.parent / (base + path)
        if place.is_file() and place.resolve().is_relative_to(root.resolve()):
            return (base + path) if file.parent == root else str(place.relative_to(root))
    raise DataError(
        f"{file} names missing images; the first is {path} (line {line}).",
        f"Paths are relative to {file.parent}, or to {file.stem}/ or images/ in it.",
    )


def _names(labels: dict[str, str], place: Path) -> dict[str, str]:
    """Return the classes' names by their numbers, as far as they can be known."""
    numbers = set(labels.values())
    if not all(label.isdecimal() for label in numbers):
        return {}
    for name in NAMES_OF_CLASSES:
        if (place / name).is_file():
            lines = [text for _, text in list_entries(place / name)]
            if len(lines) > max(map(int, numbers)):
                return {number: lines[int(number)] for number in numbers}
    folders: dict[str, set[str]] = {}
    for path, label in labels.items():
        folders.setdefault(label, set()).add(path.rpartition("/")[0].rpartition("/")[2])
    named = {label: next(iter(names)) for label, names in folders.items() if len(names) == 1}
    one_each = len(named) == len(numbers) == len(set(named.values())) and "" not in named.values()
    return named if one_each else {}

"""Classes that stand in the files' names: `train/cat.0.jpg`, by an expression of the person's."""

import itertools
import re
from dataclasses import dataclass

from training.byte_names import escaped
from training.data.class_names import check_alike
from training.data.split_names import splits_among
from training.data.tree import Tree
from training.errors import DataError
from training.plurals import counted
from training.records import LeftOut, Split


@dataclass(frozen=True)
class Named:
    """Images whose names say the class.

    Attributes:
        entries: Class, path and split of each.
        divided: Whether folders with the splits' names divide them.
    """

    entries: list[tuple[str, str, Split]]
    divided: bool
    left_out: list[LeftOut]
    words: list[str]


def labelled_by_name(tree: Tree, expression: re.Pattern[str]) -> Named:
    """Find every image's class in its name, and its split in the folders above it.

    Images whose names don't match are left out. Where folders with the names of splits hold
    matching images of train and of another split, they divide them, and matching images beside
    them are left out, too.

    Raises:
        DataError: No name matches.
    """
    found = {path: label for path in tree.all_pictures() if (label := _label(expression, path))}
    if not found:
        some = itertools.islice(tree.all_pictures(), 3)
        examples = ", ".join(escaped(path) for path in some) or "no image"
        raise DataError(
            f"--labels-from-name {expression.pattern!r} matches none of the "
            f"names of {counted(tree.n_pictures, 'image')} in {tree.place}.",
            f"It is searched in the file’s name without folders; found: {examples}.",
        )
    check_alike(set(found.values()), str(tree.place))
    splits = {path: split for path, split in _splits(tree).items() if path in found}
    divided = "train" in splits.values() and len(set(splits.values())) > 1
    left_out = [LeftOut(name, "no label", n) for name, n in _unmatched(tree, found)]
    if divided:
        beside = len(found) - len(splits)
        left_out += [LeftOut("*", "no split", beside)] if beside else []
        entries = [(found[path], path, split) for path, split in splits.items()]
    else:
        entries = [(label, path, "train") for path, label in found.items()]
    said = "divided by their folders" if divided else "divided at random"
    words = [f"Classes are taken from the names of {counted(len(entries), 'image')}, {said}."]
    return Named(entries, divided, left_out, words)


def _label(expression: re.Pattern[str], path: str) -> str:
    match = expression.search(path.rpartition("/")[2])
    if match is None:
        return ""
    return (match[1] if expression.groups else match[0]) or ""


def _unmatched(tree: Tree, found: dict[str, str]) -> list[tuple[str, int]]:
    """Return the folders of images without a label, and how many there are in each."""
    counts: dict[str, int] = {}
    for path in tree.all_pictures():
        if path not in found:
            folder = path.rpartition("/")[0]
            name = escaped(f"{folder}/*" if folder else "*")
            counts[name] = counts.get(name, 0) + 1
    return list(counts.items())


def _splits(tree: Tree) -> dict[str, Split]:
    """Return the split of each image below a folder with a split's name, the outermost one."""
    found: dict[str, Split] = {}
    splits = splits_among(tree.filled)
    for name, folder in tree.filled.items():
        if name in splits:
            found |= dict.fromkeys(folder.all_pictures(), splits[name])
        else:
            found |= _splits(folder)
    return found

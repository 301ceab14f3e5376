"""Number the images and classes of a folder, as it was read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.byte_names import escaped
from training.data.class_names import check_alike
from training.data.entries import Entry, chosen_entries, one_spelling
from training.data.given import Given
from training.data.labels_from_names import labelled_by_name
from training.data.lists import find_lists, labelled_entries, list_entries
from training.data.reading import CALTECH_FOLDER, LAYOUTS, Reading, read_folder
from training.data.tree import CLUTTER, Tree, read_tree
from training.errors import DataError
from training.plurals import counted
from training.records import LeftOut
from training.study.choices import NONE, Choices

__all__ = ["CALTECH_FOLDER", "CLUTTER", "LAYOUTS", "Index", "index_folder", "make_index"]


@dataclass(frozen=True)
class Index:
    """The images of a data set, sorted by class and name.

    Attributes:
        root: The folder that holds one folder a class.
        paths: Images relative to `root`, with forward slashes.
        labels: Class number of each image; classes are numbered in sorted order.
        lists: `train.txt`, `test.txt` and `val.txt`, those that are there.
        dropped_classes: Class folders left out: the clutter class, those without an image, and
            those that were asked away.
        n_dropped_images: Images of the clutter class.
        ignored_files: Files that aren't images, relative to `root`.
        given: The division that comes with the images, other than lists.
        left_out: Classes, folders and whatever else isn't used, and why.
        words: How the data set was understood, where that isn't plain.
    """

    root: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: tuple[int, ...]
    lists: tuple[Path, ...] | None
    dropped_classes: tuple[str, ...]
    n_dropped_images: int
    ignored_files: tuple[str, ...]
    given: Given | None = None
    left_out: tuple[LeftOut, ...] = ()
    words: tuple[str, ...] = ()


def index_folder(folder: Path, choices: Choices = NONE) -> Index:
    """List the images of a folder.

    Raises:
        DataError: The folder is missing, empty, laid out in another way, or in two ways at once.
    """
    root = _find_root(folder)
    tree = read_tree(root)
    if choices.labels_from_name:
        named = labelled_by_name(tree, choices.labels_from_name)
        given = Given("folders", ()) if named.divided else None
        return make_index(root, named.entries, given, [], (), named.left_out, named.words)
    lists = find_lists(folder, root)
    labelled = labelled_entries(lists, root) if lists else None
    if lists and labelled is not None:
        return _index_listed(tree, lists, labelled, choices)
    reading = read_folder(tree, choices)
    if reading.splits:
        return _index_divided(reading, lists)
    return _index_classes(reading, lists or find_lists(reading.root.place, reading.root.place))


def _find_root(folder: Path) -> Path:
    if not folder.exists():
        raise DataError(f"There is no folder {folder}.", LAYOUTS)
    if not folder.is_dir():
        raise DataError(f"{folder} is a file, not a folder.", LAYOUTS)
    for root in (folder / CALTECH_FOLDER, folder / "caltech101" / CALTECH_FOLDER):
        if root.is_dir():
            return root
    return folder


def _index_listed(
    tree: Tree, lists: tuple[Path, ...], entries: Sequence[Entry], choices: Choices
) -> Index:
    names = ", ".join(file.name for file in lists)
    words = [f"Classes and splits come from {names}."]
    entries, spelled = one_spelling(entries)
    check_alike({name for name, _, _ in entries}, str(lists[0].parent), choices.classes)
    kept, left_out = chosen_entries(entries, choices)
    left_out += _not_listed(tree.n_pictures - len(entries))
    return make_index(
        tree.place, kept, Given("all lists", ()), [], (), left_out, [*words, *spelled]
    )


def _not_listed(n: int) -> list[LeftOut]:
    return [LeftOut("*", "not listed", n)] if n > 0 else []


def _index_classes(reading: Reading, lists: tuple[Path, ...] | None) -> Index:
    root, classes = reading.root, reading.classes
    if len(classes) < 2:
        raise _too_few(root.place, len(classes), LAYOUTS)
    names = sorted(classes)
    pictures = {name: _relative(root, classes[name].all_pictures()) for name in names}
    listed = {path for file in lists or () for _, path in list_entries(file)}
    unlisted = sum(path not in listed for name in names for path in pictures[name])
    return Index(
        root=root.place,
        classes=tuple(names),
        paths=tuple(path for name in names for path in pictures[name]),
        labels=tuple(i for i, name in enumerate(names) for _ in pictures[name]),
        lists=lists,
        dropped_classes=tuple(name for name in root.folders if name not in classes),
        n_dropped_images=_n_clutter(reading.left_out),
        ignored_files=tuple(_others(root, root.folders.values())),
        left_out=(*reading.left_out, *(_not_listed(unlisted) if lists else ())),
        words=reading.words,
    )


def _n_clutter(left_out: Iterable[LeftOut]) -> int:
    return sum(item.n_pictures for item in left_out if item.reason == "clutter")


def _relative(root: Tree, paths: Iterable[str]) -> list[str]:
    prefix = f"{root.path}/" if root.path else ""
    return sorted(path.removeprefix(prefix) for path in paths)


def _others(root: Tree, folders: Iterable[Tree]) -> list[str]:
    return [path for folder in folders for path in _relative(root, folder.all_others())]


def _index_divided(reading: Reading, lists: tuple[Path, ...] | None) -> Index:
    root = reading.root
    entries: list[Entry] = []
    others: list[str] = []
    for split, classes in reading.splits.items():
        for name, folder in classes.items():
            entries += [(name, path, split) for path in _relative(root, folder.all_pictures())]
            others += _others(root, [folder])
    unused = [LeftOut(escaped(file.name), "unused list") for file in lists or ()]
    left_out = (*reading.left_out, *unused)
    return make_index(
        root.place, entries, Given("folders", ()), [], tuple(others), left_out, reading.words
    )


def make_index(
    root: Path,
    entries: Sequence[Entry],
    given: Given | None,
    names: Sequence[str],
    others: Sequence[str],
    left_out: Sequence[LeftOut] = (),
    words: Sequence[str] = (),
) -> Index:
    """Number the classes of (class, path, split) entries, sorted by class and path.

    Args:
        given: Where the splits come from; None if they say nothing.
        names: All classes, those without an image included.
        others: Files that aren't images.

    Raises:
        DataError: Fewer than two classes have images.
    """
    entries = sorted(entries)
    classes = sorted({name for name, _, _ in entries})
    if len(classes) < 2:
        raise _too_few(root, len(classes), "")
    numbers = {name: number for number, name in enumerate(classes)}
    return Index(
        root=root,
        classes=tuple(classes),
        paths=tuple(path for _, path, _ in entries),
        labels=tuple(numbers[name] for name, _, _ in entries),
        lists=None,
        dropped_classes=tuple(name for name in names if name not in numbers),
        n_dropped_images=0,
        ignored_files=tuple(sorted(others)),
        given=given and Given(given.source, tuple(split for _, _, split in entries)),
        left_out=tuple(left_out),
        words=tuple(words),
    )


def _too_few(root: Path, n: int, hint: str) -> DataError:
    return DataError(
        f"{root} holds {counted(n, 'class', 'classes')} with images; at least 2 are needed.", hint
    )

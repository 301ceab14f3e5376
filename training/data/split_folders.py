"""Find the pictures of a folder that is divided already: `train/<class>/…`, `test/<class>/…`."""

from pathlib import Path

from training.data.given import NAMES, Given
from training.data.index import Index, class_folders, list_class
from training.errors import DataError
from training.records import Split


def split_folders(folder: Path) -> dict[Split, str]:
    """Return the names of a folder's splits; nothing where it isn't divided that way.

    It is if nothing but splits lies in it, train and another one that hold class folders.
    """
    names = class_folders(folder)
    if not all(name.lower() in NAMES for name in names):
        return {}
    found: dict[Split, str] = {}
    for name in names:
        if class_folders(folder / name):
            split = NAMES[name.lower()]
            if split in found:
                raise DataError(
                    f"{folder} holds {found[split]} and {name}, which both stand for {split}.",
                    "Leave one of them.",
                )
            found[split] = name
    return found if "train" in found and len(found) > 1 else {}


def index_split_folders(folder: Path, places: dict[Split, str]) -> Index:
    """List the pictures of a divided folder.

    Args:
        folder: The folder of the splits.
        places: What `split_folders` found.

    Raises:
        DataError: Fewer than two classes have pictures.
    """
    entries: list[tuple[str, str, Split]] = []
    others: list[str] = []
    names = set()
    for split, place in places.items():
        for name in class_folders(folder / place):
            pictures, strays = list_class(folder, f"{place}/{name}")
            names.add(name)
            entries += [(name, path, split) for path in pictures]
            others += strays
    return make_index(folder, entries, Given("folders", ()), sorted(names), others)


def make_index(
    root: Path,
    entries: list[tuple[str, str, Split]],
    given: Given | None,
    names: list[str],
    others: list[str],
) -> Index:
    """Number the classes of (class, path, split) entries, sorted by class and path.

    Args:
        given: Where the splits come from; None if they say nothing.
        names: All classes, those without a picture included.
        others: Files that aren't pictures.

    Raises:
        DataError: Fewer than two classes have pictures.
    """
    entries = sorted(entries)
    classes = sorted({name for name, _, _ in entries})
    if len(classes) < 2:
        found = f"{len(classes)} class{'' if len(classes) == 1 else 'es'} with pictures"
        raise DataError(f"{root} holds {found}; at least 2 are needed.")
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
    )

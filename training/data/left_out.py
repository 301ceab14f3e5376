"""What isn't trained on, and why, in the words that `run` and `data check` say."""

from collections.abc import Iterable, Sequence

from training.plurals import counted
from training.records import LeftOut, LeftOutReason

WHY: dict[LeftOutReason, str] = {
    "clutter": "Caltech-101’s images without a class",
    "asked": "left out as requested",
    "no pictures": "no image in it",
    "records": "records of studies",
    "no split": "outside the splits",
    "no class": "outside the classes’ folders",
    "no label": "no class in the name",
    "not listed": "not in the lists",
    "unused list": "the folders define the splits",
    "unused column": "a column that isn’t used",
    "duplicate": "train’s twins of pictures in validation or test",
}


def line(items: Sequence[LeftOut], n_ignored: int = 0, n_unreadable: int = 0) -> str:
    """Say in one line what is left out, counted by reason; nothing where nothing is.

    Args:
        n_ignored: Files that aren't images.
        n_unreadable: Images that can't be decoded.
    """
    said = []
    for reason in WHY:
        found = [item for item in items if item.reason == reason]
        if found:
            names = ", ".join(item.name for item in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            said.append(f"{names}{more} ({WHY[reason]}{_counted(found)})")
    if n_unreadable:
        said.append(f"{counted(n_unreadable, 'image')} that can’t be read")
    if n_ignored:
        said.append(counted(n_ignored, "file that isn’t an image", "files that aren’t images"))
    return f"Left out: {'; '.join(said)}." if said else ""


def _counted(found: Iterable[LeftOut]) -> str:
    items = list(found)
    n_pictures = sum(item.n_pictures for item in items)
    n_files = sum(item.n_files for item in items)
    pictures = f", {counted(n_pictures, 'image')}" if n_pictures else ""
    only_files = n_files and not n_pictures
    return pictures + (f", {counted(n_files, 'other file')}" if only_files else "")


def described(items: Sequence[LeftOut]) -> list[str]:
    """List everything that is left out, with its reason."""
    return [f"{item.name}: {WHY[item.reason]}{_counted([item])}" for item in items]

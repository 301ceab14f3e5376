"""What isn't trained on, and why, in the words that `run` and `data check` say."""

from collections.abc import Iterable, Sequence

from training.records import LeftOut, LeftOutReason

WHY: dict[LeftOutReason, str] = {
    "clutter": "Caltech-101’s pictures of no class",
    "asked": "left out as asked",
    "no pictures": "no picture in it",
    "records": "records of studies",
    "no split": "beside the splits, in none of them",
    "no class": "in no folder of a class",
    "no label": "no class in the name",
    "not listed": "not named by the lists",
    "unused list": "the folders divide the pictures",
    "unused column": "a column that isn’t used",
    "duplicate": "train’s twins of pictures in validation or test",
}


def line(items: Sequence[LeftOut], n_ignored: int = 0, n_unreadable: int = 0) -> str:
    """Say in one line what is left out, counted by reason; nothing where nothing is.

    Args:
        n_ignored: Files that aren't pictures.
        n_unreadable: Pictures that can't be decoded.
    """
    said = []
    for reason in WHY:
        found = [item for item in items if item.reason == reason]
        if found:
            names = ", ".join(item.name for item in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            said.append(f"{names}{more} ({WHY[reason]}{_counted(found)})")
    if n_unreadable:
        said.append(f"{_number(n_unreadable, 'picture')} that can’t be read")
    if n_ignored:
        verb = "is" if n_ignored == 1 else "are"
        said.append(f"{_number(n_ignored, 'file')} that {verb} no picture")
    return f"Left out: {'; '.join(said)}." if said else ""


def _number(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _counted(found: Iterable[LeftOut]) -> str:
    items = list(found)
    n_pictures = sum(item.n_pictures for item in items)
    n_files = sum(item.n_files for item in items)
    pictures = f", {_number(n_pictures, 'picture')}" if n_pictures else ""
    only_files = n_files and not n_pictures
    return pictures + (f", {_number(n_files, 'other file')}" if only_files else "")


def described(items: Sequence[LeftOut]) -> list[str]:
    """List everything that is left out, with its reason."""
    return [f"{item.name}: {WHY[item.reason]}{_counted([item])}" for item in items]

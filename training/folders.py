"""Folders of this machine: for what can be made again, and the current one, which is a person's."""

import contextlib
import os
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path


def expanded(place: str | Path) -> Path:
    """Return a path that a person wrote where no shell replaces `~` by the home folder.

    What stands for nobody's home is a name like any other.
    """
    return Path(os.path.expanduser(place))  # noqa: PTH111 - `Path.expanduser` fails for such names


def cache_folder() -> Path:
    """Return where this machine keeps what can be made or fetched again.

    That are decoded images, features, figures, downloads, sample weights and remote studies.
    """
    import platformdirs

    named = os.environ.get("HOMEWORK_CACHE")
    return expanded(named) if named else platformdirs.user_cache_path("homework")


def current_folder_last(path: Sequence[str]) -> list[str]:
    """Return an import path on which no file of the current folder hides an installed module.

    A person's folder may hold a `numpy.py` or a `report.py`. Where the current folder is the one
    that this program itself is imported from, it stays where it is.
    """
    current = Path.cwd()
    if Path(__file__).resolve().parents[1] == current:
        return list(path)
    return sorted(path, key=lambda place: not place or Path(place) == current)


@contextlib.contextmanager
def starting_python() -> Iterator[None]:
    """Start processes of `multiprocessing` in this block that run nothing of a person's.

    Such a process gets this one's `sys.path`; until then, the current folder comes first unless
    the variable says otherwise. It would also run the script again that this process was started
    with, to find there what it is to do; nothing of ours is there, so it is told of no script.
    """
    path, before = list(sys.path), os.environ.get("PYTHONSAFEPATH")
    script = sys.modules["__main__"]
    sys.path[:] = current_folder_last(path)
    os.environ["PYTHONSAFEPATH"] = "1"
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
        sys.path[:] = path
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before

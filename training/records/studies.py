"""The studies below a folder."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def find_studies(runs: Path) -> dict[str, Path]:
    """Return the studies below `runs/` by name, the most recently written first.

    The example that ships with the source comes last, however new its files are.
    """
    if not runs.is_dir():
        return {}
    folders = [path for path in runs.iterdir() if (path / "study.json").is_file()]
    if len(folders) < 2:  # no order to find, of which very many runs take seconds
        return {path.name: path for path in folders}
    folders.sort(key=lambda path: (path.name == "example", -_newest(path), path.name))
    return {path.name: path for path in folders}


def _newest(study: Path) -> int:
    newest = (study / "study.json").stat().st_mtime_ns
    for section in _folders(study):
        for experiment in _folders(section.path):
            for run in _folders(experiment.path):
                if run.name.startswith("seed-"):
                    with contextlib.suppress(OSError):
                        metrics = os.stat(f"{run.path}/metrics.json")  # noqa: PTH116
                        newest = max(newest, metrics.st_mtime_ns)
    return newest


def _folders(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from (entry for entry in entries if entry.is_dir())

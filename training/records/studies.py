"""The studies below a folder."""

from pathlib import Path


def find_studies(runs: Path) -> dict[str, Path]:
    """Return the studies below `runs/` by name, the most recently written first.

    The example that ships with the source comes last, however new its files are.
    """
    if not runs.is_dir():
        return {}
    folders = [path for path in runs.iterdir() if (path / "study.json").is_file()]
    folders.sort(key=lambda path: (path.name == "example", -_newest(path), path.name))
    return {path.name: path for path in folders}


def _newest(study: Path) -> int:
    records = [study / "study.json", *study.glob("*/*/seed-*/metrics.json")]
    return max(path.stat().st_mtime_ns for path in records)

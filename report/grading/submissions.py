"""Find what was handed in: studies, and PDF reports that carry their own records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from report.errors import ReportError

DEPTH = 5
"""How far below a folder studies are looked for."""

REPORTS = ("report.html", "report.pdf")


@dataclass(frozen=True)
class Submission:
    """Something to grade.

    Attributes:
        name: Its path, short enough to tell it from the others.
        study: The folder of its records, if there is one.
        reports: Its rendered reports.
    """

    name: str
    study: Path | None
    reports: tuple[Path, ...]


def find_submissions(places: Sequence[Path]) -> list[Submission]:
    """List every study below some folders; a folder below them without any is listed, too.

    Raises:
        ReportError: A place doesn't exist, or nothing was found in any.
    """
    found: list[Submission] = []
    for place in places:
        if not place.exists():
            raise ReportError(f"There is nothing at {place}.", "Name folders or report files.")
        found += _below(place)
    unique = {(item.study, item.reports, item.name): item for item in found}
    if not any(item.study or item.reports for item in found):
        shown = ", ".join(map(str, places))
        raise ReportError(
            f"There is no study and no report in {shown}.",
            "A study is a folder with study.json, as `homework run-all` writes it below runs/.",
        )
    return list(unique.values())


def _below(place: Path) -> list[Submission]:
    if place.is_file():
        return [Submission(place.name, None, (place,))]
    if (place / "study.json").is_file():
        return [_study(place, place.resolve().name)]
    found: list[Submission] = []
    for child in sorted(place.iterdir()):
        if child.is_dir() and not child.name.startswith("."):
            inside = list(_inside(child, place))
            found += inside or [Submission(child.name, None, ())]
        elif child.suffix.lower() == ".pdf":
            found.append(Submission(child.name, None, (child,)))
    return found


def _inside(folder: Path, root: Path) -> Iterator[Submission]:
    """Yield studies and lone PDFs; what lies inside a study belongs to it."""
    if (folder / "study.json").is_file():
        yield _study(folder, _short(folder, root))
        return
    if len(folder.relative_to(root).parts) > DEPTH:
        return
    try:
        children = sorted(folder.iterdir())
    except OSError:
        return
    for child in children:
        if child.is_dir() and not child.is_symlink() and not child.name.startswith("."):
            yield from _inside(child, root)
        elif child.suffix.lower() == ".pdf":
            yield Submission(_short(child, root), None, (child,))


def _study(folder: Path, name: str) -> Submission:
    reports = tuple(folder / name for name in REPORTS if (folder / name).is_file())
    return Submission(name, folder, reports)


def _short(path: Path, root: Path) -> str:
    """Return a path below a root without the folders called runs."""
    return "/".join(part for part in path.relative_to(root).parts if part != "runs")

"""Find what was handed in: studies, PDF reports that carry their own records, archives of both."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from report.errors import ReportError
from training.byte_names import escaped
from training.records.archives import ArchiveError, Limits, is_archive, unpack
from training.records.archives import stem as archive_stem

DEPTH = 5
"""How far below a folder studies are looked for."""

LIMITS = Limits(n_files=100_000, n_bytes=4 * 10**9)
"""On what a handed-in archive may hold."""

OTHER_ARCHIVES = (".rar", ".7z", ".zipx", ".tar.zst", ".zst", ".gz", ".lz", ".cab", ".iso", ".dmg")
"""What can't be unpacked here."""

REPORTS = ("report.html", "report.pdf")


@dataclass(frozen=True)
class Submission:
    """Something to grade.

    Attributes:
        name: Its path, short enough to tell it from the others.
        study: The folder of its records, if there is one.
        reports: Its rendered reports.
        problem: Why it couldn't be read.
        owner: The folder or file that was handed in with it; what one person handed in, shares it.
    """

    name: str
    study: Path | None
    reports: tuple[Path, ...]
    problem: str = ""
    owner: Path = Path()


def find_submissions(
    places: Sequence[Path], scratch: Path, passed_over: Callable[[Path], None] = lambda _: None
) -> list[Submission]:
    """List every study below some folders; a folder below them without any is listed, too.

    Args:
        scratch: An empty folder, which archives are unpacked into.
        passed_over: Told the files beside the submissions that are neither reports nor archives.

    Raises:
        ReportError: A place doesn't exist, or nothing was found in any.
    """
    found: list[Submission] = []
    for place in places:
        if not place.exists():
            raise ReportError(f"{place} doesn’t exist.", "Name folders or report files.")
        found += _below(place, scratch, passed_over)
    unique = {(item.study, item.reports, item.name): item for item in found}
    if not any(item.study or item.reports or item.problem for item in found):
        shown = ", ".join(map(str, places))
        raise ReportError(
            f"There is no study and no report in {shown}.",
            "A study is a folder with a study.json; `homework run-all` writes it below runs/.",
        )
    return list(unique.values())


def _below(place: Path, scratch: Path, passed_over: Callable[[Path], None]) -> list[Submission]:
    if place.is_file():
        return _owned(place, _of_file(place, scratch) or [Submission(place.name, None, (place,))])
    if (place / "study.json").is_file():
        return _owned(place, [_study(place, place.resolve().name)])
    found: list[Submission] = []
    for child in sorted(place.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir():
            inside = list(_inside(child, place, scratch))
            found += _owned(child, inside or [Submission(child.name, None, (), _nothing(child))])
        elif of_file := _of_file(child, scratch):
            found += _owned(child, of_file)
        else:
            passed_over(child)
    return found


def _of_file(file: Path, scratch: Path) -> list[Submission]:
    """Return what a file by itself hands in: a report or an archive; nothing of another kind."""
    if is_archive(file):
        return _in_archive(file, escaped(file.name), scratch)
    if file.suffix.lower() == ".pdf":
        return [Submission(file.name, None, (file,))]
    if _is_other_archive(file):
        reason = f"{escaped(file.name)} can’t be unpacked: it is neither zip nor tar"
        return [Submission(escaped(file.name), None, (), reason)]
    return []


def _owned(owner: Path, found: Iterable[Submission]) -> list[Submission]:
    return [replace(item, owner=owner) for item in found]


def _is_other_archive(file: Path) -> bool:
    return file.name.lower().endswith(OTHER_ARCHIVES)


def _nothing(folder: Path) -> str:
    """Say that a folder holds nothing to grade, and which archives in it weren't opened."""
    closed = sorted(
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if (_is_other_archive(file) or is_archive(file)) and file.is_file()
    )
    shown = ", ".join(map(escaped, closed[:3]))
    but = f"; {shown} in it would have to be unpacked by hand" if closed else ""
    return f"it holds no study and no report{but}"


def _in_archive(archive: Path, name: str, scratch: Path) -> list[Submission]:
    """Unpack an archive and list what it holds, or say why it can't be read."""
    target = Path(tempfile.mkdtemp(dir=scratch)) / archive_stem(archive)
    target.mkdir()
    try:
        unpack(archive, target, LIMITS)
    except (ArchiveError, OSError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        return [Submission(name, None, (), f"{name} can’t be unpacked: {escaped(reason)}")]
    found = list(_inside(target, target, scratch, archived=True))
    if not found:
        return [Submission(name, None, (), _nothing(target))]
    return [replace(item, name=f"{name}/{item.name}" if len(found) > 1 else name) for item in found]


def _inside(
    folder: Path, root: Path, scratch: Path, archived: bool = False
) -> Iterator[Submission]:
    """Yield studies and lone PDFs; what lies inside a study belongs to it.

    Args:
        archived: It came out of an archive; those in it are left alone.
    """
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
            yield from _inside(child, root, scratch, archived)
        elif child.suffix.lower() == ".pdf":
            yield Submission(_short(child, root), None, (child,))
        elif not archived and child.is_file() and is_archive(child):
            yield from _in_archive(child, _short(child, root), scratch)


def _study(folder: Path, name: str) -> Submission:
    reports = tuple(folder / name for name in REPORTS if (folder / name).is_file())
    return Submission(name, folder, reports)


def _short(path: Path, root: Path) -> str:
    """Return a path below a root without the folders called runs."""
    return "/".join(part for part in path.relative_to(root).parts if part != "runs")

"""Make a report's page again, from records and from what the report says of how it was made."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from report.assemble import Assembler
from report.audit.rendering import Rendering, Words
from report.evidence.load import load_study
from report.evidence.record_files import record_files
from report.evidence.thumbnails import read_thumbnail
from report.figures.drawing import Drawing
from report.figures.drawing_pool import FEW, DrawingPool
from report.figures.style import Lettering
from report.sections.outline import outline
from report.writing.theme import Theme
from training.records import StudyFolder, StudyRecord, content_of
from training.study import StudyFile, check_outline, retell


@dataclass(frozen=True)
class Remade:
    """A page made again.

    Attributes:
        html: For screens, with figures as `figure:KEY`.
        study: Its study's record, with the words that the report printed.
        titles: Of the sections that the author wrote, by slug.
    """

    html: str
    study: StudyRecord
    titles: Mapping[str, str]
    drawings: Mapping[str, Drawing]
    pool: DrawingPool

    def svg(self, key: str) -> str:
        """Return a figure; wait for it if need be."""
        return self.pool.picture(self.drawings[key])


@contextlib.contextmanager
def remake(folder: Path, rendering: Rendering, lettering: Lettering) -> Iterator[Remade]:
    """Make a report's page again; its figures are being drawn meanwhile.

    Args:
        folder: The study's folder.
        rendering: How the report was made.
        lettering: Of its figures.

    Raises:
        HomeworkError: The records can't be read or contradict each other.
    """
    view = load_study(folder)
    if rendering.study:
        view.folder = _Renamed(folder, rendering.study)
    if rendering.words is not None:
        view.study = retell(view.study, _study_file(rendering.words))
    check_outline(view.study.report, "the report", view.study.sections)
    theme = Theme(paper=rendering.paper)
    assembler = Assembler(view, lambda _: None, theme, rendering.words, rendering.detail)
    html, drawings = assembler.page(rendering.kept, all_sources=bool(rendering.templates))
    sections = outline(view.study, rendering.detail)
    titles = {slug: e.title for slug, e in sections.items() if not e.module}
    with DrawingPool(lettering, few=FEW) as pool:
        pool.start(drawings)
        yield Remade(html, view.study, titles, {what.key: what for what in drawings}, pool)


def _study_file(words: Words) -> StudyFile:
    return StudyFile(**{name: getattr(words, name) for name in Words.__struct_fields__})


class _Renamed(StudyFolder):
    """A study's folder under the name that it had when its report was made."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path)
        self._name = name

    @property
    def name(self) -> str:
        return self._name


STAND_IN = b"\x89PNG\r\n\x1a\nstand-in"
"""What lies in the place of a picture that isn't there; never shown."""

_NAMED = re.compile(rb'"(thumbnails/[^"\\]+)"')


def missing_pictures(folder: Path) -> list[str]:
    """Return the pictures that a study's records name and that don't lie beside them."""
    named = {
        name.decode("utf-8", "replace")
        for record, _ in record_files(folder)
        if record.endswith(".json")
        for name in _NAMED.findall(content_of(folder / record))
    }
    return sorted(name for name in named if read_thumbnail(folder, name) is None)


def with_stand_ins(folder: Path, target: Path, missing: Iterable[str]) -> None:
    """Copy a study's records and pictures, with stand-ins for the pictures that are missing."""
    for name, _ in record_files(folder):
        _place(target, name, content_of(folder / name))
    for file in folder.glob("thumbnails/**/*"):
        name = file.relative_to(folder).as_posix()
        if (content := read_thumbnail(folder, name)) is not None:
            _place(target, name, content)
    for name in missing:
        _place(target, name, STAND_IN)


def _place(folder: Path, name: str, content: bytes) -> None:
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)

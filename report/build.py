"""Make a report from a study's records, all of it or some sections of it."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from report.assemble import FORMATS, Assembler, Edition, Format
from report.audit.manifest import too_large_to_attach
from report.audit.rendering import Detail, Words
from report.errors import ReportError
from report.evidence.load import StudyView, load_study
from report.evidence.record_files import read_files
from report.evidence.run_index import recall_runs, remember_runs
from report.writing.section_cache import Memory, recall, remember
from report.writing.staleness import everything_hash, rest_of_findings
from report.writing.templating import DEFAULT
from report.writing.theme import Theme, theme_remarks
from training.fonts import said_missing
from training.records import write_bytes
from training.study import StudyFile, check_outline, retell

NOT_ATTACHED = (
    "The PDF carries no records, which are too large for it: who verifies it needs the study’s "
    "folder (homework verify report.pdf --runs DIR)."
)


@dataclass(frozen=True)
class Outcome:
    """What a render wrote.

    Attributes:
        files: The report files.
        remarks: What a person must know about them, in sentences.
    """

    files: list[Path]
    remarks: list[str]


def build_report(
    study: Path,
    output: Path,
    formats: Sequence[Format] = FORMATS,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    theme: Theme = DEFAULT,
    words: StudyFile | None = None,
    detail: Detail = "full",
) -> Outcome:
    """Write `report.html` and `report.pdf`; on failure, old ones stay as they were.

    Args:
        study: The study's folder.
        output: Where to write.
        formats: What to write.
        only: Slugs of the sections to rebuild; all of them when empty.
        progress: Told what is being done.
        theme: Whose templates, and which paper.
        words: Title, author, course, abstract and outline that stand in for those in `study.json`.
        detail: `brief` for the first page, the figures behind the answers and the tests alone.

    Raises:
        ReportError: An unknown section, a record that contradicts another, or a template of a
            person's own that is wrong.
        StudyError: The study's outline names an unknown section.
        RecordError: A record can't be read, or the report can't be written.
    """
    _check_writable(output)
    templates = theme.digest()
    known = read_files(study, indexed=True)
    choices = _choices(theme, templates, words, detail)
    made_from = "" if only else everything_hash(study, known, choices)
    files = [output / f"report.{name}" for name in formats]
    remarks = list(theme_remarks(theme))
    if made_from and all(_is_current(file, made_from) for file in files):
        return Outcome(files, [*remarks, "Nothing has changed since these files were written."])
    from report.findings.contradictions import contradiction_remarks

    view = load_described(study, words)
    view.files = known
    rest = rest_of_findings(view)
    recall_runs(view, rest)
    assembler = Assembler(view, progress, theme, _words(words), detail)
    assembler.check(only)
    bases = {name: _base(output, name) for name in formats} if only else {}
    if why := _why_everything(output, list(bases.values()), templates):
        remarks.append(why)
        bases = {}
    editions = {name: assembler.edition(name, bases.get(name), only) for name in formats}
    for name, file in zip(formats, files, strict=True):
        write_bytes(file, editions[name].content)
        remember(file, editions[name].content, list(editions[name].fragments), made_from, templates)
    if "pdf" in formats and too_large_to_attach(study):
        remarks.append(NOT_ATTACHED)
    remarks += _picture_remarks(view)
    remarks += _stale_remarks(editions.values())
    remarks += contradiction_remarks(view)
    remarks += _font_remarks(view)
    remember_runs(view, rest)
    return Outcome(files, remarks)


def _picture_remarks(view: StudyView) -> list[str]:
    from report.writing.markdown import pictures_left_out

    texts = [
        *((extra.title, extra.markdown, extra.pictures) for extra in view.study.report.extra),
        *((s.title, text, {}) for s in view.study.sections for text in (s.before, s.after)),
    ]
    return [
        f"Section “{title}”: the picture {why}."
        for title, text, pictures in texts
        for why in pictures_left_out(text, pictures)
    ]


def _choices(theme: Theme, templates: str, words: StudyFile | None, detail: Detail) -> str:
    """Name all that was asked for beside the records."""
    asked = f"{theme.paper} {detail} {templates}"
    if words is None:
        return asked
    told = (words.title, words.author, words.course, words.abstract, words.report)
    return f"{asked} {msgspec.json.encode(told).decode()}"


def _words(file: StudyFile | None) -> Words | None:
    """Return what a study file says in the place of the records, without the author's own text."""
    if file is None:
        return None
    arranged = file.report
    if arranged is not None:
        extra = tuple(msgspec.structs.replace(section, markdown="") for section in arranged.extra)
        arranged = msgspec.structs.replace(arranged, extra=extra)
    return Words(
        title=file.title,
        author=file.author,
        course=file.course,
        abstract=file.abstract,
        report=arranged,
    )


def load_described(study: Path, words: StudyFile | None) -> StudyView:
    """Return a study's records, told as a study file has it.

    Raises:
        ReportError: A record contradicts another.
        StudyError: The outline names an unknown section.
        RecordError: A record can't be read.
    """
    view = load_study(study)
    if words is not None:
        told = retell(view.study, words)
        view.other_words, view.study = told != view.study, told
    check_outline(view.study.report, f"{study / 'study.json'}, report", view.study.sections)
    return view


def _is_current(file: Path, made_from: str) -> bool:
    memory = recall(file)
    return memory is not None and memory.made_from == made_from


def existing_formats(output: Path) -> tuple[Format, ...]:
    """Return the formats that a report in this folder has."""
    return tuple(name for name in FORMATS if (output / f"report.{name}").is_file())


def _base(output: Path, name: Format) -> Memory | None:
    """Return what the last report in a folder was made of, of the same format if there is one."""
    existing: Mapping[str, Path] = {f: output / f"report.{f}" for f in existing_formats(output)}
    last = existing.get(name) or next(iter(existing.values()), None)
    return recall(last) if last else None


def _why_everything(output: Path, bases: Sequence[Memory | None], templates: str) -> str:
    """Say why `--only` can't build upon an earlier report; empty where it can."""
    known = [base for base in bases if base is not None]
    if len(known) == len(bases):
        if all(base.templates == templates for base in known):
            return ""
        return "The templates have changed since the last report, so every section was rebuilt."
    if not existing_formats(output):
        return f"There is no report in {output} yet, so every section was built."
    return f"No cached sections match the report in {output}, so every section was rebuilt."


def _stale_remarks(editions: Iterable[Edition]) -> list[str]:
    slugs = dict.fromkeys(fragment.slug for edition in editions for fragment in edition.stale)
    if not slugs:
        return []
    return [f"Not rebuilt, although the records have changed: {', '.join(slugs)}."]


def _font_remarks(view: StudyView) -> list[str]:
    """Name what is printed in boxes, because no font here has its letters."""
    study, classes = view.study, view.dataset.classes if view.dataset else []
    experiments = view.names.values()
    said = said_missing(
        [*classes, *experiments, study.title, study.author, study.course, study.abstract]
    )
    return [" ".join(said)] if said else []


def _check_writable(output: Path) -> None:
    """Refuse a folder that can't be written before any work is done."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"Can't create the folder {output}: {error.strerror or error}.",
            "Choose another folder: --output DIR.",
        ) from error
    if not os.access(output, os.W_OK | os.X_OK):
        raise ReportError(
            f"Can't write into {output}: permission denied.", "Choose another folder: --output DIR."
        )

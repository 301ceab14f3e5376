"""Write a report as a document that people edit: Word (docx) or Markdown, by pandoc."""

import base64
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from report.assemble import Assembler
from report.audit.rendering import Detail
from report.build import Outcome, load_described
from report.errors import ReportError
from report.export.pandoc_tree import addresses, for_markdown, for_word
from report.export.word_styles import reference_document
from report.figures.drawing import Drawing, draw_png
from report.writing.templating import DEFAULT
from report.writing.theme import Theme, theme_remarks
from training.records import write_bytes
from training.study import StudyFile

EditableFormat = Literal["docx", "md"]
EDITABLE: tuple[EditableFormat, ...] = get_args(EditableFormat)

MARKDOWN = "gfm"
"""Markdown as GitHub, GitLab and most editors read it."""

PICTURES = "report-pictures"
"""The folder beside `report.md` that its pictures lie in."""

_DATA = re.compile(r"data:image/(?:png|jpeg);base64,(.*)", re.DOTALL)


def write_editable(
    study: Path,
    output: Path,
    name: EditableFormat,
    progress: Callable[[str], None] = lambda _: None,
    theme: Theme = DEFAULT,
    words: StudyFile | None = None,
    detail: Detail = "full",
) -> Outcome:
    """Write `report.docx`, or `report.md` with its pictures in a folder beside it.

    Args:
        study: The study's folder.
        output: Folder to write into; made if it isn't there.
        name: What to write.
        progress: Told what is being done.
        theme: Whose templates, and which paper.
        words: Title, author, course, abstract and outline in place of those in `study.json`.
        detail: See `build_report`.

    Raises:
        ReportError: Pandoc is missing or failed, a record contradicts another, or a template of a
            person's own is wrong.
        StudyError: The study's outline names an unknown section.
        RecordError: A record can't be read, or the copy can't be written.
    """
    _need_pandoc()
    assembler = Assembler(load_described(study, words), progress, theme, detail=detail)
    page, drawings = assembler.page(paper=True)
    tree = msgspec.json.decode(_pandoc(_without_furniture(page), "json", "html", "--sandbox"))
    pictures = dict(_pictures(tree, drawings, progress))
    progress("Writing the document")
    if name == "docx":
        content = _word(for_word(tree, study.name), pictures, theme)
    else:
        content = _markdown(for_markdown(tree, study.name), pictures, output)
    file = output / f"report.{name}"
    write_bytes(file, content)
    return Outcome([file], list(theme_remarks(theme)))


def _without_furniture(page: str) -> str:
    """Leave out what helps on a screen alone; pandoc reads nothing outside a `<main>`."""
    page = re.sub(r'<a class="skip".*?</a>|<nav\b.*?</nav>', "", page, flags=re.DOTALL)
    return re.sub(r"<(/?)main\b", r"<\1div", page)


def _pictures(
    tree: Any, drawings: tuple[Drawing, ...], progress: Callable[[str], None]
) -> Iterator[tuple[str, bytes]]:
    """Yield the address that each picture has in the tree, and the picture as PNG or JPEG.

    Other addresses, which only a person's own template can have, are never looked up.
    """
    by_name = {f"figure:{what.key}": what for what in drawings}
    urls = list(dict.fromkeys(url for url, _ in addresses(tree)))
    for i, url in enumerate(urls, 1):
        if url in by_name:
            progress(f"Drawing figures, {i} of {len(urls)}")
            yield url, draw_png(by_name[url])
        elif found := _DATA.match(url):
            yield url, base64.b64decode(found[1])


def _word(tree: Any, pictures: Mapping[str, bytes], theme: Theme) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        file, reference = Path(place, "report.docx"), Path(place, "reference.docx")
        reference.write_bytes(reference_document(_pandocs_own_styles(), theme.paper))
        _place(tree, pictures, Path(place))
        options = (f"--reference-doc={reference}", f"--resource-path={place}")
        _pandoc(_json(tree), "docx", "json", *options, output=file)
        return file.read_bytes()


def _pandocs_own_styles() -> bytes:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _markdown(tree: Any, pictures: Mapping[str, bytes], output: Path) -> bytes:
    _place(tree, pictures, output)
    return _pandoc(_json(tree), MARKDOWN, "json", "--wrap=none").encode()


def _place(tree: Any, pictures: Mapping[str, bytes], folder: Path) -> None:
    """Write pictures as files into a folder, and put their names into the tree."""
    names: dict[str, str] = {}
    for address in addresses(tree):
        url = address[0]
        if url in pictures and url not in names:
            kind = "png" if pictures[url].startswith(b"\x89PNG") else "jpeg"
            names[url] = f"{PICTURES}/{len(names) + 1:02}.{kind}"
            write_bytes(folder / names[url], pictures[url])
        address[0] = names.get(url, "")


def _json(tree: Any) -> str:
    return msgspec.json.encode(tree).decode()


def _need_pandoc() -> None:
    try:
        import pypandoc

        pypandoc.get_pandoc_path()
    except (ImportError, OSError) as error:
        raise ReportError(
            "An editable copy needs pandoc, which isn't installed.",
            "Install it: pip install 'cnn-homework[docx]'",
        ) from error


def _pandoc(source: str, to: str, what: str, *options: str, output: Path | None = None) -> str:
    import pypandoc

    try:
        return str(
            pypandoc.convert_text(source, to, what, options, outputfile=output and str(output))
        )
    except RuntimeError as error:
        raise ReportError(f"Pandoc couldn't write the document: {error}") from error

"""Print view records through templates. The only user of Jinja2."""

import base64
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from report.audit.rendering import Rendering, write_rendering
from report.evidence.display_names import model_name
from report.writing.about import About, about
from report.writing.bibliography import SOURCES
from report.writing.fonts import font_faces
from report.writing.links import without_dangling, without_uncited
from report.writing.section_cache import Fragment
from report.writing.template_errors import explained
from report.writing.theme import Theme
from training import __version__
from training.fonts import right_to_left

if TYPE_CHECKING:
    from report.sections.cover import Cover
    from report.sections.view import SectionView
    from training.records import StudyRecord

SCRIPTS = ("dom", "theme", "contents", "csv", "tables", "figures", "fold", "start")
"""In the order in which they stand in the page."""


DIRECTIONS = dict.fromkeys(
    map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\ufffd"
)
"""Marks that turn the direction of all text behind them, and what shows in their place."""

DEFAULT = Theme()


class _Loader(FileSystemLoader):
    """Finds templates, a person's own first, and those only in their folder."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme.folders)
        self._theme = theme

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, filename, is_current = super().get_source(environment, template)
        self._theme.check(Path(filename))
        return source, filename, is_current


def _undirected(value: object) -> object:
    """Keep text of a record from turning what is printed around it."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(DIRECTIONS)
    return value


class _Compiled(BytecodeCache):
    """Keeps compiled templates in memory: those for screens and those for paper are the same."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.checksum + bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.checksum + bucket.key] = bucket.code


@functools.cache
def _compiled(theme: Theme) -> _Compiled:
    return _Compiled()


@functools.cache
def _environment(theme: Theme = DEFAULT, paper: bool = False) -> Environment:
    """Return what finds and prints templates; a person's own are kept in a sandbox."""
    kind = SandboxedEnvironment if theme.templates and not theme.trusted else Environment
    environment = kind(
        loader=_Loader(theme),
        bytecode_cache=_compiled(theme),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        finalize=_undirected,
    )
    environment.globals["sources"] = SOURCES
    environment.globals["on_paper"] = paper
    environment.filters["markdown"] = _markdown
    environment.tests["right_to_left"] = right_to_left
    return environment


def render_section(
    section: "SectionView",
    study: "StudyRecord",
    theme: Theme = DEFAULT,
    paper: bool = False,
    known: About | None = None,
) -> str:
    """Return a section's HTML, from `<section>` to `</section>`.

    Templates get the section, the study, its network's name, and what it is about; their macros
    leave out for paper what makes no difference there, and costs a layout most.

    Raises:
        ReportError: A person's own template is wrong.
    """
    with explained(theme):
        template = _environment(theme, paper).get_template("section.html")
        network = model_name(study.settings.backbone)
        return template.render(
            section=section, study=study, network=network, about=known or about(study)
        ).strip()


def render_page(
    cover: "Cover",
    fragments: Sequence[Fragment],
    kept: Sequence[Fragment] = (),
    theme: Theme = DEFAULT,
    paper: bool = False,
    rendering: Rendering | None = None,
    all_sources: bool = False,
) -> str:
    """Return the whole report as one self-contained HTML document.

    Args:
        cover: What stands before the sections.
        fragments: The sections in order.
        kept: Those among them whose records have changed since they were made.
        theme: Whose templates print it, on which paper.
        paper: Whether it is for the pages of a PDF.
        rendering: How it is made, for `homework verify`.
        all_sources: Whether references list what nothing cites, too.

    Raises:
        ReportError: A person's own template is wrong.
    """
    style, script = _style(theme), _script(theme)
    if not paper:
        style = font_faces() + style
    with explained(theme):
        template = _environment(theme, paper).get_template("report.html")
        page = template.render(
            cover=cover,
            fragments=[_printable(fragment, paper) for fragment in fragments],
            kept=[_printable(fragment, paper) for fragment in kept],
            style=Markup(style),
            style_hash=_policy_hash(style),
            script=Markup(script),
            script_hash=_policy_hash(script),
            version=__version__,
            brief=rendering is not None and rendering.detail == "brief",
            rendering=write_rendering(rendering) if rendering else "",
        )
    return without_dangling(page if all_sources else without_uncited(page))


def _markdown(text: str, pictures: Mapping[str, str] | None = None) -> Markup:
    from report.writing.markdown import markdown

    return markdown(text, pictures or {})


def _policy_hash(text: str) -> str:
    """Return how a Content-Security-Policy names an inline style or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _printable(fragment: Fragment, paper: bool) -> dict[str, str]:
    """Mark a fragment's HTML, which `render_section` escaped, as fit to print."""
    html = Markup(fragment.paper if paper else fragment.html)
    return {"slug": fragment.slug, "title": fragment.title, "html": html}


def style_sheet(name: str, theme: Theme = DEFAULT) -> str:
    """Return the text of `styles/<name>.css`, the person's own or the program's."""
    return theme.read(f"styles/{name}.css")


def _style(theme: Theme) -> str:
    """Return the style of the page: screen and print sheets behind their media."""
    tokens, screen, controls, page = (
        style_sheet(name, theme) for name in ("tokens", "screen", "controls", "page")
    )
    paper = style_sheet(theme.paper, theme)
    style = f"{tokens}\n@media screen {{\n{screen}{controls}}}\n@media print {{\n{page}{paper}}}\n"
    return style.replace("</", "<\\/")


def _script(theme: Theme) -> str:
    """Return the page's script: the files in `scripts`, in a scope of its own."""
    text = "\n".join(theme.read(f"scripts/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n\n{text}}})();\n'

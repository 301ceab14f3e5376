"""Print view records through templates. The only user of Jinja2."""

import base64
import functools
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from report.bibliography import SOURCES
from report.fragments import Fragment
from report.locations import template_folder
from training import __version__

if TYPE_CHECKING:
    from report.cover import Cover
    from report.view import SectionView
    from training.records import StudyRecord

SCRIPTS = ("dom", "theme", "contents", "csv", "tables", "figures", "start")
"""In the order in which they stand in the page."""


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(template_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.globals["sources"] = SOURCES
    return environment


def render_section(section: "SectionView", study: "StudyRecord") -> str:
    """Return a section's HTML, from `<section>` to `</section>`."""
    template = _environment().get_template("section.html")
    return template.render(section=section, study=study).strip()


def render_page(
    cover: "Cover", fragments: Sequence[Fragment], kept: Sequence[Fragment] = ()
) -> str:
    """Return the whole report as one self-contained HTML document.

    Args:
        cover: What stands before the sections.
        fragments: The sections in order.
        kept: Those among them whose records have changed since they were made.
    """
    style, script = _style(), _script()
    template = _environment().get_template("report.html")
    return template.render(
        cover=cover,
        fragments=[_printable(fragment) for fragment in fragments],
        kept=[_printable(fragment) for fragment in kept],
        style=Markup(style),
        style_hash=_policy_hash(style),
        script=Markup(script),
        script_hash=_policy_hash(script),
        version=__version__,
    )


def _policy_hash(text: str) -> str:
    """Return how a Content-Security-Policy names an inline style or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _printable(fragment: Fragment) -> dict[str, str]:
    """Mark a fragment's HTML, which `render_section` escaped, as fit to print."""
    return {"slug": fragment.slug, "title": fragment.title, "html": Markup(fragment.html)}


def style_sheet(name: str) -> str:
    """Return the text of `templates/styles/<name>.css`."""
    return (template_folder() / "styles" / f"{name}.css").read_text(encoding="utf-8")


def _style() -> str:
    """Return the style of the page: screen and print sheets behind their media."""
    screen = style_sheet("screen") + style_sheet("controls")
    page = style_sheet("page")
    return f"{style_sheet('tokens')}\n@media screen {{\n{screen}}}\n@media print {{\n{page}}}\n"


def _script() -> str:
    """Return the page's script: `templates/scripts`, in a scope of its own."""
    folder = template_folder() / "scripts"
    text = "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n\n{text}}})();\n'

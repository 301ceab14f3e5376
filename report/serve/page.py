"""The report's page with a live strip above it, or a page that waits for one."""

import base64
import hashlib
import tempfile
import threading
from pathlib import Path

from markupsafe import Markup, escape

from report.build import build_report
from report.writing.templating import DEFAULT
from report.writing.theme import Theme
from training.records import HomeworkError

STRIP = '<aside id="live" aria-label="Training now"></aside>'
WAITING = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{style_hash}'; \
script-src '{script_hash}'; connect-src 'self'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>homework</title>
<style>{style}</style></head>
<body><main id="content"><h1>No report yet</h1><p id="problem">{problem}</p>
<p>The report appears here as soon as there is one.</p></main>{strip}
<script>{script}</script></body></html>
"""


class LivePage:
    """Makes a study's page, once for every state of its records.

    Args:
        study: The study's folder, which needn't exist yet.
    """

    def __init__(self, study: Path, theme: Theme = DEFAULT) -> None:
        self._study = study
        self._theme = theme
        self._lock = threading.Lock()
        self._made: tuple[str, str] = ("", "")
        self._place = tempfile.TemporaryDirectory(prefix="homework-serve-")

    def html(self, version: str, problem: str) -> str:
        """Return the page for a state of the records.

        Args:
            version: As `State.version`.
            problem: Why there can't be a report; else empty.
        """
        with self._lock:
            if self._made[0] != version:
                self._made = version, self._make(problem)
            return self._made[1]

    def close(self) -> None:
        """Remove what was written."""
        self._place.cleanup()

    def _make(self, problem: str) -> str:
        if problem:
            return self._waiting(problem)
        try:
            output = Path(self._place.name)
            outcome = build_report(self._study, output, ["html"], theme=self._theme)
            return self._live(outcome.files[0].read_text(encoding="utf-8"))
        except HomeworkError as error:
            return self._waiting(error.message)

    def _live(self, page: str) -> str:
        """Add the strip, its style and its script to a report, and allow them in its policy."""
        style, script = self._parts()
        head, mark, rest = page.partition("style-src '")
        assert mark, "the report has no policy"
        page = f"{head}connect-src 'self'; {mark}{_hash(style)}' '{rest}"
        page = page.replace("script-src '", f"script-src '{_hash(script)}' '", 1)
        page = page.replace("</head>", f"<style>{style}</style>\n</head>", 1)
        return page.replace("</body>", f"{STRIP}\n<script>{script}</script>\n</body>", 1)

    def _waiting(self, problem: str) -> str:
        style, script = self._parts()
        return WAITING.format(
            style=style, style_hash=_hash(style), script=script, script_hash=_hash(script),
            strip=STRIP, problem=escape(problem),
        )  # fmt: skip

    def _parts(self) -> tuple[Markup, Markup]:
        style = self._theme.read("styles/live.css").replace("</", "<\\/")
        script = self._theme.read("scripts/live.js")
        return Markup(style), Markup(f'(() => {{\n"use strict";\n{script}}})();\n')


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"

"""Say what is wrong in a person's own template: the file, the line, and how to fix it."""

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from report.errors import ReportError
from report.writing.theme import Theme, not_text, template_folder


@contextlib.contextmanager
def explained(theme: Theme) -> Iterator[None]:
    """Turn whatever a person's template raises into one message; the program's own stay as is.

    Raises:
        ReportError: A template in `theme.templates` is wrong.
    """
    try:
        yield
    except ReportError:
        raise
    except Exception as error:
        place = _place(error, theme.templates)
        if place is None:
            raise
        assert theme.templates is not None
        raise _explain(error, theme.templates, *place) from error


def _place(error: Exception, folder: Path | None) -> tuple[Path, int] | None:
    """Return file and line of the innermost of a person's templates on the way to an error."""
    if folder is None:
        return None
    if isinstance(error, TemplateSyntaxError) and error.filename:
        frames = [(error.filename, error.lineno)]
    else:
        trace = traceback.extract_tb(error.__traceback__)
        frames = [(frame.filename, frame.lineno or 0) for frame in trace]
    for name, line in reversed(frames):
        if Path(name).is_relative_to(folder):
            return Path(name), line
    return _undecodable(folder) if isinstance(error, UnicodeDecodeError) else None


def _undecodable(folder: Path) -> tuple[Path, int] | None:
    for file in sorted(folder.rglob("*.html")):
        try:
            file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return file, 0
    return None


def _explain(error: Exception, folder: Path, file: Path, line: int) -> ReportError:
    where = f"{file}, line {line}"
    original = template_folder() / file.relative_to(folder)
    if not original.is_file():
        original = template_folder() / "sections" / "data.html"
    match error:
        case UnicodeDecodeError():
            return not_text(file)
        case TemplateSyntaxError():
            return ReportError(
                f"{where}: {_sentence(error.message)}",
                "Fix the Jinja syntax there, or remove the file to use the program’s own.",
            )
        case TemplateNotFound():
            return ReportError(
                f"{where}: there is no template “{error.name}”.",
                "Name it relative to the folder of templates, like “macros/prose.html”.",
            )
        case UndefinedError():
            return ReportError(
                f"{where}: {_sentence(error.message)}",
                f"A name may be misspelt, or an import missing. Compare with {original}.",
            )
        case SecurityError():
            return ReportError(
                f"{where}: {_sentence(str(error))}",
                "Templates run in a sandbox. If you trust these: --trust-templates.",
            )
    return ReportError(
        f"{where}: {_sentence(f'{type(error).__name__}: {error}')}",
        "Fix the expression there, or remove the file to use the program’s own.",
    )


def _sentence(text: str | None) -> str:
    return f"{(text or 'unknown error').rstrip('.')}."

"""How a report appears: whose templates print it, and on which paper."""

import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from report.errors import ReportError

Paper = Literal["a4", "letter"]
PAPERS: tuple[Paper, ...] = get_args(Paper)

KINDS = (".html", ".css", ".js")
"""What templates are made of; other files in a folder of templates are left alone."""


def template_folder() -> Path:
    """Return the program's own templates: inside the installed package, or beside it in a clone."""
    package = Path(__file__).parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@dataclass(frozen=True)
class Theme:
    """What a person chose for a report's appearance.

    Attributes:
        templates: A folder whose files stand in for the program's own of the same relative name.
        trusted: Whether those templates may do whatever Python can.
        paper: Page size.
    """

    templates: Path | None = None
    trusted: bool = False
    paper: Paper = "a4"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, the person's own first."""
        own = template_folder()
        return (self.templates, own) if self.templates else (own,)

    def read(self, name: str) -> str:
        """Return the text of a style sheet or a script.

        Raises:
            ReportError: A person's file isn't UTF-8 text.
        """
        file = next(path for folder in self.folders if (path := folder / name).is_file())
        self.check(file)
        try:
            return file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise not_text(file) from error

    def digest(self) -> str:
        """Hash the person's templates, names and contents, and whether they are trusted."""
        digest = hashlib.sha256(f"{self.trusted}\n".encode())
        for name, file in self.files().items():
            content = file.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            digest.update(content)
        return digest.hexdigest()

    def digests(self) -> dict[str, str]:
        """Return the first digits of the hash of each of the person's templates, by name."""
        return {
            name: hashlib.sha256(file.read_bytes()).hexdigest()[:16]
            for name, file in self.files().items()
        }

    def files(self) -> dict[str, Path]:
        """Return the person's template files by their name relative to the folder.

        Raises:
            ReportError: One can't be read, or is a link that leads out of the folder.
        """
        if self.templates is None:
            return {}
        found = [
            file
            for file in sorted(self.templates.rglob("*"))
            if file.suffix in KINDS and file.is_file() and not file.name.startswith(".")
        ]
        for file in found:
            self.check(file)
        return {file.relative_to(self.templates).as_posix(): file for file in found}

    def check(self, file: Path) -> None:
        """Refuse a person's template that can't be read or lies elsewhere.

        Raises:
            ReportError: It can't be opened, or a link on its way leads out of the folder.
        """
        folder = self.templates
        if folder is None or not file.is_relative_to(folder):
            return
        if not file.resolve().is_relative_to(folder.resolve()):
            raise ReportError(
                f"{file} is a link to a place outside {folder}.", "Put a copy of the file there."
            )
        try:
            file.open("rb").close()
        except OSError as error:
            raise ReportError(f"Can’t read the template {file}: {error.strerror}.") from error


def not_text(file: Path) -> ReportError:
    """Build the error for a template that isn't UTF-8."""
    return ReportError(f"{file} isn’t UTF-8 text.", "Save it as UTF-8.")


def theme_remarks(theme: Theme) -> Iterator[str]:
    """Name a person's templates that nothing uses, with the nearest name that is used."""
    known = _known_names()
    files = theme.files()
    named = {
        name
        for file in files.values()
        for name in re.findall(r"""["']([\w./-]+\.html)["']""", file.read_text("utf-8", "replace"))
    }
    for name in files:
        if name not in known and name not in named:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            guess = f"; did you mean “{nearest[0]}”?" if nearest else "."
            yield f"{theme.templates}/{name} doesn’t replace any template{guess}"
    if theme.templates and not files:
        yield f"{theme.templates} contains no templates, so the program’s own are used."


def _known_names() -> list[str]:
    folder = template_folder()
    found = (file.relative_to(folder).as_posix() for file in folder.rglob("*.*"))
    return sorted(found)

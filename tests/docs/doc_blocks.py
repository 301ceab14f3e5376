"""The code blocks of README, CONTRIBUTING and docs, with what a page says of each."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]

Kind = Literal["commands", "python", "session", "file", "change", "insert", "layout", "prints"]
"""Commands for a shell; Python; a Python session with its answers; a file's content; a line of a
file that is changed; lines that are put into a file; a tree of files; what something printed."""

MARK = re.compile(r"<!-- (?P<kind>file|change|insert|layout|prints):? ?(?P<of>.*?) -->")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        page: The page's path from the repository's root.
        line: Where it begins, from 1.
        of: The file's name, where the block is one or a line of one.
    """

    page: str
    line: int
    kind: Kind
    text: str
    of: str = ""

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line} {self.text.strip().splitlines()[0][:40]}"


def pages() -> list[Path]:
    docs = ROOT / "docs"
    return [ROOT / "README.md", *sorted(docs.glob("*.md")), ROOT / "CONTRIBUTING.md"]


def blocks(page: Path) -> list[Block]:
    """Return a page's blocks in order: indented by four, or fenced.

    A comment before a block, which no reader sees, says what isn't told by the block itself:
    `<!-- file: NAME -->`, `<!-- change: NAME of ORIGINAL -->`, `<!-- insert: NAME after TEXT -->`,
    `<!-- layout -->`, `<!-- prints -->` (the block before) or `<!-- prints: FILE -->`.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    mark, i = None, 0
    while i < len(lines):
        start = i
        if lines[i].startswith("```"):
            end = lines.index("```", i + 1)
            content, i = lines[i + 1 : end], end + 1
            start += 1
        elif lines[i].startswith("    ") and (i == 0 or not lines[i - 1].strip()):
            while i < len(lines) and (lines[i].startswith("    ") or not lines[i].strip()):
                i += 1
            content = [line[4:] for line in lines[start:i]]
        else:
            said = MARK.fullmatch(lines[i].strip())
            mark = said if said or lines[i].strip() else mark
            i += 1
            continue
        text = "\n".join(content).rstrip() + "\n"
        kind, of = (mark["kind"], mark["of"]) if mark else (_kind(text, lines[start - 1]), "")
        found.append(Block(str(page.relative_to(ROOT)), start + 1, kind, text, of))
        mark = None
    return found


def _kind(text: str, before: str) -> Kind:
    if before.startswith("```text"):
        return "prints"
    if text.startswith(">>> "):
        return "session"
    return "python" if _is_python(text) else "commands"


def _is_python(text: str) -> bool:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    return any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)

"""What a page's blocks are in a test: `homework` in this process, the rest by a few rules."""

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from doc_answers import ANSWERS
from doc_blocks import ROOT, Block
from doc_rules import A_FEW, INSTALLS, NOT_RUN, NOT_RUN_EXTRAS, REHEARSED, masked

from training.cli import cli
from training.errors import HomeworkError
from training.records import BESIDE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
PANGO = ["libpango-1.0-0", "libpangoft2-1.0-0"]


class PageFolder:
    """A fresh folder in which a page's blocks are run one after the other.

    Args:
        folder: What is like a clone.
        makes_pdfs: Whether the page's PDFs are made, which takes seconds each.
        runs_all: Whether `run-all` runs the whole list.

    Attributes:
        here: The folder that the page is in now.
        not_run: The commands that were passed over, with the reason.
        printed: By the last block.
    """

    def __init__(self, folder: Path, makes_pdfs: bool, runs_all: bool) -> None:
        self.here = self.folder = folder
        self.not_run: list[tuple[str, str]] = []
        self.printed = ""
        self._makes_pdfs, self._runs_all = makes_pdfs, runs_all
        self._is_changed = False  # the copy of the program, so that it needs a process of its own
        self._names: dict[str, object] = {"__name__": "__main__"}
        self._ended: dict[int, BaseException | None] = {}

    def play_once(self, block: Block) -> BaseException | None:
        """Run a block unless it was run before; return what went wrong."""
        if block.line not in self._ended:
            os.chdir(self.here)
            try:
                self._play(block)
                self._ended[block.line] = None
            except (Exception, pytest.skip.Exception) as error:
                self._ended[block.line] = error
            self.here = Path.cwd()
        return self._ended[block.line]

    def _play(self, block: Block) -> None:
        text = self.rehearsed(block.text)
        match block.kind:
            case "commands":
                self.commands(text)
            case "python":
                _skip_without_extras(text)
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile(text, block.name, "exec"), self._names)
                self.printed = out.getvalue()
            case "session":
                self._session(text, block)
            case "file":
                _write(Path(block.of), text)
                if block.of.endswith(".yml"):  # a workflow, whose steps are commands
                    self.commands("\n".join(re.findall(r"^ *- run: (.*)", text, re.M)))
            case "change":
                _change(*block.of.split(" of "), text)
            case "insert":
                _insert(*block.of.split(" after ", 1), text)
                self._is_changed = True
            case "layout":
                _hold_layout(text)
            case "prints":
                assert_prints(self._answer(block.of), block.text)

    def rehearsed(self, text: str) -> str:
        for shown, instead, _ in REHEARSED:
            text = text.replace(shown, instead.replace("{folder}", str(self.folder)))
        return text

    def _answer(self, of: str) -> str:
        """Return what a block of output is held to: a file, an answer by name, the block before."""
        if not of:
            return self.printed
        return Path(of).read_text(encoding="utf-8") if Path(of).is_file() else ANSWERS[of]()

    def _session(self, text: str, block: Block) -> None:
        """Hold a Python session's answers to what it shows."""
        _skip_without_extras(text)
        for name in re.findall(r"\b(pandas|mlflow)\.", text):
            self._names[name] = pytest.importorskip(name)
        shown = text.replace("…", "...")
        test = doctest.DocTestParser().get_doctest(shown, self._names, block.name, block.page, 0)
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        said = io.StringIO()
        result = doctest.DocTestRunner(optionflags=flags).run(test, out=said.write)
        assert result.failed == 0, said.getvalue()

    def commands(self, text: str) -> None:
        """Run a block's lines; where some begin with `$ `, the others show what these print."""
        lines = text.replace("\\\n", " ").splitlines()
        shows = any(line.startswith("$ ") for line in lines)
        parts: list[tuple[str, list[str]]] = []
        for line in lines:
            if shows and not line.startswith("$ "):
                parts[-1][1].append(line)
            elif line.strip():
                parts.append((line.removeprefix("$ "), []))
        everything = ""
        for line, answer in parts:
            printed = self._line(line)
            everything += printed
            assert_prints(printed, "\n".join(answer))
        self.printed = everything

    def _line(self, line: str) -> str:
        """Run commands joined by `&&`; the output of one may go through `head -N`, or to a file."""
        for start, reason in NOT_RUN:
            if line.startswith(start):
                self.not_run.append((line, reason))
                return ""
        printed = ""
        for command in line.split(" && "):
            words = shlex.split(command, comments=True)
            if ">" in words:
                at = words.index(">")
                Path(words[at + 1]).write_text(self._command(words[:at]), encoding="utf-8")
            elif "|" in words:
                at = words.index("|")
                assert words[at + 1] == "head", command
                lines = self._command(words[:at]).splitlines(keepends=True)
                printed += "".join(lines[: int(words[at + 2].lstrip("-"))])
            elif words:
                printed += self._command(words)
        return printed

    def _command(self, words: list[str]) -> str:
        match words:
            case ["homework", *arguments]:
                return self._homework(arguments)
            case ["cd", folder]:
                os.chdir(folder)
            case ["pytest", *arguments]:
                _of_the_copy("pytest", "-q", "-p", "no:cacheprovider", *arguments)
            case ["ruff", *_]:
                self._ruff(words)
            case ["mv" | "cp" | "mkdir", *_]:
                subprocess.run(words, check=True)
            case ["pip", "install" | "wheel", *arguments]:
                _hold_installs(arguments)
                self.not_run.append((shlex.join(words), INSTALLS))
            case ["apt-get", "install", *packages]:
                assert [package for package in packages if package != "-y"] == PANGO
                self.not_run.append((shlex.join(words), INSTALLS))
            case _:
                raise AssertionError(f"doc_rules.py has no rule for {shlex.join(words)}")
        return ""

    def _ruff(self, words: list[str]) -> None:
        """Hold a changed copy of the program to its lint and format."""
        if not self._is_changed or shutil.which("ruff") is None:
            self.not_run.append((shlex.join(words), "no copy was changed, or ruff isn't installed"))
            return
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def _homework(self, arguments: list[str]) -> str:
        _skip_without_extras(shlex.join(arguments))
        if self._is_changed:
            return _of_the_copy("training", *self._quick(arguments))
        result = CliRunner().invoke(cli, self._quick(arguments), prog_name="homework")
        said = f"homework {shlex.join(arguments)}\n{result.output}"
        error = result.exception
        if isinstance(error, HomeworkError):
            raise AssertionError(f"{said}{error.message} {error.hint}")
        if error is not None and not isinstance(error, SystemExit):
            raise error
        assert result.exit_code == 0, said
        return result.output

    def _quick(self, arguments: list[str]) -> list[str]:
        if arguments[0] == "run-all" and not self._runs_all:
            arguments = [*A_FEW, *arguments[1:]]
        if self._makes_pdfs:
            return arguments
        formats = {"both": "html", "pdf": "html"}
        chosen = [formats.get(word, word) for word in arguments]
        is_default = arguments[0] == "render" and not {"--format", "--list-sections"} & set(chosen)
        return [*chosen, "--format", "html"] if is_default else chosen


def _skip_without_extras(text: str) -> None:
    for word, module in NOT_RUN_EXTRAS:
        if word in text:
            pytest.importorskip(module)


def _hold_installs(arguments: list[str]) -> None:
    """Hold `pip install` to the extras and groups that the project has."""
    for name in re.findall(r"\[([a-z0-9,]+)\]", " ".join(arguments)):
        assert set(name.split(",")) <= set(EXTRAS), name
    if "--group" in arguments:
        assert arguments[arguments.index("--group") + 1] in PROJECT["dependency-groups"]


def _of_the_copy(module: str, *arguments: str) -> str:
    """Run a module of the program that lies in the current folder; return what it printed."""
    path = os.pathsep.join([str(Path.cwd()), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{module} {shlex.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _change(file: str, original: str, text: str) -> None:
    """Copy one of the project's files with one line changed, known by what it sets."""
    (line,) = text.splitlines()
    key = re.match(r"\s*[\w-]+ ?[:=]", line)
    assert key, line
    lines = (ROOT / original).read_text(encoding="utf-8").splitlines()
    changed = [
        old[: len(old) - len(old.lstrip())] + line.strip()
        if old.strip().startswith(key[0].strip())
        else old
        for old in lines
    ]
    assert sum(a != b for a, b in zip(lines, changed, strict=True)) == 1
    _write(Path(file), "\n".join(changed) + "\n")


def _insert(file: str, after: str, text: str) -> None:
    """Put lines behind the one place of a file that has some text, or at its end."""
    content = Path(file).read_text(encoding="utf-8")
    if after == "end":
        content = f"{content}\n\n{text}"
    else:
        place = after.replace("\\n", "\n") + "\n"
        assert content.count(place) == 1, f"{file} has {content.count(place)} times: {after}"
        content = content.replace(place, place + text)
    _write(Path(file), content)


def _hold_layout(text: str) -> None:
    """Hold a tree to the files: a name is below the nearest line above it that is less indented.

    Files beside the JSON of very many pictures are held to the names that records have.
    """
    above: dict[int, Path] = {}
    for line in text.splitlines():
        names = re.split(r" {2,}", line.strip())[0].split(" ")
        depth = len(line) - len(line.lstrip())
        above = {d: place for d, place in above.items() if d < depth}
        parent = above[max(above)] if above else Path()
        above[depth] = parent / names[0]
        for name in names:
            pattern = re.sub(r"<[a-z]+>", "*", str(parent / name))
            found = [*Path().glob(pattern), *ROOT.glob(pattern)]
            assert found or name in BESIDE.values(), f"{line!r}: there is no {pattern}"


def assert_prints(printed: str, shown: str) -> None:
    """Find the shown lines in what was printed, in their order, apart from what `masked` hides.

    “…” stands for anything within a line, and for any lines where it is alone; lines may be left
    out between others, too.
    """
    left = [masked(line) for line in printed.splitlines() if line.strip()]
    for line in (line for line in shown.splitlines() if line.strip(" …")):
        pattern = ".*".join(map(re.escape, masked(line).split("…")))
        at = next((i for i, other in enumerate(left) if re.fullmatch(pattern, other)), None)
        assert at is not None, "\n".join(
            [f"Not printed: {line.strip()!r} ({pattern}). Left:", *left]
        )
        left = left[at + 1 :]

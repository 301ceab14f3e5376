"""The notebook for Colab, cell by cell, in a fresh folder; a training cell is interrupted."""

import ast
import json
import os
import re
import signal

import pytest
from doc_blocks import ROOT
from doc_folders import made_for
from doc_shell import PageFolder

from training.executors import single
from training.stopping import StoppedError

NOTEBOOK = ROOT / "docs" / "examples" / "colab.ipynb"

if not NOTEBOOK.is_file():
    pytest.skip("docs isn't here", allow_module_level=True)

CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [(cell["metadata"].get("tags", []), "".join(cell["source"])) for cell in CELLS
        if cell["cell_type"] == "code"]  # fmt: skip
REASONS = {"not run: needs Colab": 2, "not run: needs a network": 2}


class Notebook:
    """Runs cells as Colab does: `!` and `%cd` for the shell, the rest as Python."""

    def __init__(self, folder):
        self.page = PageFolder(folder, makes_pdfs=False, runs_all=False)
        self.names = {}
        self.shown = None
        self.records_when_interrupted = {}

    @property
    def records(self):
        """Return what each record of the small study says."""
        runs = self.page.folder / "drive" / "MyDrive" / "homework" / "quick"
        return {file.parts[-3]: file.read_bytes() for file in runs.glob("*/*/*/metrics.json")}

    def run(self, text):
        """Run a cell; keep the value of its last expression, which Colab would show."""
        text = self.page.rehearsed(text.replace("/content/", f"{self.page.folder}/"))
        for is_shell, lines in _parts(text):
            if is_shell:
                self.page.commands(re.sub(r"\$(\w+)", lambda m: str(self.names[m[1]]), lines))
            else:
                self._python(lines)

    def _python(self, text):
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), self.names)
        if last is not None:
            self.shown = eval(compile(ast.Expression(last.value), "cell", "eval"), self.names)


def _parts(text):
    """Yield runs of lines for the shell, without their `!`, and of Python."""
    found = []
    for line in text.splitlines():
        is_shell = line.startswith("!")
        if not found or found[-1][0] != is_shell:
            found.append((is_shell, []))
        found[-1][1].append(line.removeprefix("!"))
    return [(is_shell, "\n".join(lines)) for is_shell, lines in found if "".join(lines).strip()]


@pytest.fixture(scope="module")
def notebook(small_world, tmp_path_factory):
    return Notebook(made_for("colab.ipynb", tmp_path_factory.mktemp("colab")))


@pytest.fixture
def interrupt(monkeypatch):
    """Stop the command in its second run, as the button beside a cell does."""
    run_step, begun = single.run_step, []

    def stopped(step, *others):
        begun.append(step)
        if len(begun) == 2:
            raise StoppedError(signal.SIGINT)
        return run_step(step, *others)

    monkeypatch.setattr(single, "run_step", stopped)
    return begun


@pytest.mark.parametrize("i", range(len(CODE)))
def test_a_cell_runs(notebook, i, monkeypatch, request):
    tags, text = CODE[i]
    monkeypatch.chdir(notebook.page.folder)
    monkeypatch.setenv("HOMEWORK_CACHE", os.environ["HOMEWORK_CACHE"])
    monkeypatch.setenv("HOMEWORK_DATA", str(notebook.page.folder / "caltech101"))
    if any(tag in REASONS for tag in tags):
        assert "homework run" not in text
        return
    if "interrupted" in tags:
        begun = request.getfixturevalue("interrupt")
        with pytest.raises(StoppedError):
            notebook.run(text)
        assert len(begun) == 2
        notebook.records_when_interrupted = notebook.records
        return
    notebook.run(text)


def test_the_interrupted_list_went_on_where_it_was(notebook):
    """What had ended before the interruption wasn't run again, and the rest was run."""
    before, after = notebook.records_when_interrupted, notebook.records
    assert list(before) == ["baseline"]
    assert after["baseline"] == before["baseline"]
    assert set(after) == {"baseline", "grid-sgd-1e-2"}


def test_the_last_value_is_shown_as_a_page(notebook):
    assert "<table" in notebook.shown._repr_html_()


def test_the_cache_is_not_on_the_drive():
    text = "\n".join(text for _, text in CODE)
    (cache,) = re.findall(r'HOMEWORK_CACHE"\] = "([^"]*)"', text)
    (runs,) = re.findall(r'^RUNS = "([^"]*)"', text, re.M)
    assert "/drive/" in runs
    assert "/drive" not in cache


def test_what_is_not_run_is_marked_with_a_reason_and_bounded():
    marked = [tag for tags, _ in CODE for tag in tags if tag.startswith("not run")]
    assert {reason: marked.count(reason) for reason in marked} == REASONS


def test_the_source_is_one_variable():
    """The project has no home: pages and notebook name none."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(re.findall(r"SOURCE = ", text)) == 1
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for page in (*pages, NOTEBOOK):
        clones = re.findall(r"git clone (.*)", page.read_text(encoding="utf-8"))
        assert all(re.match(r"(-q )?\$?SOURCE\b|` *\.", clone) or clone.startswith("`")
                   for clone in clones), f"{page.name}: {clones}"  # fmt: skip

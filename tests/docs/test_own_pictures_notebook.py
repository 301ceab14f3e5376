"""The notebook from a folder of pictures to the report, run by Jupyter's own client, made small."""

import os
import sys
from pathlib import Path

import pytest
from doc_blocks import ROOT

nbformat = pytest.importorskip("nbformat", reason="nbclient isn't installed (--group dev)")
nbclient = pytest.importorskip("nbclient", reason="nbclient isn't installed (--group dev)")
pytest.importorskip("ipykernel", reason="ipykernel isn't installed (--group dev)")

NOTEBOOK = ROOT / "docs" / "examples" / "own-pictures.ipynb"

if not NOTEBOOK.is_file():
    pytest.skip("docs isn't here", allow_module_level=True)

SMALLER = {'"width": 0.25': '"width": 0.1', '"epochs": 12': '"epochs": 1', "range(24)": "range(9)"}
"""What the notebook says, and what is run in its place; each stands there once."""


@pytest.fixture(scope="module")
def read():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the notebook in a fresh folder; return it with its outputs, and the folder."""
    folder = tmp_path_factory.mktemp("notebook")
    text = NOTEBOOK.read_text(encoding="utf-8")
    for said, smaller in SMALLER.items():
        said, smaller = (each.replace('"', '\\"') for each in (said, smaller))
        assert text.count(said) == 1, said
        text = text.replace(said, smaller)
    notebook = nbformat.reads(text, as_version=4)
    beside = str(Path(sys.executable).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", beside + os.pathsep + os.environ["PATH"])
        patch.setenv("PYTHONPATH", os.pathsep.join(place for place in sys.path if place))
        patch.setenv("HOMEWORK_CACHE", str(folder / "cache"))
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
            patch.setenv(name, str(folder / "jupyter"))
        place = {"metadata": {"path": str(folder)}}
        client = nbclient.NotebookClient(notebook, timeout=300, resources=place)
        client.execute()  # an error in a cell is one here
    return notebook, folder


def shown(notebook, word):
    """Return what the one code cell that holds a word printed and showed."""
    (cell,) = [c for c in notebook.cells if c.cell_type == "code" and word in c.source]
    parts = [each.get("text", "") or each.get("data", {}).get("text/plain", "")
             for each in cell.outputs]  # fmt: skip
    pages = [each["data"]["text/html"] for each in cell.outputs
             if "text/html" in each.get("data", {})]  # fmt: skip
    return "\n".join(parts), "\n".join(pages)


def test_the_notebook_is_kept_without_what_it_printed(read):
    nbformat.validate(read)
    code = [cell for cell in read.cells if cell.cell_type == "code"]
    assert code
    assert {(cell.execution_count, *cell.outputs) for cell in code} == {(None,)}


def test_the_pictures_are_looked_at(run):
    said, _ = shown(run[0], "data check")
    assert "classes       3, of 9 images each" in said


def test_the_study_is_trained_and_shown(run):
    notebook, folder = run
    said, _ = shown(notebook, "run_study(study_file")
    assert "[6/6] copies/flip" in said
    _, page = shown(notebook, "report.Study(folder)")
    assert "<table" in page
    assert 'src="data:image/svg+xml' in page
    rows, _ = shown(notebook, "result.frame()")
    assert rows.count("rates/grid-") == 4
    assert (folder / "shapes.toml").is_file()


def test_its_report_is_written_and_holds(run):
    notebook, folder = run
    text = (folder / "runs" / "shapes" / "report.html").read_text(encoding="utf-8")
    assert "Circles, triangles and squares" in text
    said, _ = shown(notebook, "homework verify")
    assert "no errors found" in said

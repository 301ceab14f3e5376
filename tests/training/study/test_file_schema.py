"""The JSON Schema of study files agrees with what the reader takes and refuses."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.errors import StudyError
from training.study import build_study, read_study_file
from training.study.ready import TEMPLATES

jsonschema = pytest.importorskip("jsonschema")


@pytest.fixture(scope="module")
def validator():
    result = CliRunner().invoke(cli, ["schema", "study-file"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.fixture(scope="module")
def taplo(validator, tmp_path_factory):
    """Return what taplo, and so Even Better TOML in VS Code, finds wrong with a study file."""
    found = shutil.which("taplo") or shutil.which("taplo", path=Path(sys.executable).parent)
    if found is None:
        pytest.skip("taplo isn't installed (pip install --group dev)")
    folder = tmp_path_factory.mktemp("an editor")
    (folder / "study-file.schema.json").write_text(json.dumps(validator.schema))

    def call(text):
        file = folder / "study.toml"
        file.write_text(f"#:schema ./study-file.schema.json\n{text}", encoding="utf-8")
        done = subprocess.run(
            [found, "lint", "--no-auto-config", file], capture_output=True, text=True, check=False
        )
        assert done.returncode == bool("\nerror:" in f"\n{done.stderr}"), done.stderr
        return done.stderr if done.returncode else ""

    return call


def problems(validator, text):
    return [error.message for error in validator.iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_ready_study_files_satisfy_it(validator, name):
    assert problems(validator, TEMPLATES[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_ready_study_files_satisfy_editors(taplo, name):
    assert taplo(TEMPLATES[name].read_text(encoding="utf-8")) == ""


def test_every_key_says_what_it_means(validator):
    found = validator.schema
    tables = [found, *(found["$defs"][name] for name in ("Settings", "Experiment", "Grid",
                                                         "StudySection", "Outline"))]  # fmt: skip
    silent = [
        (table.get("title", "a grid"), key)
        for table in tables
        for key, schema in table["properties"].items()
        if "description" not in schema
    ]
    assert silent == []


GRID = "[sections.x]\n[grids.'x/g']\n"


TAKEN = [
    f"{GRID}gamma = [0.1, 0.2]\nepochs = 3\nquestion = 'Q'",
    f"{GRID}gamma = {{ from = 0.1, to = 0.5, scale = 'log' }}\nsample = 3",
    f"{GRID}gamma = {{ from = 0.1, to = 0.5 }}\nsample = 3\nsampler = 'random'",
    f"{GRID}optimizer = 'optimizers'\nlearning_rate = 'learning_rates'",
    f"{GRID}head = [[], [512]]",
    f"{GRID}optimizer = ['sgd', 'mine:own']\naugmentation = 'mine:own'\nloss = 'mine:own'",
    (
        "[sections.x]\n[experiments.'x/a']\naugmentation = ['mine:own', {name = 'mine:own', "
        "by = 2}, {name = 'RandomChoice', p = [1, 2], transforms = ['RandomInvert', "
        "{name = 'RandomOrder', transforms = ['RandAugment']}]}]"
    ),
    "[sections.x]\nkind = 'runs'\n[experiments.'x/a']\nbatch_size = { at_most = 8 }",
    "extends = 'homework'\n[sections.x]\ncompare = []",
    (
        "[sections.x]\ncompare = [['x/a', 'x/b']]\n[experiments.'x/a']\ntest = true\n"
        "[experiments.'x/b']\ntest = true\nepochs = 3"
    ),
    "[settings]\noptimizers = ['adam']\noptimizer_options = { betas = [0.9, 0.95] }",
    (
        "[sections.x]\n[experiments.'x/a']\nmean = [0.5, 0.5, 0.5]\nstd = [0.2, 0.2, 0.2]\n"
        "augmentation = ['RandAugment', { name = 'ColorJitter', hue = 0.1, p = 0.5 }]"
    ),
    "[[report.extra]]\ntitle = 'T'\nmarkdown = 'x'",
    (
        "[pictures.sketches]\ndata = 'sketches'\n[sections.x]\n[experiments.'x/a']\n"
        "test = true\ntest_on = ['sketches']"
    ),
]


@pytest.mark.parametrize("text", TAKEN)
def test_what_the_reader_takes_it_takes(validator, tmp_path, text):
    assert problems(validator, text) == []
    file = tmp_path / "study.toml"
    file.write_text(text)
    assert build_study(None, read_study_file(file)).experiments


REFUSED = [
    "titel = 'x'",
    "preset = 'huge'",
    "extends = 'it'",
    "[settings]\nepoch = 3",
    "[settings]\nschedule = 'cosin'",
    "[sections.x]\ntitel = 'x'",
    "[sections.x]\nkind = 'grids'",
    "[sections.x]\nname = 'y'\n[experiments.'x/a']",
    "[experiments.'scratch/x']\nid = 3",
    "[experiments.'scratch/best']\nfrom = 'the best'",
    f"{GRID}gamma = [0.1, 'x']",
    f"{GRID}gamma = [0.1, 0.2]\ntest = true",
    f"{GRID}gamma = {{ from = 0.1 }}\nsample = 3",
    f"{GRID}gamma = [0.1, 0.2]\nsample = 2\nsampler = 'optuna'",
    f"{GRID}gamma = [0.1, 0.2]\nsample = 2\nsampler = 'optuna:tpe'\nround = 0",
    "[sections.x]\ncompare = [['x/a']]",
    "[settings]\noptimizer_options = { betas = [0.9] }",
    "[report]\nleave = []",
    "[pictures.sketches]",
    "[pictures.sketches]\ndata = 3",
    "[pictures.sketches]\ndata = 'x'\nclasses = ['a']",
    "[pictures.sketches]\ndata = 'x'\n[experiments.'scratch/best']\ntest_on = 'sketches'",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_reader_refuses_it_refuses(validator, tmp_path, text):
    assert problems(validator, text)
    file = tmp_path / "study.toml"
    file.write_text(text)
    with pytest.raises(StudyError):
        build_study(None, read_study_file(file))


@pytest.mark.parametrize("text", TAKEN)
def test_editors_take_what_the_reader_takes(taplo, text):
    assert taplo(text) == ""


@pytest.mark.parametrize("text", REFUSED)
def test_editors_refuse_what_the_reader_refuses(taplo, text):
    assert "error: " in taplo(text)

"""The JSON Schema of study files agrees with what the reader takes and refuses."""

import json
import tomllib

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


def problems(validator, text):
    return [error.message for error in validator.iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_ready_study_files_satisfy_it(validator, name):
    assert problems(validator, TEMPLATES[name].read_text(encoding="utf-8")) == []


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


@pytest.mark.parametrize(
    "text",
    [
        f"{GRID}gamma = [0.1, 0.2]\nepochs = 3\nquestion = 'Q'",
        f"{GRID}gamma = {{ from = 0.1, to = 0.5, scale = 'log' }}\nsample = 3",
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
        "[[report.extra]]\ntitle = 'T'\nmarkdown = 'x'",
    ],
)
def test_what_the_reader_takes_it_takes(validator, tmp_path, text):
    assert problems(validator, text) == []
    file = tmp_path / "study.toml"
    file.write_text(text)
    assert build_study(None, read_study_file(file)).experiments


@pytest.mark.parametrize(
    "text",
    [
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
        "[report]\nleave = []",
    ],
)
def test_what_the_reader_refuses_it_refuses(validator, tmp_path, text):
    assert problems(validator, text)
    file = tmp_path / "study.toml"
    file.write_text(text)
    with pytest.raises(StudyError):
        build_study(None, read_study_file(file))

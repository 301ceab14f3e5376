"""`homework init`: beside the study file, the schema that its first line names for editors."""

import json
import re

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.errors import StudyError
from training.study import read_study_file
from training.study.ready import TEMPLATES


@pytest.fixture
def init(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *options: CliRunner().invoke(cli, ["init", "mine.toml", *options])


@pytest.mark.parametrize("options", [(), *(("--template", name) for name in TEMPLATES)])
def test_the_first_line_names_the_schema_that_lies_beside_it(init, tmp_path, options):
    done = init(*options)
    assert done.exit_code == 0, done.exception
    assert done.stdout == "mine.toml\n"
    first = (tmp_path / "mine.toml").read_text(encoding="utf-8").splitlines()[0]
    place = re.fullmatch(r"#:schema (\./\S+)", first)[1]
    assert place.removeprefix("./") in done.stderr
    schema = CliRunner().invoke(cli, ["schema", "study-file"]).stdout
    assert json.loads((tmp_path / place).read_text()) == json.loads(schema)
    assert read_study_file(tmp_path / "mine.toml")


def test_without_it_the_study_file_is_alone(init, tmp_path):
    assert init("--no-schema").exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]
    assert "#:schema" not in (tmp_path / "mine.toml").read_text(encoding="utf-8")


def test_an_older_schema_is_replaced_and_not_spoken_of_again(init, tmp_path):
    init()
    schema = tmp_path / "study-file.schema.json"
    new = schema.read_bytes()
    schema.write_text(json.dumps(json.loads(new) | {"properties": {}}))
    assert init("--force").stderr == ""
    assert schema.read_bytes() == new


def test_another_file_of_that_name_is_left_alone(init, tmp_path):
    schema = tmp_path / "study-file.schema.json"
    schema.write_text("{}")
    error = init().exception
    assert isinstance(error, StudyError)
    assert "--no-schema" in error.hint
    assert [file.name for file in tmp_path.iterdir()] == [schema.name]
    assert schema.read_text() == "{}"

"""`homework init --template`: ready study files, with a person's words and sizes that suit."""

import tomllib

import pytest
from click.testing import CliRunner
from PIL import Image

from training.cli import cli
from training.study import build_study, read_study_file
from training.study.ready import TEMPLATES


@pytest.fixture
def init(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "My Pictures" / name).mkdir(parents=True)
        for i in range(6):
            Image.new("RGB", (120, 90), (40 * i, 0, 0)).save(
                tmp_path / "My Pictures" / name / f"{i}.png"
            )

    def call(*options):
        return CliRunner().invoke(cli, ["init", "mine.toml", "--force", *options])

    return call


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_is_a_study_of_its_own(init, tmp_path, name):
    assert init("--template", name).exit_code == 0
    file = read_study_file(tmp_path / "mine.toml")
    study = build_study(None, file)
    assert study.name == "mine"
    assert study.sections
    assert "homework run-all -f mine.toml" in file.text
    assert any(experiment.test for experiment in study.experiments)
    assert {grid.id for grid in study.grids} <= {e.choice.grid for e in study.experiments
                                                 if e.choice is not None}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_has_what_the_options_say_and_sizes_that_suit(init, tmp_path, name):
    words = ("--title", 'A "title" \\1', "--author", "A. Student", "--course", "C")
    result = init("--template", name, "--data", "My Pictures", *words)
    assert result.exit_code == 0, result.exception
    found = tomllib.loads((tmp_path / "mine.toml").read_text(encoding="utf-8"))
    assert (found["title"], found["author"], found["course"]) == (words[1], "A. Student", "C")
    assert (found["name"], found["data"]) == ("my-pictures", "My Pictures")
    assert found["settings"]["image_size"] == 64
    assert found["settings"]["batch_size"] == 32


def test_a_preset_is_named_and_its_sizes_are_not_exceeded(init, tmp_path):
    assert init("--template", "backbones", "--data", "My Pictures", "--preset", "quick").output
    study = build_study(None, read_study_file(tmp_path / "mine.toml"))
    assert (study.preset, study.settings.batch_size, study.settings.width) == ("quick", 16, 0.25)


def test_an_unknown_one_is_named_with_the_nearest(init):
    error = init("--template", "own-picture").exception
    assert "Did you mean “own-pictures”?" in error.hint

"""`homework init --data` looks at the pictures and writes a study file that suits them."""

import re
import tomllib

import msgspec
import pytest
from click.testing import CliRunner
from pictures import noise

from training.cli import cli
from training.data.advice import advise
from training.study import PRESETS, build_study, read_study_file


def init(*arguments):
    return CliRunner().invoke(cli, ["init", *map(str, arguments)])


@pytest.fixture
def flowers(tmp_path):
    """Return a divided folder of pictures with sides of 150 and 200 pixels."""
    for split, n in (("train", 12), ("test", 4)):
        for name in ("rose", "tulip"):
            folder = tmp_path / "flowers" / split / name
            folder.mkdir(parents=True)
            for i in range(n):
                noise(200, 150, i).save(folder / f"{i}.jpg")
    return tmp_path / "flowers"


def test_sizes_batch_and_title_suit_the_pictures(flowers, tmp_path):
    file = tmp_path / "study.toml"
    result = init(file, "--data", flowers, "--author", "A. Student")
    assert result.exit_code == 0, result.exception
    written = tomllib.loads(file.read_text())
    assert written["settings"] == {"batch_size": 32, "image_size": 128}
    assert written["title"] == "Convolutional networks on flowers"
    assert written["name"] == "flowers"
    assert "32 images in 2 classes, 16 of each" in result.stderr
    assert "median of the shorter side 150 pixels" in result.stderr
    assert "divided already; a fifth of train is held out for validation" in result.stderr


def test_the_file_can_be_run_as_it_stands(flowers, tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    monkeypatch.chdir(tmp_path)
    assert init("studies/mine.toml", "--data", "flowers").exit_code == 0
    study = build_study(file=read_study_file(tmp_path / "studies" / "mine.toml"))
    assert (tmp_path / study.data).resolve() == flowers.resolve()
    assert study.settings.image_size == 128


@pytest.mark.parametrize(("side", "size"), [(20, 64), (120, 96), (300, 224), (4000, 224)])
def test_pictures_are_never_asked_to_be_larger_than_they_are(tmp_path, side, size):
    for name in "ab":
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(3):
            noise(side, side + 10, i, "L").save(tmp_path / "d" / name / f"{i}.png")
    assert advise(tmp_path / "d").image_size == size


def test_a_quick_study_stays_quick(flowers, tmp_path):
    assert init(tmp_path / "q.toml", "--data", flowers, "--preset", "quick").exit_code == 0
    settings = tomllib.loads((tmp_path / "q.toml").read_text())["settings"]
    assert settings == {"batch_size": 16, "image_size": 96}


def test_an_unreadable_picture_does_not_matter(flowers):
    (flowers / "train" / "rose" / "0.jpg").write_text("nothing")
    assert advise(flowers).image_size == 128


def test_without_pictures_the_file_shows_the_defaults(tmp_path):
    assert init(tmp_path / "study.toml").exit_code == 0
    written = tomllib.loads((tmp_path / "study.toml").read_text())
    assert written["settings"] == {}
    assert "# image_size = 224 " in (tmp_path / "study.toml").read_text()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_file_shows_every_setting_with_its_default(tmp_path, preset):
    assert init(tmp_path / "study.toml", "--preset", preset).exit_code == 0
    text = (tmp_path / "study.toml").read_text()
    table = re.search(r"^\[settings\]\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE)[1]
    shown = tomllib.loads(re.sub(r"^# ", "", table, flags=re.MULTILINE))
    defaults = msgspec.to_builtins(PRESETS[preset].settings)
    assert shown.keys() == defaults.keys()
    examples = {"max_per_class", "allow_unreadable", "optimizer_options"}
    examples |= {"epochs"} if preset == "reference" else set()
    for name in shown.keys() - examples:
        assert shown[name] == defaults[name] or tuple(shown[name]) == defaults[name], name


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My Flowers 2", "my-flowers-2"), (".hidden", "hidden"), ("!!", "pictures")],
)
def test_a_study_of_own_pictures_gets_a_folder_of_its_own(flowers, tmp_path, folder, name):
    flowers.rename(tmp_path / folder)
    assert init(tmp_path / "study.toml", "--data", tmp_path / folder).exit_code == 0
    assert build_study(file=read_study_file(tmp_path / "study.toml")).name == name


def test_a_folder_that_is_not_there_is_one_message(tmp_path):
    result = init(tmp_path / "study.toml", "--data", tmp_path / "none")
    assert "nothing is there" in str(result.exception)
    assert not (tmp_path / "study.toml").exists()

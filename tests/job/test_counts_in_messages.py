"""One of everything: no message says “1 images”."""

import re
import shutil

import pytest
from click.testing import CliRunner
from PIL import Image

from training.cli import cli
from training.executors import single

PLURALS = (
    "archives|batches|classes|columns|devices|epochs|experiments|features|figures|files|folders|"
    "grey levels|groups|heads|images|layers|lists|networks|others|parts|pictures|pixels|records|"
    "rows|runs|seeds|splits|steps|tensors|values|workers"
)
WRONG = re.compile(rf"(?<![\w.,/:-])1 (?:[a-z-]+ )?(?:{PLURALS})\b|\b1 [a-z]+ (?:are|were|have)\b")
RUN = (
    "run", "scratch/baseline", "--preset", "quick", "--epochs", "1", "--image-size", "64",
    "--width", "0.125", "--batch-size", "16", "--device", "cpu", "--verbose",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HOMEWORK_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pictures(tmp_path):
    """A data set with one file, one unreadable image and one image further down."""
    for name, shade in (("ant", 0), ("bee", 120)):
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(9):
            Image.new("RGB", (70, 66), (shade, 20 * i, 9)).save(tmp_path / "d" / name / f"{i}.png")
    (tmp_path / "d" / "ant" / "notes.txt").write_text("x")
    (tmp_path / "d" / "ant" / "9.png").write_text("x")
    (tmp_path / "d" / "bee" / "more").mkdir()
    Image.new("L", (70, 66), 77).save(tmp_path / "d" / "bee" / "more" / "grey.png")
    return tmp_path / "d"


def said_by(*arguments):
    """Return all that a command prints, its error included; nothing in it counts wrongly."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    error = "" if isinstance(result.exception, SystemExit) else str(result.exception or "")
    said = re.sub(r"\s+", " ", f"{result.output} {error}")
    assert WRONG.findall(said) == []
    return said


@pytest.mark.parametrize(
    "wrong", ["1 images", "holds 1 classes", "1 other files", "1 epochs.", "1 image were"]
)
def test_the_pattern_finds_a_wrong_count(wrong):
    assert WRONG.search(wrong)


@pytest.mark.parametrize(
    "right", ["1 image", "0.1 images", "21 images", "10/1 runs", "1 class has"]
)
def test_the_pattern_leaves_a_right_count_alone(right):
    assert not WRONG.search(right)


def test_a_run_counts_one_of_everything_right(pictures):
    said = said_by(*RUN, "--data", "d")
    for part in (
        "1 image that can’t be read",
        "1 file that isn’t an image",
        "1 image lies in folders below a class",
    ):
        assert part in said
    assert "Nothing to do: the run has its record" in said_by(*RUN, "--data", "d")
    said_by("status")
    said_by("data", "clean", "--all", "--dry-run")


def test_a_failed_experiment_is_counted_right(pictures, monkeypatch):
    def fails(*_):
        raise RuntimeError("no more")

    monkeypatch.setattr(single, "run_step", fails)
    assert "1 experiment failed: scratch/baseline." in said_by(*RUN, "--data", "d")


def test_a_data_set_is_described_with_right_counts(pictures):
    said = said_by("data", "check", "d")
    assert "1 image was not RGB" in said
    shutil.rmtree(pictures / "ant")
    assert "1 class with images" in said_by("data", "check", "d")
    shutil.rmtree(pictures / "bee")
    (pictures / "notes.txt").write_text("x")
    assert "1 file, no image among them" in said_by("data", "check", "d")
    Image.new("L", (70, 66), 77).save(pictures / "a.png")
    said = said_by("data", "check", "d")
    assert "holds 1 image, such as a.png" in said
    assert "1 image, 1 other file" in said


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (["ant/0.png", "bee/0.png"], ["ant/0.png"], "both name 1 image"),
        (["ant/0.png", "ant/0.png"], ["bee/0.png"], "names 1 image twice"),
        (["ant/0.png", "ant/77.png"], ["bee/0.png"], "names 1 image missing from"),
        (["ant/0.png", "ant/1.png"], ["bee/0.png", "ant/2.png"], "1 class has no usable image"),
    ],
)
def test_what_is_wrong_in_lists_is_counted_right(pictures, train, test, message):
    (pictures / "train.txt").write_text("\n".join(train))
    (pictures / "test.txt").write_text("\n".join(test))
    assert message in said_by("data", "check", "d")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["ant/0.png,ant", "ant/77.png,ant", "bee/0.png,bee"], "names 1 missing image"),
        (["ant/0.png,ant", "ant/1.png"], "has 1 column"),
    ],
)
def test_what_is_wrong_in_a_table_is_counted_right(pictures, rows, message):
    (pictures / "table.csv").write_text("\n".join(["path,label", *rows]))
    assert message in said_by("data", "check", "d/table.csv")

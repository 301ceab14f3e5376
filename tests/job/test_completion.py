"""The Tab key offers the names that a command takes."""

import shutil
from pathlib import Path

import msgspec
import pytest
from click.shell_completion import ShellComplete

from training.cli import cli
from training.records import StudyFolder, StudySection, write
from training.study import build_study

EXAMPLE = Path(__file__).parents[2] / "runs" / "example"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    shutil.copy(EXAMPLE / "study.json", tmp_path / "runs" / "mine")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(typed):
    """Return what is offered for the last word of what is typed."""
    *before, begun = typed.split(" ")
    shell = ShellComplete(cli, {}, "homework", "_HOMEWORK_COMPLETE")
    return [item.value for item in shell.get_completions(before, begun) if item.type == "plain"]


@pytest.mark.parametrize(
    ("typed", "some"),
    [
        ("run sc", {"scratch", "scratch/grid", "scratch/baseline"}),
        ("run scratch transfer/b", {"transfer/best"}),
        ("plan beyond/v", {"beyond/vgg16"}),
        ("run --backbone resnet18 freezing/", {"freezing/backbone", "freezing/head"}),
        ("run-all --preset ", {"reference", "quick"}),
        ("init --preset q", {"quick"}),
        ("run --device cu", {"cuda", "cuda:0"}),
        ("plan --data sa", {"sample"}),
        ("render --only mist", {"mistakes"}),
        ("run-all --weights i", {"imagenet"}),
        ("run --backbone res", {"resnet18"}),
        *((f"{command} --study m", {"mine"})
          for command in ("status", "run-all", "render", "verify", "serve", "export")),
        ("compare m", {"mine"}),
    ],
)  # fmt: skip
def test_names_are_offered(typed, some):
    assert some <= set(offered(typed))
    assert all(name.startswith(typed.split(" ")[-1]) for name in offered(typed))


def test_sections_are_those_of_the_study_that_is_named(folder):
    own = StudySection(name="smoothing", title="Label smoothing")
    record = msgspec.structs.replace(build_study(name="own"), sections=(own,))
    write(StudyFolder(folder / "runs" / "own").study, record)
    assert offered("render --study own --only s") == ["smoothing"]
    assert offered("render --study mine --only s") == ["scratch"]


def test_experiments_are_those_of_the_study_that_is_named(folder):
    (folder / "study.toml").write_text(
        '[experiments."beyond/mobilenet"]\nmodel = "torchvision:mobilenet_v3_small"\n'
    )
    assert "beyond/mobilenet" in offered("run -f study.toml beyond/")
    assert "beyond/mobilenet" not in offered("run --study mine beyond/")
    assert "scratch/grid-adam-1e-3" in offered("run --study mine scratch/grid-a")
    (folder / "study.toml").write_text("nonsense")
    assert "beyond/vgg16" in offered("run -f study.toml beyond/")


def test_kept_networks_are_offered(folder):
    file = folder / "runs" / "mine" / "transfer" / "best" / "seed-0" / "model.pt"
    file.parent.mkdir(parents=True)
    file.touch()
    assert offered("predict m") == offered("export-model mine/t") == ["mine/transfer/best"]

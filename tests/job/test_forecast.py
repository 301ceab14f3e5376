"""`homework plan --time`: what is timed, how it adds up, and that it writes nothing."""

import json

import msgspec
import numpy as np
import pytest
from PIL import Image
from tiny import TINY

from training import forecast as forecasts
from training.byte_sizes import human_size
from training.durations import duration
from training.engine import feature_cache
from training.engine.evaluate import EVALUATED_TOGETHER
from training.errors import DeviceError
from training.forecast import ENOUGH_SECONDS, Pace, forecast_study, pace
from training.planning.plan import Plan
from training.planning.run_kinds import kind_of
from training.planning.step_memory import run_bytes
from training.progress import Progress
from training.records import Spec, StudyFolder
from training.run import train_stand_in
from training.run.run_options import RunOptions
from training.run.stand_ins_to_train import pictures_an_epoch
from training.study import build_study

PACE = Pace(start=1000.0, training=1.0, evaluation=0.01, features=0.0001)
"""So far apart that a sum shows its parts."""


@pytest.fixture
def paced(monkeypatch):
    """Have every kind take `PACE`; return the kinds that were asked for."""
    asked = []

    def known(kind, workspace):
        asked.append(kind)
        return PACE

    monkeypatch.setattr(forecasts, "pace", known)
    return asked


def planned(answer):
    assert answer.error is None, answer.output
    return {step["id"]: step for step in json.loads(answer.result.stdout)}


def counts(tmp_path, homework):
    """Return the pictures of each split, as a run records them."""
    assert homework("run", "scratch/baseline").error is None
    record = json.loads((tmp_path / "runs" / "quick" / "dataset.json").read_text())
    return record["n_train"], record["n_validation"], record["n_test"]


def test_seconds_are_the_sum_of_what_a_run_does(homework, tmp_path, paced):
    n_train, n_validation, n_test = counts(tmp_path, homework)
    steps = planned(homework("plan", "--time", "--json", "--study", "new"))
    epoch = n_train * PACE.training + n_validation * PACE.evaluation
    features = (n_train + n_validation) * PACE.features
    test = n_test * (PACE.evaluation + PACE.features)
    grid, tested = steps["scratch/grid-sgd-1e-3"], steps["scratch/baseline"]
    assert grid["seconds"] == pytest.approx(PACE.start + features + epoch)
    assert tested["seconds"] == pytest.approx(PACE.start + features + epoch + test)
    assert steps["scratch/best"]["seconds"] == pytest.approx(PACE.start + test)
    assert steps["transfer/detail-1"]["seconds"] == 0


def test_further_pictures_are_tested_for_as_long_as_they_are_many(homework, tmp_path, paced):
    counts(tmp_path, homework)
    classes = json.loads((tmp_path / "runs" / "quick" / "dataset.json").read_text())["classes"]
    for name in classes[:2]:
        folder = tmp_path / "sketches" / name
        folder.mkdir(parents=True)
        for i in range(4):
            pixels = np.random.default_rng([i, *name.encode()]).integers(
                0, 255, (9, 9, 3), np.uint8
            )
            Image.fromarray(pixels).save(folder / f"{i}.png")
    (tmp_path / "study.toml").write_text(
        '[pictures.sketches]\ndata = "sketches"\n[experiments."scratch/baseline"]\n'
        'test_on = ["sketches"]\n'
    )
    asked = ("plan", "--time", "--json", "--study", "new")
    plain = planned(homework(*asked))["scratch/baseline"]["seconds"]
    more = planned(homework(*asked, "-f", "study.toml"))["scratch/baseline"]["seconds"]
    assert more - plain == pytest.approx(8 * (PACE.evaluation + PACE.features))


def test_epochs_count(homework, paced):
    once, often = (
        planned(homework("plan", "--time", "--json", *_tiny(n), tiny=False))["freezing/cnn"]
        for n in (1, 5)
    )
    assert often["spec"] is None  # its choice isn't made
    epochs = (often["seconds"] - once["seconds"]) / 4
    assert epochs == pytest.approx(once["seconds"] - PACE.start, rel=0.02)


def _tiny(n_epochs):
    return [*TINY[: TINY.index("--epochs")], "--epochs", str(n_epochs)]


def test_stand_ins_yet_to_be_trained_count_with_the_first_that_wants_them(
    homework, paced, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))  # which holds none yet
    before = _seconds_of(homework, "plan")
    said = homework("plan", "transfer", "--time").output
    lines = [line for line in said.splitlines() if "of it for training stand-in weights" in line]
    assert [line.split()[2] for line in lines[:-1]] == ["transfer/grid-sgd-1e-2:"]
    assert lines[-1].endswith("not counting downloads")
    assert homework("run", "transfer/grid-sgd-1e-3").error is None  # trains what all of them want
    after = _seconds_of(homework, "plan")
    assert "stand-in" not in homework("plan", "transfer", "--time").output
    n_train, n_choosing = pictures_an_epoch()
    recipe = train_stand_in.OTHER_MODELS
    taken = PACE.start + recipe.epochs * (n_train * PACE.training + n_choosing * PACE.evaluation)
    gone = {name: before[name] - after[name] for name in before if before[name] != after[name]}
    assert gone.pop("transfer/grid-sgd-1e-2") == pytest.approx(taken)
    assert gone == {"transfer/grid-sgd-1e-3": before["transfer/grid-sgd-1e-3"]}


def _seconds_of(homework, command):
    steps = planned(homework(command, "transfer", "--time", "--json"))
    return {name: step["seconds"] for name, step in steps.items()}


def test_every_kind_is_timed_once(homework, paced):
    assert homework("plan", "--time").error is None
    assert len(paced) == len(set(paced))
    kinds = [(kind.model, kind.freeze, kind.augmentation) for kind in paced]
    assert ("alexnet", "none", "none") in kinds
    assert ("alexnet", "features", "none") in kinds
    assert ("vgg16", "backbone", "none") in kinds
    assert ("alexnet", "none", "one-of-three") in kinds


def test_kinds_differ_by_nothing_but_work(homework, tmp_path):
    study = build_study("quick", None, {}, None, None)
    plan = Plan(study, StudyFolder(tmp_path))
    grid = [plan.step(e, 0).spec for e in plan.group("scratch/grid")]
    assert len({kind_of(spec) for spec in grid}) == 1
    other_work = {
        "model": "vgg16", "head": (3,), "width": 0.5, "freeze": "features",
        "augmentation": "rotation", "image_size": 64, "resize_size": 70, "batch_size": 77,
        "mixup": 0.2, "cutmix": 1.0, "ema": 0.9,
    }  # fmt: skip
    for field, value in other_work.items():
        other = msgspec.structs.replace(grid[0], **{field: value})
        assert kind_of(other) != kind_of(grid[0]), field


def test_what_is_done_takes_nothing(homework, paced):
    assert homework("run-all").error is None
    answer = homework("plan", "--time")
    assert not paced
    assert "about" not in answer.output
    assert {step["seconds"] for step in planned(homework("plan", "--time", "--json")).values()} == {
        0
    }


def test_real_batches_are_timed_and_nothing_is_written(
    homework, tmp_path, tiny_sample, monkeypatch
):
    monkeypatch.setattr(feature_cache, "WORTH_SECONDS", 0.0)
    features = tiny_sample / "features"
    kept = sorted(features.glob("*"))
    answer = homework("plan", "scratch/baseline", "freezing/cnn", "--time", "--precision", "bf16")
    assert answer.error is None, answer.output
    assert "scratch/baseline: no record, about " in answer.output
    last = answer.result.stdout.splitlines()[-1]
    assert last.startswith("about ")
    assert "in bf16, one run after another" in last
    assert not (tmp_path / "runs").exists()
    assert sorted(features.glob("*")) == kept


def test_pictures_are_doubled_until_it_takes_a_while(homework, monkeypatch):
    tried = []

    def timed(kind, n_pictures, workspace):
        tried.append(n_pictures)
        return PACE, n_pictures * ENOUGH_SECONDS / (4 * kind.batch_size)

    monkeypatch.setattr(forecasts, "_timed", timed)
    answer = homework("plan", "scratch/baseline", "--time", "--batch-size", "2")
    assert answer.error is None, answer.output
    assert tried == [2, 4, 8]


def test_what_cannot_be_timed_is_named(homework, monkeypatch):
    def failing(kind, workspace):
        if kind.model == "vgg16":
            raise DeviceError("No memory for it.")
        return pace(kind, workspace)

    monkeypatch.setattr(forecasts, "pace", failing)
    answer = homework("plan", "beyond", "--time")
    assert "Can't time vgg16: No memory for it." in answer.result.stderr
    assert answer.result.stdout.splitlines()[-1].endswith("and runs that couldn't be timed")
    answer = homework("plan", "beyond", "--time", "--json")
    assert "vgg16: No memory" in answer.result.stderr
    steps = planned(answer)
    assert steps["beyond/vgg16"]["seconds"] is None
    assert steps["beyond/resnet18"]["seconds"] > 0


def test_a_network_of_ones_own_that_fails_is_named(homework, tmp_path, monkeypatch):
    (tmp_path / "wrongnet.py").write_text(WRONG)
    monkeypatch.syspath_prepend(tmp_path)
    answer = homework("plan", "scratch/baseline", "--time", "--backbone", "wrongnet:build")
    assert answer.error is None, answer.error
    assert "Can't time wrongnet:build: RuntimeError: mat1 and mat2" in answer.result.stderr
    assert "about" not in answer.result.stdout


WRONG = """
from torch import nn

def build(n_classes, weights_file):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(7, n_classes))
"""


def test_the_device_goes_with_the_time(homework):
    answer = homework("plan", "--device", "cpu")
    assert answer.result.exit_code == 2
    assert "need --time" in answer.output


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (99.4, "99 s"), (100, "2 min"),
     (99.4 * 60, "99 min"), (3599 * 2, "2 h 0 min"), (13500, "3 h 45 min")],
)  # fmt: skip
def test_times_are_written_to_two_digits_or_so(seconds, words):
    assert duration(seconds) == words


def test_a_forecast_needs_pictures(homework, monkeypatch, tmp_path):
    answer = homework("plan", "--time", "--data", str(tmp_path / "nowhere"))
    assert answer.result.exit_code == 1
    assert "nowhere" in answer.message


def test_from_python(tiny_sample, tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tiny_sample))
    study = build_study("quick", None, {"epochs": 1, "image_size": 64, "width": 0.1}, None, None)
    plan = Plan(study, StudyFolder(tmp_path))
    steps = plan.steps(study.experiments[:2])
    found = forecast_study(plan, steps, RunOptions(device="cpu"), Progress())
    assert found.precision == "fp32"
    assert found.total == pytest.approx(sum(found.seconds))
    assert all(seconds > 0 for seconds in found.seconds)


def test_the_run_that_takes_most_memory_is_named(homework):
    said = homework("plan", "scratch", "beyond", "--time").output
    (line,) = [line for line in said.splitlines() if "takes most memory" in line]
    assert line.startswith("beyond/vgg16 takes most memory, about ")
    assert "not known" not in line


@pytest.mark.parametrize(("precision", "in_16_bits"), [("fp32", False), ("fp16", True)])
def test_the_memory_that_is_said_is_that_of_the_format(homework, paced, precision, in_16_bits):
    steps = planned(homework("plan", "scratch/baseline", "--json"))
    spec = msgspec.convert(steps["scratch/baseline"]["spec"], Spec)
    said = homework("plan", "scratch/baseline", "--time", "--precision", precision).output
    n_bytes = run_bytes(spec, 3, in_16_bits, EVALUATED_TOGETHER)
    assert f"takes most memory, about {human_size(n_bytes)} for weights" in said

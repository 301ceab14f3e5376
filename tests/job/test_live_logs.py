"""`--log`: what TensorBoard, MLflow and W&B read back while a run goes on, is stopped, and ends."""

import importlib.util
import json
import os
import shutil
import signal

import pytest
from wandb_files import read_file

from training.cli.console import ConsoleProgress
from training.logs import LIVE_LOGS, SCALARS
from training.stopping import StoppedError

NAME = "scratch/baseline"
SMALL = ("--batch-size", "8", "--epochs", "3")  # two batches an epoch; the last --epochs wins


def needs(module):
    found = importlib.util.find_spec(module) is not None
    return pytest.mark.skipif(not found, reason=f"{module} isn't installed (an extra)")


KINDS = [
    pytest.param("tensorboard", marks=needs("tensorboard")),
    pytest.param("mlflow", marks=[needs("mlflow"), needs("sqlalchemy"), needs("alembic")]),
    pytest.param("wandb", marks=needs("wandb")),
]


@pytest.fixture(autouse=True)
def _no_server(monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(homework):
    """Train three epochs; the fixture's own options would set them to one."""

    def call(*options):
        tiny = ("--preset", "quick", "--image-size", "64", "--width", "0.1")
        return homework("run", NAME, *tiny, *SMALL, *options, tiny=False)

    return call


def read_tensorboard(study, name=NAME):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(study / "logs" / "tensorboard" / name / "seed-0"))
    found.Reload()
    return {
        tag: [(event.step, event.value) for event in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }


def mlflow_runs(study, name=NAME):
    from training.logs.mlflow_log import MLflowStore

    store = MLflowStore(f"sqlite:///{study / 'logs' / 'mlflow.db'}", study.name)
    wanted = f"tags.`homework.experiment` = '{name}'"
    return store.client, store.client.search_runs([store.experiment], wanted)


def read_mlflow(study, name=NAME):
    client, runs = mlflow_runs(study, name)
    (run,) = runs
    histories = {key: client.get_metric_history(run.info.run_id, key) for key in run.data.metrics}
    return {key: [(m.step, m.value) for m in history] for key, history in histories.items()}


def wandb_run(study):
    (file,) = (study / "logs" / "wandb").glob("offline-run-*/*.wandb")
    return read_file(file)


def read_wandb(study, name=NAME):
    run = wandb_run(study)
    found = {}
    for epoch in run["history"]:
        for tag in epoch.keys() - {"_step", "_timestamp", "_runtime"}:
            found.setdefault(tag, []).append((epoch["_step"], epoch[tag]))
    best = run["summary"].get("homework/best_epoch")
    scores = {tag: value for tag, value in run["summary"].items() if tag.endswith("/test")}
    return found | {tag: [(best, value)] for tag, value in scores.items()}


READ = {"tensorboard": read_tensorboard, "mlflow": read_mlflow, "wandb": read_wandb}


def as_recorded(study, name=NAME):
    folder = study / name / "seed-0"
    curves = json.loads((folder / "curves.json").read_text())
    metrics = json.loads((folder / "metrics.json").read_text())
    epochs = curves["epoch"]
    found = {tag: list(zip(epochs, curves[field], strict=True)) for tag, field in SCALARS.items()}
    for score in ("accuracy", "loss"):
        tag = "accuracy/test" if score == "accuracy" else "loss_nats/test"
        found[tag] = [(metrics["best_epoch"], metrics["test"][score])]
    return found


def check(read, expected):
    assert read.keys() == expected.keys()
    for tag, points in expected.items():
        assert [step for step, _ in read[tag]] == [step for step, _ in points], tag
        wanted = [value for _, value in points]
        assert [value for _, value in read[tag]] == pytest.approx(wanted, rel=1e-6), tag


def stop_at_batch(monkeypatch, batch):
    seen = [0]
    original = ConsoleProgress.batch

    def sending(self, n_images):
        original(self, n_images)
        seen[0] += 1
        if seen[0] == batch:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(ConsoleProgress, "batch", sending)


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_says_what_the_records_say(run, tmp_path, kind):
    answer = run("--log", kind)
    assert answer.error is None, answer.output
    assert "log of this run" not in answer.output
    check(READ[kind](tmp_path / "runs/quick"), as_recorded(tmp_path / "runs/quick"))


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_are_there_before_the_run_ends_and_none_twice(run, tmp_path, monkeypatch, kind):
    study = tmp_path / "runs/quick"
    with pytest.MonkeyPatch.context() as patch:
        stop_at_batch(patch, 5)
        with pytest.raises(StoppedError):
            run("--log", kind)
    read = READ[kind](study)
    assert [step for step, _ in read["accuracy/validation"]] == [1, 2]
    assert "accuracy/test" not in read
    assert run("--log", kind).error is None
    check(READ[kind](study), as_recorded(study))


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_trained_without_the_log_are_filled_in(run, tmp_path, kind):
    with pytest.MonkeyPatch.context() as patch:
        stop_at_batch(patch, 5)
        with pytest.raises(StoppedError):
            run()
    assert run("--log", kind).error is None
    check(READ[kind](tmp_path / "runs/quick"), as_recorded(tmp_path / "runs/quick"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_logged_beyond_the_checkpoint_does_not_count(run, tmp_path, kind):
    study, kept = tmp_path / "runs/quick", tmp_path / "kept"
    checkpoints = study / NAME / "seed-0" / "checkpoint"
    for batch in (3, 2):  # in the second epoch, then in the third
        with pytest.MonkeyPatch.context() as patch:
            stop_at_batch(patch, batch)
            with pytest.raises(StoppedError):
                run("--log", kind)
        if not kept.exists():
            shutil.copytree(checkpoints, kept)
    shutil.rmtree(checkpoints)
    shutil.copytree(kept, checkpoints)
    assert run("--log", kind).error is None
    check(READ[kind](study), as_recorded(study))


@needs("tensorboard")
def test_an_event_file_cut_off_by_a_kill_is_gone_on_with(run, tmp_path):
    study = tmp_path / "runs/quick"
    with pytest.MonkeyPatch.context() as patch:
        stop_at_batch(patch, 5)
        with pytest.raises(StoppedError):
            run("--log", "tensorboard")
    (file,) = (study / "logs" / "tensorboard" / NAME / "seed-0").iterdir()
    file.write_bytes(file.read_bytes()[:-7])
    assert [step for step, _ in read_tensorboard(study)["accuracy/train"]] == [1]
    assert run("--log", "tensorboard").error is None
    check(read_tensorboard(study), as_recorded(study))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_made_again_replaces_its_log_or_adds_to_it(run, tmp_path, kind):
    study = tmp_path / "runs/quick"
    assert run("--log", kind).error is None
    assert run("--log", kind, "--force").error is None
    if kind == "mlflow":  # which keeps what was finished
        _, runs = mlflow_runs(study)
        assert [found.info.status for found in runs] == ["FINISHED", "FINISHED"]
    else:
        check(READ[kind](study), as_recorded(study))


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_that_cannot_be_written_is_noted_and_training_goes_on(run, tmp_path, kind):
    study = tmp_path / "runs/quick"
    study.mkdir(parents=True)
    (study / "logs").write_text("in the way")
    answer = run("--log", kind)
    assert answer.error is None, answer.output
    assert answer.output.count("training continues") == 1
    assert json.loads((study / NAME / "seed-0/metrics.json").read_text())["status"] == "done"


@needs("tensorboard")
def test_a_log_that_fails_midway_is_given_up(run, tmp_path, monkeypatch):
    from training.logs.tensorboard_log import TensorBoardLog

    original = TensorBoardLog._add_scalars

    def full_disk(self, values, step, time):
        if step == 2:
            raise OSError(28, "No space left on device")
        original(self, values, step, time)

    monkeypatch.setattr(TensorBoardLog, "_add_scalars", full_disk)
    answer = run("--log", "tensorboard")
    assert answer.error is None
    assert "TensorBoard log of this run stopped (OSError" in answer.output
    read = read_tensorboard(tmp_path / "runs/quick")
    assert [step for step, _ in read["epoch_seconds"]] == [1]


def test_records_are_the_same_with_and_without_a_log(run, tmp_path):
    kinds = [kind for kind in LIVE_LOGS if importlib.util.find_spec(kind)]
    if not kinds:
        pytest.skip(f"none of {', '.join(LIVE_LOGS)} is installed (extras)")
    assert run("--runs", "plain").error is None
    assert run(*[part for kind in kinds for part in ("--log", kind)]).error is None
    times = ("epoch_seconds",)
    found = []
    for root in ("plain", "runs"):
        curves = json.loads((tmp_path / root / "quick" / NAME / "seed-0/curves.json").read_text())
        found.append({key: value for key, value in curves.items() if key not in times})
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", LIVE_LOGS)
def test_a_log_whose_library_is_missing_is_refused_before_training(
    run, tmp_path, monkeypatch, kind
):
    monkeypatch.setattr("training.logs.run_log.importlib.util.find_spec", lambda _: None)
    answer = run("--log", kind)
    assert f"pip install 'cnn-homework[{kind}]'" in answer.message
    assert not (tmp_path / "runs").exists()

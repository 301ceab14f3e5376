"""What goes wrong, one message each: nothing is lost and nothing half-written stays."""

import json
import sys

import pytest
import torch

from report.pdf import write
from training.device import energy, environment
from training.device.energy import EnergyMeter
from training.records import Metrics, StudyFolder, read

STUDY = "runs/quick"


def test_missing_imagenet_weights_skip_what_needs_them(homework, tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_WEIGHTS_URL", "http://127.0.0.1:9/models")
    answer = homework(
        "run", "scratch/baseline", "beyond/resnet18", "--preset", "quick", "--weights", "imagenet",
        "--image-size", "64", "--epochs", "1", tiny=False,
    )  # fmt: skip
    assert answer.result.exit_code == 0
    record = read(StudyFolder(tmp_path / STUDY).metrics("beyond/resnet18", 0), Metrics)
    assert record.status == "skipped"
    assert "width" in record.error


def test_weights_that_cannot_be_downloaded_name_file_and_folder(homework, tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_WEIGHTS_URL", "http://127.0.0.1:9/models")
    answer = homework(
        "run", "beyond/resnet18", "--preset", "quick", "--weights", "imagenet",
        "--image-size", "64", "--epochs", "1", "--width", "1", tiny=False,
    )  # fmt: skip
    assert answer.result.exit_code == 0, answer.output
    record = read(StudyFolder(tmp_path / STUDY).metrics("beyond/resnet18", 0), Metrics)
    assert record.status == "skipped"
    assert "alexnet-owt-7be5be79.pth" in record.error  # of the grid that it is chosen from
    assert str(tmp_path / "torch" / "hub" / "checkpoints") in record.error


def test_a_pair_that_diverges_ends_early_and_the_list_goes_on(homework, tmp_path):
    (tmp_path / "s.toml").write_text('[experiments."scratch/baseline"]\nlearning_rate = 1e30\n')
    answer = homework("run", "scratch/baseline", "scratch/grid-sgd-1e-3", "-f", "s.toml")
    assert answer.result.exit_code == 0
    folder = StudyFolder(tmp_path / STUDY)
    assert read(folder.metrics("scratch/baseline", 0), Metrics).status == "diverged"
    assert read(folder.metrics("scratch/grid-sgd-1e-3", 0), Metrics).status == "done"


def test_a_failing_experiment_is_recorded_and_the_list_goes_on(homework, tmp_path, monkeypatch):
    from training.run import one_run

    original = one_run.prepare_model

    def failing(spec, *others):
        if spec.optimizer == "adam":
            raise RuntimeError("out of memory, as it were")
        return original(spec, *others)

    monkeypatch.setattr(one_run, "prepare_model", failing)
    answer = homework("run", "scratch/grid-adam-1e-3", "scratch/grid-sgd-1e-3")
    assert answer.result.exit_code == 1
    assert "scratch/grid-adam-1e-3" in answer.message
    folder = StudyFolder(tmp_path / STUDY)
    record = read(folder.metrics("scratch/grid-adam-1e-3", 0), Metrics)
    assert (record.status, record.error) == ("failed", "RuntimeError: out of memory, as it were")
    assert read(folder.metrics("scratch/grid-sgd-1e-3", 0), Metrics).status == "done"
    monkeypatch.undo()


def test_an_interrupted_list_keeps_what_was_finished(homework, tmp_path, monkeypatch):
    from training.executors import single as executors

    original = executors.run_step

    def interrupted(step, *others):
        if step.experiment.id == "scratch/grid-rmsprop-1e-2":
            raise KeyboardInterrupt
        return original(step, *others)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "run_step", interrupted)
        assert isinstance(homework("run", "scratch/grid").error, (KeyboardInterrupt, SystemExit))
    folder = StudyFolder(tmp_path / STUDY)
    done = folder.metrics("scratch/grid-adam-1e-2", 0)
    before = done.stat().st_mtime_ns
    assert not folder.metrics("scratch/grid-rmsprop-1e-2", 0).exists()
    homework("run", "scratch/grid")
    assert done.stat().st_mtime_ns == before
    assert folder.metrics("scratch/grid-rmsprop-1e-2", 0).exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["run-all", "--preset", "quik"], "Did you mean “quick”"),
        (["run", "transfr", "--preset", "quick"], "Did you mean “transfer”"),
        (["run", "beyond/vgg61", "--preset", "quick"], "beyond/vgg16"),
        (["run-all", "--preset", "quick", "--device", "cpx"], "cpu"),
        (["run-all", "--preset", "quick", "--device", "cuda:7"], "--device cpu"),
        (["run-all", "--preset", "quick", "--epochs", "0"], "epochs must be positive"),
        (["run-all", "--preset", "quick", "--data", "nowhere"], "nowhere"),
        (["run-all", "--preset", "quick", "-f", "nofile.toml"], "homework init"),
        (["run", "beyond", "--preset", "quick", "--weights", "nowhere.pth"], "nowhere.pth"),
        (["data", "check", "nowhere"], "DIR/<class>/*.jpg"),
        (["render", "--study", "nothing"], "There is no study"),
    ],
)
def test_bad_input_is_one_message(homework, options, expected, tmp_path):
    answer = homework(*options, tiny=False)
    assert answer.result.exit_code == 1
    assert answer.message, f"no clean error: {answer.error!r}"
    assert expected in answer.message
    assert not list(tmp_path.rglob("metrics.json"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titel = 'x'", "Did you mean “title”"),
        ("[settings]\nepoch = 3", "epochs"),
        ("[settings]\nepochs = 'many'", "epochs"),
        ('[experiments."scratch/baseline"]\noptimiser = "sgd"', "optimizer"),
        ('[experiments."scratch/baseline"]\noptimizer = "sdg"', "sdg"),
        ("title = ", "TOML"),
    ],
)
def test_a_wrong_study_file_names_file_and_key(homework, tmp_path, text, expected):
    (tmp_path / "study.toml").write_text(text)
    answer = homework("list", "-f", "study.toml")
    assert answer.result.exit_code == 1
    assert expected in answer.message
    assert "study.toml" in answer.message


def test_no_pictures_and_no_network_says_what_to_do(homework, monkeypatch):
    monkeypatch.setenv("HOMEWORK_DATA_URL", "http://127.0.0.1:9/caltech-101.zip")
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    answer = homework("run-all", tiny=False)
    assert answer.result.exit_code == 1
    for part in ("can't connect", "homework data fetch", "--data DIR", "--preset quick"):
        assert part in answer.message


def test_the_doctor_names_what_is_missing(homework):
    answer = homework("doctor", tiny=False)
    assert answer.result.exit_code == 0
    assert "ok    Python" in answer.output
    assert "PDF by WeasyPrint" in answer.output
    assert "alexnet-owt-7be5be79.pth" in answer.output


@pytest.mark.parametrize(
    ("joules", "said"),
    [(0.0, "ok    energy: cuda:0 has an energy counter"), (None, "note  energy: can't")],
)
def test_the_doctor_says_whether_a_gpu_tells_its_energy(homework, monkeypatch, joules, said):
    assert "energy" not in homework("doctor", tiny=False).output
    monkeypatch.setattr(environment, "resolve_device", lambda _: torch.device("cuda", 0))
    monkeypatch.setattr(environment, "device_name", lambda _: "GPU")
    monkeypatch.setattr(energy, "energy_meter", lambda _: EnergyMeter(lambda: joules))
    assert said in homework("doctor", tiny=False).output


def test_a_study_file_from_init_is_valid(homework):
    assert homework("init", "study.toml", "--preset", "quick").error is None
    assert "scratch/baseline" in homework("list", "-f", "study.toml").output
    again = homework("init", "study.toml")
    assert again.result.exit_code == 1
    assert "--force" in again.message


def test_weights_of_another_shape_fail_that_experiment_only(homework, tmp_path):
    import torch

    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "wrong.pth")
    answer = homework("run", "transfer/grid-sgd-1e-2", "--weights", "wrong.pth")
    assert answer.result.exit_code == 1
    record = read(StudyFolder(tmp_path / STUDY).metrics("transfer/grid-sgd-1e-2", 0), Metrics)
    assert record.status == "failed"
    assert "wrong.pth" in record.error


def test_a_record_of_another_format_is_refused_by_file(homework, tmp_path):
    homework("run", "scratch/baseline")
    file = StudyFolder(tmp_path / STUDY).metrics("scratch/baseline", 0)
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    answer = homework("render", "--format", "html")
    assert answer.result.exit_code == 1
    for word in ("metrics.json", "99", "1"):
        assert word in answer.message


def test_a_full_disk_keeps_the_old_record(homework, tmp_path, monkeypatch):
    import os

    homework("run", "scratch/baseline")
    file = StudyFolder(tmp_path / STUDY).metrics("scratch/baseline", 0)
    before = file.read_bytes()
    original = os.fsync

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.records.files.os.fsync", full)
    answer = homework("run", "scratch/baseline", "--force")
    monkeypatch.setattr("training.records.files.os.fsync", original)
    assert answer.result.exit_code == 1
    assert "No space left" in answer.message
    assert file.read_bytes() == before
    assert [p for p in file.parent.iterdir() if p.name.startswith(".")] == []


def test_the_doctor_names_a_library_that_only_later_versions_need(homework, tmp_path, monkeypatch):
    package = tmp_path / "later" / "weasyprint"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import warnings\n"
        "warnings.warn('HarfBuzz-Subset will be required', DeprecationWarning)\n"
        "class HTML:\n"
        "    def __init__(self, string): pass\n"
        "    def write_pdf(self): return b'%PDF'\n"
    )
    for name in {"weasyprint", *sys.modules}:
        if name.partition(".")[0] == "weasyprint":
            monkeypatch.setitem(sys.modules, name, None)  # what was there comes back
            del sys.modules[name]
    monkeypatch.syspath_prepend(package.parent)
    assert write._import().__file__ == str(package / "__init__.py")  # warnings are errors here
    del sys.modules["weasyprint"]
    answer = homework("doctor", tiny=False)
    assert answer.result.exit_code == 0, answer.output
    assert "without HarfBuzz-Subset" in answer.output
    assert "apt-get install libharfbuzz-subset0" in answer.output

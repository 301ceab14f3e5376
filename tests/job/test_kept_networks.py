"""Networks that were kept: they say of pictures what the test said, here and in other programs."""

import errno
import json
import os
import re
import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from training.cli import cli
from training.data.decode import crop, open_picture, resize
from training.data.layouts import index_pictures
from training.data.locate import locate
from training.engine.tensor_files import load_tensors, save_tensors
from training.errors import HomeworkError
from training.weights.saved_network import load_kept

EXPERIMENT = "scratch/baseline"
QUICK = ["--preset", "quick", "--epochs", "1", "--image-size", "64", "--max-per-class", "6"]


def homework(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept") / "runs"
    result = homework("run", EXPERIMENT, *QUICK, "--runs", folder, "--device", "cpu")
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def pictures(runs):
    """Return the test pictures, in the order of predictions.json."""
    root = index_pictures(locate("sample")).root
    record = json.loads((runs / "quick" / "dataset.json").read_text())
    return [root / path for path in record["test_images"]]


def model(runs):
    return runs / "quick" / EXPERIMENT / "seed-0" / "model.pt"


def predict(runs, *arguments):
    return homework("predict", f"quick/{EXPERIMENT}", *arguments, "--runs", runs)


def test_predictions_are_those_of_the_test(runs, pictures):
    result = predict(runs, *pictures, "--json", "--top", 1)
    assert result.exit_code == 0, result.output
    guesses = [json.loads(line)["classes"][0] for line in result.output.splitlines()]
    record = json.loads((model(runs).parent / "predictions.json").read_text())
    classes = json.loads((runs / "quick" / "dataset.json").read_text())["classes"]
    assert [g["class"] for g in guesses] == [classes[i] for i in record["predicted"]]
    assert [g["probability"] for g in guesses] == pytest.approx(record["probability"], abs=1e-4)


def test_a_study_alone_stands_for_the_network_that_validation_chooses(runs, pictures, tmp_path):
    both = tmp_path / "runs"
    shutil.copytree(runs, both)
    other = both / "quick" / "scratch" / "best"
    shutil.copytree(model(runs).parents[1], other)
    record = json.loads((other / "seed-0" / "metrics.json").read_text())
    record["id"], record["test"]["accuracy"] = "scratch/best", 0.0
    record["validation"]["accuracy"] = 1.0  # and the worst there is on the test set
    (other / "seed-0" / "metrics.json").write_text(json.dumps(record))
    result = homework("predict", "quick", pictures[0], "--runs", both)
    assert result.stderr == "quick/scratch/best, chosen by its validation accuracy\n"
    assert result.stdout.startswith(f"{pictures[0]}: ")
    shutil.rmtree(other)
    assert (
        "quick/scratch/baseline, chosen"
        in homework("predict", "quick", pictures[0], "--runs", both).stderr
    )
    shutil.rmtree(both / "quick" / "scratch")
    answer = homework("predict", "quick", pictures[0], "--runs", both)
    assert "No network of" in str(answer.exception)


def test_a_line_for_a_person_names_the_likeliest_classes(runs, pictures):
    line = predict(runs, pictures[0], "--top", 2).output
    assert line.startswith(f"{pictures[0]}: ")
    assert line.count(" %") == 2


def test_a_folder_stands_for_its_pictures_and_an_unreadable_one_is_told(runs, pictures, tmp_path):
    (tmp_path / "a.png").write_bytes(pictures[0].read_bytes())
    (tmp_path / "b.png").write_text("nothing")
    result = predict(runs, tmp_path)
    assert result.exit_code == 1
    assert "b.png: can’t be read: not an image" in result.output
    assert "a.png: " in result.output.splitlines()[0]


def test_without_a_kept_network_the_command_that_keeps_one_is_named(runs, tmp_path):
    result = homework("predict", "quick/transfer/best", "x.png", "--runs", runs)
    assert "--keep-weights" in result.exception.hint
    assert "isn't the name of a network" in str(homework("predict", "transfer", "x.png").exception)


def network_of(runs, experiment=EXPERIMENT):
    record = runs / "quick" / experiment / "seed-0" / "metrics.json"
    return json.loads(record.read_text())["network"]


def test_networks_are_kept_unless_they_are_large_or_not_wanted(tmp_path, runs, monkeypatch):
    options = (EXPERIMENT, *QUICK, "--runs", tmp_path, "--device", "cpu")
    assert network_of(runs) == "model.pt"
    assert "up to 100 MB each" in homework("run", *options, "--dry-run").output
    result = homework("run", *options, "--no-keep-weights")
    assert result.exit_code == 0, result.output
    assert not model(tmp_path).exists()
    assert network_of(tmp_path) is None
    assert {p.name for p in model(runs).parent.iterdir()} - {
        p.name for p in model(tmp_path).parent.iterdir()
    } == {"model.pt"}
    monkeypatch.setattr("training.run.save_weights.LARGEST_KEPT_BYTES", 10_000)
    result = homework("run", *options, "--force")
    assert "of scratch/baseline has" in result.output
    assert "only with --keep-weights" in result.output
    assert not model(tmp_path).exists()
    assert "Nothing to do" in homework("run", *options).output


def test_of_several_seeds_the_first_is_kept(tmp_path):
    result = homework("run", EXPERIMENT, *QUICK, "--runs", tmp_path, "--device", "cpu",
                      "--seeds", "2", "--seed", "3")  # fmt: skip
    assert result.exit_code == 0, result.output
    kept = sorted(file.parent.name for file in tmp_path.rglob("model.pt"))
    assert kept == ["seed-3"]


def test_the_command_that_predict_names_trains_that_network_alone(tmp_path, pictures, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.toml").write_text(
        'preset = "quick"\n[settings]\nlearning_rates = [1e-2]\noptimizers = ["sgd"]\n'
        "epochs = 1\nimage_size = 64\nmax_per_class = 6\n"
    )
    first = homework("run", "scratch", "-f", "one.toml", "--no-keep-weights")
    assert first.exit_code == 0, first.output
    refused = homework("predict", "quick/scratch/best", pictures[0]).exception
    command = re.search(r"homework (run .*--keep-weights)", refused.hint)[1].split()
    assert command == ["run", "scratch/best", "--study", "quick", "--keep-weights"]
    before = {file: file.read_bytes() for file in tmp_path.rglob("metrics.json")}
    planned = homework(*command, "--dry-run").output
    assert "to do    scratch/best: its network wasn't kept" in planned
    assert "1 done, 1 to do" in planned
    again = homework(*command)
    assert "The network of scratch/best wasn't kept: running it again" in again.output
    changed = [file for file, content in before.items() if file.read_bytes() != content]
    assert [file.parent.parent.name for file in changed] == ["best"]
    assert network_of(tmp_path / "runs", "scratch/best") == "model.pt"
    assert homework("predict", "quick/scratch/best", pictures[0]).exit_code == 0
    assert "Nothing to do" in homework(*command).output


def test_a_record_outlives_an_attempt_to_keep_its_network_that_fails(tmp_path, monkeypatch):
    options = (EXPERIMENT, *QUICK, "--runs", tmp_path, "--device", "cpu")
    assert homework("run", *options, "--no-keep-weights").exit_code == 0
    record = model(tmp_path).parent / "metrics.json"
    before = record.read_bytes()

    def broken(*_):
        raise RuntimeError("the device is away")

    monkeypatch.setattr("training.run.one_run.train_model", broken)
    answer = homework("run", *options, "--keep-weights")
    assert "Keeping the older record" in answer.output
    assert record.read_bytes() == before


def test_a_damaged_file_is_one_message(runs, tmp_path):
    content = bytearray(model(runs).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.pt").write_bytes(content)
    assert "checksum" in str(homework("predict", tmp_path / "model.pt", "x.png").exception)
    save_tensors(tmp_path / "other.pt", {"a": torch.zeros(1)})
    assert "isn't a saved network" in str(homework("predict", tmp_path / "other.pt", "x").exception)


def test_a_file_never_has_code_imported(runs, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "evil.py").write_text("raise SystemExit('code was run')")
    content = load_tensors(model(runs))
    about = json.loads(content["about"])
    about["spec"]["model"] = "evil:build"
    save_tensors(tmp_path / "model.pt", {**content, "about": json.dumps(about)})
    result = homework("predict", tmp_path / "model.pt", "x.png")
    assert "won't import unasked" in str(result.exception)


def as_input(picture, kept):
    side = kept.about.spec.image_size
    square = crop(resize(open_picture(picture).image, side), side)
    return np.asarray(square, np.float32).transpose(2, 0, 1) / 255


def test_onnx_gives_the_same_probabilities(runs, pictures, tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    file = tmp_path / "network.onnx"
    result = homework("export-model", f"quick/{EXPERIMENT}", "-o", file, "--runs", runs)
    assert result.exit_code == 0, result.output
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    kept = load_kept(model(runs))
    batch = np.stack([as_input(picture, kept) for picture in pictures[:5]])
    (probabilities,) = session.run(None, {"pictures": batch})
    record = json.loads((model(runs).parent / "predictions.json").read_text())
    assert probabilities.shape == (5, len(kept.about.classes))
    assert probabilities.argmax(1).tolist() == record["predicted"][:5]
    assert probabilities.max(1) == pytest.approx(record["probability"][:5], abs=1e-3)
    known = session.get_modelmeta().custom_metadata_map
    assert json.loads(known["classes"]) == list(kept.about.classes)
    assert known["image_size"] == "64"


def test_the_example_of_the_page_names_the_classes_that_predict_names(
    runs, tmp_path, monkeypatch, capsys
):
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    page = Path(__file__).parents[2] / "docs" / "using-elsewhere.md"
    if not page.is_file():
        pytest.skip("docs isn't here")
    noise = np.random.default_rng(0).integers(0, 255, (47, 90, 4), np.uint8)
    noise[:, :40] //= 3
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise[..., :3]).resize((190, 101)).save(tmp_path / "photo.jpg", exif=exif)
    monkeypatch.chdir(tmp_path)
    exported = homework("export-model", f"quick/{EXPERIMENT}", "-o", "network.onnx", "--runs", runs)
    assert exported.exit_code == 0, exported.output
    code = re.search(r"\n\n((?:    import json\n)(?:    .*\n|\n)+)", page.read_text())[1]
    names = {}
    exec(textwrap.dedent(code), names)
    said = json.loads(predict(runs, "photo.jpg", "--json", "--top", 10).output)["classes"]
    expected = [guess["probability"] for guess in said]
    assert sorted(names["probabilities"][0], reverse=True) == pytest.approx(expected, abs=1e-6)
    assert (
        ", ".join(capsys.readouterr().out.splitlines())
        == predict(runs, "photo.jpg").output.strip().partition(": ")[2]
    )


def test_a_file_says_how_a_picture_is_prepared(runs, tmp_path):
    safetensors = pytest.importorskip("safetensors")
    file = tmp_path / "network.safetensors"
    homework("export-model", model(runs), "--format", "safetensors", "-o", file)
    with safetensors.safe_open(file, "pt") as content:
        said = content.metadata()["preparation"]
    assert "shorter side to 73 pixels" in said
    assert "centre square of 64 pixels" in said
    assert "then minus mean, divided by std" in said


def test_safetensors_holds_the_state_dict(runs, tmp_path):
    safetensors = pytest.importorskip("safetensors")
    file = tmp_path / "network.safetensors"
    result = homework("export-model", model(runs), "--format", "safetensors", "-o", file)
    assert result.exit_code == 0, result.output
    kept = load_kept(model(runs))
    with safetensors.safe_open(file, "pt") as content:
        assert json.loads(content.metadata()["classes"]) == list(kept.about.classes)
        for name, value in kept.network.module.state_dict().items():
            assert torch.equal(content.get_tensor(name), value)


@pytest.mark.parametrize("form", ["onnx", "safetensors"])
def test_a_full_disk_leaves_the_older_file(runs, tmp_path, monkeypatch, form):
    for package in {"onnx": ("onnx", "onnxscript"), "safetensors": ("safetensors",)}[form]:
        pytest.importorskip(package)
    file = tmp_path / "network"
    file.write_bytes(b"older")

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    result = homework("export-model", model(runs), "--format", form, "-o", file)
    assert isinstance(result.exception, HomeworkError), result.output
    assert os.strerror(errno.ENOSPC) in result.exception.message
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("network", b"older")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"width": 1e6}, "impossible widths"),
        ({"head": [10**9]}, "impossible widths"),
        ({"width": 2.0}, "doesn't fit its own network"),  # more memory than the file holds
        ({"image_size": 10**6}, "1000000 pixels a side"),
        ({"model": "torchvision:nothing"}, "nothing"),
    ],
    ids=str,
)
def test_a_file_that_lies_about_itself_is_one_message(runs, tmp_path, pictures, change, expected):
    content = load_tensors(model(runs))
    about = json.loads(content["about"])
    about["spec"] |= change
    file = tmp_path / "model.pt"
    save_tensors(file, content | {"about": json.dumps(about)})
    result = homework("predict", file, pictures[0])
    assert isinstance(result.exception, HomeworkError), repr(result.exception)
    assert expected in result.exception.message

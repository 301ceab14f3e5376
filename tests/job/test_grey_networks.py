"""`channels = 1`: trained, tested, kept, asked, exported and reported in grey."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.data.decode import open_picture, squared
from training.weights.export import Classifier, described
from training.weights.saved_network import load_kept

STUDY = """
name = "grey"
preset = "quick"

[settings]
channels = 1

[sections.own]
kind = "transfer"

[experiments."own/weights"]
weights = "pretrained"
optimizer = "adam"
learning_rate = 1e-3
test = true
augmentation = ["RandomHorizontalFlip"]

[experiments."own/colours"]
channels = 3
optimizer = "adam"
learning_rate = 1e-3
test = true
"""

SMALL = ("-f", "study.toml", "--image-size", "64", "--width", "0.1", "--epochs", "1")


@pytest.fixture
def finished(homework, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    done = homework("run-all", *SMALL, "--keep-weights", tiny=False)
    assert done.error is None, done.output
    return homework


def record_of(name, file="metrics.json"):
    return json.loads(Path(f"runs/grey/own/{name}/seed-0/{file}").read_text())


def test_one_channel_goes_all_the_way(finished, tmp_path):
    homework, record = finished, record_of("weights")
    assert record["spec"]["channels"] == 1
    assert "channels" not in record_of("colours")["spec"]
    assert record["parameters"]["total"] < record_of("colours")["parameters"]["total"]
    assert record["first_layer"]["n_filters"] > 0
    assert record_of("weights", "predictions.json")["heat_maps"]

    made = homework("render", "--study", "grey", "--format", "html", tiny=False)
    assert made.error is None, made.output
    page = Path("runs/grey/report.html").read_text()
    assert "Where an experiment says so, the network sees pictures in grey, as one channel" in page
    assert "in grey, as one channel" in page
    verified = homework("verify", "runs/grey/report.html", tiny=False)
    assert verified.result.exit_code == 0, verified.output

    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save("colour.png")
    Image.fromarray(noise).convert("L").save("grey.png")
    said = [
        json.loads(homework("predict", "grey/own/weights", name, "--json").result.stdout)["classes"]
        for name in ("colour.png", "grey.png")
    ]
    assert [c["probability"] for c in said[0]] == pytest.approx(
        [c["probability"] for c in said[1]], abs=0.02
    )

    kept = load_kept(Path("runs/grey/own/weights/seed-0/model.pt"))
    about = described(kept, normalises=True)
    told = "convert it to grey, Pillow’s mode L; float32 (n, 1, 64, 64), values"
    assert told in about["preparation"]
    assert len(json.loads(about["mean"])) == len(json.loads(about["std"])) == 1
    square = squared(open_picture(Path("grey.png")).image, 64)
    grey = np.asarray(Image.fromarray(np.asarray(square)).convert("L"), np.float32)
    pixels = grey[None, None] / 255
    with torch.no_grad():
        found = Classifier(kept)(torch.from_numpy(pixels))[0]
    expected = [c["probability"] for c in said[1]]
    assert sorted(found.tolist(), reverse=True) == pytest.approx(expected, abs=1e-4)

    torch.save({"state_dict": kept.network.module.state_dict()}, "grey.pt")
    later = STUDY.replace('weights = "pretrained"', 'weights = "grey.pt"')
    (tmp_path / "study.toml").write_text(
        later.replace("channels = 3", 'weights = "grey.pt"\nchannels = 3')
    )
    again = homework("run-all", *SMALL, "--study", "from-grey", tiny=False)
    files = [
        Path(f"runs/from-grey/own/{name}/seed-0/metrics.json") for name in ("weights", "colours")
    ]
    started, refused = (json.loads(file.read_text()) for file in files)
    assert started["status"] == "done", again.output
    assert started["spec"]["weights"] == "file:grey.pt"
    assert refused["status"] == "failed"
    assert "has shape (16, 1, 11, 11), the model expects (16, 3, 11, 11)" in refused["error"]

    for package in ("onnx", "onnxscript"):
        pytest.importorskip(package)
    runtime = pytest.importorskip("onnxruntime")
    out = homework("export-model", "grey/own/weights", "-o", "network.onnx")
    assert out.error is None, out.output
    session = runtime.InferenceSession("network.onnx", providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(None, {"pictures": pixels})
    assert probabilities[0] == pytest.approx(found.numpy(), abs=1e-4)


@pytest.mark.parametrize("n", [0, 2, 4])
def test_other_numbers_are_refused(n, homework, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY.replace("channels = 3", f"channels = {n}"))
    answer = homework("plan", "-f", "study.toml", tiny=False)
    assert f"channels must be 3, for colours, or 1, for grey; found {n}" in answer.message

"""A study file's fields of a recipe reach the training, and its record says them."""

import json
from pathlib import Path

import pytest

STUDY = """
name = "fields"
preset = "quick"

[experiments."scratch/much"]
like = "scratch/baseline"
optimizer = "nadam"
optimizer_options = {betas = [0.8, 0.95]}
mixup = 0.2
cutmix = 1.0
ema = 0.9
layer_decay = 0.75
head_learning_rate = 3e-3
early_stopping = 4
early_stopping_by = "loss"
augmentation = [{name = "RandomResizedCrop", scale = [0.5, 1.0]}, "RandAugment"]

[experiments."scratch/phases"]
like = "scratch/baseline"
epochs = 3
two_phase = 2
freeze = "first:2"

[experiments."scratch/frozen"]
like = "scratch/baseline"
freeze = "pattern:features.*"
"""

SMALL = ("--preset", "quick", "--image-size", "64", "--width", "0.1")


@pytest.fixture
def record(homework, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)

    def run(name):
        answer = homework("run", name, "-f", "study.toml", *SMALL, tiny=False)
        assert answer.error is None, answer.output
        return json.loads(Path(f"runs/fields/{name}/seed-0/metrics.json").read_text())

    return run


def test_a_recipe_with_much_of_it_trains(record, homework):
    found = record("scratch/much")
    assert found["status"] == "done"
    spec = found["spec"]
    assert spec["optimizer"] == "nadam"
    assert spec["optimizer_options"] == {"betas": [0.8, 0.95]}
    assert (spec["mixup"], spec["cutmix"], spec["ema"], spec["layer_decay"]) == (0.2, 1, 0.9, 0.75)
    assert (spec["early_stopping"], spec["early_stopping_by"]) == (4, "loss")
    assert spec["augmentation"][0] == {
        "name": "RandomResizedCrop", "parameters": [["scale", [0.5, 1.0]]]
    }  # fmt: skip
    assert [item["label"] for item in found["altered"]] == ["original"] + ["altered"] * 4
    assert all(Path("runs/fields", item["file"]).is_file() for item in found["altered"])
    planned = homework("plan", "scratch/much", "-f", "study.toml", *SMALL, tiny=False)
    assert planned.error is None
    assert "done" in planned.output


def test_phases_and_blocks_are_counted_as_they_train(record):
    found = record("scratch/phases")
    assert (found["spec"]["two_phase"], found["spec"]["freeze"]) == (2, "first:2")
    assert 0 < found["parameters"]["frozen"] < found["parameters"]["total"]
    assert not found["cached_features"]


def test_what_a_pattern_freezes_is_computed_once_where_it_comes_first(record):
    found = record("scratch/frozen")
    assert found["cached_features"]
    assert "altered" not in found
    assert found["parameters"]["trainable_parts"]["features"] == 0


def test_what_no_network_has_is_told_before_it_trains(record, homework, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY.replace("pattern:features.*", "pattern:layer9.*"))
    answer = homework("run", "scratch/frozen", "-f", "study.toml", *SMALL, tiny=False)
    assert "matches no weights of this network" in answer.output + answer.message

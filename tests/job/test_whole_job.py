"""The whole list through the command line, and what running it again does."""

import json
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import TINY

from training.data.decode import crop, open_picture, resize
from training.data.index import index_folder
from training.data.locate import locate
from training.networks.build import build
from training.networks.flops import count
from training.networks.freezing import freeze
from training.records import (
    Dataset,
    Metrics,
    Predictions,
    StudyFolder,
    examples_wanted,
    read,
)

STUDY = "runs/quick"


@pytest.fixture(scope="module")
def finished(tiny_sample, tmp_path_factory):
    """Run the whole list once; return the folder that holds `runs/`."""
    from click.testing import CliRunner

    from training.cli import cli

    place = tmp_path_factory.mktemp("whole")
    patch = pytest.MonkeyPatch()
    patch.setenv("HOMEWORK_CACHE", str(tiny_sample))
    result = CliRunner().invoke(cli, ["run-all", "--runs", str(place / "runs"), *TINY])
    patch.undo()
    assert result.exception is None, result.output
    return place, result.output


@pytest.fixture
def study(finished, tmp_path):
    shutil.copytree(finished[0] / "runs", tmp_path / "runs")
    return StudyFolder(tmp_path / STUDY)


def records(folder):
    files = folder.path.glob("*/*/seed-*/metrics.json")
    found = [read(file, Metrics) for file in files]
    return {metrics.id: metrics for metrics in found}


def times(folder):
    return {file: file.stat().st_mtime_ns for file in folder.path.rglob("metrics.json")}


def test_every_experiment_of_the_list_has_a_record(study, homework):
    listed = [e["id"] for e in json.loads(homework("list", "--json").output) if not e.get("extra")]
    assert len(listed) == 29
    found = records(study)
    assert sorted(found) == sorted(listed)
    assert {metrics.status for metrics in found.values()} <= {"done", "diverged"}


def test_only_finalists_are_tested(study):
    tested = {name for name, metrics in records(study).items() if metrics.test is not None}
    assert tested == {
        "scratch/baseline", "scratch/best", "transfer/best", "freezing/cnn", "freezing/fc",
        "freezing/fc-head-free", "augmentation/one-of-three", "beyond/vgg16", "beyond/resnet18",
    }  # fmt: skip
    for name in tested:
        assert study.predictions(name, 0).is_file()


def test_a_choice_repeats_its_source_and_is_tested_with_its_weights(study):
    found = records(study)
    best = found["scratch/best"]
    source = found[best.reused_from]
    assert best.selected.id == best.reused_from == best.selected.candidates[0]
    assert best.validation == source.validation
    assert best.validation.accuracy == max(
        metrics.validation.accuracy for name, metrics in found.items() if "scratch/grid" in name
    )
    assert found["transfer/detail-2"].reused_from == best_of(found, "transfer/grid")[1]


def best_of(found, grid):
    members = [metrics for name, metrics in found.items() if name.startswith(grid)]
    ranked = sorted(
        members,
        key=lambda m: (-m.validation.accuracy, m.validation.loss, m.spec.learning_rate),
    )
    return [metrics.id for metrics in ranked]


def test_every_run_says_what_its_training_took(study):
    found = records(study)
    assert all(metrics.cost.training_flop > 0 for metrics in found.values())
    assert len({metrics.cost.peak_flop_per_second for metrics in found.values()}) == 1
    assert {metrics.cost.energy_joules for metrics in found.values()} == {None}
    cached = {name for name, metrics in found.items() if metrics.cached_features}
    assert {name for name, metrics in found.items() if metrics.cost.feature_flop} == cached != set()
    best = found["scratch/best"]
    assert best.cost == found[best.reused_from].cost


def test_the_arithmetic_is_that_of_each_runs_own_network(study):
    dataset = read(study.dataset, Dataset)
    for metrics in records(study).values():
        spec = metrics.spec
        with torch.device("meta"):
            network = build(spec.model, len(dataset.classes), spec.head, spec.width)
        held = freeze(network, spec.freeze)
        counted = count(network, held, spec.image_size, metrics.cached_features)
        epoch = counted.epoch(dataset.n_train, dataset.n_validation)
        assert metrics.cost.training_flop == metrics.epochs_run * epoch, metrics.id


def test_freezing_takes_the_best_transfer_pair(study):
    found = records(study)
    chosen = found[best_of(found, "transfer/grid")[0]].spec
    frozen = found["freezing/cnn"].spec
    assert (frozen.optimizer, frozen.learning_rate) == (chosen.optimizer, chosen.learning_rate)
    assert found["freezing/cnn"].parameters.trainable_parts["features"] == 0


def test_finalists_keep_the_pictures_of_their_mistakes(study, tiny_sample, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tiny_sample))
    root = index_folder(locate("sample")).root
    dataset = read(study.dataset, Dataset)
    used = set()
    for name, metrics in records(study).items():
        if metrics.test is None:
            continue
        record = read(study.predictions(name, 0), Predictions)
        assert [example.index for example in record.examples] == examples_wanted(record)
        used.update((example.index, example.file) for example in record.examples)
    assert used, "no network of so short a training is without mistakes"
    assert len({index for index, _ in used}) == len(used), "finalists share a picture's file"
    kept = {
        file.relative_to(study.path).as_posix() for file in study.path.glob("thumbnails/test/*")
    }
    assert kept == {file for _, file in used}
    for index, file in used:
        picture = open_picture(root / dataset.test_images[index]).image
        expected = np.asarray(crop(resize(picture, 64), 64), float)
        with Image.open(study.path / file) as kept_picture:
            difference = np.abs(np.asarray(kept_picture, float) - expected)
        assert difference.mean() < 8, f"{file} isn't {dataset.test_images[index]}"


def test_finalists_say_what_became_of_their_first_layer(study):
    found = records(study)
    for name, metrics in found.items():
        assert (metrics.first_layer is None) == (metrics.test is None), name
    assert found["freezing/cnn"].first_layer.relative_change == 0
    assert found["beyond/vgg16"].first_layer.relative_change == 0
    assert found["freezing/fc"].first_layer.relative_change > 0
    for name in ("scratch/best", "transfer/best"):
        pictures = found[name].first_layer.pictures
        for file in (pictures.start, pictures.end):
            with Image.open(study.path / file) as image:
                assert image.size == (pictures.width, pictures.height)
    assert found["scratch/baseline"].first_layer.pictures is None


def test_sample_data_and_weights_are_on_record(study):
    found = records(study)
    assert found["transfer/best"].spec.weights == "sample"
    assert found["scratch/best"].spec.weights == "none"
    assert json.loads(study.dataset.read_text())["kind"] == "sample"


def test_networks_of_finalists_alone_and_no_half_files_are_left(study):
    tested = {name for name, record in records(study).items() if record.test}
    left = {file.relative_to(study.path).as_posix() for file in study.path.rglob("*.pt")}
    assert left == {f"{name}/seed-0/model.pt" for name in tested}
    assert not [file for file in study.path.rglob(".*") if file.is_file()]


def test_it_ends_with_a_table_of_test_accuracies(finished):
    table = finished[1][finished[1].rindex("experiment") :]
    assert "beyond/resnet18" in table
    assert "scratch/grid" not in table


def test_running_again_runs_nothing(study, homework):
    before = times(study)
    answer = homework("run-all")
    assert "Nothing to do" in answer.output
    assert times(study) == before


def test_a_deleted_record_is_run_again_alone(study, homework):
    study.metrics("augmentation/one-of-three", 0).unlink()
    before = times(study)
    homework("run-all")
    after = times(study)
    assert set(after) - set(before) == {study.metrics("augmentation/one-of-three", 0)}
    assert {file: after[file] for file in before} == before


def test_a_changed_rate_runs_one_experiment_again(study, homework, tmp_path):
    (tmp_path / "study.toml").write_text('[experiments."scratch/baseline"]\nlearning_rate = 2e-3\n')
    before = times(study)
    plan = homework("plan", "-f", "study.toml").output
    assert "stale    scratch/baseline" in plan
    homework("run-all", "-f", "study.toml")
    changed = {file for file, time in times(study).items() if before[file] != time}
    assert changed == {study.metrics("scratch/baseline", 0)}


def test_force_runs_the_named_section_again(study, homework):
    before = times(study)
    homework("run", "augmentation", "--force")
    changed = {file for file, time in times(study).items() if before[file] != time}
    assert changed == {study.metrics("augmentation/one-of-three", 0)}


def test_running_again_gives_the_same_numbers(study, homework):
    before = records(study)["scratch/baseline"]
    homework("run", "scratch/baseline", "--force")
    after = records(study)["scratch/baseline"]
    assert (after.train, after.validation, after.test) == (
        before.train, before.validation, before.test,
    )  # fmt: skip


def test_another_seed_gives_other_numbers(study, homework):
    answer = homework("run", "scratch/baseline", "--seeds", "2")
    assert answer.error is None
    first, second = (read(study.metrics("scratch/baseline", k), Metrics) for k in (0, 1))
    assert first.train != second.train


def test_status_counts_what_is_done(study, homework):
    assert "29 of 29 done" in homework("status").output


def test_the_report_comes_from_the_records_alone(study, homework, monkeypatch, tmp_path):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "other-cache"))
    answer = homework("render", "--format", "html")
    assert answer.error is None, answer.output
    html = (study.path / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", html)
    assert "These are not Caltech-101 pictures" in text
    for slug in ("introduction", "data", "preprocessing", "scratch", "heatmaps", "transfer",
                 "freezing", "augmentation", "beyond", "conclusion"):  # fmt: skip
        assert f'id="{slug}"' in html


def test_a_log_gives_each_experiment_one_whole_line(finished):
    lines = [line for line in finished[1].splitlines() if line.startswith("[")]
    assert len(lines) == 29
    best = next(line for line in lines if "transfer/best" in line)
    assert re.search(r"done .*from transfer/grid-\S+ .*validation [\d.]+% .*test [\d.]+%", best)


def test_python_runs_what_the_command_line_runs(tmp_path, capsys):
    from training import run_study

    small = {"epochs": 1, "image_size": 64, "max_per_class": 6}
    folder = run_study(["scratch/baseline"], preset="quick", runs=tmp_path, device="cpu",
                       progress=False, **small)  # fmt: skip
    assert folder == tmp_path / "quick"
    record = json.loads((folder / "scratch/baseline/seed-0/metrics.json").read_text())
    assert (record["status"], record["epochs_run"]) == ("done", 1)
    assert capsys.readouterr().out == ""

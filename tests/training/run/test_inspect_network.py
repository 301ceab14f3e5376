"""A tested network is measured at rest, timed, and its views are kept."""

import time

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision.models import VisionTransformer

from training.networks.build import Network
from training.planning.plan import resolve
from training.records import Experiment, Predictions, Settings, StudyFolder, maps_wanted
from training.run.heat_maps import DIMMED, NO_PLACES, NOT_FOLLOWED, heat_maps
from training.run.inspect_network import inspect_network, starting_features, with_views
from training.run.measure_speed import Passes, measure_speed, timed
from training.run.prepare_model import prepare_model
from training.run.train_model import pictures
from training.weights.source import WeightsSource

ANSWERS = Predictions(id="a/b", seed=0, dataset_fingerprint="f", label=[0, 0, 1, 1],
                      predicted=[1, 0, 1, 0], probability=[0.9, 0.8, 0.7, 0.6])  # fmt: skip


def prepared(workspace, **changes):
    experiment = Experiment(id="augmentation/x", question="?", **changes)
    settings = Settings(image_size=64, width=1 / 16, batch_size=8)
    spec = resolve(experiment, settings, 0)[0]
    return prepare_model(spec, WeightsSource("none"), workspace), spec


@pytest.mark.parametrize("freeze", ["none", "features", "backbone"])
@pytest.mark.parametrize("augmentation", ["none", "rotation"])
def test_train_scores_at_rest_are_those_of_plain_pictures_without_dropout(
    workspace, freeze, augmentation
):
    model, spec = prepared(workspace, freeze=freeze, augmentation=augmentation)
    model.network.module.train()
    test = pictures(model, spec, workspace, "test")
    found = inspect_network(answers_to(test), model, spec, test, Passes([4], [0.1]), workspace)
    train = pictures(model, spec, workspace, "train")
    with torch.no_grad():
        scores = model.network.module.eval()(train.gather(torch.arange(len(train.labels))))
    assert found.train.loss == pytest.approx(float(F.cross_entropy(scores, train.labels)), rel=1e-4)
    right = (scores.argmax(1) == train.labels).float().mean()
    assert found.train.accuracy == pytest.approx(float(right))
    assert found.speed.latency_seconds > 0


def answers_to(inputs):
    """Answer everything rightly."""
    label = inputs.labels.tolist()
    return Predictions(id="a/b", seed=0, dataset_fingerprint="f", label=label, predicted=label,
                       probability=[0.9] * len(label))  # fmt: skip


def test_runs_side_by_side_are_not_timed(workspace):
    model, spec = prepared(workspace)
    workspace.alone = False
    test = pictures(model, spec, workspace, "test")
    assert (
        inspect_network(answers_to(test), model, spec, test, Passes([4], [0.1]), workspace).speed
        is None
    )


@pytest.mark.parametrize(
    ("weights", "freeze", "changes"),
    [("none", "none", False), ("file:x", "none", True), ("file:x", "features", True),
     ("file:x", "backbone", False)],
)  # fmt: skip
def test_features_before_training_are_kept_where_training_changes_them(
    workspace, weights, freeze, changes
):
    model, spec = prepared(workspace, freeze=freeze)
    found = starting_features(model, msgspec.structs.replace(spec, weights=weights), workspace)
    assert (found is not None) == changes
    if found is not None:
        n_test = len(workspace.data.splits["test"])
        assert found.shape == (n_test, model.network.module.classifier[6].in_features)


def test_batches_are_summed_up_without_the_first_and_the_rest_of_one():
    class One:
        labels, generator = torch.zeros(1), None

        def gather(self, chosen):
            return torch.zeros(len(chosen), 3)

    module = nn.Linear(3, 2)
    passes = Passes([64, 64, 64, 20], [9.0, 1.0, 3.0, 5.0])
    speed = measure_speed(module, One(), passes)
    assert (speed.images_per_second, speed.batch_size) == (32.0, 64)
    assert speed.n_repeats >= 3
    assert speed.network_bytes == 4 * (6 + 2)
    assert measure_speed(module, One(), Passes([20], [2.0])).images_per_second == 10.0
    assert measure_speed(module, One(), Passes([64, 20], [1.0, 2.0])).batch_size == 20


def test_the_fastest_pass_of_one_image_counts():
    class Waiting(nn.Linear):
        n_passes = 0

        def forward(self, inputs):
            self.n_passes += 1
            time.sleep(0.002 if self.n_passes % 4 else 0)
            return super().forward(inputs)

    class One:
        labels, generator = torch.zeros(1), None

        def gather(self, chosen):
            return torch.zeros(len(chosen), 3)

    speed = measure_speed(Waiting(3, 2), One(), Passes([20], [2.0]))
    assert speed.latency_seconds < 0.002
    assert speed.n_repeats >= 10


def test_passes_are_timed_while_inside():
    module = nn.Linear(3, 2)
    with timed(module) as passes:
        module(torch.zeros(5, 3))
        module(torch.zeros(2, 3))
    module(torch.zeros(9, 3))
    assert passes.n_images == [5, 2]
    assert all(seconds >= 0 for seconds in passes.seconds)


class Given:
    """Four pictures, each bright in another corner."""

    labels, generator = torch.tensor(ANSWERS.label), None

    def __init__(self):
        self.pictures = torch.zeros(4, 3, 16, 16)
        for i, (row, column) in enumerate([(0, 0), (0, 8), (8, 0), (8, 8)]):
            self.pictures[i, :, row : row + 8, column : column + 8] = 1

    def gather(self, chosen):
        return self.pictures[chosen]


def a_network():
    """A network whose scores follow the brightness of its pictures."""
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.AvgPool2d(16), nn.Flatten())
    module.head = nn.Linear(4, 2)
    with torch.no_grad():
        for layer in (module[0], module.head):
            layer.weight.fill_(1.0)
            layer.bias.zero_()
    return Network(module, "head", {})


def test_a_picture_is_dark_where_nothing_speaks_for_the_answer(tmp_path):
    white = np.full((64, 64, 3), 200, np.uint8)
    wanted = maps_wanted(ANSWERS)
    found = heat_maps(a_network(), ANSWERS, Given(), [white] * len(wanted), StudyFolder(tmp_path))
    assert [kept.index for kept in found.maps] == wanted == [0, 3, 2, 1]
    assert (found.layer, found.side, found.reason) == ("0", 16, "")
    corners = {0: (8, 8), 1: (8, 56), 2: (56, 8), 3: (56, 56)}
    for kept in found.maps:
        assert kept.file.startswith(f"thumbnails/maps/{kept.index:04d}-")
        with Image.open(tmp_path / kept.file) as image:
            assert image.size == (kept.width, kept.height)
            lit = np.asarray(image, float).mean(2)
        for index, place in corners.items():
            expected = 200 if index == kept.index else 200 * DIMMED
            assert lit[place] == pytest.approx(expected, abs=12)


def test_what_cant_be_mapped_says_why(tmp_path):
    flat = Network(nn.Sequential(nn.Flatten(), nn.Linear(768, 2)), "1", {})
    folder = StudyFolder(tmp_path)
    squares = [np.zeros((16, 16, 3), np.uint8)] * 4
    assert heat_maps(flat, ANSWERS, Given(), squares, folder).reason == NO_PLACES
    detached = a_network()
    detached.module[2].register_forward_hook(lambda *given: given[-1].detach())
    assert heat_maps(detached, ANSWERS, Given(), squares, folder).reason == NOT_FOLLOWED
    right = msgspec.structs.replace(ANSWERS, predicted=ANSWERS.label)
    assert heat_maps(flat, right, Given(), [], folder).maps == []


@pytest.mark.parametrize(
    ("asked", "installed", "kept"),
    [("pca", True, "pca"), ("t-sne", True, "t-sne"), ("t-sne", False, "pca")],
)
def test_features_are_laid_out_as_asked_where_that_is_installed(
    workspace, monkeypatch, asked, installed, kept
):
    pytest.importorskip("sklearn.manifold")
    monkeypatch.setattr("training.run.inspect_network.has_t_sne", lambda: installed)
    notes = []
    monkeypatch.setattr(workspace.progress, "note", notes.append)
    workspace.layout = asked
    model, spec = prepared(workspace)
    test = pictures(model, spec, workspace, "test")
    n = len(test.labels)
    end = [torch.randn(n, 9, generator=torch.Generator().manual_seed(0))]
    for _ in range(2):
        found = with_views(answers_to(test), model, spec, test, end, None, workspace)
    assert found.feature_map.layout == kept
    assert [("embed" in note) for note in notes] == [True] * (asked != kept)


def test_a_transformer_is_mapped_by_its_attention(tmp_path):
    torch.manual_seed(0)
    module = VisionTransformer(
        image_size=16, patch_size=4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=8,
        num_classes=2,
    ).eval()  # fmt: skip
    nn.init.normal_(module.heads[-1].weight)
    squares = [np.full((64, 64, 3), 200, np.uint8)] * 4
    network, folder = Network(module, "heads", {}), StudyFolder(tmp_path)
    found = heat_maps(network, ANSWERS, Given(), squares, folder)
    assert (found.method, found.layer, found.side, found.reason) == ("attention", None, 4, "")
    assert [kept.index for kept in found.maps] == maps_wanted(ANSWERS)
    assert all(-1 <= kept.randomised <= 1 for kept in found.maps)
    assert all((tmp_path / kept.file).is_file() for kept in found.maps)

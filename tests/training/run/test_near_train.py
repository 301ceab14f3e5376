"""The nearest train images are those of scikit-learn, and copies of them are kept."""

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from training.engine.batches import FeatureInputs, in_order
from training.networks.build import Network
from training.planning.plan import resolve
from training.records import Experiment, Predictions, Settings, StudyFolder, doubtful_mistakes
from training.run.inspect_network import inspect_network
from training.run.measure_speed import Passes
from training.run.near_train import N_NEAREST, SIDE, Nearest, nearest_to_own, watching, with_copies
from training.run.prepare_model import prepare_model
from training.run.train_model import pictures
from training.weights.source import WeightsSource


def some(n, seed, n_features=7):
    return torch.randn(n, n_features, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("batch", [1, 16, 100])
def test_they_are_those_of_scikit_learn_however_batches_are_cut(batch):
    neighbors = pytest.importorskip("sklearn.neighbors")
    queries, features = some(5, 0), some(100, 1)
    found = Nearest(queries)
    for part in torch.split(features, batch):
        found.see(part)
    distance, place = neighbors.NearestNeighbors(n_neighbors=N_NEAREST).fit(
        features.numpy()
    ).kneighbors(queries.numpy())  # fmt: skip
    np.testing.assert_array_equal(found.place, place)
    np.testing.assert_allclose(found.distance, distance, rtol=1e-5)


def test_a_twin_lies_at_nothing_and_equal_ones_count_in_their_order():
    features = 1000 + some(4, 1).repeat(2, 1)
    found = Nearest(features[:1])
    found.see(features)
    assert found.distance[0, :2].tolist() == [0.0, 0.0]
    assert found.place[0, :2].tolist() == [0, 4]


def test_an_image_of_the_split_isnt_its_own_neighbour():
    neighbors = pytest.importorskip("sklearn.neighbors")
    features, places = some(60, 2), [7, 0, 59]
    found = nearest_to_own(features, places)
    tree = neighbors.NearestNeighbors(n_neighbors=N_NEAREST + 1).fit(features.numpy())
    expected = tree.kneighbors(features[places].numpy(), return_distance=False)[:, 1:]
    np.testing.assert_array_equal(found.place, expected)
    twins = nearest_to_own(torch.ones(9, 3), [8])  # eight others are as near
    assert twins.place.shape == (1, N_NEAREST)
    assert 8 not in twins.place
    assert nearest_to_own(features, []).place.shape == (0, N_NEAREST)


@pytest.mark.parametrize("passes", [1, 2])
def test_they_are_found_on_the_way_through_the_network(passes):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
    network, values = Network(module, "2", {}), torch.randn(20, 6)
    inputs = FeatureInputs(values, torch.zeros(20, dtype=torch.int64))
    queries = torch.rand(2, 4)
    with watching(network, queries, 20) as found, torch.no_grad():
        for _ in range(passes):
            for chosen in in_order(20, 8):
                module(inputs.gather(chosen))
    expected = Nearest(queries)
    expected.see(module[:2](values).detach())
    assert found.place.tolist() == expected.place.tolist()
    module(values)
    assert found.n_seen == 20


def test_copies_are_small_shared_and_named_by_their_content(workspace):
    data, folder = workspace.data, workspace.folder
    n_train = len(data.splits["train"])
    found = Nearest(torch.tensor([[0.0], [float(n_train)]]))
    found.see(torch.arange(n_train).float()[:, None])
    one, other = with_copies(found, data, 64, folder)
    assert [near.distance for near in one] == [0.0, 1.0, 2.0]
    rows = data.splits["train"]
    assert [near.path for near in one] == [data.paths[row] for row in rows[:3]]
    assert [near.label for near in other] == [int(data.labels[row]) for row in rows[:-4:-1]]
    for near in (*one, *other):
        with Image.open(folder.path / near.file) as image:
            assert image.size == (near.width, near.height)
            assert max(image.size) <= SIDE
    files = list((folder.path / "thumbnails" / "near").iterdir())
    assert with_copies(found, data, 64, folder) == [one, other]
    assert sorted((folder.path / "thumbnails" / "near").iterdir()) == sorted(files)
    assert len(files) == len({near.file for near in (*one, *other)})


def test_features_that_arent_finite_have_no_neighbours(workspace):
    found = Nearest(torch.full((1, 2), torch.nan))
    found.see(torch.zeros(9, 2))
    assert with_copies(found, workspace.data, 64, StudyFolder(workspace.folder.path)) == [[]]


@pytest.mark.parametrize("freeze", ["none", "features", "backbone"])
def test_mistakes_get_the_train_images_nearest_in_the_tested_network(workspace, freeze):
    """Whatever part of the network the train images go through, it is the head's inputs."""
    experiment = Experiment(id="augmentation/x", question="?", freeze=freeze)
    settings = Settings(image_size=64, width=1 / 16, batch_size=8)
    spec = resolve(experiment, settings, 0)[0]
    model = prepare_model(spec, WeightsSource("none"), workspace)
    test, train = (pictures(model, spec, workspace, split) for split in ("test", "train"))
    label = test.labels.tolist()
    record = Predictions(id="a/b", seed=0, dataset_fingerprint="f", label=label,
                         predicted=[1 - label[0], *label[1:-1], 1 - label[-1]],
                         probability=[0.9] * len(label))  # fmt: skip
    found = inspect_network(record, model, spec, test, Passes([4], [0.1]), workspace)
    assert [item.index for item in found.nearest] == doubtful_mistakes(record)
    module, head = model.network.module, model.network.module.get_submodule(model.network.head)
    given = []
    hook = head.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    with torch.no_grad():
        for split in (train, test):
            module.eval()(split.gather(torch.arange(len(split.labels))))
    hook.remove()
    distances = torch.cdist(given[1].double(), given[0].double())
    rows = workspace.data.splits["train"]
    for item in found.nearest:
        expected = distances[item.index].argsort()[:N_NEAREST]
        assert [near.path for near in item.nearest] == [
            workspace.data.paths[rows[i]] for i in expected
        ]
        assert [near.distance for near in item.nearest] == pytest.approx(
            distances[item.index][expected].tolist(), rel=1e-3
        )
    right = msgspec.structs.replace(record, predicted=label)
    assert inspect_network(right, model, spec, test, Passes([4], [0.1]), workspace).nearest == []

"""Features laid out: components as scikit-learn's, neighbours as counted one by one."""

import numpy as np
import pytest
import torch
from torch import nn

from training.engine.batches import FeatureInputs, in_order
from training.networks.build import Network
from training.records import placed
from training.run import feature_map
from training.run.feature_map import (
    N_NEIGHBOURS,
    describe,
    head_inputs,
    overheard,
    same_class,
    shown_of,
)


def some_features(n=120, n_features=40, seed=0):
    rng = np.random.default_rng(seed)
    scale = 1 + 9 / (1 + np.arange(n_features))
    labels = rng.integers(0, 4, n)
    centres = rng.normal(0, 3, (4, n_features))
    features = (rng.normal(0, scale, (n, n_features)) + centres[labels]).astype(np.float32)
    return features, labels


@pytest.mark.parametrize("shape", [(120, 40), (30, 200), (3, 5), (400, 3)])
def test_components_are_those_of_scikit_learn(shape):
    decomposition = pytest.importorskip("sklearn.decomposition")
    features, labels = some_features(*shape)
    found = describe(torch.from_numpy(features), None, labels).end
    theirs = decomposition.PCA(2, svd_solver="full").fit(features.astype(float))
    places = theirs.transform(features.astype(float))
    signs = np.sign(theirs.components_[[0, 1], np.abs(theirs.components_).argmax(1)])
    theirs_placed = places * signs
    length = np.ptp(theirs_placed, axis=0).max()
    for axis, kept in enumerate((found.x, found.y)):
        where = np.array(placed(kept)) * length
        expected = theirs_placed[:, axis]
        np.testing.assert_allclose(
            where - where.mean(), expected - expected.mean(), atol=1e-3 * length
        )
    np.testing.assert_allclose(found.share, theirs.explained_variance_ratio_, atol=1e-4)


def test_neighbours_are_those_of_scikit_learn():
    neighbors = pytest.importorskip("sklearn.neighbors")
    features, labels = some_features()
    tree = neighbors.NearestNeighbors(n_neighbors=N_NEIGHBOURS + 1).fit(features)
    nearest = tree.kneighbors(features, return_distance=False)[:, 1:]  # the first is itself
    expected = (labels[nearest] == labels[:, None]).sum(1)
    found = describe(torch.from_numpy(features), None, labels).end
    assert found.same_class == "".join(map(str, expected))


def test_an_image_isnt_its_own_neighbour():
    features = np.array([[0.0], [0.1], [5.0]])
    products = features @ features.T
    assert same_class(products, np.array([0, 1, 0]), 1).tolist() == [0, 0, 0]


def test_features_before_training_are_laid_out_beside_those_after():
    features, labels = some_features()
    one = torch.from_numpy(features)
    found = describe(one, one * 2, labels)
    assert found.start.same_class == found.end.same_class
    assert found.start.x == found.end.x  # the scale alone differs
    assert describe(one, torch.full_like(one, torch.nan), labels).start is None


def test_features_that_arent_finite_have_no_map():
    assert describe(torch.full((4, 3), torch.nan), None, np.arange(4)) is None
    assert describe(torch.zeros(2, 3), None, np.arange(2)) is None


def test_equal_features_give_no_error():
    found = describe(torch.ones(6, 3), None, np.arange(6) % 2)
    assert found.end.share == (0.0, 0.0)


def test_images_are_bounded_and_spread(monkeypatch):
    assert shown_of(5).tolist() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(feature_map, "MOST_POINTS", 4)
    assert shown_of(10).tolist() == [0, 2, 5, 7]


@pytest.mark.parametrize("passes", [1, 2])
def test_what_the_head_is_given_is_noted_on_the_way(passes):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
    network, values = Network(module, "2", {}), torch.randn(20, 6)
    index = np.array([0, 3, 9, 18])
    with overheard(network, index, 20) as noted, torch.no_grad():
        for _ in range(passes):  # the second one after values too large for fp16
            for chosen in in_order(20, 8):
                module(values[chosen])
    inputs = FeatureInputs(values, torch.zeros(20, dtype=torch.int64))
    expected = module[:2](values[index]).detach()
    torch.testing.assert_close(torch.cat(noted), expected)
    torch.testing.assert_close(head_inputs(network, inputs, index.tolist(), 3), expected)


def test_many_images_are_projected_onto_the_components_of_some(monkeypatch):
    decomposition = pytest.importorskip("sklearn.decomposition")
    monkeypatch.setattr(feature_map, "MOST_FITTED", 60)
    features, labels = some_features()
    found = describe(torch.from_numpy(features), None, labels).end
    theirs = decomposition.PCA(2, svd_solver="full").fit(features[::2].astype(float))
    places = theirs.transform(features.astype(float))
    signs = np.sign(theirs.components_[[0, 1], np.abs(theirs.components_).argmax(1)])
    where = np.array(placed(found.x))
    expected = places[:, 0] * signs[0]
    np.testing.assert_allclose(np.corrcoef(where, expected)[0, 1], 1, atol=1e-5)


def test_t_sne_is_scikit_learns_and_the_same_each_time():
    manifold = pytest.importorskip("sklearn.manifold")
    features, labels = some_features(40)
    found = describe(torch.from_numpy(features), None, labels, "t-sne")
    assert (found.layout, found.end.share) == ("t-sne", (0.0, 0.0))
    theirs = manifold.TSNE(perplexity=13, init="pca", random_state=0).fit_transform(features)
    length = np.ptp(theirs, axis=0).max()
    for axis, kept in enumerate((found.end.x, found.end.y)):
        where, expected = np.array(placed(kept)) * length, theirs[:, axis]
        np.testing.assert_allclose(
            where - where.min(), expected - expected.min(), atol=1e-3 * length
        )
    assert describe(torch.from_numpy(features), None, labels, "t-sne") == found
    plain = describe(torch.from_numpy(features), None, labels)
    assert (plain.layout, plain.end.same_class) == ("pca", found.end.same_class)


@pytest.mark.parametrize("n", [3, 5])
def test_t_sne_of_few_images_is_laid_out_too(n):
    pytest.importorskip("sklearn.manifold")
    features, labels = some_features(n)
    assert describe(torch.from_numpy(features), None, labels, "t-sne").layout == "t-sne"

"""Kept features are used only by what they belong to, and never when damaged."""

import pytest
import torch
from torch import nn

from training.engine import feature_cache
from training.engine.feature_cache import FeatureCache, feature_key, frozen_digest
from training.planning.plan import resolve
from training.records import Experiment, Settings

CPU = torch.device("cpu")
FEATURES = torch.arange(12.0).view(4, 3)


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "features")


@pytest.fixture
def kept(cache):
    cache.keep("a", FEATURES, 2.0)
    (file,) = cache.folder.iterdir()
    return file


def test_what_is_kept_comes_back(cache, kept):
    features, seconds = cache.load("a", 4)
    assert torch.equal(features, FEATURES)
    assert seconds == 2.0


def test_what_took_no_time_is_not_kept(cache):
    cache.keep("a", FEATURES, 0.1)
    assert cache.load("a", 4) is None


@pytest.mark.parametrize("damage", [
    lambda content: content[:-1],
    lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
    lambda content: b"",
])  # fmt: skip
def test_damaged_features_are_computed_anew(cache, kept, damage):
    kept.write_bytes(damage(kept.read_bytes()))
    assert cache.load("a", 4) is None
    cache.keep("a", FEATURES, 2.0)
    assert torch.equal(cache.load("a", 4)[0], FEATURES)


def test_features_of_another_count_are_not_used(cache, kept):
    assert cache.load("a", 5) is None


def test_a_foreign_file_is_not_used(cache, kept):
    torch.save({"features": FEATURES}, kept)
    assert cache.load("a", 4) is None


def test_features_under_anothers_name_are_not_used(cache, kept):
    kept.rename(kept.with_stem("b"))
    assert cache.load("b", 4) is None


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "features").write_text("a file where the folder should be")
    cache = FeatureCache(tmp_path / "features")
    cache.keep("a", FEATURES, 2.0)
    assert cache.load("a", 4) is None


def test_longest_unused_features_make_room(cache, monkeypatch):
    for name in "abc":
        cache.keep(name, FEATURES, 2.0)
    sizes = [file.stat().st_size for file in cache.folder.iterdir()]
    monkeypatch.setattr(feature_cache, "KEPT_BYTES", 2 * max(sizes))
    cache.load("a", 4)
    cache.keep("d", FEATURES, 2.0)
    assert [name for name in "abcd" if cache.load(name, 4)] == ["a", "d"]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def key(module, split="2", spec_fields=None, pictures=("data", [1, 2]), device=CPU):
    fields = {"id": "scratch/x", "question": "?"} | (spec_fields or {})
    spec = resolve(Experiment(**fields), Settings(), 0)[0]
    frozen = frozen_digest(module, split)
    return feature_key(frozen, split, spec, pictures=pictures, device=device)


def test_the_name_holds_all_that_features_depend_on():
    changed_weight, changed_buffer = network(), network()
    with torch.no_grad():
        changed_weight[0].weight[0, 0] += 1e-6
        changed_buffer[1].running_mean[0] += 1e-6
    others = [
        key(changed_weight),
        key(changed_buffer),
        key(network(), pictures=("data", [2, 1])),
        key(network(), pictures=("other", [1, 2])),
        key(network(), split="1"),
        key(network(), spec_fields={"model": "vgg16"}),
    ]
    assert len({key(network()), *others}) == 1 + len(others)
    assert key(network()) == key(network())


def test_what_is_trained_is_not_in_the_name():
    changed = network()
    with torch.no_grad():
        changed[2].weight += 1
    assert key(changed) == key(network())


def test_the_number_of_threads_is_in_the_name():
    before = torch.get_num_threads()
    names = set()
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            names.add(key(network()))
    finally:
        torch.set_num_threads(before)
    assert len(names) == 2

"""Train and validation cut into folds: scikit-learn's properties, groups and twins whole."""

import dataclasses

import numpy as np
import pytest
from pictures import noise

from training.data.folds import stratified, stratified_units
from training.data.prepare import prepare
from training.errors import DataError
from training.study.choices import Choices

model_selection = pytest.importorskip("sklearn.model_selection")

SIZES = {"even": [20] * 4, "uneven": [3, 50, 17, 101], "many": list(range(5, 60))}


def labels_of(sizes, seed=0):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(seed).permutation(labels)


def counts(labels, fold_of, n_folds):
    return np.array(
        [np.bincount(labels[fold_of == i], minlength=labels.max() + 1) for i in range(n_folds)]
    )


def fold_numbers(splitter, labels, groups=None):
    found = np.full(len(labels), -1)
    for number, (_, held_out) in enumerate(splitter.split(labels, labels, groups)):
        found[held_out] = number
    return found


@pytest.mark.parametrize("n_folds", [2, 3, 5])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_folds_have_as_many_pictures_of_each_class_as_scikit_learns(sizes, n_folds):
    sizes = [max(size, n_folds) for size in sizes]
    labels = np.sort(labels_of(sizes))  # scikit-learn deals classes out as they first appear
    ours = counts(labels, stratified(labels, n_folds, np.random.default_rng(1)), n_folds)
    theirs = model_selection.StratifiedKFold(n_folds, shuffle=True, random_state=0)
    expected = counts(labels, fold_numbers(theirs, labels), n_folds)
    assert sorted(ours.tolist()) == sorted(expected.tolist())
    assert np.ptp(ours, axis=0).max() <= 1
    assert np.ptp(ours.sum(1)) <= 1


def test_another_seed_draws_other_folds_and_the_same_one_the_same():
    labels = labels_of([30, 30])
    drawn = [stratified(labels, 5, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_whole_and_classes_as_even_as_scikit_learns(seed):
    dice = np.random.default_rng(seed)
    labels = labels_of([60, 90, 150], seed)
    groups = dice.integers(0, 80, len(labels))
    ours = stratified_units(labels, groups, 5, np.random.default_rng(seed))
    for group in np.unique(groups):
        assert len(set(ours[groups == group])) == 1
    theirs = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    spread, expected = (
        (counts(labels, found, 5) / np.bincount(labels)).std(0).mean()
        for found in (ours, fold_numbers(theirs, labels, groups))
    )
    assert spread < 1.25 * expected


def test_units_of_one_picture_are_as_even_as_without_units():
    labels = labels_of(SIZES["many"])
    units = np.arange(len(labels))
    found = counts(labels, stratified_units(labels, units, 5, np.random.default_rng(0)), 5)
    assert np.ptp(found, axis=0).max() <= 1
    assert np.ptp(found.sum(1)) <= 1


@pytest.fixture
def folder(tmp_path, make_classes):
    return make_classes(tmp_path / "pictures", {"ant": 24, "bee": 30})


def names(data, rows):
    return {data.paths[row] for row in rows.tolist()}


def prepared(folder, seed=0, **choices):
    return prepare(folder, None, 64, None, seed, choices=Choices(**choices))


def test_each_picture_is_validation_once_and_no_test_picture_is_in_a_fold(folder):
    plain, data = prepared(folder), prepared(folder, folds=4)
    pool = names(plain, np.concatenate([plain.splits["train"], plain.splits["validation"]]))
    held_out = [names(data, splits["validation"]) for splits in data.folds]
    assert sum(map(len, held_out)) == len(pool)
    assert set().union(*held_out) == pool
    for splits, validation in zip(data.folds, held_out, strict=True):
        assert names(data, splits["train"]) == pool - validation
        assert names(data, splits["test"]) == names(plain, plain.splits["test"])


def test_what_the_record_counts_is_what_each_fold_has(folder):
    data = prepared(folder, folds=4)
    for number, splits in enumerate(data.folds, 1):
        of_fold = data.of_fold(number)
        assert of_fold.splits is splits
        assert data.record.folds[number - 1].train == of_fold.record.counts.train
        assert of_fold.record.n_validation == len(splits["validation"])
        labels = data.labels[splits["validation"]]
        assert of_fold.record.counts.validation == np.bincount(labels, minlength=2).tolist()
    assert data.splits is data.of_fold(0).splits
    assert data.record.n_train == data.record.folds[0].n_train
    assert prepared(folder).record.folds == ()


def test_no_folds_leave_the_fingerprint_and_other_seeds_change_it(folder):
    plain = prepared(folder).record.fingerprint
    assert prepared(folder, folds=0).record.fingerprint == plain
    found = [prepared(folder, folds=3).record.fingerprint for _ in range(2)]
    assert found[0] == found[1] != plain


def test_groups_and_twins_lie_in_one_fold(folder):
    for i in range(1, 7):  # another file that looks the same
        image = noise(40, 40, 1000 + i)
        image.save(folder / "ant" / f"image_9{i}.png")
        image.save(folder / "ant" / f"image_8{i}.bmp")
    data = prepared(folder, folds=3, duplicates="keep", groups=r"image_000(\d)")
    of = {}
    for number, splits in enumerate(data.folds):
        of |= dict.fromkeys(names(data, splits["validation"]), number)
    both = [(f"ant/image_9{i}.png", f"ant/image_8{i}.bmp") for i in range(1, 7)]
    pairs = [pair for pair in both if pair[0] in of and pair[1] in of]
    groups = [[name for name in of if f"image_000{i}" in name] for i in range(1, 10)]
    assert pairs
    assert all(of[a] == of[b] for a, b in pairs)
    assert any(len(group) > 1 for group in groups)
    assert all(len({of[name] for name in group}) <= 1 for group in groups)


def test_a_twin_of_a_test_picture_trains_in_no_fold_where_it_is_to_be_dropped(folder):
    twins = [path.with_name(f"twin_{path.name}") for path in sorted((folder / "bee").iterdir())]
    for path in twins:
        path.write_bytes(path.with_name(path.name.removeprefix("twin_")).read_bytes())
    data = prepared(folder, folds=3, duplicates="drop-from-train")
    tested = {name.replace("twin_", "") for name in names(data, data.splits["test"])}
    for splits in data.folds:
        trained = {name.replace("twin_", "") for name in names(data, splits["train"])}
        validated = {name.replace("twin_", "") for name in names(data, splits["validation"])}
        assert trained.isdisjoint(tested)
        assert trained.isdisjoint(validated)


def test_a_class_too_small_for_so_many_folds_is_named(folder):
    for path in sorted((folder / "ant").iterdir())[6:]:
        path.unlink()
    assert len(prepared(folder, folds=4).folds) == 4
    with pytest.raises(DataError, match=r"1 class has .* for 5 folds: ant") as told:
        prepared(folder, folds=5)
    assert "fewer folds" in told.value.hint


def test_the_pool_is_all_that_folds_divide(folder):
    data = prepared(folder, folds=3)
    rows = np.concatenate([data.splits["train"], data.splits["validation"]])
    assert data.pool.tolist() == sorted(rows.tolist())
    assert dataclasses.replace(data, folds=()).pool is None

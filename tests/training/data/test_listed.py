"""Lists beside the pictures: with validation, with labels; shares and groups of one's own."""

import shutil

import numpy as np
import pytest
from msgspec.structs import replace

from training.data.index import index_folder
from training.data.splits import split
from training.errors import DataError, StudyError
from training.study.choices import Choices, choices_of
from training.study.presets import PRESETS


@pytest.fixture
def data(tmp_path, make_classes):
    return make_classes(tmp_path / "d", {"ant": 9, "bee": 9})


def write_lists(folder, suffix=lambda path: "", names=("train", "val", "test")):
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))
    for i, name in enumerate(names):
        lines = [path + suffix(path) for path in paths[i :: len(names)]]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return paths


def named(index, rows):
    return [index.paths[row] for row in rows]


def test_three_lists_are_all_used(data):
    paths = write_lists(data)
    index = index_folder(data)
    splits = split(index, None, 0)
    for i, name in enumerate(("train", "validation", "test")):
        assert named(index, splits[name]) == paths[i::3]


@pytest.mark.parametrize("prefix", ["", "101_ObjectCategories/"])
def test_paths_of_a_list_may_begin_at_the_lists_own_folder(tmp_path, make_classes, prefix):
    root = make_classes(tmp_path / "c" / "101_ObjectCategories", {"ant": 6, "bee": 6})
    paths = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.png"))
    for name, listed in (("train", paths[::2]), ("test", paths[1::2])):
        (tmp_path / "c" / f"{name}.txt").write_text("".join(f"{prefix}{path}\n" for path in listed))
    index = index_folder(tmp_path / "c")
    assert named(index, split(index, None, 0)["test"]) == paths[1::2]


def test_a_picture_in_two_of_three_lists_is_refused(data):
    write_lists(data)
    (data / "val.txt").write_text((data / "test.txt").read_text())
    with pytest.raises(DataError, match=r"test.txt and val.txt both name 6 images"):
        split(index_folder(data), None, 0)


@pytest.mark.parametrize("names", [("train", "val", "test"), ("train", "test"), ("train", "val")])
def test_lists_with_labels_are_read(data, names):
    write_lists(data, lambda path: f" {int('bee' in path)}", names)
    index = index_folder(data)
    assert index.classes == ("ant", "bee")
    assert index.given.source == "all lists"
    assert all(path.split("/")[0] == index.classes[label]
               for path, label in zip(index.paths, index.labels, strict=True))  # fmt: skip
    assert {len(rows) > 0 for rows in split(index, None, 0).values()} == {True}


def test_lists_give_classes_to_pictures_that_lie_in_one_folder(data, tmp_path):
    pool = tmp_path / "pool"
    (pool / "images").mkdir(parents=True)
    for path in sorted(data.rglob("*.png")):
        path.rename(pool / "images" / f"{path.parent.name} {path.name}")
    write_lists(pool, lambda path: f"\t{int('bee' in path)}")
    assert index_folder(pool).classes == ("0", "1")
    (pool / "classes.txt").write_text("wood ant\nhoney bee\n")
    assert index_folder(pool).classes == ("honey bee", "wood ant")


def test_mmpretrains_paths_are_relative_to_the_splits_folder(data, tmp_path):
    lines = [f"{c}/image_{i:04d}.png {n}" for n, c in enumerate(("ant", "bee")) for i in range(10)]
    for name in ("train", "val"):
        shutil.copytree(data, tmp_path / "m" / name)
        there = [line for line in lines if (data / line.split()[0]).is_file()]
        (tmp_path / "m" / f"{name}.txt").write_text("\n".join(there))
    index = index_folder(tmp_path / "m")
    n = sum(1 for line in lines if (data / line.split()[0]).is_file())
    assert len(index.paths) == 2 * n > 20
    assert {path.split("/")[0] for path in index.paths} == {"train", "val"}


def test_a_list_without_labels_beside_one_with_is_refused(data):
    write_lists(data, lambda path: " 1", ("train",))
    write_lists(data, names=("test",))
    with pytest.raises(DataError, match="has a class after each path"):
        index_folder(data)


def test_pictures_that_no_list_names_are_counted(data):
    paths = write_lists(data)
    (data / "test.txt").write_text("\n".join(paths[2::3][:4]))
    left = index_folder(data).left_out
    assert [(item.reason, item.n_pictures) for item in left] == [("not listed", 2)]


def test_lists_beside_folders_that_divide_are_said_to_be_unused(data, tmp_path):
    root = tmp_path / "both"
    root.mkdir()
    data.rename(root / "train")
    shutil.copytree(root / "train", root / "test")
    for name in ("train", "test"):
        (root / f"{name}.txt").write_text(f"{name}/ant/image_0001.png\n")
    index = index_folder(root)
    assert index.given.source == "folders"
    assert {item.name: item.reason for item in index.left_out} == dict.fromkeys(
        ("train.txt", "test.txt"), "unused list"
    )


def chosen(**settings):
    return choices_of(replace(PRESETS["quick"].settings, **settings))


def test_shares_of_ones_own_divide_every_class(tmp_path, make_classes):
    index = index_folder(make_classes(tmp_path / "d", {"a": 20, "b": 100}))
    splits = split(index, None, 0, chosen(split="70/15/15"))
    labels = np.array(index.labels)
    counts = {name: np.bincount(labels[rows]).tolist() for name, rows in splits.items()}
    assert counts == {"train": [14, 70], "validation": [3, 15], "test": [3, 15]}
    assert sorted(np.concatenate(list(splits.values()))) == list(range(120))
    again = split(index, None, 0, chosen(split="0.7/0.15/0.15"))
    assert all(np.array_equal(again[name], splits[name]) for name in splits)
    other = split(index, None, 1, chosen(split="70/15/15"))
    assert not np.array_equal(other["test"], splits["test"])


def test_shares_go_before_lists(data):
    write_lists(data)
    assert len(split(index_folder(data), None, 0, chosen(split="8/1/1"))["train"]) == 14


@pytest.mark.parametrize("text", ["70/30", "a/b/c", "70/0/30", "-1/1/1", "70", "nan/1/1"])
def test_shares_that_can_not_be_understood_are_refused(text):
    with pytest.raises(StudyError, match="three shares above 0"):
        chosen(split=text)


@pytest.fixture
def patients(tmp_path, make_classes):
    """Return a folder of pictures of 12 patients, four each."""
    root = make_classes(tmp_path / "p", {"ill": 24, "well": 24})
    for i, path in enumerate(sorted(root.rglob("*.png"))):
        path.rename(path.with_name(f"p{i // 4:02d}_{i}.png"))
    return root


def patient(path):
    return path.rpartition("/")[2].split("_")[0]


@pytest.mark.parametrize("split_setting", ["", "70/15/15"])
@pytest.mark.parametrize("by", ["expression", "table"])
def test_groups_stay_in_one_split(patients, tmp_path, split_setting, by):
    index = index_folder(patients)
    groups = r"(p\d+)_"
    if by == "table":
        groups = str(tmp_path / "groups.csv")
        lines = [f"{path},{patient(path)}" for path in index.paths]
        (tmp_path / "groups.csv").write_text("\n".join(["path,group", *lines]))
    splits = split(index, None, 0, chosen(groups=groups, split=split_setting))
    held = {name: {patient(path) for path in named(index, rows)} for name, rows in splits.items()}
    assert all(held.values())
    assert sum(map(len, held.values())) == 12
    assert len(set.union(*held.values())) == 12
    labels = np.array(index.labels)
    assert all(len(set(labels[rows])) == 2 for rows in splits.values())


def test_groups_hold_for_what_is_held_out_of_train(patients, tmp_path):
    (tmp_path / "g").mkdir()
    shutil.copytree(patients, tmp_path / "g" / "train")
    patients.rename(tmp_path / "g" / "test")
    for path in list((tmp_path / "g" / "test").rglob("*.png")):
        path.rename(path.with_name(f"t{path.name}"))
    index = index_folder(tmp_path / "g")
    splits = split(index, None, 0, chosen(groups=r"(t?p\d+)_"))
    held = [{patient(p) for p in named(index, splits[s])} for s in ("train", "validation")]
    assert held[0] & held[1] == set()
    assert held[1]


def test_a_division_that_parts_a_group_is_refused(patients, tmp_path):
    (tmp_path / "g").mkdir()
    shutil.copytree(patients, tmp_path / "g" / "train")
    patients.rename(tmp_path / "g" / "test")
    with pytest.raises(DataError, match="belong to one group"):
        split(index_folder(tmp_path / "g"), None, 0, chosen(groups=r"(p\d+)_"))


def test_groups_that_name_nothing_are_refused(patients):
    with pytest.raises(DataError, match="finds no group for any of the 48 images"):
        split(index_folder(patients), None, 0, chosen(groups="zebra"))
    with pytest.raises(StudyError, match="nor a regular expression"):
        split(index_folder(patients), None, 0, chosen(groups="("))


def test_choices_are_none_by_default():
    assert chosen() == Choices()

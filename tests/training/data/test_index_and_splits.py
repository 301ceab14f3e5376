import numpy as np
import pytest

from training.data.index import index_folder
from training.data.layouts import index_pictures
from training.data.splits import split
from training.errors import DataError
from training.records import SPLITS


def named(index, rows):
    return [index.paths[row] for row in rows]


def test_clutter_and_stray_files_are_left_out_and_counted(caltech):
    index = index_folder(caltech)
    assert index.classes == ("ant", "bass")
    assert index.dropped_classes == ("BACKGROUND_Google",)
    assert index.n_dropped_images == 3
    assert index.ignored_files == ("BACKGROUND_Google/tmp",)
    assert len(index.paths) == 15


def test_the_three_layouts_hold_the_same_pictures(caltech, tmp_path):
    inner = caltech / "101_ObjectCategories"
    nested = tmp_path / "torchvision" / "caltech101"
    nested.mkdir(parents=True)
    (nested / "101_ObjectCategories").symlink_to(inner)
    indexes = [index_folder(folder) for folder in (caltech, nested.parent, inner)]
    assert len({index.paths for index in indexes}) == 1
    assert [index.lists is not None for index in indexes] == [True, False, True]


def test_lists_give_even_positions_to_validation_and_odd_to_train(caltech):
    index = index_folder(caltech)
    splits = split(index, None, 0)
    listed = [line for line in (caltech / "train.txt").read_text().split() if "Google" not in line]
    assert named(index, splits["validation"]) == listed[0::2]
    assert named(index, splits["train"]) == listed[1::2]
    assert len(splits["test"]) == 5


def test_positions_are_counted_after_the_clutter_is_dropped(caltech):
    text = (caltech / "train.txt").read_text()
    (caltech / "train.txt").write_text("BACKGROUND_Google/image_0001.png\n" + text)
    first = index_folder(caltech)
    assert named(first, split(first, None, 0)["validation"])[0] == "ant/image_0001.png"


def test_a_list_may_have_windows_line_ends_and_slashes(caltech):
    text = (caltech / "train.txt").read_text()
    before = split(index_folder(caltech), None, 0)["train"].tolist()
    (caltech / "train.txt").write_bytes(
        b"\xef\xbb\xbf" + text.replace("/", "\\").replace("\n", "\r\n").encode()
    )
    assert split(index_folder(caltech), None, 0)["train"].tolist() == before


def test_without_lists_every_class_is_split_in_thirds(tmp_path, make_classes):
    index = index_folder(make_classes(tmp_path / "d", {"a": 3, "b": 10, "c": 30}))
    splits = split(index, None, 0)
    labels = np.array(index.labels)
    counts = {name: np.bincount(labels[splits[name]]).tolist() for name in SPLITS}
    assert counts == {"train": [1, 4, 10], "validation": [1, 3, 10], "test": [1, 3, 10]}
    everything = np.concatenate(list(splits.values()))
    assert sorted(everything.tolist()) == list(range(43))


def test_the_seed_decides_the_split(tmp_path, make_classes):
    index = index_folder(make_classes(tmp_path / "d", {"a": 20, "b": 20}))
    first, again, other = (split(index, None, seed)["test"].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize("limit", [3, 4, 5, 7])
def test_a_limit_keeps_every_class_in_every_split(caltech, limit):
    index = index_folder(caltech)
    splits = split(index, limit, 0)
    labels = np.array(index.labels)
    totals = sum(np.bincount(labels[splits[name]], minlength=2) for name in SPLITS)
    assert totals.tolist() == [limit, min(limit, 6)]
    assert all(set(labels[splits[name]]) == {0, 1} for name in SPLITS)
    unlimited = split(index, None, 0)
    assert all(set(splits[name]) <= set(unlimited[name]) for name in SPLITS)


def problem(folder, limit=None):
    with pytest.raises(DataError) as caught:
        split(index_folder(folder), limit, 0)
    return f"{caught.value.message} {caught.value.hint}"


def drawn(index, name, seeds, limit=None):
    """Return the pictures of a split for each seed."""
    return [tuple(named(index, split(index, limit, seed)[name])) for seed in seeds]


def test_what_a_limit_keeps_is_drawn_from_all(tmp_path, make_classes):
    root = make_classes(tmp_path / "d" / "train", {"a": 8, "b": 9})
    make_classes(root.parent / "val", {"a": 8, "b": 8})
    make_classes(root.parent / "test", {"a": 8, "b": 8})
    index = index_pictures(root.parent)
    for name in SPLITS:  # which don't depend on the seed themselves
        whole = drawn(index, name, [0])[0]
        some = drawn(index, name, range(30), limit=6)
        assert {path for chosen in some for path in chosen} == set(whole)
        assert len(set(some)) > 20
        assert all(list(chosen) == sorted(chosen, key=whole.index) for chosen in some)
        assert drawn(index, name, [7], limit=6)[0] == some[7]


def test_what_is_held_out_is_drawn_from_all_of_a_class(tmp_path, make_classes):
    root = make_classes(tmp_path / "d" / "train", {"a": 10, "b": 15})
    make_classes(root.parent / "test", {"a": 3, "b": 3})
    index = index_pictures(root.parent)
    held = drawn(index, "validation", range(60))
    trained = drawn(index, "train", range(60))
    paths = {path for path in index.paths if path.startswith("train/")}
    assert {path for chosen in held for path in chosen} == paths
    assert len(set(held)) > 40
    for out, rest in zip(held, trained, strict=True):
        assert sorted("/a/" in path for path in out) == [False] * 3 + [True] * 2
        assert {*out, *rest} == paths
        assert not {*out} & {*rest}
    assert drawn(index, "validation", [7])[0] == held[7]


def test_a_missing_folder_says_which_layouts_are_accepted(tmp_path):
    message = problem(tmp_path / "nowhere")
    assert "nowhere" in message
    assert "DIR/<class>/*.jpg" in message


def test_an_empty_folder_and_a_file_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "0 classes with images" in problem(tmp_path / "empty")
    (tmp_path / "file.zip").write_text("")
    assert "is a file" in problem(tmp_path / "file.zip")


def test_a_list_that_names_missing_pictures_is_refused_with_its_line(caltech):
    with (caltech / "test.txt").open("a") as file:
        file.write("ant/image_9999.png\n")
    message = problem(caltech)
    assert "ant/image_9999.png" in message
    assert "test.txt" in message
    assert "line 7" in message


def test_a_picture_in_both_lists_is_refused(caltech):
    with (caltech / "test.txt").open("a") as file:
        file.write("ant/image_0001.png\n")
    assert "both name 1 image, such as ant/image_0001.png" in problem(caltech)


def test_a_picture_named_twice_is_refused(caltech):
    with (caltech / "train.txt").open("a") as file:
        file.write("ant/image_0001.png\n")
    assert "twice, such as ant/image_0001.png" in problem(caltech)


def test_one_list_without_the_other_is_refused(caltech):
    (caltech / "test.txt").unlink()
    assert "has no test.txt beside it" in problem(caltech)


def test_a_class_too_small_to_split_is_named(tmp_path, make_classes):
    message = problem(make_classes(tmp_path / "d", {"many": 9, "few": 2}))
    assert "few" in message
    assert "at least 3 images" in message


def test_a_limit_below_three_is_refused(caltech):
    assert "--max-per-class 2" in problem(caltech, limit=2)

"""What a folder means: splits, classes, what lies around and beside them."""

import unicodedata
from pathlib import Path

import pytest
from pictures import noise

from training.data.index import index_folder
from training.errors import DataError, StudyError
from training.records import LeftOut
from training.study.choices import Choices, choices_of
from training.study.presets import PRESETS


@pytest.fixture
def grow(tmp_path):
    """Write so many pictures into each of some folders; return the one above them."""

    def write(**counts):
        for place, n in counts.items():
            fill(tmp_path / "d" / place, n)
        return tmp_path / "d"

    return write


def fill(folder, n=3, suffix=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        noise(12, 10, i).save(folder / f"{i}{suffix}")


def tree(root, *places, n=3):
    for place in places:
        fill(root / place, n)
    return root


def splits_of(index):
    """Return how many pictures each class has in each split."""
    found = {}
    for label, split in zip(index.labels, index.given.splits, strict=True):
        key = (index.classes[label], split)
        found[key] = found.get(key, 0) + 1
    return found


def refusal(root, **choices):
    with pytest.raises(DataError) as caught:
        index_folder(root, Choices(**choices))
    return f"{caught.value.message} {caught.value.hint}"


def reasons(index):
    return {item.name: item.reason for item in index.left_out}


DIVIDED = [
    ("train", "test"),
    ("Training", "TEST"),
    ("training_set", "test_set"),
    ("seg_train", "seg_test"),
    ("train2017", "val2017"),
    ("TrainImages", "TestImages"),
    ("trainset", "testset"),
    ("train-data", "valid data"),
    ("asl_alphabet_train", "asl_alphabet_test"),
    ("train", "eval"),
    ("train", "dev"),
]


@pytest.mark.parametrize(("train", "other"), DIVIDED)
def test_splits_are_known_by_any_usual_name(tmp_path, train, other):
    index = index_folder(tree(tmp_path / "d", *(f"{s}/{c}" for s in (train, other)
                                                 for c in ("ant", "bee"))))  # fmt: skip
    assert index.classes == ("ant", "bee")
    assert set(index.given.splits) > {"train"}
    assert {path.split("/")[0] for path in index.paths} == {train, other}


@pytest.mark.parametrize("name", ["test_tube", "train station", "devil", "Trainer", "value"])
def test_a_class_that_only_begins_like_a_split_is_a_class(tmp_path, name):
    index = index_folder(tree(tmp_path / "d", name, "train_set_of_knives", "bus"))
    assert name in index.classes
    assert index.given is None


@pytest.mark.parametrize(
    ("others", "meant"), [(("val",), "test"), (("test",), "validation"), ((), "test")]
)
def test_eval_is_what_is_missing_beside_it(tmp_path, others, meant):
    names = ("train", "eval", *others)
    index = index_folder(tree(tmp_path / "d", *(f"{s}/{c}" for s in names for c in "ab")))
    assert splits_of(index)["a", meant] == 3


@pytest.mark.parametrize("beside", ["predictions", "samples", "annotations", "runs", "bus"])
def test_what_lies_beside_splits_is_named_and_never_used(tmp_path, beside):
    places = [f"{s}/{c}" for s in ("train", "val") for c in "ab"]
    index = index_folder(tree(tmp_path / "d", *places, beside))
    assert index.classes == ("a", "b")
    assert LeftOut(beside, "no split", 3) in index.left_out
    assert not any(beside in path for path in index.paths)


def test_folders_of_classes_beside_splits_are_left_out_too(tmp_path):
    places = [f"{s}/{c}" for s in ("train", "val", "extra") for c in "ab"]
    assert reasons(index_folder(tree(tmp_path / "d", *places)))["extra"] == "no split"


@pytest.mark.parametrize(
    "places", [("train", "test"), ("Training", "Test", "bus"), ("train", "val", "a", "b", "c")]
)
def test_splits_without_classes_are_refused_with_what_would_do(tmp_path, places):
    message = refusal(tree(tmp_path / "d", *places))
    assert "names of splits, not of classes" in message
    assert "DIR/train/<class>" in message
    assert "--labels-from-name" in message


def test_named_classes_are_classes_whatever_they_are_called(tmp_path):
    root = tree(tmp_path / "d", "train", "test", "bus")
    assert index_folder(root, Choices(classes=("train", "test"))).classes == ("test", "train")


def cats_and_dogs(root, labelled_test=False):
    (root / "train").mkdir(parents=True)
    (root / "test").mkdir()
    for name in ("cat", "dog"):
        for i in range(6):
            noise(12, 10, i).save(root / "train" / f"{name}.{i}.png")
            test = f"{name}.{90 + i}.png" if labelled_test else f"{i}{name}.png"
            noise(12, 10, i).save(root / "test" / test)
    return root


EXPRESSION = PRESETS["quick"].settings


def by_name(pattern):
    from msgspec.structs import replace

    return choices_of(replace(EXPRESSION, labels_from_name=pattern))


def test_classes_in_names_are_read_by_an_expression(tmp_path):
    root = cats_and_dogs(tmp_path / "d")
    index = index_folder(root, by_name(r"^(cat|dog)\."))
    assert index.classes == ("cat", "dog")
    assert len(index.paths) == 12
    assert index.given is None
    assert LeftOut("test/*", "no label", 12) in index.left_out


def test_names_with_classes_in_split_folders_stay_divided(tmp_path):
    index = index_folder(cats_and_dogs(tmp_path / "d", labelled_test=True), by_name(r"^[a-z]+"))
    assert splits_of(index) == {(c, s): 6 for c in ("cat", "dog") for s in ("train", "test")}


def test_an_expression_that_matches_nothing_shows_names(tmp_path):
    with pytest.raises(DataError, match="matches none of the names of 24 images"):
        index_folder(cats_and_dogs(tmp_path / "d"), by_name("zebra"))
    with pytest.raises(StudyError, match="not a regular expression"):
        by_name("(")


@pytest.mark.parametrize(
    ("places", "root"),
    [
        (("Dataset/a", "Dataset/b"), "Dataset"),
        (("a/b/c/x", "a/b/c/y"), "a/b/c"),
        (("Dataset/train/a", "Dataset/train/b", "Dataset/test/a", "Dataset/test/b"), "Dataset"),
        (("images/train/a", "images/train/b", "images/val/a", "images/val/b"), "images"),
        (("train/a", "train/b"), "train"),
        (("train/a", "train/b", "test"), "train"),
        (("train/a", "train/b", "test/unknown"), "train"),
        (("seg_train/seg_train/a", "seg_train/seg_train/b", "seg_pred/seg_pred"), None),
    ],
)
def test_pictures_further_down_are_found(tmp_path, places, root):
    if root is None:
        assert "d/seg_train" in refusal(tree(tmp_path / "d", *places))
        return
    index = index_folder(tree(tmp_path / "d", *places))
    assert index.root == tmp_path / "d" / root
    assert index.words


@pytest.mark.parametrize("inner", ["training_set", "images", "data", "train"])
def test_a_folder_between_a_split_and_its_classes_is_passed_through(tmp_path, inner):
    places = [f"training_set/{inner}/{c}" for c in "ab"] + [f"test_set/{c}" for c in "ab"]
    index = index_folder(tree(tmp_path / "d", *places))
    assert splits_of(index) == {(c, s): 3 for c in "ab" for s in ("train", "test")}


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("Set/train/a", "Set/train/b", "Set/test/a", "Set/test/b", "more"), "Try {}/Set,"),
        (tuple(f"{v}/{c}" for v in ("color", "grey") for c in "abc"), "try {}/color"),
        (tuple(f"{c}/{s}" for c in ("cat", "dog") for s in ("train", "test")), "splits inside"),
        (("train/steam", "train/diesel", "bus", "tram"), "--classes bus,train,tram"),
        (("images/001.ant", "images/002.bee", "segmentations"), "Try {}/images,"),
        (("val/a", "val/b", "test/a", "test/b"), "no train split"),
        (("train/a", "train/b", "training/a", "training/b", "val/a", "val/b"), "both mean"),
    ],
)
def test_two_readings_are_refused_and_both_named(tmp_path, places, said):
    message = refusal(tree(tmp_path / "d", *places))
    assert said.format(tmp_path / "d") in message


def test_pictures_in_folders_below_a_class_belong_to_it(tmp_path):
    index = index_folder(tree(tmp_path / "d", "cat/persian", "cat/old/siamese", "cat", "dog"))
    assert index.classes == ("cat", "dog")
    assert len(index.paths) == 12
    assert index.paths[0] == "cat/0.png"
    assert any("6 images lie in folders below a class" in said for said in index.words)


def test_two_classes_with_the_same_folders_below_are_classes(tmp_path):
    places = [f"{c}/{w}" for c in ("cat", "dog") for w in ("indoor", "outdoor")]
    assert index_folder(tree(tmp_path / "d", *places)).classes == ("cat", "dog")


@pytest.mark.parametrize("name", ["__background__", "_x", "__x", "BACKGROUND_Google", "1", "-"])
def test_unusual_names_are_classes(tmp_path, name):
    assert name in index_folder(tree(tmp_path / "d", name, "cat")).classes


def test_classes_are_left_out_as_asked(tmp_path):
    root = tree(tmp_path / "d", "a", "b", "__background__", "runs")
    index = index_folder(root, Choices(leave_out=("__background__", "runs")))
    assert index.classes == ("a", "b")
    assert reasons(index) == {"__background__": "asked", "runs": "asked"}
    assert index_folder(root, Choices(classes=("a", "b"))).classes == ("a", "b")


def test_classes_of_splits_are_left_out_as_asked(tmp_path):
    root = tree(tmp_path / "d", *(f"{s}/{c}" for s in ("train", "test") for c in "abc"))
    index = index_folder(root, Choices(leave_out=("c",)))
    assert index.classes == ("a", "b")
    assert LeftOut("c", "asked", 6) in index.left_out


@pytest.mark.parametrize("option", ["classes", "leave_out"])
def test_a_class_that_is_not_there_is_named(tmp_path, option):
    with pytest.raises(StudyError, match="“catt”"):
        index_folder(tree(tmp_path / "d", "cat", "dog", "emu"), Choices(**{option: ("catt",)}))


def test_one_name_in_two_unicode_spellings_is_one_class(tmp_path):
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    root = tree(tmp_path / "d", f"train/{composed}", "train/bar", f"test/{apart}", "test/bar")
    index = index_folder(root)
    assert index.classes == ("bar", composed)
    assert splits_of(index)[composed, "test"] == 3
    assert any("two ways" in said for said in index.words)


def test_a_lone_spelling_keeps_its_bytes(tmp_path):
    apart = unicodedata.normalize("NFD", "café")
    assert apart in index_folder(tree(tmp_path / "d", apart, "bar")).classes


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("Cat", "cat", "upper and lower case"),
        ("café", unicodedata.normalize("NFD", "café"), "NFC and NFD"),
        ("red fox", "red_fox", "spaces or underscores"),
        ("cat", "cat ", "spaces or underscores"),
        ("cat", "c\u0430t", "CYRILLIC SMALL LETTER A"),
        ("cat", "ca\u200bt", "ZERO WIDTH SPACE"),
        ("cat", "ｃat", "FULLWIDTH LATIN SMALL LETTER C"),
    ],
)
def test_classes_that_look_alike_are_refused_with_the_reason(tmp_path, first, second, why):
    root = tree(tmp_path / "d", first, second, "dog")
    message = refusal(root)
    assert "look alike" in message
    assert why in message
    assert len(index_folder(root, Choices(classes=(first, second, "dog"))).classes) >= 2


def test_classes_that_look_alike_in_two_splits_are_refused(tmp_path):
    root = tree(tmp_path / "d", "train/Cat", "train/dog", "test/cat", "test/dog")
    assert "upper and lower case" in refusal(root)


def test_loose_pictures_are_counted_as_left_out(tmp_path):
    root = tree(tmp_path / "d", "a", "b", ".", n=2)
    assert LeftOut("*", "no class", 2) in index_folder(root).left_out


def test_nothing_but_loose_pictures_is_refused_with_a_table_that_lies_there(tmp_path):
    root = tree(tmp_path / "d", ".")
    (root / "labels.csv").write_text("")
    message = refusal(root)
    assert "holds 3 images" in message
    assert f"--data {root / 'labels.csv'}" in message


def test_a_class_without_pictures_is_left_out_with_the_reason(tmp_path):
    root = tree(tmp_path / "d", "a", "b")
    (root / "c").mkdir()
    (root / "c" / "notes.txt").write_text("x")
    index = index_folder(root)
    assert index.left_out == (LeftOut("c", "no pictures", 0, 1),)


def test_hidden_files_are_passed_over_everywhere(tmp_path):
    root = tree(tmp_path / "d", "a", "b", ".git", "__MACOSX/a", "a/.thumbnails", "a/@eaDir")
    for name in ("._0.png", ".DS_Store", "Thumbs.db", "desktop.ini", ".x.jpg"):
        (root / "a" / name).write_bytes(b"\0\5\26\7")
    index = index_folder(root)
    assert len(index.paths) == 6
    assert index.ignored_files == ()
    assert index.left_out == ()


def test_a_link_to_a_folder_above_ends(tmp_path):
    root = tree(tmp_path / "d", "a", "b")
    (root / "a" / "again").symlink_to(root)
    assert len(index_folder(root).paths) == 6


def test_clutter_is_left_out_of_caltech101_alone(caltech, tmp_path):
    assert index_folder(caltech).left_out[0] == LeftOut("BACKGROUND_Google", "clutter", 3, 1)
    renamed = tmp_path / "objects"
    (caltech / "101_ObjectCategories").rename(renamed)
    assert "BACKGROUND_Google" in index_folder(renamed).classes
    tree(renamed, *("Faces", "Faces_easy", "Leopards", "accordion", "yin_yang"))
    assert "BACKGROUND_Google" not in index_folder(renamed).classes


def test_paths_are_relative_to_the_folder_that_is_read(grow):
    index = index_folder(grow(**{"in/a": 2, "in/b": 2}))
    assert all((index.root / path).is_file() for path in index.paths)
    assert isinstance(index.root, Path)

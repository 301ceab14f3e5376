"""Folders that are divided already, tables of pictures, and torchvision's data sets."""

import csv
import gzip
import json
import struct

import numpy as np
import pytest
from click.testing import CliRunner
from pictures import noise

from training.cli import cli
from training.data.layouts import index_pictures
from training.data.locate import locate
from training.data.prepare import prepare
from training.data.splits import split
from training.errors import DataError, StudyError

COUNTS = {"ant": 10, "bee": 15}


@pytest.fixture
def divided(tmp_path, make_classes):
    """Return a folder with train, val and test folders."""

    def make(*names):
        for name in names:
            make_classes(tmp_path / "insects" / name, COUNTS)
        return tmp_path / "insects"

    return make


def prepared(place):
    return prepare(place, None, 64, None, 0)


def first_folders(data, split_name):
    return {data.paths[row].partition("/")[0] for row in data.splits[split_name]}


def test_a_divided_folder_is_taken_as_it_is(divided):
    data = prepared(divided("train", "val", "test"))
    for name, folder in (("train", "train"), ("validation", "val"), ("test", "test")):
        assert first_folders(data, name) == {folder}
        assert len(data.splits[name]) == 25
    assert data.record.classes == ["ant", "bee"]
    assert data.record.name == "insects"
    assert data.record.split_source == "folders"
    assert data.record.split_changes == ()


def test_without_validation_a_fifth_of_every_class_is_held_out_of_train(divided):
    data = prepared(divided("Train", "Test"))
    assert data.record.counts.validation == [2, 3]
    assert data.record.counts.train == [8, 12]
    assert first_folders(data, "validation") == {"Train"}
    assert first_folders(data, "test") == {"Test"}
    assert data.record.split_changes == ("validation-from-train",)
    again = prepared(divided("Train", "Test"))
    assert again.record.fingerprint == data.record.fingerprint


def test_without_test_validation_is_kept_for_testing(divided):
    data = prepared(divided("train", "valid"))
    assert first_folders(data, "test") == {"valid"}
    assert first_folders(data, "validation") == {"train"}
    assert data.record.split_changes == ("test-from-validation", "validation-from-train")


def test_no_picture_is_in_two_splits(divided):
    index = index_pictures(divided("train", "val"))
    rows = np.concatenate(list(split(index, None, 3).values()))
    assert len(set(rows.tolist())) == len(rows) == 50


def test_a_test_folder_without_classes_is_none(divided, tmp_path):
    folder = divided("train", "val")
    (folder / "test").mkdir()
    noise(20, 20, 1).save(folder / "test" / "1.png")
    assert prepared(folder).record.split_changes[0] == "test-from-validation"


def test_two_names_for_one_split_are_refused(divided):
    with pytest.raises(DataError, match="val and validation, which both mean validation"):
        index_pictures(divided("train", "val", "validation"))


def test_classes_may_be_called_train_and_bus(tmp_path, make_classes):
    index = index_pictures(make_classes(tmp_path / "d", {"train": 4, "bus": 4}))
    assert index.classes == ("bus", "train")
    assert index.given is None


@pytest.fixture
def table(tmp_path, make_classes):
    """Write a table of the pictures in two folders; return a function that adds columns."""
    make_classes(tmp_path / "pool", COUNTS)
    paths = sorted(p.relative_to(tmp_path).as_posix() for p in (tmp_path / "pool").rglob("*.png"))

    def write(*rows, header=("path", "label", "split"), changed=None):
        lines = rows or [
            (path, path.split("/")[1], ("train", "val", "test")[i % 3])
            for i, path in enumerate(paths)
        ]
        file = tmp_path / "garden.csv"
        with file.open("w", newline="") as stream:
            csv.writer(stream).writerows([header, *(changed or list)(lines)])
        return file

    return write


def test_a_table_says_class_and_split(table):
    data = prepared(table())
    assert data.record.name == "garden"
    assert data.record.split_source == "table"
    assert data.record.classes == ["ant", "bee"]
    assert (data.record.n_train, data.record.n_validation, data.record.n_test) == (9, 8, 8)


def test_columns_have_other_names_and_labels_need_no_folders(table):
    def relabelled(lines):
        return [(s.upper(), "queen bee" if "bee" in p else "ant, red", p) for p, _, s in lines]

    data = prepared(table(header=("Set", "Class", "FILENAME"), changed=relabelled))
    assert data.record.classes == ["ant, red", "queen bee"]


def test_a_table_without_splits_is_divided_by_seed(table):
    record = prepared(table(header=("path", "label", "note"))).record
    assert record.split_source == "stratified"
    assert sum((record.n_train, record.n_validation, record.n_test)) == 25


def test_another_label_is_another_data_set(table):
    def swapped(lines):
        (p, _, s), (q, _, t) = lines[0], lines[-1]
        return [(p, "bee", s), *lines[1:-1], (q, "ant", t)]

    assert (
        prepared(table()).record.fingerprint != prepared(table(changed=swapped)).record.fingerprint
    )


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (("path", "lable"), ("pool/ant/image_0001.png", "ant"), "no column “label”"),
        (("path", "label"), ("pool/ant/image_0001.png", ""), "line 2 has no label"),
        (("path", "label"), ("../image.png", "ant"), "outside the table’s folder"),
        (("path", "label"), ("/etc/hosts", "ant"), "outside the table’s folder"),
        (("path", "label"), ("C:\\x.png", "ant"), "outside the table’s folder"),
        (("path", "label"), ("pool/none.png", "ant"), "the first is pool/none.png \\(line 2\\)"),
        (("path", "label"), ("pool/ant/image_0001.png",), "line 2 has 1 column\\."),
        (("path", "label", "split"), ("pool/ant/image_0001.png", "ant", "x"), "the split “x”"),
        (("path", "label"), ("", "ant"), "names no image"),
        (("path", "label"), ("pool/ant/image_0001.png", "ant"), "holds 1 class"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_line(table, header, row, message):
    with pytest.raises(DataError, match=message):
        index_pictures(table(row, header=header))


def test_a_picture_named_twice_or_half_divided_is_refused(table):
    with pytest.raises(DataError, match="again, after line 2"):
        index_pictures(table(changed=lambda lines: [lines[0], *lines]))
    with pytest.raises(DataError, match="differ in having a split"):
        index_pictures(table(changed=lambda lines: [*lines[:-1], (*lines[-1][:2], "")]))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'path,label\n"a', b"path,label\n\n"])
def test_a_damaged_table_is_one_message(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError):
        index_pictures(tmp_path / "t.csv")


def test_data_check_says_how_the_pictures_are_divided(divided):
    result = CliRunner().invoke(cli, ["data", "check", str(divided("train", "test"))])
    assert "(its folders), validation held out of train at random" in result.output, result.output


def write_idx(file, array):
    """Write an array in MNIST's format."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    with gzip.open(file, "wb") as stream:
        stream.write(head + array.astype(np.uint8).tobytes())


@pytest.fixture
def mnist(own_cache):
    """Put small files of MNIST's form where torchvision would have downloaded them."""
    raw = own_cache / "torchvision" / "MNIST" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 60), ("t10k", 30)):
        for kind, array in (
            ("images-idx3", rng.integers(0, 255, (n, 28, 28))),
            ("labels-idx1", np.arange(n) % 10),
        ):
            write_idx(raw / f"{prefix}-{kind}-ubyte.gz", array)
            plain = gzip.decompress((raw / f"{prefix}-{kind}-ubyte.gz").read_bytes())
            (raw / f"{prefix}-{kind}-ubyte").write_bytes(plain)


@pytest.mark.usefixtures("mnist")
def test_a_data_set_of_torchvisions_becomes_a_table():
    table = locate("torchvision:MNIST")
    record = prepared(table).record
    assert record.name == "MNIST"
    assert record.classes[0] == "0 - zero"
    assert (record.n_train, record.n_validation, record.n_test) == (50, 10, 30)
    assert record.split_changes == ("validation-from-train",)
    before = table.stat().st_mtime_ns
    assert locate("torchvision:MNIST").stat().st_mtime_ns == before


def test_files_of_torchvisions_data_sets_are_not_copied(own_cache, make_classes):
    place = own_cache / "torchvision" / "EuroSAT"
    make_classes(place / "eurosat" / "2750", {"Forest": 9, "River": 9})
    table = locate("torchvision:EuroSAT")
    assert "eurosat/2750/Forest/image_0001.png,Forest," in table.read_text()
    assert not (place / "pictures").exists()
    assert prepared(table).record.split_source == "stratified"


def test_other_names_are_refused():
    with pytest.raises(StudyError, match="MNISTT"):
        locate("torchvision:MNISTT")
    with pytest.raises(DataError, match="has no images of its own"):
        locate("torchvision:FakeData")


def test_a_study_runs_on_a_table(table, tmp_path):
    result = CliRunner().invoke(
        cli,
        ["run", "scratch/baseline", "--preset", "quick", "--epochs", "1", "--image-size", "64",
         "--data", str(table()), "--runs", str(tmp_path / "runs"), "--device", "cpu"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "runs" / "quick" / "dataset.json").read_text())
    assert record["split_source"] == "table"

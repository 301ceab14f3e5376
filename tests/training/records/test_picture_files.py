"""What is said of very many test pictures lies beside the JSON, and reads as if it lay in it."""

import json
import os

import msgspec
import numpy as np
import pytest

from training.errors import RecordError
from training.records import (
    BESIDE,
    ClassCounts,
    Dataset,
    Predictions,
    SizeStatistics,
    encode,
    picture_files,
    read,
    write,
    write_together,
)

MOST = 20
PATHS = ("a/b.png", "two\nlines.png", 'quo"te\\.png', "grüße/鳥.png", "bad\\xff.png")


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Take what is said of more than 20 pictures out of the JSON."""
    monkeypatch.setattr(picture_files, "MOST_IN_JSON", MOST)


def answers(n):
    return Predictions(
        id="a/b", seed=0, dataset_fingerprint="", label=[i % 3 for i in range(n)],
        predicted=[i * 7 % 300 for i in range(n)],
        probability=[round(i / 7 % 1, 4) for i in range(n)],
    )  # fmt: skip


def pictures(n):
    five = (1.0, 1.0, 1.0, 1.0, 1.0)
    return Dataset(
        name="d", kind="folder", fingerprint="", classes=["a"], n_train=0, n_validation=0, n_test=n,
        counts=ClassCounts([0], [0], [n]), split_source="folders", max_per_class=None,
        image_size=32, resize_size=32, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5),
        sizes=SizeStatistics(five, five, [], 0), dropped_classes=[], n_dropped_images=0,
        n_ignored_files=0, ignored_files=[], n_unreadable_files=0, unreadable_files=[],
        test_images=[f"{i}-{PATHS[i % len(PATHS)]}" for i in range(n)], thumbnails=[],
    )  # fmt: skip


RECORDS = {"predictions.json": answers, "dataset.json": pictures}
LISTS = {
    "predictions.json": ("label", "predicted", "probability"),
    "dataset.json": ("test_images",),
}
each = pytest.mark.parametrize("name", RECORDS)


@each
def test_a_record_of_many_pictures_is_read_as_it_was_written(tmp_path, name):
    path, record = tmp_path / name, RECORDS[name](3 * MOST)
    write(path, record)
    assert {file.name for file in tmp_path.iterdir()} == {name, BESIDE[name]}
    assert all(json.loads(path.read_text())[field] == [] for field in LISTS[name])
    found = read(path, type(record))
    assert found == record
    for field in LISTS[name]:
        values, kept = getattr(record, field), getattr(found, field)
        assert list(kept) == list(reversed([*reversed(kept)])) == values
        assert (kept[3], kept[-1], kept[5:9], kept[::7]) == (
            values[3], values[-1], values[5:9], values[::7]
        )  # fmt: skip
        assert {type(value) for value in kept} == {type(value) for value in values}
        assert kept != values[:-1]
        assert kept != [*values[:-1], values[0]]
        with pytest.raises(IndexError):
            kept[len(values)]
    assert encode(found) == encode(record)


def test_other_programs_read_the_files_by_their_own_means(tmp_path):
    record, dataset = answers(50), pictures(50)
    write(tmp_path / "predictions.json", record)
    write(tmp_path / "dataset.json", dataset)
    entries = np.load(tmp_path / "predictions.npy")
    assert entries["predicted"].tolist() == record.predicted
    assert entries["probability"].tolist() == record.probability
    lines = (tmp_path / "test_images.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == dataset.test_images


@each
def test_up_to_so_many_pictures_a_record_is_written_as_ever(tmp_path, name):
    path, record = tmp_path / name, RECORDS[name](MOST)
    write(path, record)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    plain = msgspec.json.decode(path.read_bytes())
    assert list(plain) == [
        field for field in record.__struct_fields__ if getattr(record, field) is not msgspec.UNSET
    ]
    assert not {"answers", "test_list"} & plain.keys()


@each
def test_an_older_record_with_long_lists_in_it_is_read(tmp_path, name):
    record = RECORDS[name](3 * MOST)
    (tmp_path / name).write_bytes(encode(record))
    assert read(tmp_path / name, type(record)) == record


@each
def test_any_changed_byte_is_refused(tmp_path, name):
    path, record = tmp_path / name, RECORDS[name](MOST + 1)
    write(path, record)
    beside = tmp_path / BESIDE[name]
    content = beside.read_bytes()
    for place in range(0, len(content), 7):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        beside.write_bytes(changed)
        with pytest.raises(RecordError, match=rf"{BESIDE[name]} isn't the file .* SHA-256"):
            read(path, type(record))
    beside.write_bytes(content)
    assert read(path, type(record)) == record


@each
@pytest.mark.parametrize(
    "what", ["more entries than it has", "fewer", "another header", "cut short"]
)
def test_a_file_that_the_record_vouches_for_is_still_held_to_its_form(tmp_path, name, what):
    path, record = tmp_path / name, RECORDS[name](MOST + 1)
    write(path, record)
    beside = tmp_path / BESIDE[name]
    marker = {"predictions.json": "answers", "dataset.json": "test_list"}[name]
    told = json.loads(path.read_text())
    content = beside.read_bytes()
    changed = {
        "another header": b"x" + content[1:].replace(b"\n", b" "),
        "cut short": content[:-30],
    }
    if what in changed:
        beside.write_bytes(changed[what])
        told[marker]["sha256"] = picture_files.sha256_of(beside)
    else:
        told[marker]["n_images"] += 1 if what.startswith("more") else -1
    path.write_text(json.dumps(told))
    with pytest.raises(RecordError, match=f"{BESIDE[name]} isn't the file"):
        read(path, type(record))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_what_is_no_probability_is_refused(tmp_path, value):
    path, record = tmp_path / "predictions.json", answers(MOST + 1)
    record.probability[-1] = value
    write(path, record)
    with pytest.raises(RecordError, match="isn't between 0 and 1"):
        read(path, Predictions)


@each
def test_a_missing_file_is_named_with_the_record_that_speaks_of_it(tmp_path, name):
    path, record = tmp_path / name, RECORDS[name](MOST + 1)
    write(path, record)
    (tmp_path / BESIDE[name]).unlink()
    with pytest.raises(RecordError, match=f"{BESIDE[name]} doesn't exist; {name} speaks of it"):
        read(path, type(record))


@each
def test_a_record_with_the_list_in_both_places_is_refused(tmp_path, name):
    path, record = tmp_path / name, RECORDS[name](MOST + 1)
    write(path, record)
    field = LISTS[name][0]
    told = json.loads(path.read_text()) | {field: list(getattr(record, field))}
    path.write_text(json.dumps(told))
    with pytest.raises(RecordError, match=f"has {field} in it and in a file beside it"):
        read(path, type(record))


@each
def test_a_shorter_record_takes_the_file_of_a_longer_one_away(tmp_path, name):
    path = tmp_path / name
    write(path, RECORDS[name](MOST + 1))
    write(path, RECORDS[name](2))
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert read(path, type(RECORDS[name](2))) == RECORDS[name](2)


def test_predictions_without_a_successor_take_their_file_along(tmp_path):
    write(tmp_path / "predictions.json", answers(MOST + 1))
    write_together({tmp_path / "dataset.json": pictures(1)}, [tmp_path / "predictions.json"])
    assert [file.name for file in tmp_path.iterdir()] == ["dataset.json"]


@each
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_failing_exchange_leaves_record_and_file_as_they_were(
    tmp_path, monkeypatch, name, number
):
    path, record = tmp_path / name, RECORDS[name](MOST + 1)
    write(path, record)
    seen, original = [0], os.replace

    def failing(*arguments):
        seen[0] += 1
        if seen[0] == number:
            raise OSError(5, "Input/output error")
        return original(*arguments)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(RecordError):
        write(path, RECORDS[name](MOST + 2))
    monkeypatch.undo()
    assert read(path, type(record)) == record
    assert {file.name for file in tmp_path.iterdir()} == {name, BESIDE[name]}

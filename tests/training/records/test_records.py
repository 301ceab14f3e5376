"""The JSON contract: atomic writes, strict reads, safe paths."""

import functools
import json
import operator
import os
import stat
from pathlib import Path

import msgspec
import pytest
import torch

from training.errors import RecordError
from training.records import (
    RECORD_TYPES,
    Curves,
    Metrics,
    Spec,
    StudyFolder,
    encode,
    read,
    replacing,
    write,
    write_bytes,
    write_together,
)

CURVES = Curves(
    id="a/b", seed=0, epoch=[1], learning_rate=[0.1], train_loss=[None], train_accuracy=[0.5],
    validation_loss=[1.0], validation_accuracy=[0.25], epoch_seconds=[1.5],
)  # fmt: skip


def test_a_record_reads_back_as_it_was_written(tmp_path):
    path = tmp_path / "deep" / "curves.json"
    write(path, CURVES)
    assert read(path, Curves) == CURVES
    assert json.loads(path.read_text())["train_loss"] == [None]


@pytest.fixture
def umask():
    """Return a function that sets the mask; put it back in the end."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_records_may_be_read_by_whom_the_umask_lets(tmp_path, umask, mask, mode):
    umask(mask)
    write(tmp_path / "alone.json", CURVES)
    write_together({tmp_path / name: CURVES for name in ("curves.json", "metrics.json")})
    write_bytes(tmp_path / "picture.png", b"")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ("alone.json", "curves.json", "metrics.json", "picture.png"), mode
    )
    assert umask(mask) == mask  # finding it out leaves it


def test_records_of_older_formats_are_read(tmp_path):
    path = tmp_path / "curves.json"
    path.write_bytes(encode(CURVES).replace(b'"format": 2', b'"format": 1'))
    assert read(path, Curves) == msgspec.structs.replace(CURVES, format=1)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "curves.json"
    write(path, CURVES)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("half a rec")
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(params=[False, True], ids=["denormals kept", "denormals ignored"])
def denormals_ignored(request):
    """Read as a process does before and after it has made ready to train."""
    torch.set_flush_denormal(request.param)
    yield
    torch.set_flush_denormal(False)


@pytest.mark.usefixtures("denormals_ignored")
@pytest.mark.parametrize(
    ("name", "path", "value"),
    [("metrics.json", ("validation", "accuracy"), 1.5), ("metrics.json", ("train", "accuracy"), -1),
     ("metrics.json", ("test", "n_correct"), -3), ("curves.json", ("train_accuracy", 0), 2.0),
     ("dataset.json", ("n_validation",), -416), ("dataset.json", ("counts", "test", 0), -1),
     ("metrics.json", ("cost",), {"training_flop": -2}),
     ("metrics.json", ("cost",), {"training_flop": 2.5}),
     ("metrics.json", ("cost",), {"feature_flop": -2}),
     ("metrics.json", ("cost",), {"peak_flop_per_second": 0}),
     ("metrics.json", ("cost",), {"energy_joules": -0.5})],
)  # fmt: skip
def test_numbers_that_count_nothing_are_refused(tmp_path, name, path, value):
    example = Path(__file__).parents[3] / "runs" / "example"
    folder = example if name == "dataset.json" else example / "transfer/best/seed-0"
    content = json.loads((folder / name).read_text())
    *outer, last = path
    functools.reduce(operator.getitem, outer, content)[last] = value
    file = tmp_path / name
    file.write_text(json.dumps(content))
    with pytest.raises(RecordError, match=str(path[0])):
        read(file, RECORD_TYPES[name])


def test_a_full_disk_is_reported_with_the_file_and_the_mend(tmp_path):
    with (
        pytest.raises(RecordError, match=r"(?s)metrics\.json.*No space left.*Free some space"),
        replacing(tmp_path / "metrics.json"),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not a valid"),
        (b"{", "not a valid"),
        (b"[]", "format None"),
        (b'{"format": 99}', "format 99.*reads formats 1 to 2"),
        (b'{"format": 0}', "format 0"),
        (b'{"format": 1}', "not a valid Curves"),
        (encode(CURVES).replace(b"0.25", b'"high"'), "validation_accuracy"),
        (b"\xff\xfe", "not a valid"),
        (b'{"a":' * 100_000, "not a valid"),
    ],
)
def test_what_is_not_a_record_is_refused_by_name(tmp_path, text, message):
    path = tmp_path / "curves.json"
    path.write_bytes(text)
    with pytest.raises(RecordError, match=f"(?s)curves.json.*{message}"):
        read(path, Curves)


def test_a_format_that_stands_twice_is_the_one_that_is_read(tmp_path):
    path = tmp_path / "curves.json"
    path.write_bytes(encode(CURVES).rstrip()[:-1] + b', "format": 99}')
    with pytest.raises(RecordError, match=r"format 99.*reads formats 1 to 2"):
        read(path, Curves)


@pytest.mark.parametrize("name", ["../x", "a/../../b", "/etc/x", "a", "a/b/c", "A/b", "a/b\n", ""])
def test_ids_cannot_leave_the_studys_folder(tmp_path, name):
    with pytest.raises(RecordError, match="not an experiment id"):
        StudyFolder(tmp_path).run(name, 0)


def test_any_changed_field_changes_the_specs_digest(spec):
    others = [
        msgspec.structs.replace(spec, **{field: "another"}) for field in Spec.__struct_fields__
    ]
    assert len({other.digest() for other in (spec, *others)}) == len(others) + 1


def test_a_spec_survives_json_with_the_same_digest(spec, tmp_path):
    metrics = Metrics(
        id="a/b",
        section="a",
        seed=0,
        status="done",
        spec=spec,
        spec_hash=spec.digest(),
        dataset_fingerprint="f",
    )
    write(tmp_path / "metrics.json", metrics)
    again = read(tmp_path / "metrics.json", Metrics)
    assert again.spec is not None
    assert again.spec.digest() == again.spec_hash

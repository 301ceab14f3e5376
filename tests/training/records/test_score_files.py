"""A tested run's log-probabilities are read as written, and a hostile file is refused."""

import hashlib
import io

import msgspec
import numpy as np
import pytest

from training.errors import RecordError
from training.records import (
    KeptScores,
    Metrics,
    encode_scores,
    read_scores,
    score_files,
    split_scores,
)

DICE = np.random.default_rng(1)


def drawn(n, n_classes):
    logits = DICE.normal(size=(n, n_classes)) * 3
    label = DICE.integers(0, n_classes, n)
    return label, logits - np.log(np.exp(logits).sum(1, keepdims=True))


def written(folder, test, validation):
    content, kept = encode_scores(test, validation)
    (folder / "scores.npy").write_bytes(content)
    return folder / "scores.npy", kept


@pytest.fixture
def small(tmp_path):
    return written(tmp_path, drawn(5, 4), drawn(3, 4))


def vouched(path, kept, content):
    """Put another content in the file's place, with its own hash in the record."""
    path.write_bytes(content)
    return msgspec.structs.replace(kept, sha256=hashlib.sha256(content).hexdigest())


def test_scores_are_read_as_written_but_for_float16(tmp_path):
    splits = drawn(40, 7), drawn(30, 7)
    found = read_scores(*written(tmp_path, *splits))
    for split, (label, scores) in zip((found.test, found.validation), splits, strict=True):
        assert split.label.tolist() == label.tolist()
        assert split.log_probability == pytest.approx(scores, rel=6e-4, abs=5e-4)
        assert (split.n_classes, split.classes, split.own) == (7, None, None)


def test_of_many_classes_the_likeliest_are_kept(tmp_path):
    label, scores = drawn(6, 1001)
    path, kept = written(tmp_path, (label, scores), drawn(2, 1001))
    found = read_scores(path, kept).test
    assert kept.n_kept == 20
    assert path.stat().st_size < 2000
    assert found.classes.tolist() == np.argsort(-scores, axis=1)[:, :20].tolist()
    own = scores[np.arange(6), label]
    assert found.own == pytest.approx(own, rel=6e-4)
    others = np.sort(np.exp(scores), axis=1)[:, :-20].sum(1)
    assert 1 - np.exp(found.log_probability).sum(1) == pytest.approx(others, abs=0.005)


@pytest.mark.parametrize("n_classes", [3, 1001])
def test_numpy_reads_the_file(tmp_path, n_classes):
    path, _ = written(tmp_path, drawn(5, n_classes), drawn(3, n_classes))
    found = np.load(path, allow_pickle=False)
    assert found.shape == (8,)
    again = io.BytesIO()
    np.save(again, found)
    assert np.load(io.BytesIO(again.getvalue())).dtype == found.dtype


def test_scores_that_are_not_finite_are_not_kept():
    label, scores = drawn(5, 4)
    scores[2, 1] = np.nan
    assert encode_scores((label, scores), drawn(3, 4)) is None


def test_tiny_probabilities_become_the_least_that_float16_has(tmp_path):
    scores = np.array([[0.0, -1e6]])
    found = read_scores(*written(tmp_path, (np.array([0]), scores), drawn(1, 2)))
    assert found.test.log_probability.tolist() == [[0.0, -65504.0]]


def test_classes_that_are_almost_level_keep_their_order(tmp_path):
    """Of 26 classes near 1/26 each, the logarithms themselves would be equal in float16."""
    logits = np.random.default_rng(0).normal(0, 1e-4, (50, 26))
    scores = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    assert len(np.unique(scores.astype(np.float16)[0])) < 5
    found = read_scores(*written(tmp_path, (np.zeros(50, int), scores), drawn(1, 26)))
    assert found.test.log_probability.argmax(1).tolist() == scores.argmax(1).tolist()
    assert found.test.log_probability == pytest.approx(scores, abs=1e-6)


def test_a_missing_file_is_named(small):
    path, kept = small
    path.unlink()
    with pytest.raises(RecordError, match=r"scores.npy doesn't exist"):
        read_scores(path, kept)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content[:-1], "bytes"),
        (lambda content: content + b"\0" * 12, "bytes"),
        (lambda content: b"", "bytes"),
        (lambda content: content[:-1] + b"\xbb", "SHA-256"),
    ],
)
def test_a_changed_file_is_refused(small, change, said):
    path, kept = small
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(RecordError, match=said):
        read_scores(path, kept)


def test_a_header_that_asks_for_objects_is_refused(small):
    path, kept = small
    content = path.read_bytes().replace(b"'<i4'", b"'|O' ")
    with pytest.raises(RecordError, match="header"):
        read_scores(path, vouched(path, kept, content))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("label", 4, "a label that isn't one of the 4 classes"),
        ("label", -1, "a label that isn't one of the 4 classes"),
        ("score", np.nan, "0 or less"),
        ("score", 0.5, "0 or less"),
        ("score", -np.inf, "0 or less"),
        ("score", -0.1, "hasn't the score 0"),
    ],
)
def test_values_that_are_no_scores_are_refused(small, field, value, said):
    path, kept = small
    content = bytearray(path.read_bytes())
    entries = np.frombuffer(content, np.load(path).dtype, offset=len(content) - 8 * 12)
    entries[field][1] = value
    with pytest.raises(RecordError, match=said):
        read_scores(path, vouched(path, kept, bytes(content)))


@pytest.mark.parametrize("field", ["n_test", "n_validation", "n_classes", "n_kept"])
@pytest.mark.parametrize("value", [0, 1, 10**9, 2**63])
def test_a_record_that_claims_another_shape_is_refused(small, field, value):
    path, kept = small
    with pytest.raises(RecordError, match="not a valid file of scores"):
        read_scores(path, msgspec.structs.replace(kept, **{field: value}))


@pytest.mark.parametrize("digest", ["", "0" * 63, "../../../etc/passwd", "G" * 64])
def test_a_record_must_hold_a_digest(digest):
    record = {
        "id": "a/b", "section": "a", "seed": 0, "status": "done", "spec": None, "spec_hash": "",
        "dataset_fingerprint": "",
        "scores": {"sha256": digest, "n_test": 1, "n_validation": 1, "n_classes": 2, "n_kept": 2},
    }  # fmt: skip
    with pytest.raises(msgspec.ValidationError, match="sha256"):
        msgspec.convert(record, Metrics)


def test_no_scores_is_what_older_records_say():
    kept = KeptScores("0" * 64, 1, 1, 2, 2)
    record = Metrics(id="a/b", section="a", seed=0, status="done", spec=None, spec_hash="",
                     dataset_fingerprint="")  # fmt: skip
    assert record.scores is None
    assert msgspec.structs.replace(record, scores=kept).scores == kept


@pytest.mark.parametrize("n_classes", [7, 1001])
def test_scores_that_stay_in_their_file_are_those_in_memory(tmp_path, monkeypatch, n_classes):
    path, kept = written(tmp_path, drawn(23, n_classes), drawn(9, n_classes))
    whole = read_scores(path, kept)
    monkeypatch.setattr(score_files, "IN_MEMORY", 0)
    monkeypatch.setattr(split_scores, "AT_ONCE", 5 * kept.n_kept)
    filed = read_scores(path, kept)
    for one, other in ((whole.test, filed.test), (whole.validation, filed.validation)):
        parts = list(other.parts())
        assert [len(part.label) for part in parts][:-1] == [5] * (len(parts) - 1)
        assert len(parts) > 1
        assert other.label.tolist() == one.label.tolist()
        assert (other.is_cut, other.known_as) == (one.is_cut, one.known_as)
        for name in ("log_probability", "classes", "own"):
            expected, joined = getattr(one, name), [getattr(part, name) for part in parts]
            if expected is None:
                assert set(joined) == {None}
                assert getattr(other, name) is None
                continue
            assert np.array_equal(np.concatenate(joined), expected)
            assert np.array_equal(getattr(other, name), expected)
            assert np.array_equal(getattr(other.rows(3, 8), name), expected[3:8])


def test_a_large_file_is_held_to_its_record_as_a_small_one(tmp_path, monkeypatch):
    path, kept = written(tmp_path, drawn(23, 4), drawn(9, 4))
    monkeypatch.setattr(score_files, "IN_MEMORY", 0)
    content = path.read_bytes()
    for place in (0, 60, len(content) - 90, len(content) - 1):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        path.write_bytes(changed)
        with pytest.raises(RecordError, match="SHA-256"):
            read_scores(path, kept)
    path.write_bytes(content[:-1])
    with pytest.raises(RecordError, match="bytes"):
        read_scores(path, kept)
    lying = content[:-2] + b"\x00\x3c"  # a score of 1
    with pytest.raises(RecordError, match="which are 0 or less"):
        read_scores(path, vouched(path, kept, lying))


@pytest.mark.parametrize("n_classes", [4, 1200])
def test_scores_that_come_in_parts_are_the_same_file(n_classes):
    test, validation = drawn(7, n_classes), drawn(5, n_classes)

    def in_parts(scored):
        label, scores = scored
        return label, lambda: iter((scores[:2], scores[2:3], scores[3:]))

    assert encode_scores(in_parts(test), in_parts(validation)) == encode_scores(test, validation)
    bad = validation[1].copy()
    bad[3, 1] = float("nan")
    assert encode_scores(in_parts(test), in_parts((validation[0], bad))) is None

"""A spec's hash changes with what decides the outcome, and with nothing that older ones lack."""

import hashlib

import msgspec

from training.records import Metrics, Spec, read


def test_the_hashes_of_records_are_those_of_before(pytestconfig):
    files = sorted((pytestconfig.rootpath / "runs" / "example").glob("*/*/seed-*/metrics.json"))
    records = [read(file, Metrics) for file in files]
    assert len(records) > 20
    for record in records:
        assert isinstance(record.spec, Spec)
        assert record.spec.digest() == record.spec_hash


def test_fields_of_later_versions_count_where_they_are_set(spec):
    asked = msgspec.structs.replace(spec, train_per_class=(5, 10))
    assert asked.digest() != spec.digest()
    first = {known.name for known in msgspec.structs.fields(Spec) if known.required}
    fields = {name: getattr(spec, name) for name in first}
    plain = msgspec.json.encode(fields, order="sorted")
    assert spec.digest() == hashlib.sha256(plain).hexdigest()[:16]


def test_a_default_that_a_record_writes_out_changes_nothing(spec):
    written = {"label_smoothing": 0.0, "clip_gradient": 0.0, "train_per_class": []}
    text = msgspec.json.encode(msgspec.to_builtins(spec) | written)
    assert msgspec.json.decode(text, type=Spec).digest() == spec.digest()

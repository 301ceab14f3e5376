"""Records of how tested networks were looked at are held against themselves."""

import msgspec
import pytest

from report.audit.records import audit_runs
from report.evidence.load import load_study
from report.findings.features import feature_map, neighbours
from report.findings.maps import kept_maps

RUN = "transfer/best"


def change(study, name, path, value):
    """Replace what lies at a path in one of a run's records."""
    file = study / RUN / "seed-0" / name
    record = msgspec.json.decode(file.read_bytes())
    place = record
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    place[path[-1]] = value(old) if callable(value) else value
    file.write_bytes(msgspec.json.encode(record))


@pytest.mark.parametrize(
    ("name", "path", "value", "problem"),
    [
        ("metrics.json", ("train_at_rest", "accuracy"), lambda a: a - 1e-3, "is that share"),
        ("metrics.json", ("test",), None, "only tested runs are measured so"),
        ("predictions.json", ("heat_maps", "maps", 0, "index"), 10**6, "there are answers to"),
        ("predictions.json", ("heat_maps", "maps"), lambda maps: maps[::-1], "its place among"),
        ("predictions.json", ("nearest_train", 0, "nearest"), lambda near: near[::-1],
         "nearer pictures stand behind others"),
        ("predictions.json", ("nearest_train", 0, "index"), lambda index: index + 1,
         "aren’t those of its mistakes"),
        ("metrics.json", ("speed", "network_bytes"), lambda n: n // 2, "take"),
        ("predictions.json", ("feature_map", "n_images"), 10**6, "there are answers to"),
        ("predictions.json", ("feature_map", "end", "x"), lambda x: x[3:], "it lays out"),
        ("predictions.json", ("feature_map", "start", "same_class"), lambda c: "9" + c[1:],
         "5 neighbours are looked at"),
    ],
)  # fmt: skip
def test_a_contradiction_is_named(study, name, path, value, problem):
    assert audit_runs(load_study(study)) == []
    change(study, name, path, value)
    assert problem in " ".join(found.problem for found in audit_runs(load_study(study)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("feature_map", "n_images"), 10**6),
        (("feature_map", "end", "x"), lambda x: x[3:]),
        (("feature_map", "end", "same_class"), ""),
        (("heat_maps", "maps", 0, "index"), 10**6),
    ],
)
def test_a_report_goes_without_what_contradicts_itself(study, path, value):
    change(study, "predictions.json", path, value)
    run = load_study(study).run(RUN)
    if path[0] == "feature_map":
        assert feature_map(run) is None
        assert neighbours(run) == []
    else:
        assert kept_maps(run) is None

"""Beside pictures whose labels a person should look at stand the nearest train pictures."""

import msgspec
import pytest
from fake_study import Fake, write_fake_study

from report.evidence.load import load_study
from report.evidence.sentences import plain_text
from report.figures.label_figures import label_gallery
from report.figures.suspect_figures import suspect_gallery
from report.findings.mistakes import best_finalist
from report.findings.shared_mistakes import places_all_get_wrong
from report.tables.likely_labels import labels_table
from report.tables.suspects import suspects_table
from training.records import confident_mistakes


@pytest.fixture
def change(study):
    """Change what a run's record says, and read the study again."""

    def apply(name, file, change_record):
        for path in study.glob(f"{name}/seed-0/{file}"):
            record = msgspec.json.decode(path.read_bytes())
            change_record(record)
            path.write_bytes(msgspec.json.encode(record))
        return load_study(study)

    return apply


@pytest.fixture(autouse=True)
def _wrong_alike(study):
    """Let every network give the chosen one's surest mistake the same wrong answer."""
    run = best_finalist(load_study(study))
    index = confident_mistakes(run.predictions)[0]
    for path in study.glob("*/*/seed-0/predictions.json"):
        record = msgspec.json.decode(path.read_bytes())
        record["predicted"][index] = run.predictions.predicted[index]
        path.write_bytes(msgspec.json.encode(record))


def test_each_test_picture_has_three_beside_it_with_their_labels(study):
    view = load_study(study)
    runs, places = places_all_get_wrong(view)
    gallery = label_gallery(view)["labels"]
    assert gallery.kind == "rows"
    assert {len(row.pictures) for row in gallery.rows} == {4}
    record = runs[0].predictions
    place = max(places, key=lambda i: (record.probability[i], -i))
    (kept,) = [item for item in record.nearest_train if item.index == place]
    names = ", ".join(view.dataset.classes[near.label] for near in kept.nearest)
    assert plain_text(gallery.rows[0].note).endswith(f" by all; nearest: {names}")
    assert "nearest first" in plain_text(gallery.caption)
    table = labels_table(view)["labels"]
    assert table.columns[-1].label == "Labels of the nearest train pictures"
    assert plain_text(table.rows[0].cells[-1]) == names


def test_records_that_keep_none_are_shown_as_before(change):
    view = change("*/*", "predictions.json", lambda record: record.pop("nearest_train"))
    gallery = label_gallery(view)["labels"]
    assert gallery.kind == "gallery"
    assert "nearest" not in plain_text(gallery.caption)
    assert [column.label for column in labels_table(view)["labels"].columns][-1] == (
        "Its probability"
    )


def test_a_copy_that_is_gone_is_left_out(study):
    for file in (study / "thumbnails" / "near").glob("*"):
        file.unlink()
    assert label_gallery(load_study(study))["labels"].kind == "gallery"


def test_suspects_have_theirs(extras):
    view = load_study(extras)
    gallery = suspect_gallery(view)["suspects"]
    assert [len(row.pictures) for row in gallery.rows] == [4, 4, 4]
    table = suspects_table(view)["suspects"]
    assert table.columns[-1].label == "Labels of the nearest others"
    assert len(plain_text(table.rows[0].cells[-1]).split(", ")) == 3


@pytest.fixture(scope="module")
def extras(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extras") / "quick"
    write_fake_study(folder, Fake(only=("data",), overrides={"extras": True}))
    return folder


def test_a_class_that_isnt_there_is_passed_over(change):
    def nowhere(record):
        for item in record["nearest_train"]:
            for near in item["nearest"]:
                near["label"] = 999

    view = change("*/*", "predictions.json", nowhere)
    assert label_gallery(view)["labels"].kind == "gallery"

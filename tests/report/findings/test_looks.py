"""What is said of how pictures look, and what isn't worth a word."""

import msgspec
import pytest
from in_memory import a_dataset, a_view
from in_memory import said as text_of

from report.findings.looks import drift, given_away, worth_a_word
from report.tables.looks import looks_table
from training.records import FeatureLooks, Looks

FIVE = (0.1, 0.2, 0.3, 0.4, 0.5)
PLAIN = FeatureLooks(
    feature="brightness", train=FIVE, validation=FIVE, test=FIVE, validation_distance=0.05,
    validation_p=1.0, test_distance=0.05, test_p=1.0, class_accuracy=0.5, limit=0.6,
)  # fmt: skip


def view_of(*changes, **dataset):
    names = ("brightness", "file_bytes", "aspect_ratio")
    features = [
        msgspec.structs.replace(PLAIN, feature=name, **change)
        for name, change in zip(names, changes, strict=False)
    ]
    return a_view(dataset=a_dataset(looks=Looks(features), **dataset))


def test_of_older_records_nothing_is_said():
    assert worth_a_word(a_view(dataset=a_dataset())) == []
    assert worth_a_word(a_view()) == []
    assert looks_table(a_view(dataset=a_dataset())) == {}


def test_the_feature_in_which_a_split_differs_most_is_named():
    view = view_of(
        {"test_distance": 0.2, "test_p": 0.01}, {"validation_distance": 0.3, "validation_p": 0.0001}
    )
    assert text_of(drift(view)) == (
        "Validation pictures differ from train pictures in file size, most of 2 features (distance "
        "0.30, p < 0.001)."
    )
    assert text_of(drift(view_of({"test_distance": 0.2, "test_p": 0.01}))) == (
        "Test pictures differ from train pictures in brightness (distance 0.20, p = 0.010)."
    )


@pytest.mark.parametrize(
    "change",
    [{"test_distance": 0.2, "test_p": 0.05}, {"test_distance": 0.09, "test_p": 0.0001}, {}],
    ids=["by luck", "too little to mind", "not at all"],
)
def test_other_differences_are_not(change):
    assert drift(view_of(change)) == []


def test_the_feature_that_tells_classes_is_named_with_what_guessing_tells():
    told = {"class_accuracy": 0.9, "class_told": 1, "class_told_right": 47, "class_told_of": 50}
    view = view_of({"class_accuracy": 0.7}, told)
    assert text_of(given_away(view)) == (
        "File size alone tells the class of 90.0 % of the validation pictures (the mean over "
        "classes; guessing tells 50.0 %), and 47 of the 50 pictures of bee: a network may use it, "
        "too."
    )


@pytest.mark.parametrize(
    "change",
    [{"class_accuracy": 0.6}, {"class_accuracy": 0.54, "limit": 0.52}],
    ids=["within luck", "too little to mind"],
)
def test_a_feature_that_tells_no_more_than_luck_is_not(change):
    assert given_away(view_of(change)) == []
    assert given_away(view_of({"class_accuracy": 0.56, "limit": 0.52}))


def test_a_class_that_one_feature_tells_is_named_even_where_others_are_not_told():
    view = view_of({}, {"class_told": 1, "class_told_right": 47, "class_told_of": 50})
    assert text_of(given_away(view)) == (
        "File size alone tells 47 of the 50 pictures of bee in validation: a network may use it, "
        "too."
    )


def test_the_table_has_every_feature():
    rows = looks_table(view_of({}, {}, {}))["looks"].rows
    assert [row.cells[0][0].text for row in rows] == ["Brightness", "File size", "Aspect ratio"]
    assert [part.text for part in rows[0].cells[1]] == ["0.3"]

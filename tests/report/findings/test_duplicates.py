"""What is said of pictures that stand twice, and of the accuracies without them."""

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_view, said

from report.findings import duplicates
from report.tables.results import without_duplicates
from training.records import Duplicates

NONE = Duplicates(n_identical_within=3, n_identical_across=0, n_near_within=2, n_near_across=0)


def found(identical=0, near=0, twins=()):
    return msgspec.structs.replace(
        NONE, n_identical_across=identical, n_near_across=near, test_twins=list(twins)
    )


def view_of(record, *answers):
    runs = [
        a_run(f"scratch/{number}", answers=([0, 0, 1, 1, 1], guesses))
        for number, guesses in enumerate(answers)
    ]
    return a_view(*runs, dataset=a_dataset(test=(2, 3), duplicates=record))


def test_nothing_is_said_where_nobody_looked():
    view = view_of(None, [0, 0, 1, 1, 1])
    assert duplicates.found(view) == duplicates.what_they_change(view) == []
    assert without_duplicates(view) == {}
    assert duplicates.found(a_view()) == []


def test_pairs_within_a_split_are_none_across():
    view = view_of(found(), [0, 0, 1, 1, 1])
    assert said(duplicates.found(view)) == (
        "No two pictures of different splits are identical or nearly identical."
    )
    assert duplicates.what_they_change(view) == []


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (found(1, 0), "1 pair of identical or nearly identical pictures stands in"),
        (found(1, 2), "3 pairs of identical or nearly identical pictures stand in"),
        (found(0, 1, [4]), "Because of them 1 test picture has a twin"),
        (found(2, 0, [0, 4]), "Because of them 2 test pictures have a twin"),
    ],
)
def test_pairs_and_their_test_pictures_are_counted(record, text):
    spoken = said(duplicates.found(view_of(record)))
    assert text in spoken
    assert ("Because" in spoken) == bool(record.test_twins)


def test_accuracies_without_twins_are_those_of_the_other_pictures():
    guesses = ([0, 0, 1, 0, 0], [1, 0, 0, 1, 1])  # 3 of 5 right, both; without 0 and 4: 2, 2 of 3
    view = view_of(found(2, 0, [0, 4]), *guesses)
    rows = without_duplicates(view)["without_duplicates"].rows
    shown = [[part.text for cell in row.cells[1:] for part in cell] for row in rows]
    assert shown == [["60.0", "66.7", "+6.7"], ["60.0", "66.7", "+6.7"]]
    assert "Without the 2 test pictures" in said(duplicates.what_they_change(view))
    assert "no test accuracy changes by more than 6.7 points." in said(
        duplicates.what_they_change(view)
    )


def test_the_largest_change_counts_whichever_way_it_goes():
    view = view_of(found(1, 0, [4]), [0, 0, 1, 1, 1], [0, 1, 1, 0, 1])  # 100 -> 100; 60 -> 50
    text = said(duplicates.what_they_change(view))
    assert "Without the 1 test picture that has a twin" in text
    assert "by more than 10.0 points" in text


def test_accuracies_that_stay_are_said_to_stay():
    view = view_of(found(1, 0, [4]), [0, 0, 1, 1, 1])
    assert "the test accuracies stay as they are." in said(duplicates.what_they_change(view))


@pytest.mark.parametrize("twins", [[5], [0, 1, 2, 3, 4]])
def test_twins_that_no_answer_belongs_to_or_that_are_all_give_no_table(twins):
    view = view_of(found(1, 0, twins), [0, 0, 1, 1, 1])
    assert duplicates.what_they_change(view) == []
    assert without_duplicates(view) == {}


def test_answers_on_other_pictures_are_left_aside():
    view = view_of(found(1, 0, [4]), [0, 0, 1, 1, 1])
    run = view.run("scratch/0")
    other = msgspec.structs.replace(run.predictions, dataset_fingerprint="other")
    run.__dict__["predictions"] = other
    assert without_duplicates(view) == {}


@pytest.mark.parametrize(
    ("least", "text"),
    [(0.07, "no test accuracy changes by a tenth of a point."), (0.06, "by more than 6.7 points")],
)
def test_a_change_that_would_be_printed_as_nothing_is_told_in_words(least, text, monkeypatch):
    monkeypatch.setattr(duplicates, "A_TENTH", least)
    view = view_of(found(2, 0, [0, 4]), [0, 0, 1, 0, 0])
    assert text in said(duplicates.what_they_change(view))

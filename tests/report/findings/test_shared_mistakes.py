"""What several models get wrong alike, and what accuracy goes with."""

import pytest
from in_memory import a_dataset, a_run, a_view
from in_memory import said as text_of

from report.evidence.numbers import derive
from report.findings import shared_mistakes
from report.findings.shared_mistakes import (
    accuracy_by_size,
    likely_labels,
    places_all_get_wrong,
    same_persons,
    second_model,
    shared_with_second,
)
from report.tables.likely_labels import labels_table
from report.tables.mistakes import confusions
from training.records import Experiment

N = 20
LABEL = [0] * N + [1] * N


def a_model(name, wrong, validation=0.9, label=LABEL, **fields):
    """Make a tested run of two classes that gets the pictures at some places wrong."""
    guesses = [1 - t if i in wrong else t for i, t in enumerate(label)]
    experiment = Experiment(id=name, question="?", test=True)
    return a_run(name, answers=(label, guesses), validation=validation, experiment=experiment,
                 **fields)  # fmt: skip


def view_of(*runs, **changes):
    files = [f"c/{i}.png" for i in range(2 * N)]
    dataset = a_dataset((50, 50), (N, N), (N, N), test_images=files, **changes)
    return a_view(*runs, dataset=dataset)


def three(*wrong, names=("beyond/a", "beyond/b", "beyond/c")):
    return [
        a_model(name, places, 0.9 - i / 100)
        for i, (name, places) in enumerate(zip(names, wrong, strict=True))
    ]


def test_labels_that_all_contradict_alike_are_called_into_question():
    view = view_of(*three({3, 7}, {3, 9}, {3, 25}))
    runs, places = places_all_get_wrong(view)
    assert ([run.id for run in runs], places) == (["beyond/a", "beyond/b", "beyond/c"], [3])
    assert text_of(likely_labels(view)) == (
        "By all 3 models that learned, 1 test picture is named wrongly and alike. Its label may be "
        "wrong: a person has to look."
    )
    table = labels_table(view)["labels"]
    assert [part.text for cell in table.rows[0].cells for part in cell][:3] == [
        "c/3.png", "ant", "bee",
    ]  # fmt: skip


def test_two_models_are_too_few():
    assert likely_labels(view_of(*three({3}, {3}, {3})[:2])) == []


def test_a_model_that_guesses_has_no_voice():
    half = set(range(0, 2 * N, 2))
    guessing = a_model("beyond/d", half, 0.5)
    assert len(places_all_get_wrong(view_of(*three({3}, {3}, {3}), guessing))[0]) == 3
    assert likely_labels(view_of(*three({3}, {3}, half))) == []


def test_a_training_that_several_experiments_stand_for_counts_once():
    runs = three({3}, {3}, {3})
    again = a_model("beyond/z", {3}, reused_from="beyond/a")
    assert likely_labels(view_of(*runs[:2], again)) == []


def test_other_wrong_answers_are_not_alike():
    label = [0, 1, 2] * N
    runs = []
    for i in range(3):
        guesses = list(label)
        guesses[0] = 1 + i % 2
        guesses[3] = 2
        runs.append(
            a_run(f"beyond/{i}", answers=(label, guesses), validation=0.9,
                  experiment=Experiment(id=f"beyond/{i}", question="?", test=True))
        )  # fmt: skip
    view = a_view(*runs, dataset=a_dataset((50,) * 3, (N,) * 3, (N,) * 3))
    assert places_all_get_wrong(view)[1] == [3]


def test_mistakes_that_a_second_model_shares_are_counted():
    runs = three({3, 7, 30}, {3, 30, 31}, {1})
    view = view_of(*runs)
    assert second_model(view, runs[0]) is runs[1]
    assert text_of(shared_with_second(view, runs[0])) == (
        "AlexNet gives the same wrong answer to 2 of these."
    )
    last = [row.cells[-1][0].value for row in confusions(view, runs[0]).rows]
    assert last == [1, 2]


def test_alone_a_model_shares_none():
    runs = three({3}, {3}, {3})
    assert shared_with_second(view_of(runs[0]), runs[0]) == []
    assert len(confusions(view_of(runs[0]), runs[0]).columns) == 5
    assert shared_with_second(view_of(*three(set(), {3}, {3})), a_model("beyond/a", set())) == []


NAMES = [f"class {i}" for i in range(10)]
TEN = [i for i in range(10) for _ in range(N)]


def by_size(right, sizes):
    guesses = [t if j % N < right[t] else (t + 1) % 10 for j, t in enumerate(TEN)]
    run = a_run("beyond/a", answers=(TEN, guesses))
    n = len(right)
    dataset = a_dataset(sizes, (N,) * n, (N,) * n, classes=NAMES)
    return text_of(accuracy_by_size(a_view(run, dataset=dataset), run))


RISING = [5, 6, 8, 9, 11, 12, 14, 16, 18, 20]
SIZES = [30, 32, 35, 40, 50, 60, 70, 90, 200, 300]


def test_accuracy_that_goes_with_the_train_pictures_is_said_to():
    assert by_size(RISING, SIZES) == (
        "Classes with more train pictures have the higher accuracy (rank correlation 1.00, "
        "permutation test, p < 0.001)."
    )
    assert "have the lower accuracy (rank correlation −1.00" in by_size(RISING[::-1], SIZES)


def test_what_the_permutation_test_cannot_tell_is_open():
    mixed = [12, 5, 20, 9, 16, 6, 18, 8, 14, 11]
    assert "can’t be told (rank correlation 0." in by_size(mixed, SIZES)


def test_classes_of_about_one_size_are_not_held_against_it():
    assert by_size(RISING, list(range(30, 40))) == ""


def test_the_smallest_groups_are_no_order(monkeypatch):
    monkeypatch.setattr(shared_mistakes, "ENOUGH_CLASSES", 11)
    assert by_size(RISING, SIZES) == ""


FACES = {"classes": ["Faces", "Faces_easy"]}


def test_the_two_classes_of_faces_are_named_as_what_they_are():
    run = a_model("beyond/a", {1, 2, 21})
    view = view_of(run, kind="caltech101", **FACES)
    assert text_of(same_persons(view, run)) == (
        "Faces and Faces easy show the same persons, the second cropped to the face; 3 mistakes "
        "are between these two."
    )
    assert same_persons(view_of(run, name="my Caltech part", **FACES), run)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "folder", "name": "people", **FACES},
        {"kind": "caltech101", "classes": ["Faces", "airplanes"]},
    ],
    ids=["another data set", "one of them"],
)
def test_other_faces_are_not(changes):
    run = a_model("beyond/a", {1})
    assert same_persons(view_of(run, **changes), run) == []


def test_operations_recompute_what_is_said():
    runs = three({3, 7}, {3, 9}, {3, 25})
    label, predicted = runs[0].prediction("/label"), [r.prediction("/predicted") for r in runs]
    assert derive("n_wrong_alike", label, *predicted).value == 1

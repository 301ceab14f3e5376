"""Tests on further pictures in records: forged in any one way they are found."""

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_spec, a_view

from report.audit.other_tests import other_test_problems
from training.records import OtherAnswers, OtherPictures, OtherTest

LABEL = [0, 0, 1, 1]
DATASET = a_dataset(
    other_pictures=(
        OtherPictures(
            name="sketches", fingerprint="f", classes=[0, 1], unknown=[], images=["a", "b", "c"]
        ),
    )
)
TEST = OtherTest(
    pictures="sketches", fingerprint="f", loss=1.0, accuracy=2 / 3, n_correct=2, n_images=3
)
ANSWERS = OtherAnswers(
    pictures="sketches", fingerprint="f", label=[0, 1, 1], predicted=[0, 1, 0],
    probability=[0.9, 0.8, 0.7],
)  # fmt: skip


def problems(tests=(TEST,), answers=(ANSWERS,), dataset=DATASET, tested=True):
    fields = {"answers": (LABEL, LABEL)} if tested else {}
    run = a_run(spec=a_spec(), other_tests=tests, **fields)
    if tested:
        run.__dict__["predictions"] = msgspec.structs.replace(run.predictions, others=answers)
    found = other_test_problems(a_view(run, dataset=dataset), run)
    return [(p.source.partition("#")[2], p.problem) for p in found]


def changed(record, **fields):
    return (msgspec.structs.replace(record, **fields),)


def test_those_that_agree_are_left_alone():
    assert problems() == []
    assert problems((), ()) == []
    assert problems(changed(TEST, fingerprint="g"), changed(ANSWERS, fingerprint="g")) == []


@pytest.mark.parametrize(
    ("tests", "answers", "pointer", "problem"),
    [(changed(TEST, n_correct=3, accuracy=1.0), (ANSWERS,), "/other_tests/0/n_correct",
      "2 of 3 answers are correct"),
     (changed(TEST, accuracy=0.9), (ANSWERS,), "/other_tests/0/accuracy", "2 of 3 is 0.6"),
     (changed(TEST, n_images=4), (ANSWERS,), "/other_tests/0/n_images", "its answers are 3"),
     (changed(TEST, pictures="clipart"), (ANSWERS,), "/other_tests/0", "answers are of sketches"),
     ((TEST,), (), "/other_tests", "answers of 0 tests"),
     ((TEST, TEST), (ANSWERS, ANSWERS), "/other_tests/1/pictures", "it is there twice"),
     ((TEST,), changed(ANSWERS, label=[0, 1, 4], predicted=[0, 1, 3]), "/other_tests/0",
      "has no picture of class 4")],
)  # fmt: skip
def test_what_cant_be_is_found(tests, answers, pointer, problem):
    found = problems(tests, answers)
    assert any(place == pointer and problem in text for place, text in found), found


def test_as_many_pictures_as_the_data_sets_record_lists():
    fewer = msgspec.structs.replace(DATASET.other_pictures[0], images=["a", "b"])
    found = problems(dataset=msgspec.structs.replace(DATASET, other_pictures=(fewer,)))
    assert found == [("/other_tests/0/n_images", "dataset.json lists 2 pictures of sketches")]


def test_a_run_that_wasnt_tested_has_none():
    assert [text for _, text in problems(tested=False)] == ["it wasn't tested"]

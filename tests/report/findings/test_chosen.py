"""The chosen model is validation's; the test set says what it gets right, and who is level."""

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_view
from in_memory import said as text_of

from report.evidence.sentences import Sentence
from report.findings.chosen import chosen, chosen_model
from report.sections import section_view
from report.sections.cover import make_cover
from report.tables.results import summary
from training.records import Experiment

A, B, C = "transfer/best", "scratch/best", "freezing/cnn"


def a_model(name, right, validation, n=100, **fields):
    """Make a tested run that is right for the first pictures of n."""
    answers = ([0] * n, [0] * right + [1] * (n - right))
    experiment = Experiment(id=name, question="?", test=True)
    return a_run(name, validation=validation, answers=answers, experiment=experiment, **fields)


def told(*runs, **view):
    return text_of(chosen(a_view(*runs, **view)))


def test_validation_chooses_whatever_the_test_says():
    text = told(a_model(A, 95, 0.80), a_model(B, 90, 0.85))
    assert "Chosen by its validation accuracy of 85.0 %: AlexNet from scratch." in text
    assert "It gets 90.0 % (95 % interval 82.6 % to 94.5 %) of the test pictures right." in text


def test_a_choice_that_a_finalist_is_missing_from_is_one_so_far():
    missing = Experiment(id="beyond/vgg16", question="?", test=True)
    candidate = Experiment(id="transfer/grid-sgd-1e-2", question="?")
    runs = (a_model(A, 95, 0.80), a_model(B, 90, 0.85))
    assert "Chosen by its validation accuracy" in told(*runs, experiments=[candidate])
    assert "Chosen so far by its validation accuracy" in told(*runs, experiments=[missing])


def test_one_model_is_no_choice():
    text = told(a_model(A, 90, 0.9))
    assert text == (
        "One model was tested: AlexNet fine-tuned. It gets 90.0 % (95 % interval 82.6 % to 94.5 %) "
        "of the test pictures right."
    )
    assert chosen_model(a_view()) is None
    assert chosen(a_view()) == []
    dataset = a_dataset(test=(60, 40))
    assert "isn’t measurably better than naming one class" in told(
        a_model(A, 62, 0.6), dataset=dataset
    )


@pytest.mark.parametrize(("right", "level"), [(85, True), (84, False)])
def test_who_can_not_be_told_from_it_is_named(right, level):
    """5 pictures that only one gets right have p = 0.06, 6 have 0.03."""
    text = told(a_model(A, 90, 0.9), a_model(B, right, 0.8))
    assert ("can’t be told from AlexNet from scratch (85.0 %)." in text) == level
    assert ("it is measurably better than the other one." in text) == (not level)


def test_p_values_are_corrected_for_the_number_of_tests():
    """6 of 100 have p = 0.03: alone a difference, of two comparisons with another such none."""
    text = told(a_model(A, 90, 0.9), a_model(B, 84, 0.8), a_model(C, 84, 0.7))
    assert (
        "can’t be told from AlexNet from scratch (84.0 %) and AlexNet with frozen convolutions"
        in text
    )
    text = told(a_model(A, 90, 0.9), a_model(B, 84, 0.8), a_model(C, 50, 0.7))
    assert "measurably better than each of the others." in text


def test_what_is_better_on_the_test_is_said_and_not_chosen():
    text = told(a_model(A, 80, 0.9), a_model(B, 95, 0.8))
    assert "Chosen by its validation accuracy of 90.0 %: AlexNet fine-tuned." in text
    assert "Measurably better on the test pictures is AlexNet from scratch (95.0 %)" in text
    assert "better than" not in text


def test_better_than_all_needs_all_to_be_tested_on_the_same_pictures():
    other = a_run(C, validation=0.1, tested=(10, 100))
    text = told(a_model(A, 90, 0.9), a_model(B, 50, 0.8), other)
    assert "Chosen" in text
    assert "better" not in text


def test_no_model_is_praised_that_learned_nothing():
    dataset = a_dataset(test=(60, 40))
    text = told(a_model(A, 62, 0.6), a_model(B, 50, 0.5), dataset=dataset)
    assert "No tested model is measurably better than naming one class every time" in text
    assert "not even AlexNet fine-tuned" in text
    assert "Chosen" not in text
    assert "Chosen" in told(a_model(A, 75, 0.6), a_model(B, 50, 0.5), dataset=dataset)


def test_ties_of_validation_are_broken_as_in_a_grid():
    spec = a_run().metrics.spec

    slow = msgspec.structs.replace(spec, learning_rate=1e-5)
    choice = chosen_model(a_view(a_model(A, 90, 0.9), a_model(B, 95, 0.9, spec=slow)))
    assert choice.model.experiment.id == B


def test_stars_mark_the_chosen_model_and_those_level_with_it():
    view = a_view(a_model(A, 90, 0.90), a_model(B, 88, 0.8), a_model(C, 40, 0.7))
    rows = summary(view).rows
    assert [row.best for row in rows] == [True, True, False]
    assert [row.best for row in summary(a_view(a_model(A, 90, 0.9))).rows] == [False]


def test_the_first_page_and_the_cover_say_the_same():
    view = a_view(a_model(A, 95, 0.80), a_model(B, 90, 0.85), dataset=a_dataset())
    said = "Chosen by its validation accuracy of 85.0 %"
    assert said in text_of(section_view("introduction", view).findings["chosen"])
    assert said in text_of([Sentence(make_cover(view).headline)])

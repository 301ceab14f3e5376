"""Where the best network errs."""

import pytest
from in_memory import a_dataset, a_run, a_view, said

from report.findings import mistakes

NAME = "transfer/best"
DATASET = a_dataset(train=(4, 4, 4), validation=(4, 4, 4), test=(4, 2, 4))
LABEL = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]


def view_of(*runs, dataset=DATASET, **fields):
    return a_view(*runs, dataset=dataset, **fields)


def answering(*predicted, name=NAME, **fields):
    return a_run(name, answers=(LABEL, predicted), **fields)


RIGHT = answering(*LABEL)


def test_the_finalist_shown_is_the_best_on_validation_not_on_test():
    worse_on_test = answering(*[2] * 10, name="scratch/best", validation=0.7)
    view = view_of(answering(*LABEL, validation=0.6), worse_on_test)
    assert mistakes.best_finalist(view) is worse_on_test


def test_of_several_seeds_the_first_is_shown():
    runs = [answering(*LABEL, seed=seed, validation=0.5 + seed / 10) for seed in (0, 1)]
    assert mistakes.best_finalist(view_of(*runs)) is runs[0]


@pytest.mark.parametrize(
    "run",
    [
        a_run(NAME),
        a_run(NAME, tested=(1, 2)),
        a_run(NAME, answers=(LABEL, LABEL, (), "other")),
        a_run(NAME, answers=(LABEL, LABEL, (), "view")),
        answering(*LABEL[:-1], 3),
        answering(*LABEL[:-1], -1),
        a_run(NAME, answers=([3], [0])),
    ],
    ids=[
        "not tested",
        "no answers",
        "other pictures",
        "others again",
        "no such class",
        "below",
        "no such label",
    ],
)
def test_answers_that_are_not_about_these_pictures_are_not_shown(run):
    assert mistakes.best_finalist(view_of(run)) is None
    assert mistakes.best_finalist(view_of(run, answering(*LABEL, name="a/b"))) is not None


def test_without_a_data_set_nothing_is_shown():
    assert mistakes.best_finalist(a_view(RIGHT)) is None


def test_hardest_classes_go_by_share_then_size_then_order():
    run = answering(1, 1, 0, 0, 0, 1, 1, 1, 2, 2)  # half of each class is right
    assert mistakes.hardest_classes(run, 9) == [0, 2, 1]
    run = answering(0, 0, 0, 1, 0, 0, 1, 2, 2, 2)  # 3 of 4, none, 3 of 4
    assert mistakes.hardest_classes(run, 9) == [1, 0, 2]
    assert mistakes.hardest_classes(run, 2) == [1, 0]
    assert mistakes.hardest_classes(answering(0, 0, 0, 1, *LABEL[4:]), 9) == [0]
    assert mistakes.hardest_classes(RIGHT, 9) == []


def test_counts_of_a_class_are_those_of_the_answers():
    run = answering(1, 1, 0, 2, *LABEL[4:])
    view = view_of(run)
    assert mistakes.class_size(view, run, 0).value == 4
    assert mistakes.class_right(view, run, 0).value == 1
    assert mistakes.confusion(view, run, 0, 1).value == 2
    assert mistakes.confusion(view, run, 1, 0).value == 0


@pytest.mark.parametrize("seeds", [1, 2])
def test_the_network_is_named_with_its_mistakes_and_its_seed_of_several(seeds):
    runs = [answering(1, 1, 0, 2, *LABEL[4:], seed=seed) for seed in range(seeds)]
    text = said(mistakes.whose_mistakes(view_of(*runs), runs[0]))
    assert "Of 10 test pictures it names 3 wrongly." in text
    assert ("with the seed 0" in text) == (seeds > 1)


def test_the_hardest_class_and_the_commonest_confusion_are_told():
    run = answering(1, 1, 0, 2, *LABEL[4:])
    text = said(mistakes.by_class(view_of(run), run))
    assert "named rightly: 2 of 3." in text
    assert "The hardest class is ant: 1 of 4 right." in text
    assert "Most often ant is taken for bee: 2 of its 4 pictures." in text


def test_without_a_mistake_neither_is_told():
    text = said(mistakes.by_class(view_of(RIGHT), RIGHT))
    assert "named rightly: 3 of 3." in text
    assert "hardest" not in text
    assert "taken for" not in text


def test_certainty_is_told_where_some_are_right_and_some_wrong():
    probability = [0.2, 0.4, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
    run = a_run(NAME, answers=(LABEL, [1, 1, *LABEL[2:]], probability))
    text = said(mistakes.certainty(view_of(run), run))
    assert "90.0 % where they are right and 30.0 % where they are wrong" in text
    assert "Over all answers the mean probability is 78.0 %, within the 95 % interval" in text
    assert mistakes.certainty(view_of(RIGHT), RIGHT) == []
    wrong = answering(1, 1, 1, 1, 0, 0, 0, 0, 0, 0)
    assert mistakes.certainty(view_of(wrong), wrong) == []


@pytest.mark.parametrize(
    ("right", "probability", "words"),
    [(80, 0.8, "as sure as it is right"), (80, 0.88, "it is overconfident"),
     (80, 0.70, "it is underconfident"), (80, 0.86, "as sure as it is right")],
)  # fmt: skip
def test_confidence_is_judged_by_the_interval_of_the_accuracy(right, probability, words):
    """The interval of 80 of 100 is 71.1 to 86.7 %."""
    run = a_run(NAME, answers=([0] * 100, [0] * right + [1] * (100 - right), [probability] * 100))
    assert words in said(mistakes.certainty(view_of(run), run))

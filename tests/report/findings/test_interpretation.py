"""Interpretations are written where their condition holds, and nowhere else."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view
from in_memory import said as text_of

from report.findings.interpretation import (
    likeness,
    soonest,
    uneven_loss,
    unlike_batches,
    unsuited_features,
)
from training.records import Experiment

TUNED, ALTERED = "transfer/best", "augmentation/one-of-three"
N = 100
"""Test pictures of each of four classes."""


def a_model(name, *right, epochs=None, seed=0, **fields):
    """Make a tested run from how many of each class's pictures it names rightly.

    Args:
        epochs: Its validation accuracy after each.
    """
    label, guesses = [], []
    for index, n_right in enumerate(right):
        label += [index] * N
        guesses += [index] * n_right + [(index + 1) % 4] * (N - n_right)
    curves = None if epochs is None else {"validation_accuracy": epochs}
    experiment = Experiment(id=name, question="?", test=True)
    return a_run(
        name, answers=(label, guesses), curves=curves, experiment=experiment, seed=seed, **fields
    )


def view_of(*runs, **fields):
    return a_view(*runs, dataset=a_dataset((500,) * 4, (N,) * 4, (N,) * 4), **fields)


def equals(*courses):
    return [
        a_model(f"beyond/{letter}", 80, 80, 80, 80, epochs=course, validation=0.8 - i / 100)
        for i, (letter, course) in enumerate(zip("abc", courses, strict=False))
    ]


def test_the_first_to_come_near_its_best_is_named():
    text = text_of(soonest(view_of(*equals([0.2, 0.5, 0.80], [0.2, 0.77, 0.79]))))
    assert "in epoch 2; " in text
    assert "in epoch 3. Where accuracy doesn’t decide, that may" in text


def test_a_twentieth_below_the_best_is_near():
    assert "in epoch 1; " in text_of(soonest(view_of(*equals([0.76, 0.80], [0.1, 0.79]))))
    assert soonest(view_of(*equals([0.759, 0.80], [0.1, 0.79]))) == []


@pytest.mark.parametrize(
    "runs",
    [
        equals([0.2, 0.8], [0.2, 0.8]),
        equals([0.2, 0.8], None),
        equals([0.2, 0.8]),
        [
            *equals([0.8, 0.8]),
            a_model("beyond/b", 20, 20, 20, 20, epochs=[0.1, 0.2], validation=0.2),
        ],
    ],
    ids=["both at once", "a course is unknown", "alone", "nothing level with it"],
)
def test_else_nobody_was_first(runs):
    assert soonest(view_of(*runs)) == []


def test_of_several_seeds_no_course_is_compared():
    runs = equals([0.8, 0.8], [0.2, 0.79])
    again = [
        a_model(run.id, 80, 80, 80, 80, epochs=[0.2, 0.8], seed=1, validation=0.8) for run in runs
    ]
    assert soonest(view_of(*runs, *again)) == []


def test_what_may_hurt_some_classes_of_an_augmentation_is_said():
    view = view_of(a_model(TUNED, 90, 90, 90, 90), a_model(ALTERED, 60, 90, 20, 89))
    assert text_of(uneven_loss(view, "augmentation", ALTERED)).startswith(
        "The altered copies may show"
    )


@pytest.mark.parametrize(
    "right",
    [(40, 40, 40, 40), (85, 85, 85, 85), (90, 90, 90, 88), (95, 95, 90, 60)],
    ids=[
        "every class",
        "none measurably",
        "not worse in all",
        "a class that lost, in an equal whole",
    ],
)
def test_else_nothing_is_said_of_it(right):
    view = view_of(a_model(TUNED, 90, 90, 90, 75), a_model(ALTERED, *right))
    assert uneven_loss(view, "augmentation", ALTERED) == []


def frozen(freeze, right):
    spec = a_spec(freeze=freeze)
    return a_model("freezing/cnn", *(right,) * 4, spec=spec)


@pytest.mark.parametrize(
    ("freeze", "right", "said"),
    [("features", 60, True), ("backbone", 60, True), ("classifier", 60, False),
     ("features", 89, False), ("features", 99, False)],
)  # fmt: skip
def test_features_may_not_suit_where_freezing_them_cost_measurably(freeze, right, said):
    view = view_of(a_model(TUNED, 90, 90, 90, 90), frozen(freeze, right))
    text = text_of(unsuited_features(view, "freezing", "freezing/cnn"))
    assert ("frozen features lack may be" in text) == said


def transferred(kind="caltech101", weights="imagenet", right=90, spec=True):
    """Return a study of a model from scratch, 60 of 100 right in each class, and a tuned one."""
    scratch = a_model("scratch/best", 60, 60, 60, 60)
    changes = {"spec": a_spec(weights=weights) if spec else None}
    tuned = a_model(TUNED, *(right,) * 4, **changes)
    dataset = a_dataset((500,) * 4, (N,) * 4, (N,) * 4, kind=kind)
    return a_view(scratch, tuned, dataset=dataset)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, True),
        ({"kind": "sample"}, False),
        ({"kind": "folder"}, False),
        ({"weights": "sample"}, False),
        ({"weights": "file:alexnet-owt-7be5be79.pth"}, False),
        ({"spec": False}, False),
        ({"right": 61}, False),
        ({"right": 30}, False),
    ],
)
def test_both_tasks_are_alike_only_where_both_are_known_and_it_helped(changes, said):
    text = text_of(likeness(transferred(**changes), "transfer"))
    assert ("as those of ImageNet are" in text) == said


@pytest.mark.parametrize(
    ("size", "said"), [(256, ""), (32, "32 pictures for AlexNet"), (1, "1 picture for AlexNet")]
)
def test_batches_are_spoken_of_where_their_sizes_differ(size, said):
    base = a_model(TUNED, 90, 90, 90, 90, spec=a_spec(batch_size=256))
    other = a_model("beyond/vgg16", 90, 90, 90, 90, spec=a_spec(batch_size=size))
    text = text_of(unlike_batches(view_of(base, other), [other.id, "beyond/none"], TUNED))
    assert said in text
    assert bool(text) == bool(said)
    if said:
        assert "256 pictures for" in text


def test_batches_that_no_record_names_are_not_spoken_of():
    other = a_model("beyond/vgg16", 90, 90, 90, 90, spec=a_spec(batch_size=32))
    base = a_model(TUNED, 90, 90, 90, 90, spec=None)
    assert unlike_batches(view_of(other), [other.id], TUNED) == []
    assert unlike_batches(view_of(other, base), [other.id], TUNED) == []
    assert unlike_batches(view_of(base, other), [], TUNED) == []

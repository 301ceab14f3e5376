"""Test accuracies beside the reference report's."""

import pytest
from in_memory import a_dataset, a_run, a_view, said

from report.findings.against_reference import against_reference

SAME = a_dataset(train=(1446, 1446), validation=(1446, 1446), test=(1446, 1447), kind="caltech101")
INSIDE, HIGHER, LOWER = 2450, 2893, 1000  # the reference has 84.68 % of 2,893


def told(*rights, dataset=SAME, names=("transfer/best", "scratch/best"), **settings):
    runs = [a_run(name, tested=(right, 2893)) for name, right in zip(names, rights, strict=False)]
    return against_reference(a_view(*runs, dataset=dataset, settings=settings))


@pytest.mark.parametrize(
    "different",
    [{"dataset": None}, {"epochs": 3}, {"weights": "sample"}, {"width": 0.5}, {"image_size": 96},
     {"dataset": a_dataset(kind="caltech101")}, {"dataset": a_dataset(kind="sample")}],
    ids=str,
)  # fmt: skip
def test_another_study_of_the_same_homework_is_not_compared(different):
    assert told(INSIDE, **different) == []


@pytest.mark.parametrize("other", [{"dataset": a_dataset()}, {"backbone": "vgg16"}], ids=str)
def test_of_other_pictures_or_networks_nothing_is_said(other):
    assert told(INSIDE, **other) == []


def test_models_that_the_reference_lacks_are_not_counted():
    assert told(INSIDE, names=("augmentation/rotation",)) == []
    text = said(told(INSIDE, INSIDE, names=("transfer/best", "augmentation/rotation")))
    assert text.startswith("Of 1 test accuracies")


@pytest.mark.parametrize(
    ("right", "inside", "side"),
    [(INSIDE, 1, None), (HIGHER, 0, "Higher here"), (LOWER, 0, "Lower here")],
)
def test_a_value_lies_in_the_interval_or_on_a_side_of_it(right, inside, side):
    text = said(told(right))
    assert f"also gives, {inside} have its value inside" in text
    for words in ("Higher here", "Lower here"):
        assert (words in text) == (words == side)
    assert (f"{100 * right / 2893:.1f} % here, 84.7 % there" in text) == (side is not None)


@pytest.mark.parametrize(("right", "inside"), [(2411, 0), (2412, 1), (2487, 1), (2488, 0)])
def test_the_intervals_ends_decide(right, inside):
    assert f"{inside} have its value inside" in said(told(right))

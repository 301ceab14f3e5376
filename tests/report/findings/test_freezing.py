"""What each freeze strategy leaves to train, and whether training more goes with more."""

import pytest
from in_memory import a_run, a_spec, a_view, said

from report.evidence import accuracy
from report.findings import freezing
from training.records import Parameters


def counts(trainable, total=1000):
    return Parameters(total, trainable, total - trainable, {"all": total}, {"all": trainable})


def test_all_of_a_network_is_trained_or_a_share_of_it():
    whole = a_run(parameters=counts(1000))
    assert "nothing is held still. Training changes all 1 000 parameters." in said(
        freezing.what_is_trained(whole)
    )
    part = a_run(parameters=counts(999), spec=a_spec(freeze="features"))
    text = said(freezing.what_is_trained(part))
    assert "the convolutions keep their starting values" in text
    assert "999 of 1 000 parameters (99.9 %)" in text


@pytest.mark.parametrize("missing", ["spec", "parameters"])
def test_without_spec_or_counts_nothing_is_said(missing):
    run = a_run(**({"parameters": counts(1)} | {missing: None}))
    assert freezing.what_is_trained(run) == []


def ordered(*pairs):
    """Return what is said of models by their trained parameters and pictures named rightly."""
    runs = [
        a_run(
            f"freezing/{i}",
            answers=([0] * 100, [0] * right + [1] * (100 - right)),
            parameters=n and counts(n),
        )
        for i, (n, right) in enumerate(pairs)
    ]
    view = a_view(*runs)
    return said(
        freezing.counts_and_accuracy([accuracy.tested_accuracy(view, run.id) for run in runs])
    )


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (((300, 70), (100, 50), (200, 60)), "more went with a higher accuracy."),
        (((100, 50), (200, 51), (300, 70)), "more went with a higher accuracy."),
        (((100, 50), (200, 50), (300, 50)), "no difference between them can be told."),
        (((100, 50), (200, 51), (300, 52)), "no difference between them can be told."),
        (((300, 50), (100, 70), (200, 60)), "more went with a lower accuracy."),
        (((100, 50), (200, 70), (300, 60)), "doesn’t follow that number"),
        (((100, 50), (200, 70), (300, 69)), "more went with a higher accuracy."),
        (((100, 50), (200, 70), (300, 60), (400, 80)), "doesn’t follow that number"),
    ],
)
def test_more_parameters_are_better_or_worse_where_tests_say_so(pairs, words):
    assert words in ordered(*pairs)


def test_tests_are_corrected_for_their_number():
    """One in three of p = 0.03 is none: 6 pictures of one side."""
    assert "no difference" in ordered((100, 50), (200, 56), (300, 56))
    assert "higher" in ordered((100, 50), (200, 58), (300, 58))


def test_models_that_were_not_asked_the_same_have_no_order():
    runs = [
        a_run(f"freezing/{i}", tested=(50 + 10 * i, 100), parameters=counts(n))
        for i, n in enumerate((100, 200, 300))
    ]
    view = a_view(*runs)
    (only,) = freezing.counts_and_accuracy([accuracy.tested_accuracy(view, r.id) for r in runs])
    assert str(only).startswith("Ordered by")


def test_three_different_counts_are_needed():
    assert ordered((100, 50), (200, 60)) == ""
    assert ordered((100, 50), (200, 60), (200, 70)) == ""
    assert ordered((100, 50), (200, 60), (None, 70)) == ""
    assert "0.000 million" in ordered((100, 50), (200, 60), (300, 70), (None, 70))


@pytest.mark.parametrize(
    ("freeze", "words"),
    [("first:1", "the first block keeps its starting values"),
     ("first:3", "the first 3 blocks keep their starting values"),
     ("pattern:features.[0-5].*",
      "the weights whose names match features.[0-5].* keep their starting values"),
     ("backbone", "everything before the new head keeps its starting values")],
)  # fmt: skip
def test_what_is_held_still_is_what_the_spec_says(freeze, words):
    run = a_run(parameters=counts(400), spec=a_spec(freeze=freeze))
    text = said(freezing.what_is_trained(run))
    assert f": {words}. Training changes 400 of 1 000 parameters (40.0 %)." in text

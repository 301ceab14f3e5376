"""How a grid's pairs stood when their epochs were over."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.findings.still_improving import how_they_ended

GRID = "scratch/grid"
RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]


def ended(*gains, **fields):
    """Return what is said of pairs, the best first, by what each gained at the end."""
    runs = [
        a_run(f"{GRID}-sgd-{i}", validation=0.9 - i / 10, spec=a_spec(learning_rate=RATES[i]),
              curves={"validation_accuracy": [0.5] * 3 + [0.5 + gain] * 3}, **fields)
        for i, gain in enumerate(gains)
    ]  # fmt: skip
    return said(how_they_ended(a_view(*runs, dataset=a_dataset(validation=(200, 200))), GRID))


@pytest.mark.parametrize("gains", [(), (0.5,)])
def test_one_pair_is_not_told_of(gains):
    assert ended(*gains) == ""


def test_of_two_pairs_the_rising_one_is():
    assert "Of 2 pairs 1 pair was still rising" in ended(0, 0.5)


def test_pairs_that_ended_otherwise_are_not_counted():
    assert ended(0.5, 0.5, status="diverged") == ""


def test_with_none_rising_nothing_is_promised_of_more_epochs():
    assert ended(0, 0.004, -0.5) == ended(0, 0.02, 0) == ""


def test_one_that_was_rising_is_named_with_its_gain():
    text = ended(0, 0.2, 0)
    assert "Of 3 pairs 1 pair was still rising" in text
    assert "(SGD at 1e-3 by 20.0 points over the last epochs)" in text
    assert "best pair is among them" not in text


def test_the_best_being_among_them_is_said():
    text = ended(0.15, 0.2, 0)
    assert "Of 3 pairs 2 pairs were still rising" in text
    assert "The best pair is among them" in text


@pytest.mark.parametrize(("n", "named"), [(4, True), (5, False)])
def test_up_to_four_are_named(n, named):
    text = ended(0, *[0.2] * n)
    assert f"{n} pairs were still rising" in text
    assert ("over the last epochs" in text) == named

"""How accuracies are printed: alone, over seeds, with their interval."""

import pytest
from in_memory import a_run, a_view, said

from report.evidence import accuracy
from report.evidence.sentences import Sentence
from report.findings import scores

NAME = "transfer/best"


def tested(*rights):
    runs = [a_run(NAME, seed=seed, tested=(n, 100)) for seed, n in enumerate(rights)]
    return accuracy.tested_accuracy(a_view(*runs), NAME)


def text(parts):
    return said([Sentence(parts)])


def test_a_single_score_stands_alone():
    assert text(scores.tested_score(tested(50))) == "50.0 %"


def test_of_two_seeds_a_score_has_deviation_and_number():
    assert text(scores.tested_score(tested(50, 60))) == "55.0 % ± 7.1 (n = 2)"


def test_intervals_are_called_after_what_they_are_of():
    assert text(scores.accuracy_parts(tested(50))) == "50.0 % (95 % interval 40.4 % to 59.6 %)"
    two = text(scores.accuracy_parts(tested(50, 60)))
    assert "mean of 2 seeds, standard deviation 7.1 points, 95 % interval 45.2" in two
    three = text(scores.accuracy_parts(tested(50, 60, 70)))
    assert "mean of 3 seeds" in three
    assert "standard deviation 10.0 points, 95 % interval 33.3 % to 86.4 %" in three


@pytest.mark.parametrize(("n", "told"), [(1, False), (2, True), (3, True)])
def test_rules_over_seeds_are_told_where_a_study_asks_for_several(n, told):
    found = scores.rules_over_seeds(a_view(settings={"seeds": n}))
    assert bool(found) == told
    assert not told or f"asks for {n} random starts" in said(found)

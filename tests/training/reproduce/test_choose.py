"""What is drawn covers training, freezing and testing in the time there is."""

import math
import random

import pytest

from training.reproduce.choose import PARTS, Candidate, draw, fitting


def candidate(name, covers, seconds, has_network=False):
    return Candidate((name, 0), frozenset(covers.split()), seconds, has_network)


LIST = [
    *(candidate(f"grid-{n}", "training", 10 + n) for n in range(9)),
    candidate("best", "training testing", 20),
    candidate("frozen", "freezing testing", 5),
    candidate("frozen-more", "freezing testing", 50),
]


def drawn(candidates, seconds, seed, covered=frozenset()):
    return draw(candidates, seconds, random.Random(seed), covered)


@pytest.mark.parametrize("seed", range(50))
def test_every_part_is_covered_within_the_time(seed):
    chosen = drawn(LIST, 60, seed)
    assert set().union(*(item.covers for item in chosen)) == set(PARTS)
    assert sum(item.seconds for item in chosen) <= 60
    assert len(chosen) == 2


def test_the_same_seed_draws_the_same_and_others_draw_others():
    draws = [tuple(item.candidate.name for item in drawn(LIST, 100, seed)) for seed in range(50)]
    assert draws == [
        tuple(item.candidate.name for item in drawn(LIST, 100, seed)) for seed in range(50)
    ]
    assert {name for chosen in draws for name, _ in chosen} == {item.name[0] for item in LIST}


def test_what_is_covered_is_not_drawn_again():
    chosen = drawn(LIST, 100, 0, {"training", "testing"})
    assert ["freezing" in item.covers for item in chosen] == [True]


def test_a_kept_network_is_tested_where_nothing_fits():
    candidates = [candidate("long", "training testing", 1000, has_network=True)]
    (chosen,) = drawn(candidates, 60, 0)
    assert (chosen.trained, chosen.seconds, chosen.covers) == (False, 0, {"testing"})
    assert drawn([candidate("long", "training testing", 1000)], 60, 0) == []


def test_named_ones_all_run_without_a_limit_but_for_what_cant():
    candidates = [*LIST, candidate("elsewhere", "training", math.inf)]
    chosen = fitting(candidates, math.inf)
    assert {item.candidate for item in chosen} == set(LIST)
    assert [item.candidate.name[0] for item in fitting(LIST, 16)] == ["frozen", "grid-0"]

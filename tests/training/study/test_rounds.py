"""Grids whose members are chosen from results: held to Optuna's own loops; what can't be one."""

import itertools
import math
import warnings

import msgspec
import pytest

from training.errors import StudyError
from training.records import Settings, StudyGrid
from training.study import build_study
from training.study.files import StudyFile
from training.study.grids import read_grid
from training.study.rounds import (
    begun_grid,
    cut,
    members_of,
    rounds_by_chance,
    settled,
    with_round,
)

optuna = pytest.importorskip("optuna", reason="Optuna isn't installed (the extra optuna)")
optuna.logging.set_verbosity(optuna.logging.ERROR)

SPACE = {
    "learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log"},
    "batch_size": {"from": 8, "to": 64},
    "label_smoothing": {"from": 0.0, "to": 0.2},
    "optimizer": ["sgd", "adam", "rmsprop"],
}


def begun(sample=20, per_round=5, before=None, **fields):
    given = {**SPACE, "sample": sample, "sampler": "optuna:tpe", "round": per_round, **fields}
    table = read_grid({k: v for k, v in given.items() if v is not None}, Settings(), str)
    return begun_grid("x/tpe", table, lambda *_: '[grids."x/tpe"]', before)


def accuracy(member):
    """Return what a member reaches: the nearer to 0.01, to 32 and to Adam, the more."""
    far = abs(math.log10(member["learning_rate"]) + 2) + abs(member["batch_size"] - 32) / 32
    return round(max(0.0, 0.9 - 0.2 * far - 0.1 * (member["optimizer"] != "adam")), 4)


def results(grid, failed=()):
    members = members_of(grid)
    return [None if i in failed else accuracy(member) for i, member in enumerate(members)]


def searched(grid, failed=()):
    while grid.to_come:
        grid = with_round(grid, results(grid, failed))
    return grid


def values(grid):
    return [{name: member[name] for name in grid.axes} for member in members_of(grid)]


def suggested(trial):
    """Ask as a person would who wants values of three digits."""
    return {
        "learning_rate": float(f"{trial.suggest_float('learning_rate', 1e-4, 1e-1, log=True):.3g}"),
        "batch_size": trial.suggest_int("batch_size", 8, 64),
        "label_smoothing": float(f"{trial.suggest_float('label_smoothing', 0.0, 0.2):.3g}"),
        "optimizer": trial.suggest_categorical("optimizer", ["sgd", "adam", "rmsprop"]),
    }


def own_study(seed, startup):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=startup, constant_liar=True
        )
    return optuna.create_study(direction="maximize", sampler=sampler)


@pytest.mark.parametrize("seed", [0, 7])
def test_rounds_of_one_are_what_optimize_tries(seed):
    tried = []

    def objective(trial):
        tried.append(suggested(trial))
        return accuracy(tried[-1])

    own_study(seed, 1).optimize(objective, n_trials=15)
    assert values(searched(begun(15, per_round=1, sample_seed=seed))) == tried


@pytest.mark.parametrize("failed", [(), (1, 7)])
def test_rounds_are_those_of_asking_and_telling(failed):
    study, tried = own_study(0, 6), []
    for n in (6, 6, 6, 2):
        trials = [study.ask() for _ in range(n)]
        found = [suggested(trial) for trial in trials]
        for i, (trial, member) in enumerate(zip(trials, found, strict=True), len(tried)):
            if i in failed:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, accuracy(member))
        tried += found
    grid = searched(begun(20, per_round=6), failed)
    assert values(grid) == tried
    assert [each.members for each in grid.search.rounds] == [6, 6, 6, 2]
    assert grid.search.told == tuple(results(grid, failed)[:18])
    assert {each.version for each in grid.search.rounds} == {optuna.__version__}


def test_what_is_chosen_depends_on_results_but_the_first_round_does_not():
    grid = begun()
    one = with_round(grid, results(grid))
    other = with_round(grid, list(reversed(results(grid))))
    assert values(one)[:5] == values(other)[:5] == values(grid)
    assert values(one)[5:] != values(other)[5:]
    assert values(begun(sample_seed=1)) != values(grid)


@pytest.mark.parametrize(("failed", "by_chance"), [((), 1), ((2,), 2), (range(6), 3)])
def test_rounds_are_by_chance_until_as_many_results_are_known_as_the_first_has(failed, by_chance):
    one, other = searched(begun(20, per_round=4), failed), begun(20, per_round=4)
    while other.to_come:
        told = [None if i in failed else i / 100 for i in range(other.n_chosen)]
        other = with_round(other, told)
    assert rounds_by_chance(one.search) == by_chance
    n = 4 * by_chance
    assert values(one)[:n] == values(other)[:n]
    assert values(one)[n : n + 4] != values(other)[n : n + 4]


def test_it_is_the_same_from_what_was_written():
    grid = with_round(begun(), results(begun()))
    again = msgspec.json.decode(msgspec.json.encode(grid), type=StudyGrid)
    assert again == grid
    assert searched(again) == searched(grid)


def test_a_list_is_gone_on_with_where_the_same_is_searched():
    grid = with_round(begun(), results(begun()))
    assert begun(before=grid) == grid
    larger = begun(sample=30, before=grid)
    assert (values(larger), larger.to_come) == (values(grid), 20)
    assert begun(per_round=2, before=grid).search.per_round == 2
    assert values(begun(per_round=2, before=grid)) == values(grid)
    for other in ({"sample_seed": 1}, {"batch_size": {"from": 8, "to": 65}}, {"momentum": [0, 1]}):
        assert begun(before=grid, **other) == begun(**other)


def test_a_smaller_sample_keeps_the_first_members():
    grid = searched(begun(12))
    small = begun(sample=7, before=grid)
    assert values(small) == values(grid)[:7]
    assert [each.members for each in small.search.rounds] == [5, 2]
    assert small.search.told == grid.search.told[:5]
    assert with_round(cut(grid, 5), results(cut(grid, 5))) == with_round(
        begun(12), results(grid)[:5]
    )


def test_rounds_stand_while_the_results_do_that_they_rest_on():
    grid = searched(begun(12))
    found = results(grid)
    assert settled(grid, found) == 12
    assert settled(grid, [*found[:-1], 0.0]) == 12  # nothing rests on the last round
    assert settled(grid, [*found[:8], 0.0, *found[9:]]) == 10
    assert settled(grid, [0.0, *found[1:]]) == 5
    assert settled(grid, ["has not run"] * 12) == 5


def test_no_member_is_chosen_twice_and_all_are_found_at_last():
    few = dict.fromkeys(SPACE) | {"optimizer": ["sgd", "adam", "rmsprop"], "gamma": [0.1, 0.5]}
    given = {k: v for k, v in few.items() if v is not None}
    grid = begun_grid(
        "x/tpe", read_grid({**given, "sample": 6, "sampler": "optuna:tpe", "round": 2},
                           Settings(), str), str)  # fmt: skip
    while grid.to_come:
        grid = with_round(grid, [float(m["optimizer"] == "adam") for m in members_of(grid)])
    everything = itertools.product(few["optimizer"], few["gamma"])
    assert sorted((m["optimizer"], m["gamma"]) for m in members_of(grid)) == sorted(everything)


def test_another_version_that_chooses_otherwise_is_named():
    grid = with_round(begun(), results(begun()))
    rates = grid.axes["learning_rate"]
    rounds = [msgspec.structs.replace(each, version="4.9.9") for each in grid.search.rounds]
    forged = msgspec.structs.replace(
        grid,
        axes=grid.axes | {"learning_rate": (*rates[:6], 0.05, *rates[7:])},
        search=msgspec.structs.replace(grid.search, rounds=tuple(rounds)),
    )
    expected = r"(?s)x/tpe-7 otherwise than Optuna 4\.9\.9 did.*pip install optuna==4\.9\.9"
    with pytest.raises(StudyError, match=expected):
        with_round(forged, results(grid))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampler": "optuna:tpf"}, "(?s)optuna:tpf.*optuna:tpe"),
        ({"sampler": ["random"]}, "sampler"),
        ({"sampler": "random"}, "(?s)only a sampler that learns.*optuna:tpe"),
        ({"sample": None}, "(?s)there is none.*sample = 20"),
        ({"round": 0}, "one member at least"),
        ({"round": 2.5}, "whole number"),
        (dict.fromkeys(SPACE) | {"gamma": [0.1, 0.5]}, "20 members, and 2 were found"),
        (dict.fromkeys(SPACE) | {"epochs": {"from": 1, "to": 9}}, "20 members, and 9 were found"),
    ],
)  # fmt: skip
def test_what_is_no_search_is_named_and_explained(fields, message):
    with pytest.raises(StudyError, match=message):
        begun(**fields)


def test_a_range_that_goes_too_far_is_refused_before_anything_runs():
    table = {"sample": 5, "sampler": "optuna:tpe", "label_smoothing": {"from": 0.0, "to": 1.001}}
    file = StudyFile(sections={"x": {"title": "X"}}, grids={"x/tpe": table})
    with pytest.raises(StudyError, match="label_smoothing"):
        build_study(None, file)

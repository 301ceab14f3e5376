"""Forged searches are found: results, values, members; and what can't be checked is said."""

import msgspec
import pytest

pytest.importorskip("optuna", reason="Optuna isn't installed (the extra optuna)")

from searched import a_search, searched_view

from report.audit import searches
from report.audit.records import audit_records
from training.records import Search, StudyGrid

TOLD = [0.2, 0.5, 0.4, 0.45, 0.6, 0.3, 0.55]
GRID = a_search(TOLD)


def with_search(**changes):
    search = msgspec.structs.replace(GRID.search, **changes)
    return msgspec.structs.replace(GRID, search=search)


def with_axis(name, place, value):
    values = list(GRID.axes[name])
    values[place] = value
    return msgspec.structs.replace(GRID, axes=GRID.axes | {name: tuple(values)})


def pointers(grid=GRID, records=TOLD):
    return [p.source.partition("#")[2] for p in audit_records(searched_view(TOLD, grid, records))]


def test_a_search_as_it_was_is_left_alone():
    assert pointers() == []
    assert list(searches.unchecked_searches(searched_view(TOLD))) == []


def test_a_value_that_optuna_would_not_have_chosen_is_found_in_all_records_at_once():
    for place in range(7):
        rate = float(f"{GRID.axes['learning_rate'][place] * 1.01:.3g}")
        assert pointers(with_axis("learning_rate", place, rate)) == [
            f"/grids/0/axes/learning_rate/{place}"
        ]
    problem = audit_records(searched_view(TOLD, with_axis("batch_size", 4, 99)))[0]
    assert problem.text == "99"
    assert f"for tuning/tpe-5 Optuna {GRID.search.rounds[0].version} chooses" in problem.problem


@pytest.mark.parametrize("place", range(4))
def test_a_result_that_was_not_told_is_found(place):
    records = [*TOLD[:place], TOLD[place] + 0.01, *TOLD[place + 1 :]]
    assert pointers(records=records) == [f"/grids/0/search/told/{place}"]


def test_results_that_were_forged_on_both_sides_are_found_by_what_was_chosen():
    told = [0.2, 0.5, 0.4, 0.45, 0.1, 0.9]
    found = pointers(with_search(told=tuple(told)), [*told, 0.55])
    assert [pointer.rpartition("/")[0] for pointer in found] != []
    assert all(pointer.startswith("/grids/0/axes/") for pointer in found)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sampler": "optuna:gp"}, "/grids/0/search"),
        ({"sampler": "random"}, "/grids/0/search"),
        ({"told": ()}, "/grids/0/search"),
        ({"rounds": GRID.search.rounds[:2]}, "/grids/0/search"),
        ({"seed": 1}, "/grids/0/axes/"),
        ({"space": {"learning_rate": ()}}, "/grids/0/search"),
        ({"space": {**GRID.search.space, "optimizer": ("sgd",)}}, "/grids/0/axes/"),
        ({"space": {**GRID.search.space, "batch_size": (8,)}}, "/grids/0/"),
    ],
)  # fmt: skip
def test_a_search_of_another_shape_or_space_is_found(changes, pointer):
    (found,) = pointers(with_search(**changes))
    assert found.startswith(pointer)


def test_a_member_that_nobody_chose_and_one_that_is_missing_are_found():
    view = searched_view(TOLD)
    extra = msgspec.structs.replace(view.study.experiments[0], id="tuning/tpe-8")
    view.study.experiments.append(extra)
    assert [p.text for p in audit_records(view)] == ["tuning/tpe-8"]
    view = searched_view(TOLD)
    del view.study.experiments[6:]
    assert [p.text for p in audit_records(view)] == ["tuning/tpe-7"]


def test_what_chose_it_with_another_version_is_said_not_guessed(monkeypatch):
    rounds = tuple(msgspec.structs.replace(r, version="0.0.1") for r in GRID.search.rounds)
    forged = with_axis("batch_size", 4, 99)
    forged = msgspec.structs.replace(
        forged, search=msgspec.structs.replace(forged.search, rounds=rounds)
    )
    view = searched_view(TOLD, forged)
    assert audit_records(view) == []
    (said,) = searches.unchecked_searches(view)
    assert said == (
        "whether Optuna chose the members of tuning/tpe, which needs the version that did "
        "(pip install optuna==0.0.1)"
    )
    monkeypatch.setattr(searches, "LIBRARY", "no-such-library")
    assert len(list(searches.unchecked_searches(searched_view(TOLD)))) == 1


def test_a_record_without_rounds_is_no_record():
    record = msgspec.json.decode(msgspec.json.encode(GRID))
    record["search"]["rounds"] = []
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(record, StudyGrid)
    assert msgspec.json.decode(msgspec.json.encode(GRID.search), type=Search) == GRID.search

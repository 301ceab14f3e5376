"""What is said of a search, and when it must not be."""

import importlib.metadata

import msgspec
import pytest
from in_memory import said

pytest.importorskip("optuna", reason="Optuna isn't installed (the extra optuna)")

from searched import GRID, searched_view

from report.figures.search_figures import search_figure
from report.findings.searches import how_searched
from report.sections.own import grid_findings
from training.records import StudySection

OPTUNA = importlib.metadata.version("optuna")
RISING = [0.2, 0.5, 0.4, 0.45, 0.6, 0.3, 0.55]


def words(view):
    return said(how_searched(view, GRID))


def test_it_says_what_chose_in_how_many_rounds_and_from_what():
    text = words(searched_view(RISING))
    assert text.startswith(
        f"Optuna {OPTUNA} chose the 7 settings in 3 rounds: the first 3 at random, the others by "
        "its tree-structured Parzen estimator (TPE) from the validation accuracies of the rounds "
        "before. No test picture was used."
    )
    assert text.endswith(
        "The best at random reached 50.0 % on validation, the best of those chosen from results "
        "60.0 %. More tries alone raise the highest, too."
    )


def test_every_number_has_its_source():
    view = searched_view(RISING)
    sources = [
        part.source for s in how_searched(view, GRID) for part in s.parts if hasattr(part, "source")
    ]
    assert sources[1] == "length(study.json#/grids/0/search/rounds)"
    assert sources[2] == "sum(study.json#/grids/0/search/rounds/0/members)"
    assert len(sources) == 5


@pytest.mark.parametrize("best", [0.5, 0.499, 0.3])
def test_a_search_that_brought_nothing_is_told_as_one(best):
    text = words(searched_view([0.2, 0.5, 0.4, 0.1, 0.2, best]))
    none = "None of those chosen from results reached a higher validation accuracy than "
    assert f"{none}the best at random, 50.0 %." in text
    assert "More tries alone" not in text


def test_the_least_gain_is_one():
    assert "chosen from results 50.1 %" in words(searched_view([0.2, 0.5, 0.4, 0.1, 0.501]))


def test_failures_put_off_what_is_chosen_from_results():
    text = words(searched_view([None, 0.5, 0.4, 0.45, 0.6, 0.3, 0.55]))
    assert "the first 6 at random" in text
    assert text.endswith("than the best at random, 60.0 %.")


def test_a_first_round_alone_was_drawn_at_random():
    text = words(searched_view(RISING[:3]))
    assert text == (
        f"Optuna {OPTUNA} chose the 3 settings at random: so many results are needed before its "
        "tree-structured Parzen estimator (TPE) has anything to go by."
    )


def test_a_random_sample_was_not_searched():
    view = searched_view(RISING)
    view.study = msgspec.structs.replace(
        view.study, grids=(msgspec.structs.replace(view.study.grids[0], search=None),)
    )
    assert how_searched(view, GRID) == []
    assert search_figure(view, GRID) is None
    section = StudySection(name="tuning", title="T", grids=(GRID,))
    assert "Optuna" not in said(grid_findings(view, section))
    assert "Optuna" in said(grid_findings(searched_view(RISING), section))


@pytest.mark.parametrize(
    "records",
    [
        [0.2, 0.5, 0.41, 0.45, 0.6, 0.3, 0.55],
        [0.2, 0.5, None, 0.45, 0.6, 0.3, 0.55],
        [0.2, 0.5],
    ],
)
def test_nothing_is_said_where_records_have_other_results_than_were_told(records):
    assert how_searched(searched_view(RISING, records=records), GRID) == []


def test_a_result_of_the_last_round_was_told_to_nobody():
    assert how_searched(searched_view(RISING, records=[*RISING[:6], 0.1]), GRID)


def test_the_figure_shows_each_in_order_and_the_highest_so_far():
    plot = search_figure(searched_view(RISING), GRID)
    assert "7 points in the order" in plot.alt
    assert "from 20.0 to 60.0 %" in plot.alt
    printed = [[cell.text for cells in row.cells[2:] for cell in cells] for row in plot.data.rows]
    assert [high for _, high in printed] == ["20.0", "50.0", "50.0", "50.0", "60.0", "60.0", "60.0"]
    assert "chosen from results" in said([part.text for part in plot.caption])
    assert "chosen" not in said(
        part.text for part in search_figure(searched_view(RISING[:3]), GRID).caption
    )
    assert search_figure(searched_view(RISING, records=[0.2]), GRID) is None

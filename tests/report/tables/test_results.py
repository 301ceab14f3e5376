"""The tables of a section's runs: each against the one that the others are held against."""

import pytest
from in_memory import a_run, a_view

from report.evidence.sentences import parts, plain_text
from report.tables.results import comparison
from training.records import Experiment

BASE, OTHER = "transfer/best", "freezing/cnn"
N = 400


def a_model(name, right, **fields):
    experiment = Experiment(id=name, question="?", test=True)
    answers = ([0] * N, [0] * right + [1] * (N - right))
    return a_run(name, answers=answers, experiment=experiment, **fields)


def cells(*runs, base=BASE):
    """Return each row's cells, by the row's first one and the column's label."""
    view = a_view(*runs)
    table = comparison(view, "t", [run.experiment for run in runs], parts("Caption"), base)
    labels = [column.label for column in table.columns]
    said = [
        [plain_text(cell).translate({0x202F: " ", 0xA0: " "}) for cell in row.cells]
        for row in table.rows
    ]
    return {row[0]: dict(zip(labels, row, strict=True)) for row in said}


def test_the_difference_is_to_the_base_and_has_its_interval_and_p():
    rows = cells(a_model(BASE, 300), a_model(OTHER, 260))
    assert rows["AlexNet with frozen convolutions"]["Difference"] == "−10.0 (−13.0 to −6.9)"
    assert rows["AlexNet with frozen convolutions"]["p"] == "< 0.001"
    assert rows["AlexNet with frozen convolutions"]["Test"] == "65.0 (60.2 to 69.5)"
    assert rows["AlexNet fine-tuned"]["Difference"] == rows["AlexNet fine-tuned"]["p"] == ""


def test_a_p_that_tells_nothing_apart_is_given_too():
    rows = cells(a_model(BASE, 300), a_model(OTHER, 304))
    assert rows["AlexNet with frozen convolutions"]["Difference"] == "+1.0 (−0.2 to +2.2)"
    assert rows["AlexNet with frozen convolutions"]["p"] == "0.12"


def test_over_seeds_there_is_no_interval_of_two_runs():
    runs = [a_model(BASE, n, seed=i) for i, n in enumerate((300, 304, 302))]
    runs += [a_model(OTHER, n, seed=i) for i, n in enumerate((260, 262, 264))]
    table = comparison(a_view(*runs), "t", [runs[0].experiment, runs[3].experiment], (), BASE)
    assert plain_text(table.rows[1].cells[2]) == "−10.0"


@pytest.mark.parametrize("base", ["", "scratch/best"])
def test_without_a_base_there_is_no_such_column(base):
    row = cells(a_model(BASE, 300), a_model(OTHER, 260), base=base)["AlexNet fine-tuned"]
    assert "Difference" not in row
    assert "p" not in row


def test_models_of_other_pictures_have_no_difference():
    other = a_run(OTHER, tested=(260, N), experiment=Experiment(id=OTHER, question="?", test=True))
    row = cells(a_model(BASE, 300), other)["AlexNet with frozen convolutions"]
    assert row["Difference"] == row["p"] == ""

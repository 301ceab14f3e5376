"""What fewer pictures give is said with what was measured; more is marked as extrapolated."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view
from in_memory import said as text_of

from report.figures.enough_figures import learning_curve
from report.findings.enough import curve_run, enough, levels
from training.records import CurvePoint, LearningCurve

N = 1000


def a_curve(accuracies, draws=2, n_test=N):
    points = [
        CurvePoint(n, draw, 2 * n, 0.1, 600, round(n_test * (accuracy + 0.01 * (draw - 1))))
        for n, accuracy in accuracies.items()
        for draw in range(1, draws + 1)
    ]
    return LearningCurve(n_validation=N, n_test=N, seconds=1.0, points=points)


def view_of(curve, **fields):
    spec = a_spec(train_per_class=(5, 10, 20), freeze="backbone")
    run = a_run("data/how-many", spec=spec, learning_curve=curve, **fields)
    return a_view(run, dataset=a_dataset())


RISING = {n: 0.9 - n**-0.5 for n in (5, 10, 20)}


def test_the_ends_are_named_and_twice_the_pictures_is_marked_as_extrapolated():
    text = text_of(enough(view_of(a_curve(RISING))))
    assert text == (
        "On frozen features of AlexNet, 5 train pictures a class give 45.8 % of the test pictures, "
        "20 give 68.1 %. Extrapolated by a power law, not measured: 40 might give 74.6 % (74.1 % "
        "to 75.1 % by draw)."
    )


def test_two_numbers_are_too_few_for_a_curve():
    curve = a_curve({5: 0.5, 10: 0.6})
    text = text_of(enough(view_of(curve)))
    assert "10 give 60.5 %." in text
    assert "Extrapolated" not in text
    plot = learning_curve(view_of(curve))["learning_curve"]
    assert len(plot.data.rows) == 2
    assert "power law" not in "".join(part.text for part in plot.caption)


def test_the_range_holds_what_is_said_of_the_means():
    """Curves through single draws bend otherwise than that through the means."""
    view = view_of(a_curve({5: 0.70, 10: 0.80, 20: 0.89}, draws=3))
    numbers = [part.value for part in enough(view)[1].parts if part.kind == "number"]
    _, fitted, low, high = numbers
    assert low <= fitted <= high


def test_one_draw_has_no_range():
    assert "by draw" not in text_of(enough(view_of(a_curve(RISING, draws=1))))


@pytest.mark.parametrize(
    ("curve", "fields"),
    [
        (None, {}),
        (LearningCurve(N, N, 1.0, []), {}),
        (a_curve(RISING), {"dataset_fingerprint": "others"}),
        (a_curve(RISING, n_test=2 * N), {}),
        (a_curve({5: 0.5}), {}),
    ],
    ids=["older record", "no points", "other pictures", "does not add up", "one number"],
)
def test_else_nothing_is_said(curve, fields):
    assert enough(view_of(curve, **fields)) == []


def test_levels_are_sorted_and_hold_every_draw():
    run = curve_run(view_of(a_curve({20: 0.7, 5: 0.5, 10: 0.6}, draws=3)))
    found = levels(run)
    assert [level.per_class.value for level in found] == [5, 10, 20]
    assert [len(level.test) for level in found] == [3, 3, 3]
    assert found[0].test[0].value == pytest.approx(0.5)


def test_the_figures_table_says_what_is_extrapolated():
    plot = learning_curve(view_of(a_curve(RISING)))["learning_curve"]
    last = "".join(part.text for cell in plot.data.rows[-1].cells for part in cell)
    assert last.replace("\u202f", " ") == "4074.6 extrapolated"

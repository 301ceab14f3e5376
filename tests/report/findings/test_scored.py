"""What kept scores say beside accuracy, when it is said, and when it isn't."""

import numpy as np
import pytest
from fake_scores import scores_of
from in_memory import a_dataset, a_run, a_view, said
from matplotlib.figure import Figure

from report.evidence import accuracy
from report.evidence.calibration import calibration
from report.evidence.sentences import plain_text
from report.figures.reliability import draw_reliability, reliability_diagram
from report.findings import calibration as sure
from report.findings import chosen, scored
from report.tables.results import accuracies_beside_reference
from report.tables.score_metrics import score_metrics
from training.records import ScoreFile, SplitScores

NAME = "transfer/best"
SIZES = (60, 40, 20)
LABEL = np.repeat([0, 1, 2], SIZES)
DATASET = a_dataset(train=SIZES, validation=SIZES, test=SIZES)


def split(label, answer, probability, n_classes=3):
    values = scores_of(label, answer, probability, n_classes).astype(np.float16)
    return SplitScores(np.asarray(label, np.int32), values, n_classes)


def a_scored(answer, probability=0.8, name=NAME, validation=None, **fields):
    probability = np.broadcast_to(probability, len(LABEL))
    run = a_run(name, answers=(LABEL.tolist(), answer.tolist(), probability.tolist()), **fields)
    test = split(LABEL, answer, probability)
    run.__dict__["scores"] = ScoreFile(test, validation or test)
    return run


def right_but(*wrong):
    """Answer rightly but for some of each class."""
    places = np.concatenate([[0], np.cumsum(SIZES)[:-1]])
    answer = LABEL.copy()
    for place, n in zip(places, wrong, strict=True):
        answer[place : place + n] = (LABEL[place] + 1) % 3
    return answer


MOSTLY = right_but(6, 8, 10)  # 90, 80 and 50 %: 80 % of all, 73.3 % as the mean over classes


def view_of(*runs, dataset=DATASET, **fields):
    return a_view(*runs, dataset=dataset, **fields)


def test_the_mean_over_classes_stands_beside_accuracy_where_classes_are_uneven():
    view = view_of(a_scored(MOSTLY), a_scored(right_but(9, 9, 9), name="scratch/best"))
    text = said(chosen.chosen(view))
    assert "of the test pictures right, 73.3 % as the mean over classes." in text
    table = accuracies_beside_reference(view)
    labels = [column.label for column in table.columns]
    place = labels.index("Mean over classes")
    assert [plain_text(row.cells[place]) for row in table.rows] == ["73.3", "72.5"]


@pytest.mark.parametrize(("sizes", "uneven"), [((30, 20), True), ((29, 20), False),
                                               ((20, 0), False), ((20, 20, 31), True)])  # fmt: skip
def test_classes_are_uneven_from_half_as_many_more_on(sizes, uneven):
    view = view_of(dataset=a_dataset(train=sizes, validation=sizes, test=sizes))
    assert scored.are_classes_uneven(view) is uneven


def test_where_classes_are_even_it_is_not_told(monkeypatch):
    monkeypatch.setattr(scored, "UNEVEN", 4)
    view = view_of(a_scored(MOSTLY), a_scored(right_but(9, 9, 9), name="scratch/best"))
    assert "mean over classes" not in said(chosen.chosen(view))
    columns = accuracies_beside_reference(view).columns
    assert "Mean over classes" not in [column.label for column in columns]


def test_without_scores_nothing_of_it_is_told():
    run = a_run(NAME, answers=(LABEL.tolist(), MOSTLY.tolist()))
    view = view_of(run)
    assert not scored.scored(view, run)
    assert scored.mean_over_classes(view, accuracy.tested_accuracy(view, NAME)) is None
    assert score_metrics(view) is None


@pytest.mark.parametrize("change", ["labels", "classes", "fingerprint"])
def test_scores_of_other_pictures_are_not_used(change):
    run = a_scored(MOSTLY)
    assert scored.scored(view_of(run), run)
    if change == "labels":
        run.scores.test.label[0] = 2
    elif change == "classes":
        more = a_dataset(train=(*SIZES, 1), validation=(*SIZES, 1), test=(*SIZES, 1))
        assert not scored.scored(view_of(run, dataset=more), run)
        return
    else:
        run = a_scored(MOSTLY, dataset_fingerprint="other")
    assert not scored.scored(view_of(run), run)


def test_a_metric_is_listed_with_its_interval_and_a_sure_one_without():
    view = view_of(a_scored(MOSTLY), a_scored(LABEL, name="scratch/best"))
    table = score_metrics(view)
    labels = [column.label for column in table.columns]
    assert labels == ["Model", "Mean over classes", "Loss", "Brier score", "Precision", "F1"]
    cells = {plain_text(row.cells[0]): plain_text(row.cells[1]) for row in table.rows}
    assert sorted(cells.values())[0] == "100.0"
    mean, _, interval = sorted(cells.values())[1].partition(" ")
    assert mean == "73.3"
    assert interval.startswith("(6")
    notes = plain_text(table.notes[0])
    assert [label for label in labels[1:] if f"{label}:" not in notes] == []


def sure_of(probability, right_share):
    """Make a run that is right about as often as is asked, whatever it says."""
    n_right = round(right_share * len(LABEL))
    rank = np.random.default_rng(0).permutation(len(LABEL))
    answer = np.where(rank < n_right, LABEL, (LABEL + 1) % 3)
    return a_scored(answer, probability)


@pytest.mark.parametrize(
    ("probability", "right", "words"),
    [
        (0.8, 0.8, "which can’t be told from probabilities that hold"),
        (0.85, 0.8, "which can’t be told from probabilities that hold"),
        (0.95, 0.8, "15.0 points above the share that is right: it is overconfident, by more than"),
        (0.6, 0.8, "20.0 points below the share that is right: it is underconfident"),
    ],
)
def test_confidence_is_judged_by_what_chance_explains(probability, right, words):
    assert words in said([sure.how_sure(sure_of(probability, right))])


def test_probabilities_may_be_apart_though_their_mean_holds():
    n = len(LABEL)
    half = np.arange(n) < n / 2
    answer = np.where(half | (np.arange(n) % 5 == 0), LABEL, (LABEL + 1) % 3)
    probability = np.where(half, 0.62, 0.58)  # 100 and 20 % are right
    text = said([sure.how_sure(a_scored(answer, probability))])
    assert "which chance explains; but at single probabilities they are 38.0 points apart" in text


def test_of_a_weak_and_a_strong_judgement_each_is_marked():
    assert sure.how_sure(sure_of(0.8, 0.8)).strength == "weak"
    assert sure.how_sure(sure_of(0.95, 0.8)).strength == "strong"


def test_a_temperature_is_fitted_on_validation_and_told_on_test():
    test, validation = sure_of(0.95, 0.8), sure_of(0.95, 0.7).scores.test
    run = a_scored(np.array(test.predictions.predicted), 0.95, validation=validation)
    (sentence,) = sure.what_a_temperature_does(run)
    other = sure.what_a_temperature_does(test)[0]
    assert str(sentence) != str(other)
    sources = [part.source for part in sentence.parts if part.kind == "number"]
    assert sources[0] == "best_temperature(transfer/best/seed-0/scores.npy#/validation)"
    assert sources[1].startswith("nll_at(transfer/best/seed-0/scores.npy#/test,best_temperature(")
    assert said([sentence]).startswith("The temperature with the lowest loss on validation is ")


def test_without_a_lowest_loss_in_the_range_no_temperature_is_told():
    assert sure.what_a_temperature_does(a_scored(LABEL)) == []
    nothing = np.zeros(0, int)
    none = split(nothing, nothing, nothing)
    assert sure.what_a_temperature_does(a_scored(MOSTLY, validation=none)) == []


def test_the_calibration_error_stands_beside_that_of_chance():
    run = sure_of(0.95, 0.8)
    found = calibration(run.scores.test)
    text = said([sure.calibration_error(run)])
    assert f"is {100 * found.error:.1f} points" in text
    assert f"chance alone would give {100 * found.error_by_chance:.1f}." in text


def test_the_reliability_diagram_counts_how_many_pictures_have_which_probability():
    """Ninety answers of 97 %, twenty of 62 %, ten of 33 %."""
    sure_ones = np.repeat([0.97, 0.62, 0.33], [90, 20, 10])
    plot = reliability_diagram(a_scored(MOSTLY, sure_ones))
    figure = Figure()
    draw_reliability(figure, *plot.drawing.arguments)
    _, below = figure.axes
    bars = [(round(bar.get_x()), round(bar.get_width()), bar.get_height()) for bar in below.patches]
    assert bars == [(30, 5, 10), (60, 5, 20), (95, 5, 90)]
    assert plot.alt.endswith("Bars: 90 of 120 are above 95 %.")
    assert len(plot.alt) <= 200
    rows = [[plain_text(cell) for cell in row.cells] for row in plot.data.rows]
    counts = [row[1:4] for row in rows if row[0] == "equal in width"]
    assert counts == [["30.0", "35.0", "10"], ["60.0", "65.0", "20"], ["95.0", "100.0", "90"]]
    n_bins = sum(row[0] == "equal in pictures" for row in rows)
    assert n_bins == len(plot.drawing.arguments[0]) == 6

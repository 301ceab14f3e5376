"""What is drawn, by its artists and labels; what isn't there becomes a gap."""

import io

import msgspec
import numpy as np
import pytest
from fake_study import Fake, write_fake_study
from matplotlib.figure import Figure

from report.evidence.load import StudyView, load_study
from report.figures import (
    comparison_figures,
    course_figures,
    data_figures,
    grid_figures,
    pictures,
    run_figures,
)
from report.figures.accuracies import Point, draw_accuracies, draw_against_cost, spread_out
from report.figures.classes import draw_class_counts
from report.figures.confusion import draw_confusion
from report.figures.courses import Panel, draw_courses
from report.figures.curves import Course, draw_course
from report.figures.drawing import draw
from report.figures.heatmap import Cell, Grid, draw_heatmap, heatmap_height
from report.figures.labels import labels_of
from report.figures.parameters import draw_parameters
from report.figures.style import style
from report.figures.views import Gallery, Gap, Plot
from training.records import ClassCounts


@pytest.fixture
def ax():
    with style():
        yield Figure().subplots()


@pytest.fixture(scope="module")
def view(finished_study):
    return load_study(finished_study)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def svg(plot):
    return draw(plot.drawing, "outlines")


def test_curves_mark_the_best_epoch_and_the_step(ax):
    course = Course([1, 2, 3, 4], [4, 3, 2, 1], [4, 3, 3, 3.5], best_epoch=3, steps=[2])
    draw_course(course, ax, title="Loss", legend=True)
    labels = [line.get_label() for line in ax.lines]
    assert labels == ["train", "validation", "learning-rate step", "best epoch"]
    ring = ax.lines[-1]
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([3], [3])
    assert list(ax.lines[2].get_xdata()) == [2.5, 2.5]
    assert ax.get_xlabel() == "epoch"


def test_a_heatmap_stars_the_best_cell_and_names_trouble(ax):
    cells = [[Cell(80.0, best=True), Cell(9.0, "diverged")], [Cell(None, "missing"), Cell(40.0)]]
    draw_heatmap(Grid(["1e-2", "1e-3"], ["SGD", "Adam"], cells), ax, title="T", highest=90)
    assert texts(ax) == ["★ 80.0", "9.0\ndiverged", "missing", "40.0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1e-2", "1e-3"]


def test_a_notebook_goes_on_drawing_as_it_did(ax):
    """seaborn imports pyplot, which shows a notebook's own figures."""
    import matplotlib
    from matplotlib import pyplot

    before, settings = matplotlib.get_backend(), dict(matplotlib.rcParams)
    pyplot.switch_backend("pdf")
    try:
        with style("outlines"):
            draw_heatmap(Grid(["1e-2"], ["SGD"], [[Cell(80.0)]]), ax, title="T", highest=90)
        assert matplotlib.get_backend() == "pdf"
    finally:
        pyplot.switch_backend(before)
    assert dict(matplotlib.rcParams) == settings


def test_heatmap_cells_are_filled(view):
    drawn = svg(grid_figures.heatmap_pair(view, "scratch/grid"))
    mesh = drawn.partition('id="QuadMesh_1"')[2].partition("</g>")[0]
    assert "fill: none" not in mesh


def test_both_panels_of_a_grid_share_their_scale(view):
    alone = grid_figures.highest_accuracy(view, {"scratch/grid"})
    both = grid_figures.highest_accuracy(view, {"scratch/grid", "transfer/grid"})
    assert alone < both == 100


def test_parameter_bars_add_up():
    ax = draw_parameters(Figure(), ["a", "b"], [1.0, 3.0], [2.0, 0.0])
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends == [1.0, 3.0, 3.0, 3.0]


def test_accuracies_show_interval_and_reference(ax):
    points = [Point("A", 50, 45, 55, reference=60), Point("B", 70, 66, 74)]
    draw_accuracies(points, ax)
    assert [(text.get_text(), text.get_position()[0]) for text in ax.texts] == [("A", 0), ("B", 0)]
    assert [45, 55] in [list(line.get_xdata()) for line in ax.lines]
    assert [60] in [list(line.get_xdata()) for line in ax.lines]


def test_the_chosen_models_mark_is_a_star_and_those_told_from_it_are_lighter(ax):
    points = [Point("A", 90, 85, 95, is_chosen=True), Point("B", 88, 84, 92),
              Point("C", 50, 45, 55, is_marked=False)]  # fmt: skip
    draw_accuracies(points, ax)
    marks = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [line.get_marker() for line in marks] == ["*", "o", "o"]
    a, b, c = (line.get_color() for line in marks)
    assert a == b != c


def test_costs_are_logarithmic(ax):
    draw_against_cost([Point("A", 50, 45, 55, cost=1)], ax, cost="parameters")
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "parameters"


def test_points_against_cost_carry_their_names_in_order_and_their_intervals(ax):
    points = [Point(f"Model {i}", 97 - i, 95 - i, 98 - i, cost=3) for i in range(9)]
    points.append(Point("A name of so many words that one line is too short", 20, 18, 22, cost=9))
    draw_against_cost(points, ax, cost="parameters")
    labels = [text.get_text() for text in ax.texts]
    assert labels == ["A name of so many words\nthat one line is too short",
                      *(f"Model {i}" for i in reversed(range(9)))]  # fmt: skip
    assert [list(ax.lines[i].get_ydata()) for i in (0, 18)] == [[95, 98], [18, 22]]
    assert ax.figure.legends == []


def test_labels_are_spread_out_no_further_than_they_must():
    assert spread_out([10, 50], [8, 8], 0, 100) == [10, 50]
    assert spread_out([50, 51, 52], [10, 10, 10], 0, 100) == [50, 60, 70]
    assert spread_out([97, 98, 99], [10, 10, 10], 0, 100) == [75, 85, 95]
    assert spread_out([0, 1], [10, 20], 0, 100) == [5, 20]


def test_the_hatch_lies_over_bars_that_are_full_without_it(ax):
    """Where two tiles of a pattern meet, what is below shows through: a line that isn't there."""
    draw_class_counts(["a", "b"], ClassCounts([3, 4], [1, 2], [2, 2]), ax, limit=9)
    hatched = [bar for bar in ax.patches if bar.get_hatch()]
    assert [bar.get_width() for bar in hatched] == [1, 2]
    for bar in hatched:
        assert bar.get_facecolor()[3] == 0
        below = [other for other in ax.patches if other.get_bbox().bounds == bar.get_bbox().bounds]
        assert any(other.get_facecolor()[3] == 1 for other in below)


def test_the_same_figure_has_the_same_bytes(view):
    first, second = (data_figures.class_counts(view) for _ in range(2))
    assert svg(first) == svg(second)
    assert (first.width, first.height) == tuple(round(96 * side) for side in first.drawing.size)


def test_every_figure_states_its_finding(view):
    plots = [
        data_figures.class_counts(view),
        data_figures.picture_sizes(view),
        run_figures.curves(view, "scratch/baseline"),
        run_figures.parameter_bars(view, "p", view.section("freezing"), "strategy"),
        grid_figures.heatmap_pair(view, "transfer/grid"),
        comparison_figures.forest(view),
        comparison_figures.accuracy_against_cost(view),
    ]
    for plot in plots:
        assert isinstance(plot, Plot)
        assert any(c.isdigit() for c in plot.alt)
        assert plot.alt.endswith(".")
        assert svg(plot).startswith("<svg")


def test_many_classes_stand_side_by_side_the_largest_first(view):
    n = 150
    counts = msgspec.structs.replace(
        view.dataset.counts, train=[*range(n)], validation=[1] * n, test=[1] * n
    )
    names = [f"c{i}" for i in range(n)]
    dataset = msgspec.structs.replace(view.dataset, classes=names, counts=counts)
    other = type(view)(view.folder, view.study, dataset, {})
    plot = data_figures.class_counts(other)
    assert "the largest class first" in plot.caption[0].text
    figure = Figure()
    data_figures.draw_counts(figure, *plot.drawing.arguments)
    largest, smallest = (text.get_text().split() for text in figure.axes[0].texts)
    assert largest == ["largest:", "c149:", "151", "c148:", "150", "c147:", "149"]
    assert smallest == ["smallest:", "c2:", "4", "c1:", "3", "c0:", "2"]


@pytest.mark.parametrize(
    "name", [r"$\bad{ $", "漢字 🦊", "L" * 250, "two\nlines", "عربى"], ids=ascii
)
def test_any_name_can_stand_beside_an_axis(name):
    """Dollar signs start no formula; scripts without a font and long names raise no warning."""
    names = [name, "chair"]
    with style():
        figure = Figure(figsize=(7, 5), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_class_counts(names, ClassCounts([3, 4], [1, 1], [2, 2]), left, limit=9)
        draw_confusion(np.eye(2), names, right)
        figure.savefig(io.BytesIO(), format="svg")
    assert left.get_window_extent().width > 50
    assert right.get_window_extent().width > 50


def test_a_long_name_keeps_its_beginning_and_its_end():
    long, short = labels_of(["great white shark, man-eater, Carcharodon", "yin_yang"])
    assert long == "great white shar…er, Carcharodon"
    assert short == "yin_yang"


def test_galleries_hold_the_thumbnails(view):
    samples = pictures.sample_gallery(view)
    assert isinstance(samples, Gallery)
    assert len(samples.pictures) == pictures.N_SAMPLES
    steps = pictures.preprocessing_steps(view)
    assert [p.label for p in steps.pictures] == ["original", "resized", "cropped", "normalised"]
    assert steps.steps
    assert all(p.source.startswith("data:image/png;base64,") for p in steps.pictures)


@pytest.mark.parametrize("file", ["../secret.png", "/etc/hostname", "thumbnails/link.png", "\0"])
def test_a_thumbnail_outside_the_study_is_not_read(tmp_path, file):
    study = tmp_path / "study"
    (study / "thumbnails").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\nsecret")
    (study / "thumbnails" / "link.png").symlink_to(tmp_path / "secret.png")
    assert pictures.read_thumbnail(study, file) is None


def test_what_is_no_picture_is_left_out(study):
    (study / "thumbnails" / "steps-12.png").write_text("<svg onload='alert(1)'/>")
    steps = pictures.preprocessing_steps(load_study(study))
    assert len(steps.pictures) == 3
    assert "left out" in steps.caption[-1].text


def test_missing_records_become_gaps(tmp_path):
    write_fake_study(tmp_path / "s", Fake(only=("scratch/baseline",), thumbnails=False))
    view = load_study(tmp_path / "s")
    for figure in (
        run_figures.curves(view, "transfer/detail-1"),
        run_figures.curves(view, "no/such"),
        run_figures.parameter_bars(view, "p", view.section("freezing"), "strategy"),
        grid_figures.heatmap_pair(view, "transfer/grid"),
        pictures.sample_gallery(view),
    ):
        assert isinstance(figure, Gap)
        assert str(figure.reason).endswith(".")


def test_times_of_different_devices_are_not_compared(study):
    file = study / "beyond" / "vgg16" / "seed-0" / "metrics.json"
    record = msgspec.json.decode(file.read_bytes())
    record["environment"]["device_name"] = "Another"
    file.write_bytes(msgspec.json.encode(record))
    plot = comparison_figures.accuracy_against_cost(load_study(study))
    assert "different devices" in "".join(part.text for part in plot.caption)


def test_a_grid_has_one_panel_a_pair_on_shared_axes():
    panel = Panel([1, 2, 3], [10, 20, 30], [11, 25, 22], best_epoch=2)
    figure = Figure()
    draw_courses(figure, ["1e-2", "1e-3"], ["SGD"], [[panel], [Panel(word="no result")]])
    first, second = figure.axes
    assert [list(line.get_ydata()) for line in first.lines] == [[10, 20, 30], [11, 25, 22], [25]]
    assert texts(second) == ["no result"]
    assert first.get_ylim() == second.get_ylim() == (0, 100)


def test_a_large_grid_shows_some_of_it(view):
    shown = course_figures.grid_courses(view, "scratch/grid")
    rates = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-5]
    experiments = [
        msgspec.structs.replace(e, id=f"scratch/grid-{e.optimizer}-{i}", learning_rate=rate)
        for i, rate in enumerate(rates)
        for e in view.group("scratch/grid")[:3]
    ]
    study = msgspec.structs.replace(view.study, experiments=[*view.study.experiments, *experiments])
    large = StudyView(
        view.folder, study, view.dataset, {e.id: view.runs(e.id) for e in study.experiments}
    )
    cut = course_figures.grid_courses(large, "scratch/grid")
    assert len(shown.drawing.arguments[0]) == 3
    assert len(cut.drawing.arguments[0]) == 5
    assert "some rates and optimizers are shown" in "".join(part.text for part in cut.caption)
    assert "some rates" not in "".join(part.text for part in shown.caption)


def test_a_large_heatmap_keeps_to_a_page_and_marks_the_best(ax):
    cells = [[Cell(float(i % 90), best=i == 7)] for i in range(300)]
    draw_heatmap(Grid([f"{i}" for i in range(300)], ["SGD"], cells), ax, title="T", highest=90)
    assert texts(ax) == ["★"]
    assert sum(bool(label.get_text()) for label in ax.get_yticklabels()) <= 36
    assert heatmap_height(300) < 8

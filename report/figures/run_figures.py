"""Figures of runs: their curves, and their parameters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.evidence.display_names import pair
from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.repeats import has_several, repeat_number, repeat_word
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, counted, parts
from report.figures.canvas import draw_plot, gap
from report.figures.curves import accuracy_course, draw_course, loss_course
from report.figures.parameters import draw_parameters
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import course_data, parameter_data
from training.records import Curves, Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves(view: StudyView, experiment_id: str) -> Plot | Gap:
    """Draw loss and accuracy of an experiment's first finished run, epoch by epoch."""
    slug = f"curves-{experiment_id.replace('/', '-').replace('.', '-')}"
    run = view.run(experiment_id)
    if run is None:
        return gap(slug, f"{view.name(experiment_id)} has no result yet, so no curves are shown.")
    record = run.curves
    if record is None:
        return gap(slug, f"The curves of {run.name} are missing.")
    return draw_plot(
        slug,
        draw_curves,
        record,
        run.metrics.best_epoch,
        size=(WIDTH, 2.1),
        alt=_curves_alt(record, run.metrics.best_epoch),
        caption=_curves_caption(view, run),
        data=course_data(run),
    )


def draw_curves(figure: "Figure", record: Curves, best_epoch: int | None) -> None:
    """Draw loss and accuracy side by side."""
    left, right = figure.subplots(1, 2)
    draw_course(loss_course(record, best_epoch), left, title="Loss", legend=False)
    draw_course(accuracy_course(record, best_epoch), right, title="Accuracy (%)", legend=False)
    left.set_ylim(0, 1.05 * left.get_ylim()[1])
    right.set_ylim(0, 100)
    figure.legend(
        *right.get_legend_handles_labels(), loc="outside upper left", ncols=4, fontsize=8.5,
        handlelength=1.9, handletextpad=0.4, columnspacing=0.9,
    )  # fmt: skip


def _curves_alt(record: Curves, best_epoch: int | None) -> str:
    n = len(record.epoch)
    if not n:
        return "Two empty panels: 0 epochs were finished."
    train, validation = record.train_accuracy, record.validation_accuracy
    best = ""
    if best_epoch in record.epoch:
        highest = validation[record.epoch.index(best_epoch)]
        best = f", with {_percent(highest)} in epoch {best_epoch}, its best"
    return (
        f"Curves over {counted(n, 'epoch')}: validation accuracy from {_percent(validation[0])} to "
        f"{_percent(validation[-1])}{best}; train accuracy from {_percent(train[0])} to "
        f"{_percent(train[-1])}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _curves_caption(view: StudyView, run: Run) -> Parts:
    seed: Parts = ()
    if has_several(view):
        seed = parts(f", {repeat_word(run)} ", integer(repeat_number(run)))
    caption = parts(
        Name(run.name), " (", pair(run), seed,
        "): loss and accuracy on train and validation pictures, epoch by epoch.",
    )  # fmt: skip
    if run.metrics.status != "diverged":
        return caption
    return parts(caption, " The loss stopped being finite, and training ended there.")


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"


def parameter_bars(
    view: StudyView, slug: str, experiments: Sequence[Experiment], whose: str
) -> Plot | Gap:
    """Draw trainable and frozen parameters of some experiments side by side.

    Args:
        whose: What holds them, for the caption: "strategy".
    """
    runs = [run for e in experiments if (run := view.run(e.id)) is not None and run.parameters]
    if not runs:
        return gap(slug, "These experiments have no result yet, so there are no counts.")
    counts = [run.parameters for run in runs if run.parameters is not None]
    labels = [run.name for run in runs]
    trainable = [count.trainable / 1e6 for count in counts]
    frozen = [count.frozen / 1e6 for count in counts]
    total = [count.total / 1e6 for count in counts]
    return draw_plot(
        slug,
        draw_parameters,
        labels,
        trainable,
        frozen,
        size=(WIDTH, 1.0 + 0.4 * len(runs)),
        alt=f"{counted(len(runs), 'bar')} of {_span(total)} million parameters, of which training "
        f"may change {_span(trainable)} million.",
        caption=parts(f"Trainable and frozen parameters of each {whose}."),
        data=parameter_data(runs),
    )

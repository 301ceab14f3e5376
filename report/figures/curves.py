"""Loss and accuracy over the epochs of one run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.figures.style import INK, MUTED, SPLITS
from training.records import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Course:
    """One quantity's course on train and validation.

    Attributes:
        epochs: 1-based.
        best_epoch: To be marked, if known.
        steps: Epochs after which the learning rate fell.
    """

    epochs: Sequence[int]
    train: Sequence[float]
    validation: Sequence[float]
    best_epoch: int | None
    steps: Sequence[int]


def loss_course(curves: Curves, best_epoch: int | None) -> Course:
    return Course(
        curves.epoch,
        [float("nan") if value is None else value for value in curves.train_loss],
        [float("nan") if value is None else value for value in curves.validation_loss],
        best_epoch,
        rate_steps(curves),
    )


def accuracy_course(curves: Curves, best_epoch: int | None) -> Course:
    return Course(
        curves.epoch,
        [100 * value for value in curves.train_accuracy],
        [100 * value for value in curves.validation_accuracy],
        best_epoch,
        rate_steps(curves),
    )


def rate_steps(curves: Curves) -> list[int]:
    """Return the epochs after which the learning rate fell."""
    rates = curves.learning_rate
    return [curves.epoch[i - 1] for i in range(1, len(rates)) if rates[i] < rates[i - 1]]


def draw_course(course: Course, ax: "Axes", *, title: str, legend: bool) -> "Axes":
    """Draw train and validation over epochs, the best epoch and the learning-rate steps marked."""
    from matplotlib.ticker import MaxNLocator

    lines = (("train", course.train, "-", "o"), ("validation", course.validation, "--", "s"))
    few = len(course.epochs) <= 12
    for name, values, dashes, marker in lines:
        ax.plot(
            course.epochs, values, dashes, color=SPLITS[name], label=name,
            marker=marker if few else "", markersize=3, clip_on=False,
        )  # fmt: skip
    _mark_steps(course, ax)
    _mark_best(course, ax)
    ax.set_title(title)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    if len(course.epochs) == 1:
        ax.set_xlim(course.epochs[0] - 1, course.epochs[0] + 1)
        ax.set_xticks(list(course.epochs))
    if legend:
        ax.legend(loc="best", handlelength=2.4)
    return ax


def _mark_best(course: Course, ax: "Axes") -> None:
    if course.best_epoch is None or course.best_epoch not in course.epochs:
        return
    value = course.validation[list(course.epochs).index(course.best_epoch)]
    ax.plot(
        [course.best_epoch], [value], "o", markersize=9, markerfacecolor="none",
        markeredgecolor=INK, markeredgewidth=1.4, label="best epoch", zorder=5,
        clip_on=False,
    )  # fmt: skip


def _mark_steps(course: Course, ax: "Axes") -> None:
    for i, epoch in enumerate(course.steps):
        label = "learning-rate step" if i == 0 else "_"
        ax.axvline(epoch + 0.5, color=MUTED, linewidth=0.9, linestyle=":", label=label)

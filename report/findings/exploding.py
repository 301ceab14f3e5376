"""Whether a loss exploded, though it stayed finite."""

from collections.abc import Callable, Sequence
from typing import Any

from report.evidence.load import StudyView
from report.evidence.numbers import Number, Quantity, decimal, derive, integer
from report.evidence.once import once_a_run
from report.evidence.run import Run
from report.evidence.sentences import Parts, Sentence, say
from report.evidence.very_many import count_of, some_of

EXPLODED = 10
"""Times the loss of an even guess from which a loss has exploded."""


@once_a_run
def exploded(view: StudyView, run: Run) -> bool:
    """Tell whether a loss was far above that of an even guess where the run counts, or at its end.

    One that came down again after its first epochs is told by `explosion` only.
    """
    curves, limit = run.curves, _limit(view)
    if curves is None or limit is None:
        return False
    counts = {run.metrics.best_epoch or len(curves.epoch), len(curves.epoch)}
    losses = [
        losses[epoch - 1]
        for losses in (curves.validation_loss, curves.train_loss)
        for epoch in counts
        if 0 < epoch <= len(losses)
    ]
    return any(loss is not None and loss > limit for loss in losses)


def _limit(view: StudyView) -> float | None:
    if view.dataset is None or len(view.dataset.classes) < 2:
        return None
    even: float = derive("even_loss", view.dataset_number("/classes")).value
    return EXPLODED * even


@once_a_run
def _explosion(view: StudyView, run: Run) -> Sequence[Any] | None:
    """Return the list of the curves and the position where the loss was highest, if it exploded."""
    limit = _limit(view)
    if run.curves is None or limit is None:
        return None
    losses = [
        (loss, field, i)
        for field in ("validation_loss", "train_loss")
        for i, loss in enumerate(getattr(run.curves, field))
        if loss is not None and loss > limit
    ]
    if not losses:
        return None
    _, field, i = max(losses, key=lambda item: item[0])
    return field, i


def explosion(view: StudyView, run: Run) -> list[Sentence]:
    """Say that a loss exploded, how far and when, and where it ended."""
    if _explosion(view, run) is None:
        return []
    return [say("The loss exploded: ", *_course(view, run), "; an even guess has ", _even(view),
                ".")]  # fmt: skip


def explosions(
    view: StudyView, runs: Sequence[Run], name: Callable[[Run], Parts]
) -> list[Sentence]:
    """Say the same of those among several runs whose loss exploded, in one sentence."""
    found = [run for run in runs if _explosion(view, run) is not None]
    if not found:
        return []
    told = some_of(
        view,
        found,
        lambda run: say(name(run), " (", *_course(view, run), ")").parts,
        count_of(view, "/epochs_run"),
    )
    return [say("The loss exploded for ", told, "; an even guess has ", _even(view), ".")]


def _course(view: StudyView, run: Run) -> Parts:
    """Write the highest loss, its epoch, and the loss after the last."""
    found, curves = _explosion(view, run), run.curves
    assert found is not None
    assert curves is not None
    field, i = found
    last = len(curves.epoch) - 1
    highest = say(
        field.partition("_")[0], " loss ", _loss(run.curve(f"/{field}/{i}")), " in epoch ",
        integer(run.curve(f"/epoch/{i}")),
    ).parts  # fmt: skip
    if i == last or getattr(curves, field)[last] is None:
        return highest
    return say(highest, ", ", _loss(run.curve(f"/{field}/{last}")), " in the last").parts


def _loss(quantity: Quantity) -> Number:
    return integer(quantity) if quantity.value >= 1000 else decimal(quantity, 1)


def _even(view: StudyView) -> Number:
    return decimal(derive("even_loss", view.dataset_number("/classes")), 1)

"""Whether a loss exploded, though it stayed finite."""

from report.evidence.load import Run, StudyView
from report.evidence.numbers import decimal, derive, integer
from report.evidence.sentences import Parts, Sentence, say

EXPLODED = 10
"""Times the loss of an even guess from which a loss has exploded."""


def exploded(view: StudyView, run: Run) -> bool:
    """Tell whether a finite loss of any epoch was far above that of an even guess."""
    return bool(_explosion(view, run))


def _explosion(view: StudyView, run: Run) -> tuple[str, int] | None:
    """Return the list of the curves and the position where the loss was highest, if it exploded."""
    if run.curves is None or view.dataset is None or len(view.dataset.classes) < 2:
        return None
    limit = EXPLODED * derive("even_loss", view.dataset_number("/classes")).value
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


def explosion(view: StudyView, run: Run, name: Parts = ()) -> list[Sentence]:
    """Say that a loss exploded, how far and when.

    Args:
        name: What to call it; by default “it”.
    """
    found = _explosion(view, run)
    if found is None:
        return []
    field, i = found
    what = field.partition("_")[0]
    even = derive("even_loss", view.dataset_number("/classes"))
    start: Parts = say("The loss of ", name, " exploded").parts if name else say(
        "The loss exploded").parts  # fmt: skip
    return [
        say(start, f": the {what} loss was ", decimal(run.curve(f"/{field}/{i}"), 1), " in epoch ",
            integer(run.curve(f"/epoch/{i}")), ", where an even guess has ", decimal(even, 1), ".")
    ]  # fmt: skip

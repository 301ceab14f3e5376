"""All curves of all runs as JSON Lines: one line a run and epoch."""

from collections.abc import Iterator

import msgspec

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.export.runs_table import rows


def json_lines(view: StudyView) -> str:
    """Return one JSON object a line; null where a value wasn't finite.

    A run that repeats another's record (`reused_from`) also repeats its curves.
    """
    lines = (line for run in rows(view) for line in _lines(run))
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)


def _lines(run: Run) -> Iterator[dict[str, object]]:
    curves, metrics = run.curves, run.metrics
    if curves is None:
        return
    for index, epoch in enumerate(curves.epoch):
        yield {
            "study": run.folder.name,
            "id": metrics.id,
            "seed": metrics.seed,
            "reused_from": metrics.reused_from,
            "epoch": epoch,
            "is_best_epoch": epoch == metrics.best_epoch,
            "learning_rate": curves.learning_rate[index],
            "train_loss_nats": curves.train_loss[index],
            "train_accuracy": curves.train_accuracy[index],
            "validation_loss_nats": curves.validation_loss[index],
            "validation_accuracy": curves.validation_accuracy[index],
            "epoch_seconds": curves.epoch_seconds[index],
        }

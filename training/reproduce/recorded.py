"""The records of one run, read together."""

from dataclasses import dataclass

from training.errors import RecordError
from training.records import (
    Curves,
    Metrics,
    Predictions,
    ScoreFile,
    StudyFolder,
    read,
    read_if_there,
    read_scores,
)


@dataclass(frozen=True)
class RunRecords:
    """What a run wrote.

    Attributes:
        predictions: Of a run that was tested.
        scores: Of such a run, if it kept them; what is wrong with its file where it can't be read.
    """

    metrics: Metrics
    curves: Curves
    predictions: Predictions | None
    scores: ScoreFile | str | None = None


def read_run(folder: StudyFolder, experiment_id: str, seed: int) -> RunRecords:
    """Read a run's records.

    Raises:
        RecordError: One that must be there is missing, or one can't be read.
    """
    metrics = read(folder.metrics(experiment_id, seed), Metrics)
    return RunRecords(
        metrics,
        read(folder.curves(experiment_id, seed), Curves),
        read_if_there(folder.predictions(experiment_id, seed), Predictions),
        _scores(metrics, folder),
    )


def _scores(metrics: Metrics, folder: StudyFolder) -> ScoreFile | str | None:
    if metrics.scores is None:
        return None
    try:
        return read_scores(folder.scores(metrics.id, metrics.seed), metrics.scores)
    except RecordError as error:
        return error.message

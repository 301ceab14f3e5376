"""The records of one run, read together."""

from dataclasses import dataclass

from training.records import (
    Curves,
    Metrics,
    Predictions,
    StudyFolder,
    read,
    read_if_there,
)


@dataclass(frozen=True)
class RunRecords:
    """What a run wrote.

    Attributes:
        predictions: Of a run that was tested.
    """

    metrics: Metrics
    curves: Curves
    predictions: Predictions | None


def read_run(folder: StudyFolder, experiment_id: str, seed: int) -> RunRecords:
    """Read a run's records.

    Raises:
        RecordError: One that must be there is missing, or one can't be read.
    """
    return RunRecords(
        read(folder.metrics(experiment_id, seed), Metrics),
        read(folder.curves(experiment_id, seed), Curves),
        read_if_there(folder.predictions(experiment_id, seed), Predictions),
    )

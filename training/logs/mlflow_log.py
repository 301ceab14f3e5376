"""MLflow runs, written through the client of the `mlflow-skinny` package."""

import contextlib
import logging
import os
import time as clock
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from training.logs.run_log import RunName, need
from training.logs.scalars import epoch_scalars, test_scalars
from training.logs.server import check_server
from training.records import Curves, Metrics
from training.records.spec_fields import spec_values

_COUNTED = "accuracy/train"
"""The metric whose history says how many epochs a run holds."""

_SQLITE = "sqlite:///"

_LIMITS = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
"""MLflow's own would have training wait for many minutes; what the user has set stays."""

_OUTCOMES = {"done": "FINISHED", "diverged": "FINISHED", "failed": "FAILED", "skipped": "KILLED"}


def tracking_uri(file: Path) -> str:
    """Return where runs go: to `MLFLOW_TRACKING_URI` if that is set, else into an SQLite file."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{file.resolve().as_posix()}"


class MLflowStore:
    """The runs of one study in an MLflow store: one MLflow experiment.

    Args:
        uri: Tracking URI; an SQLite file is made where there is none.
        study: Name of the MLflow experiment.
        say: Told when a server takes a while to answer.

    Raises:
        AwayError: Its server doesn't answer.
    """

    def __init__(self, uri: str, study: str, say: Callable[[str], object] = lambda _: None) -> None:
        self.uri, self.study = uri, study
        check_server(uri, say)
        with _alone(uri):
            self.client = _client(uri)
            found = self.client.get_experiment_by_name(study)
            self.experiment: str = found.experiment_id if found else self._create()

    def _create(self) -> str:
        place = None
        if self.uri.startswith(_SQLITE):
            database = Path(self.uri.removeprefix(_SQLITE))
            place = (database.parent / "mlflow-artifacts").resolve().as_uri()
        try:
            made: str = self.client.create_experiment(self.study, artifact_location=place)
        except Exception:
            found = self.client.get_experiment_by_name(self.study)  # another process was faster
            if found is None:
                raise
            made = found.experiment_id
        return made

    def find(self, name: RunName) -> list[Any]:
        """Return the MLflow runs of this very run, the newest first."""
        wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in _tags(name).items())
        runs: list[Any] = list(
            self.client.search_runs([self.experiment], wanted, order_by=["start_time DESC"])
        )
        return runs

    def holds(self, name: RunName, metrics: Metrics) -> bool:
        """Tell whether this very record is there already."""
        ended = [run for run in self.find(name) if run.info.status == "FINISHED"]
        times = [run.data.tags.get("homework.finished_at") for run in ended]
        return metrics.finished_at in times

    def n_epochs(self, run: Any) -> int:
        """Return how many epochs a run holds."""
        history = self.client.get_metric_history(run.info.run_id, _COUNTED)
        return max((metric.step for metric in history), default=0)


class MLflowLog:
    """One run in an MLflow store.

    A run that was broken off is gone on with. Where it holds more epochs than the checkpoint that
    training resumes from, a new one takes its place: MLflow has no way to take values back.
    """

    def __init__(self, name: RunName, store: MLflowStore) -> None:
        self._name, self._store, self._client = name, store, store.client
        self._run_id = ""
        self._written = 0
        self._ended = False

    def epochs(self, curves: Curves, times: Sequence[float] | None = None) -> None:
        from mlflow.entities import Metric

        n_known = len(curves.epoch)
        if not self._run_id:
            self._start(n_known, times[0] if times else clock.time())
        metrics = []
        for index in range(self._written, n_known):
            at = _milliseconds(times[index] if times else clock.time())
            found = epoch_scalars(curves, index)
            metrics += [Metric(key, v, at, curves.epoch[index]) for key, v in found.items()]
        for first in range(0, len(metrics), 600):  # the most that a server takes at once is 1,000
            self._client.log_batch(self._run_id, metrics[first : first + 600])
        self._written = n_known

    def end(self, metrics: Metrics, time: float | None = None) -> None:
        from mlflow.entities import Metric, RunTag

        at = _milliseconds(clock.time() if time is None else time)
        scores = test_scalars(metrics)
        step = metrics.best_epoch or 0
        found = [Metric(key, value, at, step) for key, value in scores.items()]
        tags = {"homework.status": metrics.status, "homework.best_epoch": str(step or "none"),
                "homework.finished_at": metrics.finished_at}  # fmt: skip
        if metrics.reused_from:
            tags["homework.reused_from"] = metrics.reused_from
        listed = [RunTag(key, value) for key, value in tags.items()]
        self._client.log_batch(self._run_id, found, tags=listed)
        self._client.set_terminated(self._run_id, _OUTCOMES[metrics.status], end_time=at)
        self._ended = True

    def close(self, error: BaseException | None = None) -> None:
        if self._run_id and not self._ended:
            status = "FAILED" if isinstance(error, Exception) else "KILLED"
            self._client.set_terminated(self._run_id, status)

    def _start(self, n_known: int, time: float) -> None:
        from mlflow.entities import Param

        open_runs = [run for run in self._store.find(self._name) if run.info.status != "FINISHED"]
        for run in open_runs:
            held = self._store.n_epochs(run)
            if held <= n_known and not self._run_id and n_known > 0:
                self._run_id, self._written = run.info.run_id, held
                self._client.update_run(self._run_id, status="RUNNING")
            else:
                self._client.delete_run(run.info.run_id)
        if self._run_id:
            return
        created = self._client.create_run(
            self._store.experiment,
            start_time=_milliseconds(time),
            tags=_tags(self._name),
            run_name=f"{self._name.id} seed {self._name.seed}",
        )
        self._run_id = created.info.run_id
        values = spec_values(self._name.spec)
        listed = [Param(key, "none" if v is None else str(v)) for key, v in values.items()]
        self._client.log_batch(self._run_id, params=listed)


def _tags(name: RunName) -> dict[str, str]:
    return {
        "homework.experiment": name.id,
        "homework.seed": str(name.seed),
        "homework.spec_hash": name.spec.digest(),
        "homework.dataset_fingerprint": name.dataset_fingerprint,
    }


def _alone(uri: str) -> contextlib.AbstractContextManager[object]:
    """Keep other processes out of an SQLite file while its tables are made."""
    if not uri.startswith(_SQLITE):
        return contextlib.nullcontext()
    database = Path(uri.removeprefix(_SQLITE))
    database.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(database.with_name(f".{database.name}.lock"))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _client(uri: str) -> Any:
    """Open a store: quietly, and without the usage reports that MLflow would send."""
    need("mlflow", "mlflow", "Writing MLflow runs")
    if uri.startswith(_SQLITE):
        need("sqlalchemy", "mlflow", "An MLflow store in an SQLite file")
        need("alembic", "mlflow", "An MLflow store in an SQLite file")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for name, limit in _LIMITS.items():
        os.environ.setdefault(name, limit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own use of SQLAlchemy
        from mlflow import MlflowClient

        for logger in ("mlflow.store.db.utils", "alembic"):
            logging.getLogger(logger).setLevel(logging.WARNING)
        return MlflowClient(uri)

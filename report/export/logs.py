"""Finished runs as TensorBoard event files and as MLflow runs, written as `--log` writes them.

Records say when a run was finished and how long each epoch took, not when an epoch ended. Clock
times are reckoned back from the finish, so that differences between epochs are exact and their
place on the clock is late by what came after the last epoch.
"""

import datetime
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

from report.errors import ReportError
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted
from report.export.formats import Exported
from report.export.runs_table import rows
from training.logs import RunLog, RunName
from training.logs.run_log import AwayError
from training.records import Curves, HomeworkError, writing
from training.records.remote import masked


def to_tensorboard(
    view: StudyView, folder: Path, say: Callable[[str], object] = lambda _: None
) -> Exported:
    """Write `<folder>/<experiment>/seed-<n>/` for each run that has curves, in place of older."""
    from training.logs.tensorboard_log import TensorBoardLog

    runs, left_out = _with_curves(view)
    with writing(folder):
        for name, run, curves in runs:
            _write(run, curves, TensorBoardLog(name, folder / name.path, anew=True))
    return Exported(str(folder), _left_out(left_out))


def to_mlflow(
    view: StudyView, place: str | Path, say: Callable[[str], object] = lambda _: None
) -> Exported:
    """Add each run that has curves and isn't there yet to an MLflow store.

    Args:
        place: A tracking URI, or an SQLite file. A `Path` gives way to `MLFLOW_TRACKING_URI`.
        say: Told when a server takes a while to answer.

    Raises:
        ReportError: The store can't be written, or its server doesn't answer.
    """
    from training.logs.mlflow_log import MLflowLog, MLflowStore, tracking_uri

    if isinstance(place, Path):
        uri = tracking_uri(place)
    else:
        uri = place if "://" in place else f"sqlite:///{Path(place).resolve().as_posix()}"
    runs, left_out = _with_curves(view)
    n_there = 0
    try:
        store = MLflowStore(uri, view.folder.name, say)
        for name, run, curves in runs:
            if store.holds(name, run.metrics):
                n_there += 1
                continue
            _write(run, curves, MLflowLog(name, store))
    except HomeworkError:
        raise
    except AwayError as error:
        raise ReportError(
            f"{error}.",
            "Start it, or name another tracking URI or an SQLite file with --output.",
        ) from error
    except Exception as error:  # of MLflow, SQLAlchemy, the network, the file system
        said = masked(f"{type(error).__name__}: {error}".splitlines()[0])
        raise ReportError(
            f"Can't write MLflow runs to {masked(uri)}: {said}",
            "Name another SQLite file or tracking URI with --output.",
        ) from error
    there: tuple[str, ...] = ()
    if n_there:
        there = (f"{counted(n_there, 'run was', 'runs were')} already there.",)
    return Exported(masked(uri), there + _left_out(left_out))


def _with_curves(view: StudyView) -> tuple[list[tuple[RunName, Run, Curves]], list[Run]]:
    found, left_out = [], []
    for run in rows(view):
        metrics = run.metrics
        if metrics.spec is None or run.curves is None:
            left_out.append(run)
            continue
        name = RunName(
            view.folder.name, run.id, metrics.seed, metrics.spec, metrics.dataset_fingerprint
        )
        found.append((name, run, run.curves))
    return found, left_out


def _left_out(runs: Sequence[Run]) -> tuple[str, ...]:
    if not runs:
        return ()
    names = ", ".join(run.id for run in runs)
    n_runs, verb = counted(len(runs), "run"), "was" if len(runs) == 1 else "were"
    return (f"{n_runs} without curves (skipped or failed) {verb} left out: {names}.",)


def _write(run: Run, curves: Curves, log: RunLog) -> None:
    try:
        log.epochs(curves, epoch_ends(run.metrics.finished_at, curves.epoch_seconds))
        log.end(run.metrics, _finished(run.metrics.finished_at))
    except BaseException as error:
        log.close(error)
        raise
    log.close()


def epoch_ends(finished_at: str, epoch_seconds: Sequence[float]) -> list[float]:
    """Reckon when epochs ended, in seconds since 1970, from the finish and their lengths."""
    ends = list(accumulate(epoch_seconds))
    start = _finished(finished_at) - (ends[-1] if ends else 0.0)
    return [max(0.0, start + end) for end in ends]


def _finished(finished_at: str) -> float:
    """Return a record's time of finish in seconds since 1970; 0 where it has none."""
    try:
        return datetime.datetime.fromisoformat(finished_at).timestamp()
    except ValueError:
        return 0.0

"""Logs that are written while training. One that fails is given up, with a note."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from training.logs.run_log import AwayError, RunLog, RunName, need
from training.logs.running import RunningLog
from training.lookup import unknown_name
from training.records import Curves, Metrics, StudyFolder
from training.records.remote import masked

Open = Callable[[RunName], RunLog]

LIVE_LOGS = {"tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "W&B"}
"""What `--log` takes, and how it is called in sentences."""


class LiveLog:
    """All logs of one run; an error in one is reported once and ends it."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._logs: dict[str, RunLog] = {}

    def open(self, label: str, opener: Open, name: RunName) -> None:
        """Open a log.

        Raises:
            AwayError: Its server doesn't answer.
        """
        with self._guarded(label):
            self._logs[label] = opener(name)

    def epochs(self, curves: Callable[[], Curves]) -> None:
        """Write the epochs that are new.

        Args:
            curves: Called only if there is a log.
        """
        for label, log in [*self._logs.items()]:
            with self._guarded(label):
                log.epochs(curves())

    def end(self, metrics: Metrics) -> None:
        for label, log in [*self._logs.items()]:
            with self._guarded(label):
                log.end(metrics)

    def close(self, error: BaseException | None) -> None:
        for label, log in [*self._logs.items()]:
            with self._guarded(label):
                log.close(error)

    @contextlib.contextmanager
    def _guarded(self, label: str) -> Iterator[None]:
        try:
            yield
        except AwayError:
            raise
        except Exception as error:
            if (log := self._logs.pop(label, None)) is not None:
                with contextlib.suppress(Exception):
                    log.close()
            said = masked(f"{type(error).__name__}: {error}".splitlines()[0])
            self._note(f"{label} log of this run stopped ({said}); training continues")


class Logs:
    """Opens the logs of each run of a study.

    Args:
        openers: How each kind is opened, by its name in sentences.
        note: Receives one line about a log that fails.
    """

    def __init__(
        self,
        openers: dict[str, Open] | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._openers = openers or {}
        self._note = note

    @contextlib.contextmanager
    def run(self, name: RunName) -> Iterator[LiveLog]:
        """Give the logs of one run, and close them in the end."""
        log = LiveLog(self._note)
        for label, opener in [*self._openers.items()]:
            try:
                log.open(label, opener, name)
            except AwayError as error:
                del self._openers[label]
                self._note(f"{error}: these runs have no {label} logs; training continues")
        try:
            yield log
        except BaseException as error:
            log.close(error)
            raise
        log.close(None)


def live_logs(kinds: Sequence[str], folder: StudyFolder, note: Callable[[str], None]) -> Logs:
    """Return the logs of a study: below its folder `logs`, or on a server.

    The curves of what runs are kept beside its records in any case, for the live page.

    Args:
        kinds: Of `LIVE_LOGS`.

    Raises:
        HomeworkError: There is no such kind, or its library isn't installed.
    """
    table = {"tensorboard": _tensorboard, "mlflow": _mlflow, "wandb": _wandb}
    for kind in kinds:
        if kind not in table:
            raise unknown_name("log", kind, table)
        need(kind, kind, f"--log {kind}")
    openers = {LIVE_LOGS[kind]: table[kind](folder, note) for kind in dict.fromkeys(kinds)}
    return Logs({"running": _running(folder), **openers}, note)


def _running(folder: StudyFolder) -> Open:
    return lambda name: RunningLog(folder.running(name.id, name.seed))


def _tensorboard(folder: StudyFolder, note: Callable[[str], None]) -> Open:
    from training.logs.tensorboard_log import TensorBoardLog

    root = folder.path / "logs" / "tensorboard"
    return lambda name: TensorBoardLog(name, root / name.path)


def _mlflow(folder: StudyFolder, note: Callable[[str], None]) -> Open:
    from training.logs.mlflow_log import MLflowLog, MLflowStore, tracking_uri

    uri = tracking_uri(folder.path / "logs" / "mlflow.db")
    stores: list[MLflowStore] = []  # opened with the first run, where a failure is guarded

    def opened(name: RunName) -> RunLog:
        if not stores:
            stores.append(MLflowStore(uri, name.study, note))
        return MLflowLog(name, stores[0])

    return opened


def _wandb(folder: StudyFolder, note: Callable[[str], None]) -> Open:
    from training.logs.wandb_log import WandbLog, WandbStore

    stores: list[WandbStore] = []  # as above

    def opened(name: RunName) -> RunLog:
        if not stores:
            stores.append(WandbStore(folder.path / "logs", note))
        return WandbLog(name, stores[0])

    return opened

"""Hand a list's runs to workers as they become ready, and take in what the workers say."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from training.executors.outcome import Outcome, Result
from training.executors.schedule import Schedule, Task
from training.executors.single import SingleRuns
from training.planning.time_left import Remaining
from training.progress import Progress
from training.records import Experiment


@dataclass(frozen=True)
class Said:
    """A worker reports progress: a method of `Progress` and its arguments."""

    task: Task
    what: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Ended:
    """A worker has a run's result, or what ends the whole list."""

    task: Task
    result: Result | BaseException


@dataclass(frozen=True)
class Stopped:
    """A worker left a run because it was asked to."""

    task: Task


@dataclass(frozen=True)
class Lost:
    """A worker is gone and hasn't said how its run ended; `reason` completes “its worker …”."""

    task: Task
    reason: str


Event = Said | Ended | Stopped | Lost


class Crew(contextlib.AbstractContextManager["Crew", None], Protocol):
    """Workers. Leaving the context ends them, at once if by an exception.

    Attributes:
        attempts: How often a run is begun or gone on with whose worker is lost each time.
    """

    attempts: int

    def has_room(self) -> bool:
        """Say whether another run can start now."""

    def start(self, task: Task, force: bool) -> None: ...

    def events(self) -> Iterable[Event]:
        """Return what has happened; wait a moment if nothing has."""

    def stop(self) -> None:
        """Ask the workers to finish their batch, keep a checkpoint and leave the run."""


class Dispatcher:
    """Runs a list with a crew; scheduling, retries and stopping are the same for every crew.

    Args:
        single: Holds the plan and the workspace; runs nothing here, but records what failed.
    """

    def __init__(self, single: SingleRuns, crew: Crew) -> None:
        self.single = single
        self.crew = crew
        self.outcome = Outcome()
        self.error: BaseException | None = None
        self._schedule = Schedule([], range(0))
        self._remaining = Remaining([], single.plan)
        self._force = False
        self._running: dict[int, Progress] = {}
        self._started: dict[int, float] = {}
        self._lost: Counter[int] = Counter()

    def run(self, experiments: Sequence[Experiment], force: bool) -> Outcome:
        """Run what is missing or stale; with `force`, everything named.

        Raises:
            StoppedError: The user wants to end; runs that had begun have checkpoints.
            DeviceError: A worker lost its device; the others have left their runs likewise.
        """
        workspace, self._force = self.single.workspace, force
        self._schedule = Schedule(
            experiments, self.single.plan.seeds, self.single.weights_to_make(experiments)
        )
        self._remaining = self.single.remaining(experiments, force)
        stopping = False
        with workspace.stop.held(), self.crew:
            while True:
                if not stopping and (self.error is not None or workspace.stop.received):
                    stopping = True
                    self.crew.stop()
                if not stopping:
                    self._hand_out()
                if not self._running:
                    break
                for event in self.crew.events():
                    self._take(event, stopping)
        if self.error is not None:
            raise self.error
        return self.outcome

    def _hand_out(self) -> None:
        """Start what is ready while there is room; what is done already needs none."""
        while self.crew.has_room() and (task := self._schedule.start()) is not None:
            experiment, seed = task.experiment, task.seed
            step = None if self._force else self.single.answered(experiment, seed)
            if step is not None:
                self._end(task, Result(reused=step))
                continue
            progress = self.single.workspace.progress.lane()
            which = self.single.plan.study.settings.told_run(seed)
            progress.experiment(task.position, self._schedule.total, experiment.id, which)
            self._running[task.position] = progress
            self._started[task.position] = time.monotonic()
            self.crew.start(task, self._force)
            if self.single.workspace.stop.received:
                return

    def _take(self, event: Event, stopping: bool) -> None:
        progress = self._running[event.task.position]
        match event:
            case Said(_, what, arguments):
                getattr(progress, what)(*arguments)
            case Ended(task, Result() as result):
                self._finish(task, result)
            case Ended(task, error):
                self._drop(task)
                assert isinstance(error, BaseException)
                self.error = self.error or error
            case Stopped(task):
                self._drop(task)
            case Lost(task, reason):
                self._retry(task, reason, stopping)

    def _finish(self, task: Task, result: Result) -> None:
        progress, n_running = self._running[task.position], len(self._running)
        wall = time.monotonic() - self._started[task.position]
        self._remaining.ended((task.experiment.id, task.seed), result.ran, wall)
        if result.ran is not None:
            progress.finished(result.ran, self._remaining.time_left(n_running - 1, n_running))
        self._drop(task)
        self._end(task, result)

    def _retry(self, task: Task, reason: str, stopping: bool) -> None:
        if stopping:
            self._drop(task)
            return
        progress = self._running[task.position]
        self._lost[task.position] += 1
        if self._lost[task.position] < self.crew.attempts:
            progress.note(
                f"Worker {reason} (attempt {self._lost[task.position]} of {self.crew.attempts}): "
                "resuming from the last checkpoint, if any"
            )
            self.crew.start(task, self._force)
            return
        why = (
            f"Worker {reason} (attempt {self.crew.attempts} of {self.crew.attempts}). "
            "The usual cause is running out of memory: try fewer --jobs or a smaller --batch-size; "
            "the same command tries again."
        )
        self._finish(task, self.single.fail(task.experiment, task.seed, why))

    def _drop(self, task: Task) -> None:
        self._running.pop(task.position).close()

    def _end(self, task: Task, result: Result) -> None:
        self.outcome.add(result)
        if self._schedule.end(task):
            self.single.to_save.ended(task.experiment)

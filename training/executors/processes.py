"""Run experiments side by side on this machine, each in a worker process."""

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from training.executors.dispatch import Dispatcher, Ended, Event, Lost, Said, Stopped
from training.executors.outcome import Outcome
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.executors.single import SingleRuns
from training.executors.worker import STOP, work
from training.folders import starting_python
from training.planning.plan import Plan
from training.records import Experiment
from training.run.workspace import Workspace
from training.stopping import signals_blocked

SECONDS_BETWEEN_LOOKS = 0.2
"""After which a signal is noticed at the latest."""

SECONDS_TO_LEAVE = 3.0
"""What workers have to leave at once before they are killed."""


class ProcessExecutor:
    """Runs experiments in several processes.

    Args:
        plan: Resolves each step when its turn comes, from the records written so far.
        workspace: What the runs share.
        jobs: Processes.
        n_threads: CPU threads of each.
        devices: Given out to the processes in turn.
    """

    def __init__(
        self, plan: Plan, workspace: Workspace, jobs: int, n_threads: int, devices: Sequence[str]
    ) -> None:
        self.single = SingleRuns(plan, workspace)
        self.setup = Setup.of(plan, workspace, n_threads, alone=jobs <= len(devices))
        self.jobs = jobs
        self.devices = devices

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        crew = ProcessCrew(self.setup, self.jobs, self.devices)
        return Dispatcher(self.single, crew).run(experiments, force)


@dataclasses.dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    device: str
    task: Task | None = None


class ProcessCrew:
    """Worker processes, started when there is something to do."""

    attempts = 2

    def __init__(self, setup: Setup, jobs: int, devices: Sequence[str]) -> None:
        self.setup = setup
        self.jobs = jobs
        self.devices = devices
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with signals_blocked():
            if kind is not None:
                self._leave_at_once()
            for worker in self._workers:
                with contextlib.suppress(OSError):
                    worker.connection.send(None)
            self._join(SECONDS_TO_LEAVE)
            for worker in self._workers:
                worker.process.kill()
                worker.process.join()
                worker.connection.close()
            self._workers.clear()

    def _leave_at_once(self) -> None:
        """Signal the workers twice; they remove their temporary files and are gone."""
        for _ in range(2):
            self.stop()
            time.sleep(0.05)

    def _join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for worker in self._workers:
            worker.process.join(max(0.0, end - time.monotonic()))

    def has_room(self) -> bool:
        return len(self._workers) < self.jobs or any(w.task is None for w in self._workers)

    def start(self, task: Task, force: bool) -> None:
        worker = next((w for w in self._workers if w.task is None), None) or self._hire()
        worker.task = task
        with contextlib.suppress(OSError):  # a dead worker is met in `events`
            worker.connection.send((task, force))

    def _hire(self) -> _Worker:
        used = [worker.device for worker in self._workers]
        device = min(self.devices, key=used.count)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        setup = dataclasses.replace(self.setup, device=device)
        process = context.Process(target=work, args=(theirs, setup), name=f"homework on {device}")
        worker = _Worker(process, ours, device)
        with starting_python():
            resource_tracker.ensure_running()  # which unblocks signals when it starts
            with signals_blocked():  # until the worker can receive them
                process.start()
                self._workers.append(worker)
        theirs.close()
        return worker

    def events(self) -> Iterator[Event]:
        by_connection = {worker.connection: worker for worker in self._workers}
        for ready in wait(list(by_connection), SECONDS_BETWEEN_LOOKS):
            assert isinstance(ready, Connection)
            event = self._event(by_connection[ready])
            if event is not None:
                yield event

    def _event(self, worker: _Worker) -> Event | None:
        try:
            what, arguments = worker.connection.recv()
        except (EOFError, OSError):
            return self._lost(worker)
        task = worker.task
        assert task is not None
        if what not in ("ended", "stopped"):
            return Said(task, what, arguments)
        worker.task = None
        return Ended(task, *arguments) if what == "ended" else Stopped(task)

    def _lost(self, worker: _Worker) -> Event | None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        return Lost(worker.task, end_of(worker.process)) if worker.task is not None else None

    def stop(self) -> None:
        for worker in self._workers:
            if worker.process.pid is not None and worker.process.is_alive():
                os.kill(worker.process.pid, STOP)


def end_of(process: BaseProcess) -> str:
    """Say how a process has ended: “killed”, “ended with exit code 1”."""
    code = process.exitcode or 0
    if code < 0:
        return "killed" if -code == signal.SIGKILL else f"killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"

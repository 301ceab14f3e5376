"""Run experiments as tasks of a Ray cluster, whose machines share the folder of the records."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from training.executors.dispatch import Dispatcher, Ended, Event, Lost, Said, Stopped
from training.executors.outcome import Outcome
from training.executors.ray_cluster import (
    SECONDS_TO_LEAVE,
    HeadLostError,
    Needs,
    Watch,
    check_machines,
    connect,
    disconnect,
    head_lost,
    import_ray,
    on_node,
)
from training.executors.ray_task import Board, Post, run_task
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.executors.single import SingleRuns
from training.planning.plan import Plan
from training.records import Experiment
from training.run.workspace import Workspace

SECONDS_BETWEEN_LOOKS = 0.2

ATTEMPTS = 4
"""Machines of a cluster come and go more often than processes are killed."""


class RayExecutor:
    """Runs experiments on a Ray cluster.

    Args:
        plan: Resolves each step when its turn comes, from the records written so far.
        workspace: What the runs share.
        n_threads: CPUs that a task takes for each of its devices, and threads that each computes
            with.
        jobs: Tasks at a time; 0 for as many as the cluster has room for.
        address: Of the cluster; None takes the one in RAY_ADDRESS, or starts one here.
        gpus_per_run: Share of a GPU that a task takes.
        devices: That train one experiment together, all of one machine.

    Raises:
        StudyError: Ray isn't installed.
    """

    def __init__(
        self,
        plan: Plan,
        workspace: Workspace,
        n_threads: int,
        jobs: int = 0,
        address: str | None = None,
        gpus_per_run: float | None = None,
        devices: int = 1,
    ) -> None:
        import_ray()
        self.single = SingleRuns(plan, workspace)
        gpus = gpus_per_run or (float(devices) if workspace.device.type == "cuda" else 0.0)
        setup = dataclasses.replace(
            Setup.of(plan, workspace, n_threads, alone=gpus >= 1), device="cuda" if gpus else "cpu"
        )
        needs = Needs(n_threads * devices, gpus)
        self.crew = RayCrew(setup, jobs, address, needs, devices, workspace.progress.note)

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        return Dispatcher(self.single, self.crew).run(experiments, force)


class RayCrew:
    """Ray tasks, of which as many are handed out as the cluster has room for."""

    attempts = ATTEMPTS

    def __init__(
        self,
        setup: Setup,
        jobs: int,
        address: str | None,
        needs: Needs,
        devices: int,
        say: Callable[[str], object],
    ) -> None:
        self.setup = setup
        self.jobs = jobs
        self.address = address
        self.needs = needs
        self.devices = devices
        self.say = say
        self.ray = import_ray()
        self._tasks: dict[Any, Task] = {}
        self._taking: Any = None

    def __enter__(self) -> Self:
        self._was_connected = self.ray.is_initialized()
        try:
            if not self._was_connected:
                connect(self.address, self.setup.folder)
            wanted = [self.setup.folder / "study.json", *self.setup.data.files()]
            check_machines(wanted, self.needs, self.say)
            self._begin()
        except BaseException:
            self._disconnect()
            raise
        return self

    def _begin(self) -> None:
        self._setup = self.ray.put(self.setup)
        here = self.ray.get_runtime_context().get_node_id()  # other machines may be lost
        self._board = self.ray.remote(num_cpus=0)(Board).options(**on_node(here)).remote()
        self._run = self.ray.remote(run_task).options(
            num_cpus=self.needs.cpus, num_gpus=self.needs.gpus, max_retries=0
        )
        self._watch = Watch(self.needs)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._watch.end()
        if isinstance(error, HeadLostError):
            self._tasks.clear()
            self._disconnect(error)
            return
        with contextlib.suppress(Exception):  # the cluster may be gone
            if self._tasks:
                for reference in self._tasks:
                    self.ray.cancel(reference, force=True)
                self.ray.wait(list(self._tasks), num_returns=len(self._tasks),
                              timeout=SECONDS_TO_LEAVE)  # fmt: skip
            self.ray.kill(self._board)
        self._tasks.clear()
        self._disconnect()

    def _disconnect(self, error: BaseException | None = None) -> None:
        if not self._was_connected:
            disconnect(error)

    def has_room(self) -> bool:
        return len(self._tasks) < (self.jobs or self._watch.places)

    def start(self, task: Task, force: bool) -> None:
        self._tasks[self._run.remote(self._setup, self._board, self.devices, task, force)] = task

    def events(self) -> Iterator[Event]:
        self._watch.check()
        references = list(self._tasks)
        ended, _ = self.ray.wait(references, num_returns=len(references), timeout=0)
        if not ended:
            ended, _ = self.ray.wait(references, timeout=SECONDS_BETWEEN_LOOKS)
        tasks = {task.position: task for task in self._tasks.values()}
        for position, what, arguments in self._posts():
            if position in tasks:
                yield Said(tasks[position], what, arguments)
        for reference in ended:
            yield self._end(reference)

    def _posts(self) -> list[Post]:
        """Take what the board has, unless that takes long: then next time."""
        self._taking = self._taking or self._board.take.remote()
        try:
            posts: list[Post] = self.ray.get(self._taking, timeout=1.0)
        except self.ray.exceptions.GetTimeoutError:
            return []
        except self.ray.exceptions.RayActorError as error:
            first = str(error).splitlines()[0]
            raise head_lost(f"or this machine's part of it is gone: {first}") from error
        self._taking = None
        return posts

    def _end(self, reference: Any) -> Event:
        errors = self.ray.exceptions
        task = self._tasks.pop(reference)
        try:
            answer = self.ray.get(reference)
        except errors.TaskCancelledError:
            return Stopped(task)
        except errors.RayTaskError as error:
            return Ended(task, error)
        except errors.RayError as error:
            return Lost(task, f"lost ({type(error).__name__})")
        return Stopped(task) if answer is None else Ended(task, answer)

    def stop(self) -> None:
        with contextlib.suppress(self.ray.exceptions.RayError):
            self.ray.get(self._board.stop.remote(), timeout=SECONDS_TO_LEAVE)

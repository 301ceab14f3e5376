"""Run experiments as tasks of a Ray cluster, whose machines share the folder of the records."""

import contextlib
import dataclasses
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from types import ModuleType, TracebackType
from typing import Any, Self

from training.errors import StudyError
from training.executors.dispatch import Dispatcher, Ended, Event, Lost, Said, Stopped
from training.executors.outcome import Outcome
from training.executors.ray_task import Board, run_task, what_is_seen
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.executors.single import SingleRuns
from training.planning.plan import Plan
from training.records import Experiment
from training.run.workspace import Workspace

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_LEAVE = 3.0
SECONDS_BETWEEN_COUNTS = 1.0
"""Of the cluster's processors."""

ATTEMPTS = 4
"""Machines of a cluster come and go more often than processes are killed."""


class RayExecutor:
    """Runs experiments on a Ray cluster.

    Args:
        plan: Resolves each step when its turn comes, from the records written so far.
        workspace: What the runs share.
        n_threads: CPUs that a task takes, and threads that it computes with.
        jobs: Tasks at a time; 0 for as many as the cluster has room for.
        address: Of the cluster; None takes the one in RAY_ADDRESS, or starts one here.
        gpus_per_run: Share of a GPU that a task takes.

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
    ) -> None:
        import_ray()
        self.single = SingleRuns(plan, workspace)
        gpus = gpus_per_run or (1.0 if workspace.device.type == "cuda" else 0.0)
        setup = dataclasses.replace(
            Setup.of(plan, workspace, n_threads, alone=gpus >= 1), device="cuda" if gpus else "cpu"
        )
        self.crew = RayCrew(setup, jobs, address, gpus)

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        return Dispatcher(self.single, self.crew).run(experiments, force)


def import_ray() -> ModuleType:
    """Return Ray.

    Raises:
        StudyError: It isn't installed.
    """
    try:
        import ray
    except ImportError as error:
        raise StudyError(
            "--executor ray needs the package ray, which isn't installed here.",
            "Install it on every machine: pip install 'cnn-homework[ray]'. "
            "On one machine, --jobs N works without it.",
        ) from error
    module: ModuleType = ray
    return module


class RayCrew:
    """Ray tasks, of which as many are handed out as the cluster has room for."""

    attempts = ATTEMPTS

    def __init__(self, setup: Setup, jobs: int, address: str | None, gpus: float) -> None:
        self.setup = setup
        self.jobs = jobs
        self.address = address
        self.gpus = gpus
        self.ray = import_ray()
        self._tasks: dict[Any, Task] = {}
        self._known = (-SECONDS_BETWEEN_COUNTS, 1)

    def __enter__(self) -> Self:
        self._was_connected = self.ray.is_initialized()
        try:
            if not self._was_connected:
                self._connect()
            self._check_machines()
            self._begin()
        except BaseException:
            self._disconnect()
            raise
        return self

    def _begin(self) -> None:
        self._setup = self.ray.put(self.setup)
        self._board = self.ray.remote(num_cpus=0)(Board).remote()
        self._run = self.ray.remote(run_task).options(
            num_cpus=self.setup.n_threads, num_gpus=self.gpus, max_retries=0
        )

    def _connect(self) -> None:
        """Connect without giving the signals away, which Ray takes for itself.

        Its workers import first from the folder that this is done in: not from a person's.
        """
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.getsignal(number) for number in numbers}
        try:
            with contextlib.chdir(self.setup.folder):
                self.ray.init(
                    address=self.address,
                    log_to_driver=False,
                    logging_level="ERROR",
                    include_dashboard=False if self.address is None else None,
                )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise StudyError(
                f"There is no Ray cluster at {self.address or 'this machine'}: {error}.",
                "Start one (`ray start --head`), and pass its address with --address.",
            ) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _check_machines(self) -> None:
        """Make sure that every machine sees the records and the decoded images.

        Raises:
            StudyError: One doesn't, or there is no GPU where one is needed.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        if self.gpus and not self.ray.cluster_resources().get("GPU"):
            raise StudyError("The Ray cluster has no GPU.", "Use --device cpu.")
        wanted = [self.setup.folder / "study.json", *self.setup.data.files()]
        look = self.ray.remote(num_cpus=0, max_retries=0)(what_is_seen)
        nodes = [node for node in self.ray.nodes() if node["Alive"]]
        asked = [
            look.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            ).remote([str(path) for path in wanted])
            for node in nodes
        ]
        for node, missing in zip(nodes, self.ray.get(asked), strict=True):
            if missing:
                raise StudyError(
                    f"The machine {node['NodeManagerHostname']} of the Ray cluster doesn't see "
                    f"{missing[0]}.",
                    "Put --runs and the folder in HOMEWORK_CACHE on storage that all machines "
                    "mount under the same name.",
                )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(Exception):  # the cluster may be gone
            if self._tasks:
                for reference in self._tasks:
                    self.ray.cancel(reference, force=True)
                self.ray.wait(list(self._tasks), num_returns=len(self._tasks),
                              timeout=SECONDS_TO_LEAVE)  # fmt: skip
            self.ray.kill(self._board)
        self._tasks.clear()
        self._disconnect()

    def _disconnect(self) -> None:
        if not self._was_connected:
            self.ray.shutdown()

    def has_room(self) -> bool:
        return len(self._tasks) < (self.jobs or self._places())

    def _places(self) -> int:
        """Return how many tasks the cluster can run at a time; at least 1, for one that grows."""
        if time.monotonic() - self._known[0] < SECONDS_BETWEEN_COUNTS:
            return self._known[1]
        there = self.ray.cluster_resources()
        places = int(there.get("CPU", 0) // self.setup.n_threads)
        if self.gpus:
            places = min(places, int(there.get("GPU", 0) / self.gpus))
        self._known = (time.monotonic(), max(1, places))
        return self._known[1]

    def start(self, task: Task, force: bool) -> None:
        self._tasks[self._run.remote(self._setup, self._board, task, force)] = task

    def events(self) -> Iterator[Event]:
        references = list(self._tasks)
        ended, _ = self.ray.wait(references, num_returns=len(references), timeout=0)
        if not ended:
            ended, _ = self.ray.wait(references, timeout=SECONDS_BETWEEN_LOOKS)
        tasks = {task.position: task for task in self._tasks.values()}
        for position, what, arguments in self.ray.get(self._board.take.remote()):
            if position in tasks:
                yield Said(tasks[position], what, arguments)
        for reference in ended:
            yield self._end(reference)

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
        self.ray.get(self._board.stop.remote())

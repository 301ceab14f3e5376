"""Run experiments as tasks of a Ray cluster, whose machines share the folder of the records."""

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from training.executors.dispatch import Dispatcher, Ended, Event, Lost, Said, Stopped
from training.executors.outcome import Outcome
from training.executors.ray_board import MACHINES, Board, Post
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
    release,
    reserve,
)
from training.executors.ray_task import run_task
from training.executors.ray_together import in_part
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
        devices: That train one experiment together: of one machine where there is one with so
            many, else of as few as possible.

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
        needs = Needs(n_threads * devices, gpus, devices)
        self.crew = RayCrew(setup, jobs, address, needs, workspace.progress.note)

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        return Dispatcher(self.single, self.crew).run(experiments, force)


@dataclass
class Run:
    """A task that was handed out.

    Attributes:
        place: That was reserved for it, if it is divided among several machines.
        machines: That it has said that it is on; none before it has begun.
    """

    task: Task
    force: bool
    place: Any
    reference: Any
    machines: frozenset[str] = frozenset()


class RayCrew:
    """Ray tasks, of which as many are handed out as the cluster has room for."""

    attempts = ATTEMPTS

    def __init__(
        self,
        setup: Setup,
        jobs: int,
        address: str | None,
        needs: Needs,
        say: Callable[[str], object],
    ) -> None:
        self.setup = setup
        self.jobs = jobs
        self.address = address
        self.needs = needs
        self.say = say
        self.ray = import_ray()
        self._runs: dict[int, Run] = {}
        self._numbers = itertools.count()
        self._taking: Any = None
        self._told = ""

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
        self._run = self.ray.remote(max_retries=0)(run_task)
        self._watch = Watch(self.needs)
        self._tell()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, HeadLostError):
            self._watch.end()
            self._runs.clear()
            self._disconnect(error)
            return
        with contextlib.suppress(Exception):  # the cluster may be gone
            references = [run.reference for run in self._runs.values()]
            if references:
                for reference in references:
                    self.ray.cancel(reference, force=True)
                self.ray.wait(references, num_returns=len(references), timeout=SECONDS_TO_LEAVE)
            released = [self._release(run) for run in self._runs.values()]
            wait(filter(None, released), SECONDS_TO_LEAVE)
            self.ray.kill(self._board)
        self._watch.end()
        self._runs.clear()
        self._disconnect()

    def _disconnect(self, error: BaseException | None = None) -> None:
        if not self._was_connected:
            disconnect(error)

    def _tell(self) -> None:
        """Say when there is no machine any more that has room for a run."""
        told = self._watch.room.told(self.needs)
        if told and told != self._told:
            self.say(told)
        self._told = told

    def has_room(self) -> bool:
        return len(self._runs) < (self.jobs or self._watch.places)

    def start(self, task: Task, force: bool) -> None:
        number, place, needs = next(self._numbers), None, self.needs
        options: dict[str, Any] = {"num_cpus": needs.cpus, "num_gpus": needs.gpus}
        if self._watch.room.are_divided:
            place = self._watch.answer(functools.partial(reserve, needs))
            options = in_part(place, 0, self.setup)
        reference = self._run.options(**options).remote(
            self._setup, self._board, number, needs.devices, place, task, force
        )
        self._runs[number] = Run(task, force, place, reference)

    def _release(self, run: Run) -> "Future[Any] | None":
        if run.place is None:
            return None
        return self._watch.ask(functools.partial(release, run.place))

    def _start_divided(self) -> None:
        """Divide the runs that wait for a machine which isn't there any more."""
        waiting = [
            number for number, run in self._runs.items() if run.place is None and not run.machines
        ]
        for number in waiting:
            run = self._runs.pop(number)
            self.ray.cancel(run.reference, force=True)
            self.start(run.task, run.force)

    def events(self) -> Iterator[Event]:
        self._watch.check()
        self._tell()
        if self._watch.room.are_divided:
            self._start_divided()
        numbers = {run.reference: number for number, run in self._runs.items()}
        ended, _ = self.ray.wait(list(numbers), num_returns=len(numbers), timeout=0)
        if not ended:
            ended, _ = self.ray.wait(list(numbers), timeout=SECONDS_BETWEEN_LOOKS)
        for number, what, arguments in self._posts():
            if number not in self._runs:  # of a process that is lost
                continue
            if what == MACHINES:
                self._runs[number].machines = frozenset(map(str, arguments))
            else:
                yield Said(self._runs[number].task, what, arguments)
        for reference in ended:
            yield self._end(self._runs.pop(numbers[reference]))
        yield from self._lost_with_machines()

    def _lost_with_machines(self) -> Iterator[Lost]:
        """End the runs on machines that are gone: their tasks may take minutes to learn of it."""
        gone = self._watch.gone
        for number in [n for n, run in self._runs.items() if run.machines & gone]:
            run = self._runs.pop(number)
            self.ray.cancel(run.reference, force=True)
            self._release(run)
            yield Lost(run.task, "lost (its machine doesn't answer)")

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

    def _end(self, run: Run) -> Event:
        errors, task = self.ray.exceptions, run.task
        self._release(run)
        try:
            answer = self.ray.get(run.reference)
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

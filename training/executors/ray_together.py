"""Train one run on devices of several machines of a Ray cluster, each in a task of its own.

The first task does all that a run takes, and starts the others, which Ray ends with it. A process
or a machine that is lost ends the first one: the run is then begun again from its checkpoint.
"""

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from training.device.meeting import by_address, unreachable
from training.device.process_group import PATIENCE, GroupError, ProcessGroup, connected
from training.executors.forwarding import portable
from training.executors.ray_board import BoardProgress, machine_id
from training.executors.setup import Setup
from training.planning.plan import Step
from training.progress import Progress
from training.run.train_along import train_along
from training.run.workspace import Workspace
from training.stopping import StopSignal

SECONDS_BETWEEN_LOOKS = 0.2
"""After which a request to stop is noticed at the latest while processes start."""

SECONDS_TO_SAY_WHY = 5.0
"""What others, and Ray, have to say why an exchange failed."""

SECONDS_TO_START = 300.0
"""What others have until they are ready. Ray says nothing of a machine that can't be reached."""

SECONDS_TO_END = 5.0
"""What others have to end by themselves."""

STARTING = "Starting the processes of the other devices"

CONNECT = "connect"
"""What the first process writes when all are there."""


class SeveralMachines:
    """A run's devices: this process's, and those of tasks in the other parts of its place.

    Args:
        place: A placement group with a part for each device; this process is in the first.
        progress: Of the workspace.

    Attributes:
        n: How many devices train one run, this process's included.
        n_machines: On how many machines they are, once a run is trained.
    """

    def __init__(
        self, setup: Setup, place: Any, workspace: Workspace, progress: BoardProgress
    ) -> None:
        import ray

        options = dataclasses.replace(setup.options, logs=())
        self.setup = dataclasses.replace(setup, options=options)
        self.place, self.n = place, place.bundle_count
        self.workspace, self.progress = workspace, progress
        self.ray = ray
        self.n_machines = 1
        self._tasks: list[Any] = []
        self._ending = threading.Event()

    @contextlib.contextmanager
    def training(self, step: Step) -> Iterator[ProcessGroup]:
        """Have the others train along while inside; one that is lost ends this process, too."""
        address = self.ray.util.get_node_ip_address()
        store = by_address(address)
        self._ending.clear()
        try:
            self._start(step, store, address)
            watch = threading.Thread(target=self._watch, args=(step,), daemon=True)
            watch.start()
            with self._connected(step, store, address) as group:
                try:
                    yield group
                except GroupError as error:  # not disconnected yet, which may wait for the lost one
                    self._say_why(step)
                    self.progress.leave(str(error))
            self._look_at(step, self._tasks)
        finally:
            self._ending.set()
            self._end()

    def _start(self, step: Step, store: Any, address: str) -> None:
        setup = self.ray.put(self.setup)
        others = range(1, self.n)
        for rank in others:
            options = in_part(self.place, rank, self.setup)
            task = self.ray.remote(max_retries=0)(train_along_task).options(**options)
            self._tasks.append(task.remote(setup, rank, self.n, (address, store.port), step))
        until = time.monotonic() + SECONDS_TO_START
        while (ready := sum(store.check([key_of(rank)]) for rank in others)) < len(others):
            ended, _ = self.ray.wait(self._tasks, timeout=SECONDS_BETWEEN_LOOKS)
            self._look_at(step, ended)
            self.progress.stage(ready, len(others), STARTING)
            self.workspace.stop.check()
            if time.monotonic() > until:
                self.progress.leave(
                    f"Of the other processes of {step.experiment.id} {ready} of {len(others)} have "
                    f"started within {SECONDS_TO_START:.0f} s. Can the machines reach each other?"
                )
        machines = {machine_id(), *(store.get(key_of(rank)).decode() for rank in others)}
        self.n_machines = len(machines)
        self.progress.on_machines(machines)
        store.set(CONNECT, "")
        self.progress.stage(1, 1, STARTING)

    @contextlib.contextmanager
    def _connected(self, step: Step, store: Any, address: str) -> Iterator[ProcessGroup]:
        with contextlib.ExitStack() as stack:
            device = self.workspace.device
            try:
                found = connected(store, 0, self.n, device, address)
                group = stack.enter_context(found)
            except GroupError as error:
                self._say_why(step)
                raise unreachable(f"The processes of {step.experiment.id} can't connect") from error
            yield group

    def _watch(self, step: Step) -> None:
        """Leave when a task is lost: NCCL would wait for its process."""
        left = list(self._tasks)
        while left and not self._ending.is_set():
            ended, left = self.ray.wait(left, timeout=SECONDS_BETWEEN_LOOKS)
            with contextlib.suppress(Exception):  # what one met, the main thread raises
                self._look_at(step, ended)

    def _say_why(self, step: Step) -> None:
        """Raise what another process met, or leave if one is lost, once that is known."""
        ended, _ = self.ray.wait(
            self._tasks, num_returns=len(self._tasks), timeout=SECONDS_TO_SAY_WHY
        )
        self._look_at(step, ended)

    def _look_at(self, step: Step, ended: list[Any]) -> None:
        """Raise what tasks met that have ended, or are about to; leave if one is lost."""
        met: list[Exception | None] = []
        for task in ended:
            try:
                met.append(self.ray.get(task))
            except self.ray.exceptions.RayError as error:
                rank = self._tasks.index(task) + 1
                self.progress.leave(
                    f"Process {rank + 1} of {self.n}, which trained {step.experiment.id}, is "
                    f"lost ({type(error).__name__})"
                )
        for one in met:
            if one is not None and not isinstance(one, GroupError):
                raise one

    def _end(self) -> None:
        with contextlib.suppress(self.ray.exceptions.RayError):
            count = len(self._tasks)
            _, left = self.ray.wait(self._tasks, num_returns=count, timeout=SECONDS_TO_END)
            for task in left:
                self.ray.cancel(task, force=True)
        self._tasks.clear()


def in_part(place: Any, rank: int, setup: Setup) -> dict[str, Any]:
    """Return the options of a task that trains on one device of a placement group."""
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    return {
        "num_cpus": setup.n_threads,
        "num_gpus": 1 if setup.device == "cuda" else 0,
        "scheduling_strategy": PlacementGroupSchedulingStrategy(place, rank),
    }


def key_of(rank: int) -> str:
    """Return what a process writes when it is ready to connect."""
    return f"ready/{rank}"


def train_along_task(
    setup: Setup, rank: int, size: int, first: tuple[str, int], step: Step
) -> Exception | None:
    """Train one run along with the first process; return what went wrong.

    Args:
        first: Address and port of the first process.
    """
    import ray

    try:
        with contextlib.suppress(OSError):
            os.chdir(setup.working_folder)
        workspace = setup.open(Progress(), StopSignal()).workspace
        address = ray.util.get_node_ip_address()
        store = by_address(*first)
        store.set(key_of(rank), machine_id())
        store.wait([CONNECT], PATIENCE)
        with connected(store, rank, size, workspace.device, address) as group:
            train_along(step, workspace, group)
    except Exception as error:  # whatever it is, the first process has to know
        return portable(error)
    return None

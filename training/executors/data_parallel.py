"""Run experiments one after the other, each on several devices of this machine at once.

This process is the first of a group: it does all that a run takes, and others train along. They
hold what it holds, so that nothing is lost with them. After a run that failed they are ended, and
new ones are started for the next.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from training.device.environment import all_devices
from training.device.meeting import by_file
from training.device.process_group import GroupError, ProcessGroup, connected
from training.errors import DeviceError
from training.executors.forwarding import portable
from training.executors.local import LocalExecutor
from training.executors.outcome import Outcome
from training.executors.processes import end_of
from training.executors.setup import Setup
from training.folders import starting_python
from training.planning.plan import Plan, Step
from training.progress import Progress
from training.records import Experiment, Spec
from training.run.train_along import time_along, train_along
from training.run.workspace import Workspace
from training.stopping import SIGNALS, StopSignal, signals_blocked

SECONDS_BETWEEN_LOOKS = 0.2
"""After which a signal is noticed at the latest while processes start."""

SECONDS_TO_SAY_WHY = 5.0
"""What others have to say why an exchange failed."""

TO_FIT = "The usual cause is running out of memory: try fewer --devices or a smaller --batch-size."
TO_GO_ON = f"Finished work is saved; the same command goes on from the last checkpoint. {TO_FIT}"


class DataParallelExecutor:
    """Runs experiments in the list's order, each divided among several processes.

    Args:
        plan: Resolves each step when its turn comes, from the records written so far.
        workspace: What the runs share.
        n_threads: CPU threads of each process.
        devices: One for each process; this one's own is the first.
    """

    def __init__(
        self, plan: Plan, workspace: Workspace, n_threads: int, devices: Sequence[str]
    ) -> None:
        self.setup = Setup.of(plan, workspace, n_threads, alone=True)
        self.devices = devices
        self.local = LocalExecutor(plan, workspace)

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        with training_together(self.setup, self.devices, self.local.workspace):
            return self.local.run(experiments, force)


@contextlib.contextmanager
def training_together(setup: Setup, devices: Sequence[str], workspace: Workspace) -> Iterator[None]:
    """Divide the workspace's runs among several devices of this machine while inside.

    Args:
        devices: One for each process; this one's own is the first. Of a single one, no others are
            started.
    """
    if len(devices) == 1:
        yield
        return
    others = OtherProcesses(setup, devices, workspace)
    workspace.devices = others
    try:
        yield
    finally:
        others.end()


def devices_together(name: str, n: int) -> list[str]:
    """Return the devices that train one experiment: CUDA's first `n`, or the CPU so often.

    Raises:
        DeviceError: There are fewer.
    """
    found = all_devices(name)
    if found[0].type == "cpu":
        return ["cpu"] * n
    if n > len(found):
        raise DeviceError(
            f"--devices {n} needs {n} devices; --device {name} leaves {len(found)}.",
            "Use fewer --devices, or --device cuda for all CUDA devices, or --device cpu.",
        )
    return [str(device) for device in found[:n]]


@dataclasses.dataclass
class _Other:
    process: BaseProcess
    connection: Connection


class OtherProcesses:
    """The group's processes but this one, started when there is something to train.

    Attributes:
        n: How many devices train one run, this process's included.
        n_machines: This one.
    """

    n_machines = 1

    def __init__(self, setup: Setup, devices: Sequence[str], workspace: Workspace) -> None:
        self.setup, self.devices, self.n = setup, devices, len(devices)
        self.workspace = workspace
        self._others: list[_Other] = []
        self._connected = contextlib.ExitStack()
        self._group: ProcessGroup | None = None

    def training(self, step: Step) -> contextlib.AbstractContextManager[ProcessGroup]:
        return self._along(step, f"training {step.experiment.id}", TO_GO_ON)

    def timing(self, kind: Spec, n_images: int) -> contextlib.AbstractContextManager[ProcessGroup]:
        return self._along((kind, n_images), f"timing {kind.model}", TO_FIT)

    @contextlib.contextmanager
    def _along(
        self, work: Step | tuple[Spec, int], what: str, remedy: str
    ) -> Iterator[ProcessGroup]:
        """Have the others work along while inside; any error ends them.

        Args:
            what: It is, to complete “Process 2 was killed while …”.
            remedy: For that.
        """
        try:
            if self._group is None:
                self._group = self._start()
            for other in self._others:
                with contextlib.suppress(OSError):  # one that died is met in the first exchange
                    other.connection.send(work)
            yield self._group
            for other in self._others:
                self._answer(other)
        except GroupError as error:
            reason = self._reason(what, remedy, error)
            self.end()
            raise reason from error
        except BaseException:
            self.end()
            raise

    def _start(self) -> ProcessGroup:
        folder = Path(tempfile.mkdtemp(prefix="homework-"))
        self._connected.callback(shutil.rmtree, folder, ignore_errors=True)
        context = multiprocessing.get_context("spawn")
        for rank, device in enumerate(self.devices[1:], 1):
            ours, theirs = context.Pipe()
            options = dataclasses.replace(self.setup.options, logs=())
            setup = dataclasses.replace(self.setup, device=device, options=options)
            process = context.Process(
                target=follow,
                args=(theirs, setup, rank, self.n, folder),
                name=f"homework on {device}",
            )
            with starting_python():
                resource_tracker.ensure_running()  # which unblocks signals when it starts
                with signals_blocked():  # until the process ignores them
                    process.start()
                    self._others.append(_Other(process, ours))
            theirs.close()
        stage = self.workspace.progress.stage
        for number, other in enumerate(self._others):
            stage(number, len(self._others), "Starting the processes of the other devices")
            while not other.connection.poll(SECONDS_BETWEEN_LOOKS):
                self.workspace.stop.check()
            self._answer(other)
        stage(1, 1, "Starting the processes of the other devices")
        group = connected(by_file(folder, self.n), 0, self.n, self.workspace.device)
        return self._connected.enter_context(group)

    def _answer(self, other: _Other) -> None:
        """Wait until another process says that it is ready, or has trained along.

        Raises:
            GroupError: It has died.
            Exception: What it met.
        """
        try:
            error = other.connection.recv()
        except (EOFError, OSError) as lost:
            raise GroupError("Another process has died.") from lost
        if error is not None:
            raise error

    def _reason(self, what: str, remedy: str, error: GroupError) -> Exception:
        """Return why an exchange failed: what another process met, or that it died."""
        waiting = {other.connection: rank for rank, other in enumerate(self._others, 2)}
        ends: dict[int, _Other] = {}
        until = time.monotonic() + SECONDS_TO_SAY_WHY
        while waiting and (left := until - time.monotonic()) > 0:
            for ready in wait(list(waiting), min(left, SECONDS_BETWEEN_LOOKS)):
                assert isinstance(ready, Connection)
                rank = waiting.pop(ready)
                with contextlib.suppress(EOFError, OSError):
                    met: Exception | None = ready.recv()
                    if met is not None:
                        return met
                    continue
                ends[rank] = self._others[rank - 2]
        for rank, other in ends.items():
            other.process.join(SECONDS_TO_SAY_WHY)
            if other.process.exitcode:
                ended = end_of(other.process)
                was = "was " if ended.startswith("killed") else ""
                return DeviceError(
                    f"Process {rank} of {self.n} {was}{ended} while {what} "
                    f"on {self.devices[rank - 1]}.",
                    remedy,
                )
        return error

    def end(self) -> None:
        """End the other processes, and disconnect from them."""
        with signals_blocked():
            for other in self._others:
                other.process.kill()
                other.process.join()
                other.connection.close()
            self._others.clear()
            self._group = None
            self._connected.close()


def follow(connection: Connection, setup: Setup, rank: int, size: int, folder: Path) -> None:
    """Train along with the first process until that is gone."""
    for number in SIGNALS:  # a terminal sends SIGINT to all; the first process ends the others
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*SIGNALS, signal.SIGUSR1})
    with contextlib.suppress(EOFError, OSError):
        try:
            workspace = setup.open(Progress(), StopSignal()).workspace
            connection.send(None)
            with connected(by_file(folder, size), rank, size, workspace.device) as group:
                while True:
                    match connection.recv():
                        case Step() as step:
                            train_along(step, workspace, group)
                        case kind, n_images:
                            time_along(kind, n_images, workspace, group)
                    connection.send(None)
        except GroupError:  # the first process knows, or is gone
            os._exit(0)
        except (EOFError, OSError):
            raise
        except Exception as error:
            connection.send(portable(error))

"""A Ray cluster as this process sees it: connected to, checked, and watched while it works."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any

import torch

from training import __version__
from training.errors import DeviceError, StudyError
from training.executors.ray_task import Seen, what_is_seen
from training.plurals import counted

SECONDS_BETWEEN_COUNTS = 1.0
"""Of the cluster's machines."""

SECONDS_WITHOUT_HEAD = 20.0
"""After which the list is left: after 60 Ray ends this process, which says nothing then."""

SECONDS_TO_LEAVE = 3.0
"""A cluster that may not answer any more."""

LONGEST_LOOK = 1.0
"""What one look counts at most, in seconds: a process that was held up hasn't looked meanwhile."""


class HeadLostError(DeviceError):
    """The head of a Ray cluster doesn't answer any more."""


@dataclass(frozen=True)
class Needs:
    """What one run takes: of one machine, where there is one that is large enough.

    Attributes:
        devices: That train it together, each with its share; of several machines if need be.
    """

    cpus: int
    gpus: float
    devices: int = 1

    def __str__(self) -> str:
        gpus = f" and {self.gpus:g} GPU{'' if self.gpus == 1 else 's'}" if self.gpus else ""
        return f"{counted(self.cpus, 'CPU')}{gpus}"

    def fit_in(self, resources: dict[str, float]) -> int:
        """Return how many such runs a machine has room for."""
        places = int(resources.get("CPU", 0) // self.cpus)
        if self.gpus:
            places = min(places, math.floor(resources.get("GPU", 0) / self.gpus + 1e-9))
        return places

    @property
    def of_device(self) -> "Needs":
        """What each of its devices takes."""
        return Needs(self.cpus // self.devices, self.gpus / self.devices)


@dataclass(frozen=True)
class Room:
    """How many runs a cluster has room for at a time.

    Attributes:
        whole: Of those that one machine each has room for.
        divided: Of those that are divided among machines, device by device.
        largest: CPUs of the machine that has most.
    """

    whole: int
    divided: int
    largest: float

    @classmethod
    def of(cls, nodes: Sequence[dict[str, Any]], needs: Needs) -> "Room":
        resources = [node["Resources"] for node in nodes]
        devices = sum(needs.of_device.fit_in(each) for each in resources)
        return cls(
            sum(needs.fit_in(each) for each in resources),
            devices // needs.devices,
            max((each.get("CPU", 0) for each in resources), default=0),
        )

    @property
    def are_divided(self) -> bool:
        """Whether runs are divided: no machine has room for one, but all together have."""
        return not self.whole and self.divided > 0

    def told(self, needs: Needs) -> str:
        """Say what isn't as it is meant to be: that no machine is large enough; or nothing."""
        if self.whole:
            return ""
        none = f"No machine of the Ray cluster has {needs} for one run"
        if self.divided:
            return f"{none}: each is divided among several machines"
        return f"{none} (the largest has {self.largest:g}): runs wait until one joins"


@dataclass(frozen=True)
class Machine:
    """A machine of a cluster.

    Attributes:
        node_id: What Ray calls it.
        places: How many runs it has room for.
    """

    node_id: str
    name: str
    places: int


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


def connect(address: str | None, folder: Path) -> None:
    """Connect this process without giving the signals away, which Ray takes for itself.

    Args:
        address: Of the cluster; None takes the one in RAY_ADDRESS, or starts one here.
        folder: That Ray's workers import from first: not a person's.

    Raises:
        StudyError: There is no cluster.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        with contextlib.chdir(folder):
            import_ray().init(
                address=address,
                log_to_driver=False,
                logging_level="ERROR",
                include_dashboard=False if address is None else None,
            )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise StudyError(
            f"There is no Ray cluster at {address or 'this machine'}: {error}.",
            "Start one (`ray start --head`), and pass its address with --address. Where it wants a "
            "token, have the head's ~/.ray/auth_token here, too, and set RAY_AUTH_MODE=token.",
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def disconnect(error: BaseException | None = None) -> None:
    """Leave the cluster; where its head is lost, as long as that takes no answer of the head's."""
    leave = import_ray().shutdown
    if not isinstance(error, HeadLostError):
        leave()
        return
    leaving = threading.Thread(target=leave, daemon=True)
    leaving.start()
    leaving.join(SECONDS_TO_LEAVE)


def on_node(node_id: str) -> dict[str, Any]:
    """Return the option of a task or an actor that has to be on one machine."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node_id, soft=False)}


def reserve(needs: Needs) -> Any:
    """Have a part of the cluster kept for each device of a run, on as few machines as possible."""
    each = needs.of_device
    part = {"CPU": each.cpus, "GPU": each.gpus} if each.gpus else {"CPU": each.cpus}
    return import_ray().util.placement_group([part] * needs.devices, strategy="PACK")


def release(place: Any) -> None:
    """End what still runs in a place that was reserved, and give it back."""
    import_ray().util.remove_placement_group(place)


def check_machines(wanted: Sequence[Path], needs: Needs, say: Callable[[str], object]) -> None:
    """Make sure that every machine sees the records and the decoded images.

    Args:
        wanted: Files and folders.
        say: Told of what may be meant so: machines that leave, another torch.

    Raises:
        StudyError: A machine doesn't see them or has another version of this package; or there is
            no GPU where one is needed.
    """
    ray = import_ray()
    if needs.gpus and not ray.cluster_resources().get("GPU"):
        raise StudyError("The Ray cluster has no GPU.", "Use --device cpu.")
    nodes = [node for node in ray.nodes() if node["Alive"]]
    look = ray.remote(num_cpus=0, max_retries=0)(what_is_seen)
    paths = [str(path) for path in wanted]
    asked = [(node, look.options(**on_node(node["NodeID"])).remote(paths)) for node in nodes]
    for node, reference in asked:
        _check_machine(node, reference, say)


def _check_machine(node: dict[str, Any], reference: Any, say: Callable[[str], object]) -> None:
    ray, name = import_ray(), node["NodeManagerHostname"]
    try:
        seen: Seen = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise StudyError(
            f"The machine {name} of the Ray cluster can't run this package: {error.cause}.",
            f"Install version {__version__} of cnn-homework there, as here.",
        ) from error
    except ray.exceptions.RayError as error:  # it may have gone, as it may a moment later
        say(f"The machine {name} left the Ray cluster ({type(error).__name__})")
        return
    if seen.homework != __version__:
        raise StudyError(
            f"The machine {name} of the Ray cluster has version {seen.homework} of cnn-homework, "
            f"this one {__version__}.",
            "Install the same version on all machines.",
        )
    if seen.missing:
        raise StudyError(
            f"The machine {name} of the Ray cluster doesn't see {seen.missing[0]}.",
            "Put --runs and the folder in HOMEWORK_CACHE on storage that all machines "
            "mount under the same name.",
        )
    if seen.torch != str(torch.__version__):
        say(
            f"The machine {name} has torch {seen.torch}, this one {torch.__version__}: "
            "results may differ in their last digits"
        )


class Watch:
    """Counts the cluster's places in a thread, and so learns whether its head still answers.

    Asking takes as long as the head is silent, so that nobody else may ask it.

    Attributes:
        machines: Those that are there and have room for a run.
        room: What the cluster has room for.
        gone: What Ray calls the machines that have left, or don't answer any more.
    """

    def __init__(self, needs: Needs) -> None:
        self._needs, self._ray = needs, import_ray()
        self.machines: list[Machine] = []
        self._answers = 0
        self._heard = 0
        self._silent = 0.0
        self._looked = time.monotonic()
        self._ended = threading.Event()
        self._asked: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        self.room = Room(0, 0, 0)
        self.gone: set[str] = set()
        self._count()
        self._thread = threading.Thread(target=self._keep_counting, daemon=True)
        self._thread.start()

    @property
    def places(self) -> int:
        """How many runs the cluster has room for at a time; at least 1, for one that grows."""
        return max(1, self.room.whole or self.room.divided)

    def _count(self) -> None:
        nodes = self._ray.nodes()
        there = [node for node in nodes if node["Alive"]]
        self.machines = [
            Machine(node["NodeID"], node["NodeManagerHostname"], places)
            for node in there
            if (places := self._needs.fit_in(node["Resources"]))
        ]
        self.room = Room.of(there, self._needs)
        self.gone = {node["NodeID"] for node in nodes if not node["Alive"]}
        self._answers += 1

    def _keep_counting(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(Empty):
                self._answer(*self._asked.get(timeout=SECONDS_BETWEEN_COUNTS))
            with contextlib.suppress(Exception):  # as silence, which is what counts
                self._count()

    def _answer(self, call: Callable[[], Any], future: "Future[Any]") -> None:
        try:
            future.set_result(call())
        except Exception as error:
            future.set_exception(error)

    def ask(self, call: Callable[[], Any]) -> "Future[Any]":
        """Have the thread call something that asks the head."""
        future: Future[Any] = Future()
        self._asked.put((call, future))
        return future

    def answer(self, call: Callable[[], Any]) -> Any:
        """Return what something that asks the head returns.

        Raises:
            HeadLostError: It has been silent for `SECONDS_WITHOUT_HEAD`.
        """
        future = self.ask(call)
        while True:
            with contextlib.suppress(TimeoutError):
                return future.result(LONGEST_LOOK)
            self.check()

    def check(self) -> None:
        """Note whether the head has answered since the last look.

        Raises:
            HeadLostError: It has been silent for `SECONDS_WITHOUT_HEAD`.
        """
        now = time.monotonic()
        self._silent += min(now - self._looked, LONGEST_LOOK)
        self._looked = now
        if self._answers != self._heard:
            self._heard, self._silent = self._answers, 0.0
        if self._silent >= SECONDS_WITHOUT_HEAD:
            raise head_lost(f"hasn't answered for {SECONDS_WITHOUT_HEAD:.0f} s")

    def end(self) -> None:
        """Ask the head no more: this process is about to leave the cluster."""
        self._ended.set()
        self._thread.join(LONGEST_LOOK)


def head_lost(what: str) -> HeadLostError:
    """Return the error of a head that can't be reached any more."""
    return HeadLostError(
        f"The head of the Ray cluster {what}.",
        "Finished runs are saved. Start the cluster again (`ray stop` and `ray start` on every "
        "machine); the same command resumes the others from their last checkpoints, if any.",
    )

"""Decode blocks of images on the machines of a Ray cluster, a bounded number at a time.

What is lost with a machine is decoded on another one. A machine that can't decode what this one
would is left out, and a cluster that does nothing is waited for only so long: what isn't given back
is decoded where it is wanted.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from training.data.blocks import Block, DecodedBlock, decode_block
from training.executors.ray_cluster import (
    Machine,
    Needs,
    Watch,
    check_machines,
    connect,
    disconnect,
    import_ray,
    on_node,
)
from training.folders import cache_folder
from training.plurals import counted

BYTES_UNDER_WAY = 2**29
"""Of the pixels of all blocks that are handed out at a time, on whatever machine."""

SECONDS_BETWEEN_LOOKS = 0.2

PATIENCE = 120.0
"""Seconds without a block from any machine, after which all others are left to this one."""

SECONDS_TO_REST = 2.0
"""In which a machine gets nothing that has lost a block: its end may not be known yet."""

ATTEMPTS = 4
"""On other machines; what none of them gave back is decoded here."""


class RayDecoding:
    """Decodes blocks on a Ray cluster, see `blocks.Elsewhere`.

    Args:
        address: Of the cluster; None takes the one in RAY_ADDRESS.
        folder: Of the study, which all machines see.
        say: Told who decodes, and which machine can't.
    """

    def __init__(self, address: str | None, folder: Path, say: Callable[[str], object]) -> None:
        self.address, self.folder, self.say = address, folder, say

    def __call__(self, blocks: Iterator[Block]) -> Generator[DecodedBlock, None, None]:
        """Yield what machines of the cluster decoded; nothing if there is none but this one.

        Raises:
            StudyError: There is no such cluster, or one of its machines can't run the study.
            HeadLostError: Its head doesn't answer any more.
        """
        self.say("Asking the machines of the Ray cluster to decode, too")
        ray = import_ray()
        was_connected = ray.is_initialized()
        error: BaseException | None = None
        try:
            if not was_connected:
                connect(self.address, self.folder)
            yield from self._decode(ray, blocks)
        except BaseException as met:
            error = met
            raise
        finally:
            if not was_connected:
                disconnect(error)

    def _decode(self, ray: Any, blocks: Iterator[Block]) -> Iterator[DecodedBlock]:
        one = Needs(1, 0.0)
        check_machines([self.folder, cache_folder() / "pixels"], one, lambda _: None)
        watch = Watch(one)
        try:
            here = ray.get_runtime_context().get_node_id()
            machines = watch.machines
            if any(machine.node_id != here for machine in machines):
                n_cpus = counted(sum(machine.places for machine in machines), "CPU")
                of = counted(len(machines), "machine")
                self.say(f"Decoding on {of} of the Ray cluster, with {n_cpus}")
                yield from _Handing(ray, blocks, watch, self.say).decoded()
        finally:
            watch.end()


class _Handing:
    """Hands blocks out, as many to each machine as it has CPUs, and one to wait there."""

    def __init__(
        self, ray: Any, blocks: Iterator[Block], watch: Watch, say: Callable[[str], object]
    ) -> None:
        self._ray, self._blocks, self._watch, self._say = ray, blocks, watch, say
        self._task = ray.remote(decode_block)
        self._under_way: dict[Any, tuple[Block, Machine]] = {}
        self._again: list[Block] = []
        self._next: Block | None = next(blocks, None)
        self._attempts: Counter[int] = Counter()
        self._resting: dict[str, float] = {}
        self._said: set[str] = set()
        self._left_out: set[str] = set()

    def decoded(self) -> Iterator[DecodedBlock]:
        """Yield blocks as they come, until there is none, or no machine for them."""
        heard = time.monotonic()
        try:
            while time.monotonic() - heard < PATIENCE:
                self._watch.check()
                self._hand_out()
                if not self._under_way:
                    if not self._has_more() or not self._machines():
                        return
                    time.sleep(SECONDS_BETWEEN_LOOKS)
                    continue
                for reference in self._ended():
                    block = self._answer(reference)
                    if block is not None:
                        yield block
                        heard = time.monotonic()
            self._say(
                f"No machine of the Ray cluster has decoded anything for {PATIENCE:.0f} s: "
                "going on here"
            )
        finally:
            for reference in self._under_way:
                with contextlib.suppress(Exception):  # the cluster may be gone
                    self._ray.cancel(reference, force=True)

    def _machines(self) -> list[Machine]:
        return [m for m in self._watch.machines if m.node_id not in self._left_out]

    def _has_more(self) -> bool:
        return self._next is not None or bool(self._again)

    def _hand_out(self) -> None:
        """Give blocks to machines with room, most to that which has the least to do."""
        now = time.monotonic()
        awake = [m for m in self._machines() if self._resting.get(m.node_id, 0.0) <= now]
        busy = Counter(machine.node_id for _, machine in self._under_way.values())
        n_bytes = sum(block.n_bytes for block, _ in self._under_way.values())
        while awake and self._has_more() and n_bytes < BYTES_UNDER_WAY:
            machine = min(awake, key=lambda m: busy[m.node_id] / m.places)
            if busy[machine.node_id] > machine.places:
                return
            block = self._take()
            busy[machine.node_id] += 1
            n_bytes += block.n_bytes
            options = {"num_cpus": 1, "max_retries": 0, **on_node(machine.node_id)}
            self._under_way[self._task.options(**options).remote(block)] = block, machine

    def _take(self) -> Block:
        if self._again:
            return self._again.pop()
        taken = self._next
        assert taken is not None
        self._next = next(self._blocks, None)
        return taken

    def _ended(self) -> list[Any]:
        references = list(self._under_way)
        ended: list[Any]
        ended, _ = self._ray.wait(references, timeout=SECONDS_BETWEEN_LOOKS)
        return ended

    def _answer(self, reference: Any) -> DecodedBlock | None:
        errors = self._ray.exceptions
        block, machine = self._under_way.pop(reference)
        try:
            answer: DecodedBlock | str = self._ray.get(reference)
        except errors.RayTaskError as error:
            answer = f"can't decode here: {error.cause}"
        except errors.RayError as error:
            self._lose(block, machine, type(error).__name__)
            return None
        if isinstance(answer, str):
            self._leave_out(machine, answer)
            self._again.append(block)
            return None
        return answer

    def _lose(self, block: Block, machine: Machine, how: str) -> None:
        self._resting[machine.node_id] = time.monotonic() + SECONDS_TO_REST
        self._say_once(
            machine, f"The machine {machine.name} lost what it was decoding ({how}): going on"
        )
        place = int(block.places[0])
        self._attempts[place] += 1
        if self._attempts[place] < ATTEMPTS:
            self._again.append(block)

    def _leave_out(self, machine: Machine, why: str) -> None:
        self._left_out.add(machine.node_id)
        self._say_once(
            machine, f"The machine {machine.name} {why}: it decodes nothing, the others do"
        )

    def _say_once(self, machine: Machine, text: str) -> None:
        if machine.node_id not in self._said:
            self._said.add(machine.node_id)
            self._say(text)

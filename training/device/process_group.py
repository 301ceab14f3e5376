"""Processes that train one run together, each on a device of its own: what they exchange."""

import contextlib
import datetime
import time
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from training.device.meeting import LOOPBACK, SECONDS_TO_CONNECT, over_interface
from training.errors import DeviceError

T = TypeVar("T")

BUCKET_BYTES = 2**25
"""Gradients that are exchanged at a time are joined up to this size, and copied for that."""

PATIENCE = datetime.timedelta(days=1)
"""For a process that is slow, or held up; one that has died is noticed at once, but by NCCL.

A machine that is cut off is never noticed here.
"""

NCCL_PATIENCE = datetime.timedelta(minutes=10)
"""After which NCCL, which doesn't notice a process that has died, gives up."""

SECONDS_BETWEEN_LOOKS = 5e-5
"""At an exchange that isn't over: a signal interrupts this wait, but not one inside of gloo."""


class GroupError(DeviceError):
    """An exchange failed, as it does for all that are left when one process dies."""


class ProcessGroup:
    """One of the processes that train a run together. Here: the only one.

    Attributes:
        rank: Its number, from 0. The first one alone writes records and checkpoints.
        size: How many there are.
    """

    rank = 0
    size = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def part(self, n: int) -> slice:
        """Return which images of a batch of `n` are this process's, as `Tensor.tensor_split`.

        They are all of them where there are fewer images than processes.
        """
        if n < self.size:
            return slice(0, n)
        each, left = divmod(n, self.size)
        start = self.rank * each + min(self.rank, left)
        return slice(start, start + each + (self.rank < left))

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors, the same ones in every process, by their sums over the processes.

        Every process has the same bytes afterwards.

        Raises:
            GroupError: Another process has died.
        """

    def assemble(self, tensor: Tensor) -> None:
        """Fill in what others have: of any value, all processes but one have zero bytes.

        Raises:
            GroupError: Another process has died.
        """

    def share(self, value: T) -> T:
        """Return what the first process has, of anything that can be pickled.

        Raises:
            GroupError: Another process has died.
        """
        return value

    def copy_first(self, tensors: Sequence[Tensor]) -> None:
        """Overwrite tensors with those of the first process.

        Raises:
            GroupError: Another process has died.
        """


ALONE = ProcessGroup()


class ConnectedGroup(ProcessGroup):
    """One of several processes, connected by `torch.distributed`.

    Args:
        rank: From 0.
        size: 2 or more.
        data: Exchanges tensors of the device; `None` is torch's default group, by gloo.
    """

    def __init__(self, rank: int, size: int, data: Any = None) -> None:
        self.rank, self.size, self._data = rank, size, data

    def sum(self, tensors: Sequence[Tensor]) -> None:
        for bucket in _buckets(tensors):
            if len(bucket) == 1 and bucket[0].is_contiguous():
                self._all_reduce(bucket[0])
                continue
            joined = torch.cat([tensor.reshape(-1) for tensor in bucket])
            self._all_reduce(joined)
            parts = torch.split(joined, [tensor.numel() for tensor in bucket])
            for tensor, part in zip(bucket, parts, strict=True):
                tensor.copy_(part.view(tensor.shape))

    def assemble(self, tensor: Tensor) -> None:
        self._all_reduce(_bytes_of(tensor))

    def share(self, value: T) -> T:
        values = [value]
        with _failing():
            dist.broadcast_object_list(values, src=0, device=torch.device("cpu"))
        return values[0]

    def copy_first(self, tensors: Sequence[Tensor]) -> None:
        for tensor in tensors:
            given = tensor.detach()
            whole = given.contiguous()
            with _failing():  # by their bytes: gloo doesn't know every dtype
                dist.broadcast(_bytes_of(whole), src=0, group=self._group_of(whole))
            if whole is not given and not self.is_first:
                given.copy_(whole)

    def _all_reduce(self, tensor: Tensor) -> None:
        with _failing():
            group = self._group_of(tensor)
            work = dist.all_reduce(tensor, group=group, async_op=True)
            assert work is not None
            while tensor.device.type == "cpu" and not work.is_completed():
                time.sleep(SECONDS_BETWEEN_LOOKS)
            work.wait()

    def _group_of(self, tensor: Tensor) -> Any:
        return None if tensor.device.type == "cpu" else self._data


@contextlib.contextmanager
def connected(
    store: Any, rank: int, size: int, device: torch.device, address: str = LOOPBACK
) -> Iterator[ProcessGroup]:
    """Connect this process with the others; disconnect it in the end.

    Args:
        store: What all of them find each other by; see `by_file` and `by_address`.
        device: That this process computes on. NCCL exchanges tensors on CUDA, gloo all others.
        address: Of this machine, that the others reach. If it isn't the loopback interface's, all
            have to connect within `SECONDS_TO_CONNECT`.

    Raises:
        GroupError: torch can't connect them.
    """
    if dist.is_initialized():
        raise GroupError(
            "This process belongs to a group of torch.distributed already.",
            "Leave --devices out, or run homework in a process of its own.",
        )
    here = address == LOOPBACK
    patience = PATIENCE if here else datetime.timedelta(seconds=SECONDS_TO_CONNECT)
    with over_interface(address):  # NCCL connects at the first exchange
        with _failing():
            dist.init_process_group(
                "gloo", store=store, rank=rank, world_size=size, timeout=patience
            )
        try:
            if not here:
                _set_timeout(PATIENCE)
            data = None
            if device.type == "cuda":
                torch.cuda.set_device(device)
                data = dist.new_group(backend="nccl", timeout=NCCL_PATIENCE)
            yield ConnectedGroup(rank, size, data)
        finally:
            dist.destroy_process_group()


def _set_timeout(patience: datetime.timedelta) -> None:
    """Say how long an exchange may take, where connecting has had another limit."""
    if hasattr(dist, "set_timeout"):
        dist.set_timeout(patience)
    else:  # an older torch
        dist.distributed_c10d._set_pg_timeout(patience)


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Yield tensors of one dtype together, in order, up to `BUCKET_BYTES` where there are more."""
    bucket: list[Tensor] = []
    n_bytes = 0
    for tensor in tensors:
        if bucket and (n_bytes + tensor.nbytes > BUCKET_BYTES or tensor.dtype != bucket[0].dtype):
            yield bucket
            bucket, n_bytes = [], 0
        bucket.append(tensor)
        n_bytes += tensor.nbytes
    if bucket:
        yield bucket


def _bytes_of(tensor: Tensor) -> Tensor:
    """Return the bytes of a contiguous tensor, of which it is made."""
    return tensor.view(-1).view(torch.uint8)


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # as torch's own errors of connections are
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise GroupError(f"The connection to another process is lost: {said}") from error

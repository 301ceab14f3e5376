"""How processes that train one run together find each other, and over which interface they talk."""

import contextlib
import datetime
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from training.errors import DeviceError

LOOPBACK = "127.0.0.1"

SECONDS_TO_CONNECT = 60.0
"""For machines that should reach each other: a firewall may answer nothing at all."""

SIOCGIFADDR = 0x8915
"""Linux's request for the IPv4 address of an interface."""

BYTES_OF_ADDRESS = slice(20, 24)
"""Where its answer has the address."""


def by_file(folder: Path, size: int) -> Any:
    """Return where processes of one machine find each other: a file in an empty folder."""
    return _stores().FileStore(str(folder / "store"), size)


def by_address(address: str, port: int = 0) -> Any:
    """Return where processes of several machines find each other.

    Args:
        address: Of the first process's machine.
        port: That the first one listens on; 0 begins to listen, on any free one.

    Raises:
        DeviceError: Nobody can be reached there.
    """
    patience = datetime.timedelta(seconds=SECONDS_TO_CONNECT)
    stores = _stores()
    try:
        return stores.TCPStore(
            address, port, is_master=not port, timeout=patience, wait_for_workers=False
        )
    except RuntimeError as error:
        raise unreachable(f"The first process can't be reached at {address}:{port}") from error


def _stores() -> Any:
    if not dist.is_available():
        raise DeviceError(
            "This build of torch can't train with several processes.", "Leave --devices out."
        )
    return torch.distributed


def unreachable(what: str) -> DeviceError:
    """Return the error of machines that can't reach each other."""
    return DeviceError(
        f"{what}.",
        "The machines of a Ray cluster must reach each other on every port from 1024 on: open them "
        "in the firewall between these machines, or take fewer --devices, so that one is enough. "
        "Where a machine has several addresses, `ray start --node-ip-address` says which.",
    )


@contextlib.contextmanager
def over_interface(address: str) -> Iterator[None]:
    """Have gloo and NCCL connect over the interface of an address.

    By itself gloo takes the one that this machine's name leads to, which may be any.
    """
    interface = interface_of(address)
    chosen = {"GLOO_SOCKET_IFNAME": interface}
    if address != LOOPBACK:  # on one machine NCCL needs none
        chosen["NCCL_SOCKET_IFNAME"] = interface and f"={interface}"
    new = {name: value for name, value in chosen.items() if value and name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def interface_of(address: str) -> str | None:
    """Return the name of this machine's interface with an address; None where that isn't known."""
    names = [name for _, name in socket.if_nameindex()]
    if address == LOOPBACK:
        return next((name for name in ("lo", "lo0") if name in names), None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for name in names:
            asked = struct.pack("256s", name.encode()[:15])
            with contextlib.suppress(OSError):  # one without an address, or no Linux
                found = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, asked)[BYTES_OF_ADDRESS]
                if socket.inet_ntoa(found) == address:
                    return name
    return None

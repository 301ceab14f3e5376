"""Take the address to serve at, before anything is said of it."""

import errno
import os
import socket

from report.errors import ReportError

NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""An address that this machine doesn't have, such as `::1` where IPv6 is off."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets at every address of a host; with port 0, all at one that is free.

    Raises:
        ReportError: The port is in use or reserved, or the host isn't this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _unknown(host) from error
    opened: list[socket.socket] = []
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            opened.append(_bound(family, (str(address[0]), port, *address[2:])))
        except OSError as error:
            if error.errno in NOT_HERE:
                continue
            for other in opened:
                other.close()
            raise _refused(host, port, error) from error
        port = opened[0].getsockname()[1]
    if not opened:
        raise _unknown(host)
    return opened


def _bound(family: int, address: tuple[str | int, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if (
            os.name == "posix"
        ):  # a port that was left a moment ago is free; on Windows, any would be
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _unknown(host: str) -> ReportError:
    return ReportError(
        f"“{host}” is no address of this machine.",
        "Leave --host out for this machine’s browser alone, or 0.0.0.0 for every network it is in.",
    )


def _refused(host: str, port: int, error: OSError) -> ReportError:
    if error.errno == errno.EADDRINUSE:
        return ReportError(
            f"Port {port} of {host} is in use, perhaps by another `homework serve`.",
            "Choose another: --port 8766, or --port 0 for one that is free.",
        )
    if error.errno == errno.EACCES:
        return ReportError(
            f"Port {port} isn’t open to you.", "Choose one above 1023, or --port 0 for any."
        )
    return ReportError(f"Can’t listen at {host}, port {port}: {error.strerror or error}.")

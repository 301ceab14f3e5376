"""The operating system: whether homework runs on it, its memory, how libraries are installed."""

import contextlib
import os
import re
import sys
from pathlib import Path

from training.errors import HomeworkError


class SystemNotSupportedError(HomeworkError):
    """The operating system lacks what runs are kept safe with."""


def check_system() -> None:
    """Refuse Windows, which lacks the locks and signals that protect records.

    Raises:
        SystemNotSupportedError: With the way to run it there all the same.
    """
    if sys.platform == "win32":
        raise SystemNotSupportedError(
            "homework doesn't run on Windows itself.",
            "It runs in the Windows Subsystem for Linux: `wsl --install` in a terminal, then in "
            "Ubuntu the commands of the README.",
        )


def how_to_install_pango() -> str:
    """Return the command that installs Pango, which WeasyPrint draws text with, on this machine."""
    if os.environ.get("CONDA_PREFIX"):
        return "conda install -c conda-forge pango"
    if sys.platform == "darwin":
        return "brew install pango"
    return "apt-get install libpango-1.0-0 libpangoft2-1.0-0"


MEMORY = Path("/proc/meminfo")
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
CONTAINER_USED = Path("/sys/fs/cgroup/memory.current")


def memory_bytes() -> tuple[int, int] | None:
    """Return the bytes of memory that are free, and those that there are.

    A container's limit counts where it is lower. Where the system doesn't say what is free, as on a
    Mac, all of it counts; None where it says nothing.
    """
    found = _of_linux() or _of_posix()
    if found is None:
        return None
    free, total = found
    with contextlib.suppress(OSError, ValueError):  # no container, or "max"
        limit = int(CONTAINER_LIMIT.read_text())
        free = min(free, max(0, limit - int(CONTAINER_USED.read_text())))
        total = min(total, limit)
    return free, total


def _of_linux() -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        said = dict(re.findall(r"^(\w+): +(\d+) kB$", MEMORY.read_text(), re.M))
        if {"MemAvailable", "MemTotal"} <= said.keys():
            return 1024 * int(said["MemAvailable"]), 1024 * int(said["MemTotal"])
    return None


def _of_posix() -> tuple[int, int] | None:
    with contextlib.suppress(ValueError, OSError):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return total, total
    return None


SHORT_WAITS = {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
"""How long threads of GNU's OpenMP (turns of a loop) and of LLVM's (milliseconds) wait awake."""


def let_threads_sleep() -> None:
    """Let threads that wait for each other sleep soon; it takes effect before torch is imported.

    By default they wait awake for milliseconds. Beside other programs that takes the processor from
    the very thread that they wait for, and a run takes many times as long (`bench/README.md`). What
    a person has set stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        for name, value in SHORT_WAITS.items():
            os.environ.setdefault(name, value)

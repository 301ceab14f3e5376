"""The operating system: whether homework runs on it, and how its libraries are installed."""

import os
import sys

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

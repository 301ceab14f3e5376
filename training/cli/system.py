"""The operating systems that the command runs on."""

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

"""What the program says where no command of a page prints it."""

import os
from collections.abc import Callable

import pytest

from training.fonts import said_missing
from training.planning.slower import slower


def of_a_class_without_font() -> str:
    said = said_missing(["猫"])
    if said is None:
        pytest.skip("a font for 猫 is installed")
    return "\n".join(said)


def of_a_slow_epoch() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getloadavg", lambda: (7.9, 7.0, 6.0))
        patch.setattr(os, "cpu_count", lambda: 2)
        return slower(42.0, 9.0) or ""


ANSWERS: dict[str, Callable[[], str]] = {
    "of a class called 猫": of_a_class_without_font,
    "of a slow epoch": of_a_slow_epoch,
}

"""What the program says where no command of a page prints it."""

from collections.abc import Callable

import pytest


from training.fonts import said_missing


def of_a_class_without_font() -> str:
    said = said_missing(["猫"])
    if said is None:
        pytest.skip("a font for 猫 is installed")
    return "\n".join(said)


ANSWERS: dict[str, Callable[[], str]] = {"of a class called 猫": of_a_class_without_font}

"""What a person's own code gives: a `module:function`, and what went wrong in it."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from training.errors import StudyError
from training.own_modules import as_written, own_function


def own_code(name: str, folders: Sequence[Path]) -> Any:
    """Return what a `module:function` names.

    Args:
        name: Whose module lies in one of the folders, or else is installed.
        folders: The first that has it counts.

    Raises:
        StudyError: There is no such module, or it has no such function.
        Exception: Whatever the module itself raises.
    """
    module, _, function = name.partition(":")
    try:
        return own_function(module, function, folders)
    except (ImportError, AttributeError) as error:
        raise StudyError(
            f"Can't import {name}: {as_written(str(error))}.",
            "The module must be installed or be beside the study file; one that --backbone names "
            "may also be in the current folder.",
        ) from error


def what_failed(error: BaseException) -> str:
    """Return an error's kind and text, and where in somebody else's code it came from."""
    text = as_written(str(error)).strip().rstrip(".")
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    others = {Path(torch.__file__).parent, Path(__file__).parent}
    places = [
        (file, place.lineno)
        for place in traceback.extract_tb(error.__traceback__)
        if others.isdisjoint((file := Path(place.filename)).parents)
    ]
    if isinstance(error, SyntaxError) or not places:
        return said  # which names the place itself
    return f"{said} ({places[-1][0].name}, line {places[-1][1]})"

"""Networks that others wrote: torchvision's, timm's, and those of a function of one's own."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.errors import HomeworkError, StudyError
from training.lookup import unknown_name
from training.networks.own_modules import as_written, own_function

CALLED = "module:function is called with the number of classes and the weights' path or None."


def foreign_network(
    model: str, n_classes: int, weights_file: Path | None, code_folders: Sequence[Path] = ()
) -> nn.Module | None:
    """Return the network that a model names; None if the name isn't of a library or a module.

    Args:
        model: `torchvision:NAME`, `timm:NAME`, or `module:function`.
        weights_file: Handed to a `module:function`.
        code_folders: Where such a module is looked for before what is installed.

    Raises:
        StudyError: There is no such network, or its own code fails.
    """
    library, _, name = model.partition(":")
    if not library or not name:
        return None
    try:
        if library == "torchvision":
            return _torchvision_model(name)
        if library == "timm":
            return _timm_model(name)
        module = _function(library, name, code_folders)(n_classes, weights_file)
    except HomeworkError:
        raise
    except Exception as error:
        hint = "" if library in ("torchvision", "timm") else CALLED
        raise StudyError(f"{model} can't be built: {what_failed(error)}.", hint) from error
    if not isinstance(module, nn.Module):
        raise StudyError(f"{model} returned {type(module).__name__}, not a module.")
    return module


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


def _torchvision_model(name: str) -> nn.Module:
    from torchvision import models

    names = models.list_models(module=models)
    if name not in names:
        raise unknown_name("torchvision model", name, names)
    module: nn.Module = models.get_model(name, weights=None)
    return module


def _timm_model(name: str) -> nn.Module:
    try:
        import timm
    except ImportError as error:
        raise StudyError(
            f"timm:{name} needs the package timm.", "Install it: pip install timm"
        ) from error
    if name not in timm.list_models():
        raise unknown_name("timm model", name, timm.list_models())
    module: nn.Module = timm.create_model(name, pretrained=False)
    return module


def _function(module_name: str, function: str, folders: Sequence[Path]) -> Any:
    try:
        return own_function(module_name, function, folders)
    except (ImportError, AttributeError) as error:
        raise StudyError(
            f"Can't import {module_name}:{function}: {as_written(str(error))}.",
            "The module must be installed or be beside the study file; one that --backbone names "
            "may also be in the current folder.",
        ) from error

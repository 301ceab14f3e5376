"""Networks that others wrote: torchvision's, timm's, and those of a function of one's own."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from training.errors import HomeworkError, StudyError
from training.lookup import unknown_name
from training.own_code import own_code, what_failed

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
        module = own_code(model, code_folders)(n_classes, weights_file)
    except HomeworkError:
        raise
    except Exception as error:
        hint = "" if library in ("torchvision", "timm") else CALLED
        raise StudyError(f"{model} can't be built: {what_failed(error)}.", hint) from error
    if not isinstance(module, nn.Module):
        raise StudyError(f"{model} returned {type(module).__name__}, not a module.")
    return module


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

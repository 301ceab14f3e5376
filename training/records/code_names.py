"""Where records name code of somebody's own, as `module:function`. No torch."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

CODE = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"
"""How a `module:function` is written."""

LIBRARIES = ("torchvision", "timm")
"""Before the colon of a model these aren't somebody's own."""

FIELDS = ("optimizer", "loss", "schedule", "augmentation")
"""Fields of an experiment, of settings and of a spec that may name code, beside the network."""


def is_code(name: str) -> bool:
    """Tell whether a name, of anything but a model, is a `module:function`."""
    return re.fullmatch(CODE, name) is not None


def names_code(model: str) -> bool:
    """Tell whether a model is a `module:function`, code of somebody's own."""
    library, colon, _ = model.partition(":")
    return bool(colon) and library not in LIBRARIES


def code_in(given: Any) -> list[str]:
    """Return all code that an experiment, settings or a spec name, each once, in order.

    Args:
        given: An `Experiment`, `Settings` or `Spec`.
    """
    models = [getattr(given, name, None) for name in ("model", "backbone")]
    own = [model for model in models if model and names_code(model)]
    values = [getattr(given, name, None) for name in FIELDS]
    named = [*values, *getattr(given, "optimizers", ())]
    return list(dict.fromkeys([*own, *(name for value in named for name in _code(value))]))


def _code(value: Any) -> Iterator[str]:
    """Yield the code that a field's value names, transforms of transforms included."""
    if isinstance(value, str):
        if is_code(value):
            yield value
    elif isinstance(value, Iterable):
        for item in value:
            yield from _code(item.name)
            yield from _code(item.transforms)

"""A list of torchvision's transforms, as it is written in a study file."""

from collections.abc import Mapping
from typing import Any

from training.errors import StudyError
from training.lookup import look_up, unknown_name
from training.records import AUGMENTATIONS, is_code
from training.records.transforms import NEEDED, TRANSFORMS

EXAMPLE = 'Write augmentation = ["RandAugment", {name = "ColorJitter", hue = 0.1, p = 0.5}].'


def with_transforms(fields: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Return a table's fields with `augmentation` as records have it.

    Args:
        fields: Of an experiment or of the settings.
        where: Names the table in an error.

    Raises:
        StudyError: torchvision has no such transform, or it no such argument.
    """
    given = fields.get("augmentation")
    if isinstance(given, str) and is_code(given):
        given = [given]
    if isinstance(given, str) and given not in AUGMENTATIONS:
        valid = [*AUGMENTATIONS, "module:function"]
        raise unknown_name(f"augmentation in {where}:", given, valid)
    if not isinstance(given, list | tuple):
        return fields
    if not given:
        raise StudyError(f"In {where}: augmentation is an empty list.", 'Write "none".')
    return {**fields, "augmentation": [_transform(item, where) for item in given]}


def _transform(item: Any, where: str) -> dict[str, Any]:
    """Return a transform's name and arguments, from a name alone or a table."""
    table: Any = {"name": item} if isinstance(item, str) else item
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise StudyError(f"In {where}: augmentation lists {item!r}, which has no name.", EXAMPLE)
    name = table["name"]
    told = dict(table.get("parameters", ())) | {
        key: value for key, value in table.items() if key not in ("name", "parameters")
    }
    if not is_code(name):
        known = look_up(f"transform of torchvision in {where}, augmentation:", name, TRANSFORMS)
        for key in told:
            if key not in known and key != "p":
                raise unknown_name(f"argument of {name} in {where}:", key, {*known, "p"})
    if NEEDED.get(name, "p") not in told and name in NEEDED:
        raise StudyError(f"In {where}: {name} needs {NEEDED[name]}.")
    p = told.get("p")
    if p is not None and not (isinstance(p, int | float) and 0 <= p <= 1):
        raise StudyError(f"In {where}: p of {name} must be from 0 to 1; found {p!r}.")
    return {"name": name, "parameters": sorted(told.items())}

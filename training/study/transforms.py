"""A list of torchvision's transforms, as it is written in a study file."""

import math
from collections.abc import Mapping
from typing import Any

from training.errors import StudyError
from training.lookup import look_up, unknown_name
from training.records import AUGMENTATIONS, is_code
from training.records.transforms import DEEPEST, GROUPS, NEEDED, TRANSFORMS

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


def _transform(item: Any, where: str, depth: int = 1) -> dict[str, Any]:
    """Return a transform's name and arguments, from a name alone or a table."""
    table: Any = {"name": item} if isinstance(item, str) else item
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise StudyError(f"In {where}: augmentation lists {item!r}, which has no name.", EXAMPLE)
    name = table["name"]
    told = dict(table.get("parameters", ())) | {
        key: value
        for key, value in table.items()
        if key not in ("name", "parameters", "transforms" if name in GROUPS else "")
    }
    if name in GROUPS:
        members = _members(table, where, depth)
        for key in told:
            if key not in GROUPS[name]:
                raise unknown_name(f"argument of {name} in {where}:", key, GROUPS[name])
        if name == "RandomChoice" and "p" in told:
            _check_odds(told["p"], len(members), where)
        elif "p" in told:
            _check_probability(told["p"], name, where)
        return {"name": name, "parameters": sorted(told.items()), "transforms": members}
    if not is_code(name):
        known = look_up(
            f"transform of torchvision in {where}, augmentation:", name, TRANSFORMS | GROUPS
        )
        for key in told:
            if key not in known and key != "p":
                raise unknown_name(f"argument of {name} in {where}:", key, {*known, "p"})
    if NEEDED.get(name, "p") not in told and name in NEEDED:
        raise StudyError(f"In {where}: {name} needs {NEEDED[name]}.")
    if "p" in told:
        _check_probability(told["p"], name, where)
    return {"name": name, "parameters": sorted(told.items())}


def _members(table: Mapping[str, Any], where: str, depth: int) -> list[dict[str, Any]]:
    """Return the transforms that a transform is given."""
    given, name = table.get("transforms"), table["name"]
    if not isinstance(given, list | tuple) or not given:
        raise StudyError(
            f"In {where}: {name} needs a list, transforms.",
            'Write {name = "RandomChoice", transforms = ["RandomInvert", "RandomEqualize"]}.',
        )
    if depth == DEEPEST:
        raise StudyError(f"In {where}: more than {DEEPEST} transforms stand in each other.")
    return [_transform(item, where, depth + 1) for item in given]


def _check_probability(p: Any, name: str, where: str) -> None:
    if not _is_number(p) or not 0 <= p <= 1:
        raise StudyError(f"In {where}: p of {name} must be from 0 to 1; found {p!r}.")


def _check_odds(p: Any, n: int, where: str) -> None:
    odds = p if isinstance(p, list | tuple) else ()
    if (
        len(odds) != n
        or not all(_is_number(x) and 0 <= x < math.inf for x in odds)
        or not sum(odds)
    ):
        raise StudyError(
            f"In {where}: p of RandomChoice must be {n} numbers from 0, one a transform; "
            f"found {p!r}."
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

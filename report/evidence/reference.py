"""The reference report's numbers, shown beside a study of the same pictures, size and networks."""

import functools
import json
from importlib import resources
from typing import Any

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity

SOURCE = "reference-report.json"
"""What stands for the reference in a number's source; it is no file of the study."""


@functools.cache
def reference() -> dict[str, Any]:
    """Return the reference's numbers."""
    text = resources.files("report.evidence").joinpath("reference.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def reference_number(view: StudyView, experiment_id: str, name: str) -> Quantity | None:
    """Return one of the reference's numbers for an experiment, where it can be compared."""
    if not is_comparable(view):
        return None
    found = reference()["experiments"].get(experiment_id, {}).get(name)
    if found is None:
        return None
    escaped = experiment_id.replace("/", "~1")
    return Quantity(found, f"{SOURCE}#/experiments/{escaped}/{name}")


def reference_note(view: StudyView, experiment_id: str) -> str:
    if not is_comparable(view):
        return ""
    note: str = reference()["experiments"].get(experiment_id, {}).get("note", "")
    return note


def is_comparable(view: StudyView) -> bool:
    """Tell whether this study measured what the reference did: same pictures, size and networks."""
    data, dataset, settings = reference()["data"], view.dataset, view.study.settings
    return (
        not view.study.sections
        and dataset is not None
        and dataset.kind == data["kind"]
        and dataset.max_per_class is None
        and dataset.n_test == data["n_test"]
        and settings.image_size == data["image_size"]
        and settings.backbone == "alexnet"
        and settings.width == 1.0
        and settings.epochs is None
        and settings.weights == "imagenet"
    )

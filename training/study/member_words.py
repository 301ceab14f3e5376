"""What a grid's members are called, and what is asked of each, by their values."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from training.records import learning_rate_label


def labels_of(name: str, values: Sequence[Any]) -> list[str]:
    """Return short labels of a field's values, each another, of letters that ids may have."""
    short = [_label(name, value) for value in values]
    if len(set(short)) < len(short):  # torchvision:resnet18 and timm:resnet18
        short = [_slug(value) if isinstance(value, str) else "" for value in values]
    if len(set(short)) < len(short):
        short = [str(number) for number in range(1, len(values) + 1)]
    return short


def _label(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        plain, label = f"{value:g}", learning_rate_label(value)
        is_rate = name == "learning_rate" and value != 0
        return label if is_rate or len(label) < len(plain) else plain
    if isinstance(value, str):
        return _slug(value.rpartition(":")[2] if ":" in value else value.rpartition("/")[2])
    if isinstance(value, dict) and "name" in value:  # of a thing with parameters
        return _slug(str(value["name"]))
    if isinstance(value, dict):
        return (
            "-".join(f"{_slug(key)}-{_label(key, each)}" for key, each in value.items()) or "none"
        )
    if isinstance(value, list | tuple):
        return "+".join(_label(name, each) for each in value) or "none"
    return _slug(str(value))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_.+-]+", "-", text.lower()).strip("-") or "none"


def question_about(axes: Mapping[str, object]) -> str:
    """Return the usual question of a grid's members, with fields' names in braces."""
    named = [f"{name.replace('_', ' ')} {{{name}}}" for name in axes]
    *first, last = named
    return f"What is reached with {', '.join(first)}{' and ' if first else ''}{last}?"


def filled(question: str, values: Mapping[str, Any]) -> str:
    """Return a question with a member's values in place of the fields' names in braces."""
    for name, value in values.items():
        question = question.replace(f"{{{name}}}", in_question(value))
    return question


def in_question(value: Any) -> str:
    """Return a value for a question; 0.0025 is 0.0025, and 1e-05 is 1e-05."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        told = (f"{key} {in_question(each)}" for key, each in value.items())
        return str(value["name"]) if "name" in value else ", ".join(told) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(in_question, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)

"""Grids of a study file: fields of experiments with several values each, all pairs or a sample."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from training.errors import StudyError
from training.lookup import unknown_name
from training.records import (
    GRID_FIELDS,
    Experiment,
    Settings,
    StudyGrid,
    learning_rate_label,
)
from training.study.transforms import with_transforms

if TYPE_CHECKING:
    import numpy as np

OF_SETTINGS = {"optimizer": "optimizers", "learning_rate": "learning_rates"}
"""Fields that may have the values of a setting, which the grid names instead of a list."""

MOST_AXES = 3
"""Fields that a full product may vary; a report shows no more."""

MOST_MEMBERS = 100_000

SAMPLE, SAMPLE_SEED = "sample", "sample_seed"
RANGE_KEYS = ("from", "to", "scale")
SHARED_WORDS = ("question", "extra", "note")
"""Words of an experiment that all members of a grid may share."""

Where = Callable[..., str]
"""Says where a table stands, or, given its name, a key of it."""

TYPES = {known.name: known.type for known in msgspec.structs.fields(Experiment)}
DRAWS = 100
"""Times as many draws as members, before a sample counts as larger than what it is drawn from."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, drawn evenly, or evenly in their logarithms."""

    low: float
    high: float
    is_log: bool
    is_whole: bool

    def draw(self, rng: "np.random.Generator") -> float | int:
        """Return a whole number, or one of three significant digits."""
        if self.is_whole and not self.is_log:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        low, high = (math.log(self.low), math.log(self.high)) if self.is_log else (
            self.low, self.high)  # fmt: skip
        value = rng.uniform(low, high)
        value = min(max(math.exp(value) if self.is_log else value, self.low), self.high)
        return round(value) if self.is_whole else float(f"{value:.3g}")


Axes = dict[str, tuple[Any, ...] | Range]


@dataclass(frozen=True)
class GridTable:
    """A grid as its table describes it.

    Attributes:
        axes: What varies, in the table's order: values, or a range to draw from.
        shared: Fields that all members have.
        sample: Members to draw; 0 for all pairs.
        by_settings: Whether a setting decides how many members there are.
    """

    axes: Axes
    shared: dict[str, Any]
    sample: int
    seed: int
    by_settings: bool


def read_grid(fields: Mapping[str, Any], settings: Settings, where: Where) -> GridTable:
    """Tell what varies in a grid's table from what all its members share.

    Args:
        where: Says where the table or a key stands, in an error.

    Raises:
        StudyError: An unknown field, a value of the wrong kind, or nothing that varies.
    """
    axes: Axes = {}
    shared: dict[str, Any] = {}
    by_settings = False
    sample, seed = (_count(fields, key, where) for key in (SAMPLE, SAMPLE_SEED))
    for name, value in fields.items():
        if name in (SAMPLE, SAMPLE_SEED):
            continue
        _check_field(name, where)
        if value == OF_SETTINGS.get(name):
            axes[name], by_settings = getattr(settings, value), True
        elif isinstance(value, dict) and "from" in value:
            axes[name] = _range(value, name, sample, where)
        elif isinstance(value, list) and not _is_one_value(value, name):
            axes[name] = _values(value, name, where)
        else:
            shared[name] = value
    _check_size(axes, sample, where)
    return GridTable(axes, shared, sample, seed, by_settings)


def members(grid_id: str, table: GridTable, where: Where) -> tuple[StudyGrid, list[dict[str, Any]]]:
    """Return a grid and the fields of its members beside those that they share.

    The first field varies fastest. Ids end in the members' values; a sample's in their numbers.
    """
    if table.sample:
        drawn = list(_drawn(table, where))
        axes = {name: tuple(each[name] for each in drawn) for name in table.axes}
        ids = [f"{grid_id}-{number}" for number in range(1, len(drawn) + 1)]
    else:
        axes = {name: values for name, values in table.axes.items() if isinstance(values, tuple)}
        labels = {name: labels_of(name, values) for name, values in axes.items()}
        picked = [
            dict(zip(axes, reversed(indices), strict=True))
            for indices in itertools.product(*(range(len(v)) for v in reversed(axes.values())))
        ]
        drawn = [{name: axes[name][i] for name, i in each.items()} for each in picked]
        ids = [
            "-".join([grid_id, *(labels[name][i] for name, i in each.items())]) for each in picked
        ]
    question = table.shared.get("question") or _question(table.axes)
    found = [
        each | {"id": member_id, "question": _filled(question, each)}
        for member_id, each in zip(ids, drawn, strict=True)
    ]
    return StudyGrid(id=grid_id, axes=axes, sample=table.sample), found


def _check_field(name: str, where: Where) -> None:
    if name == "test":
        raise StudyError(
            f"In {where(name)}: members of a grid aren't tested.",
            'Test the one that validation chooses: from = "best of …" and test = true in an '
            "experiment.",
        )
    if name not in (*GRID_FIELDS, *SHARED_WORDS):
        valid = (*GRID_FIELDS, *SHARED_WORDS, "like", SAMPLE, SAMPLE_SEED)
        raise unknown_name(f"field in {where(name)}:", name, valid)


def _count(fields: Mapping[str, Any], key: str, where: Where) -> int:
    value = fields.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise StudyError(f"In {where(key)}: {key} must be a whole number from 0; found {value!r}.")
    return value


def _is_one_value(value: list[Any], name: str) -> bool:
    """Tell whether a list is one value of a field, such as the widths of a head's layers."""
    try:
        _converted(value, name)
    except (msgspec.ValidationError, StudyError):
        return False
    return True


def _converted(value: Any, name: str) -> Any:
    """Return one value of a field as records have it.

    Raises:
        StudyError: It names what torchvision hasn't.
        ValidationError: It is none.
    """
    as_recorded = with_transforms({name: value}, name)[name]
    return msgspec.to_builtins(msgspec.convert(as_recorded, TYPES[name]))


def _values(values: list[Any], name: str, where: Where) -> tuple[Any, ...]:
    found = []
    for value in values:
        try:
            found.append(_converted(value, name))
        except msgspec.ValidationError as error:
            raise StudyError(f"In {where(name)}: {name} has {value!r}: {error}.") from error
    if not found:
        raise StudyError(f"In {where(name)}: {name} has no values.", "Name one at least.")
    written = Counter(map(repr, found))
    for value in found:
        if written[repr(value)] > 1:
            raise StudyError(f"In {where(name)}: {name} has {value!r} twice.", "Name it once.")
    return tuple(found)


def _range(value: dict[str, Any], name: str, sample: int, where: Where) -> Range:
    for key in value:
        if key not in RANGE_KEYS:
            raise unknown_name(f"key in {where(name)}, {name}:", key, RANGE_KEYS)
    if not sample:
        raise StudyError(
            f"In {where(name)}: {name} is a range, of which only a sample can be drawn.",
            "Add sample = 20, say, or list the values.",
        )
    low, high, scale = value.get("from"), value.get("to"), value.get("scale", "linear")
    numbers = [x for x in (low, high) if isinstance(x, int | float) and not isinstance(x, bool)]
    if len(numbers) < 2 or not -math.inf < numbers[0] < numbers[1] < math.inf:
        raise StudyError(
            f"In {where(name)}: {name} must go from a number to a larger one; "
            f"found {low} to {high}.",
            f'Write {name} = {{ from = 1e-4, to = 1e-1, scale = "log" }}.',
        )
    if scale not in ("linear", "log"):
        raise unknown_name(f"scale in {where(name)}, {name}:", str(scale), ("linear", "log"))
    if scale == "log" and numbers[0] <= 0:
        raise StudyError(
            f"In {where(name)}: {name} can't be drawn on a log scale from {numbers[0]}."
        )
    is_whole = all(isinstance(x, int) for x in numbers)
    found = Range(numbers[0], numbers[1], scale == "log", is_whole and _is_whole(name))
    _values([numbers[0] if found.is_whole else float(numbers[0])], name, where)
    return found


def _is_whole(name: str) -> bool:
    """Tell whether a field takes whole numbers only."""
    try:
        _converted(0.5, name)
    except msgspec.ValidationError:
        return True
    return False


def _check_size(axes: Axes, sample: int, where: Where) -> None:
    if not axes:
        raise StudyError(
            f"In {where()}: nothing varies.",
            "Give a field several values: learning_rate = [1e-2, 1e-3].",
        )
    if len(axes) > MOST_AXES and not sample:
        raise StudyError(
            f"In {where()}: {len(axes)} fields vary ({', '.join(axes)}); at most {MOST_AXES} can.",
            "Vary fewer, or draw some of all with sample = 20, say.",
        )
    n = sample or math.prod(len(v) for v in axes.values() if isinstance(v, tuple))
    if n > MOST_MEMBERS:
        raise StudyError(
            f"In {where()}: it has {n:,} members; at most {MOST_MEMBERS:,} can be run."
        )


def _drawn(table: GridTable, where: Where) -> Iterator[dict[str, Any]]:
    """Draw members one by one, none twice: a larger sample begins with the smaller one's."""
    import numpy as np

    rng = np.random.default_rng(table.seed)
    seen: set[str] = set()
    for _ in range(DRAWS * table.sample):
        each = {
            name: values.draw(rng)
            if isinstance(values, Range)
            else values[int(rng.integers(len(values)))]
            for name, values in table.axes.items()
        }
        if (written := repr(each)) not in seen:
            seen.add(written)
            yield each
        if len(seen) == table.sample:
            return
    raise StudyError(
        f"In {where(SAMPLE)}: sample asks for {table.sample} members, and {len(seen)} were found.",
        "Draw fewer, or give more values or wider ranges.",
    )


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


def _question(axes: Mapping[str, object]) -> str:
    named = [f"{name.replace('_', ' ')} {{{name}}}" for name in axes]
    *first, last = named
    return f"What is reached with {', '.join(first)}{' and ' if first else ''}{last}?"


def _filled(question: str, values: Mapping[str, Any]) -> str:
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

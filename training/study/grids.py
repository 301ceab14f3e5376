"""Grids of a study file: fields of experiments with several values each, all pairs or a sample."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from training.errors import StudyError
from training.lookup import unknown_name
from training.records import (
    GRID_FIELDS,
    Experiment,
    Range,
    Settings,
    StudyGrid,
)
from training.study.member_words import filled, labels_of, question_about
from training.study.transforms import with_transforms

if TYPE_CHECKING:
    import numpy as np

OF_SETTINGS = {"optimizer": "optimizers", "learning_rate": "learning_rates"}
"""Fields that may have the values of a setting, which the grid names instead of a list."""

MOST_AXES = 3
"""Fields that a full product may vary; a report shows no more."""

MOST_MEMBERS = 100_000

SAMPLE, SAMPLE_SEED = "sample", "sample_seed"
SAMPLER, ROUND = "sampler", "round"
KEYS = (SAMPLE, SAMPLE_SEED, SAMPLER, ROUND)
"""What a grid's table says beside fields and words."""

RANDOM = "random"
SAMPLERS = (RANDOM, "optuna:tpe")
"""What may choose a sample: chance, or, from results, a sampler of Optuna."""

USUAL_ROUND = 5
"""Members of a round, where a table doesn't say."""

RANGE_KEYS = ("from", "to", "scale")
SHARED_WORDS = ("question", "extra", "note")
"""Words of an experiment that all members of a grid may share."""

Where = Callable[..., str]
"""Says where a table stands, or, given its name, a key of it."""

TYPES = {known.name: known.type for known in msgspec.structs.fields(Experiment)}
DRAWS = 100
"""Times as many draws as members, before a sample counts as larger than what it is drawn from."""


Axes = dict[str, tuple[Any, ...] | Range]


@dataclass(frozen=True)
class GridTable:
    """A grid as its table describes it.

    Attributes:
        axes: What varies, in the table's order: values, or a range to draw from.
        shared: Fields that all members have.
        sample: Members to draw; 0 for all pairs.
        by_settings: Whether a setting decides how many members there are.
        sampler: What chooses a sample, one of `SAMPLERS`.
        round: Members that a sampler chooses at a time from results; 0 of a sample by chance.
    """

    axes: Axes
    shared: dict[str, Any]
    sample: int
    seed: int
    by_settings: bool
    sampler: str = RANDOM
    round: int = 0


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
    sampler, per_round = _sampler(fields, sample, where)
    for name, value in fields.items():
        if name in KEYS:
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
    return GridTable(axes, shared, sample, seed, by_settings, sampler, per_round)


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
    question = question_of(table)
    found = [
        each | {"id": member_id, "question": filled(question, each)}
        for member_id, each in zip(ids, drawn, strict=True)
    ]
    return StudyGrid(id=grid_id, axes=axes, sample=table.sample), found


def question_of(table: GridTable) -> str:
    """Return the question of all members, with fields' names in braces for their values."""
    return str(table.shared.get("question") or question_about(table.axes))


def _sampler(fields: Mapping[str, Any], sample: int, where: Where) -> tuple[str, int]:
    """Return what chooses a sample, and how many at a time: 0 where that is chance."""
    sampler = fields.get(SAMPLER, RANDOM)
    if sampler not in SAMPLERS:
        raise unknown_name(f"sampler in {where(SAMPLER)}:", str(sampler), SAMPLERS)
    if sampler != RANDOM and not sample:
        raise StudyError(
            f"In {where(SAMPLER)}: {sampler} chooses members of a sample, and there is none.",
            "Add sample = 20, say.",
        )
    if sampler == RANDOM and ROUND in fields:
        raise StudyError(
            f"In {where(ROUND)}: only a sampler that learns from results has a {ROUND}.",
            f'Leave it out, or add {SAMPLER} = "{SAMPLERS[1]}".',
        )
    per_round = _count({ROUND: USUAL_ROUND, **fields}, ROUND, where)
    if not per_round:
        raise StudyError(f"In {where(ROUND)}: a {ROUND} has one member at least; found 0.")
    return sampler, per_round if sampler != RANDOM else 0


def _check_field(name: str, where: Where) -> None:
    if name == "test":
        raise StudyError(
            f"In {where(name)}: members of a grid aren't tested.",
            'Test the one that validation chooses: from = "best of …" and test = true in an '
            "experiment.",
        )
    if name not in (*GRID_FIELDS, *SHARED_WORDS):
        valid = (*GRID_FIELDS, *SHARED_WORDS, "like", *KEYS)
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
    found = Range(
        low=numbers[0],
        high=numbers[1],
        is_log=scale == "log",
        is_whole=is_whole and _is_whole(name),
    )
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
        each = one_of(table.axes, rng)
        if (written := repr(each)) not in seen:
            seen.add(written)
            yield each
        if len(seen) == table.sample:
            return
    raise too_few(table.sample, len(seen), where)


def one_of(axes: Axes, rng: "np.random.Generator") -> dict[str, Any]:
    """Draw a value of each field."""
    return {
        name: values.draw(rng)
        if isinstance(values, Range)
        else values[int(rng.integers(len(values)))]
        for name, values in axes.items()
    }


def too_few(sample: int, found: int, where: Where) -> StudyError:
    """Return the error of a sample that is larger than what it is drawn from."""
    return StudyError(
        f"In {where(SAMPLE)}: sample asks for {sample} members, and {found} were found.",
        "Draw fewer, or give more values or wider ranges.",
    )

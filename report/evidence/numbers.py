"""Numbers that know where they come from.

A `Quantity` is a value and its source: a record and a JSON pointer into it, or a named operation
on other sources, such as `difference(a/metrics.json#/test/accuracy,b/metrics.json#/test/accuracy)`.
A `Number` is a quantity with the text that a reader sees. Prose and tables print numbers through
one macro, which writes value and source beside the text.
"""

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from report.errors import ReportError
from report.evidence.changed_answers import (
    bits_of,
    mean_gain,
    mean_gain_interval,
    mean_gain_p,
    right_of,
)
from report.evidence.neighbours import class_purity, purity, purity_by_chance
from report.evidence.power_law import power_law_at
from report.evidence.ranks import rank_correlation, rank_correlation_p
from report.evidence.resampling import (
    corrected_interval,
    corrected_t,
    joined,
    min_f,
    min_f_of_answers,
)
from report.evidence.score_operations import SCORE_OPERATIONS
from report.evidence.statistics import (
    by_class,
    class_accuracy,
    class_gain,
    class_shares,
    confused,
    discordant,
    guessing_limit,
    mcnemar_exact,
    mean_where,
    n_perfect,
    n_right_without,
    newcombe_interval,
    of_classes,
    only_first_right,
    paired_interval,
    paired_t,
    right_by_class,
    student_interval,
    two_shares,
    wilson_interval,
    wrong_alike,
)
from training.records import Filed

NARROW_SPACE = "\u202f"
MINUS = "\u2212"

PREFIXES = ("", "k", "M", "G", "T", "P", "E")
"""SI prefixes of the powers of 1000."""


@dataclass(frozen=True)
class Quantity:
    """A value read from a record or computed from such values.

    Attributes:
        value: A number, or a list that an operation takes.
        source: `<record path>#<pointer>` or `<operation>(<source>,…)`.
    """

    value: Any
    source: str


@dataclass(frozen=True)
class Number:
    """What is printed of a quantity."""

    kind: ClassVar[str] = "number"
    value: float | int
    text: str
    source: str

    @property
    def machine(self) -> str:
        """The value for machines: shortest text that reads back as the same number."""
        return repr(self.value)

    @property
    def breakable(self) -> bool:
        """Whether a line could break inside the text."""
        return _BREAK.search(self.text) is not None


_BREAK = re.compile("[^\\S\u00a0\u202f]|[\u2013-]")
"""Spaces other than no-break ones, and dashes."""

OPERATIONS: dict[str, Callable[..., Any]] = {
    "difference": lambda a, b: a - b,
    "sum": lambda *values: sum(values),
    "ratio": lambda a, b: a / b,
    "product": lambda a, b: a * b,
    "rounded_product": lambda a, b: round(a * b),
    "reciprocal": lambda a: 1 / a,
    "mean": lambda *values: statistics.fmean(values),
    "std": lambda *values: statistics.stdev(values) if len(values) > 1 else 0.0,
    "count": lambda *values: len(values),
    "length": len,
    "total": sum,
    "smallest": min,
    "largest": max,
    "largest_share": lambda values: max(values) / sum(values),
    "minimum": lambda *values: min(values),
    "maximum": lambda *values: max(values),
    "most_common": lambda values: Counter(values).most_common(1)[0][1],
    "n_distinct": lambda values: len(set(values)),
    "at": lambda values, position: values[position - 1],
    "last": lambda values: values[-1],
    "first": lambda values: values[0],
    "wilson_low": lambda n_correct, n: wilson_interval(n_correct, n)[0],
    "wilson_high": lambda n_correct, n: wilson_interval(n_correct, n)[1],
    "two_shares": two_shares,
    "of_classes": of_classes,
    "newcombe_low": lambda a, n, b, m: newcombe_interval(a, n, b, m)[0],
    "newcombe_high": lambda a, n, b, m: newcombe_interval(a, n, b, m)[1],
    "student_low": lambda *values: student_interval(values)[0],
    "student_high": lambda *values: student_interval(values)[1],
    "paired_t": lambda *values: paired_t(values[: len(values) // 2], values[len(values) // 2 :]),
    "corrected_t": lambda n_train, n_held_out, *values: corrected_t(
        values[: len(values) // 2], values[len(values) // 2 :], n_train, n_held_out
    ),
    "corrected_low": lambda n_train, n, *values: corrected_interval(values, n_train, n)[0],
    "corrected_high": lambda n_train, n, *values: corrected_interval(values, n_train, n)[1],
    "min_f": lambda label, *predicted: min_f_of_answers(label, predicted),
    "corrected_min_f": lambda n_train, n_held_out, label, *predicted: min_f_of_answers(
        label, predicted, n_held_out / n_train
    ),
    "min_f_right": lambda n, *rights: min_f([bits_of(right, n) for right in rights]),
    "joined": joined,
    "only_first": lambda label, a, b: discordant(label, a, b)[0],
    "only_second": lambda label, a, b: discordant(label, a, b)[1],
    "in_class": lambda label, classes, name: label.count(classes.index(name)),
    "right_in_class": lambda label, predicted, classes, name: confused(
        label, predicted, classes.index(name), classes.index(name)
    ),
    "confused": lambda label, predicted, classes, name, guess: confused(
        label, predicted, classes.index(name), classes.index(guess)
    ),
    "n_right_without": n_right_without,
    "n_without": lambda label, left: len(label) - len(set(left)),
    "n_perfect": lambda label, predicted: n_perfect(label, predicted),
    "average": statistics.fmean,
    "mean_if_right": lambda label, predicted, values: mean_where(True, label, predicted, values),
    "mean_if_wrong": lambda label, predicted, values: mean_where(False, label, predicted, values),
    "paired_low": lambda label, a, b: paired_interval(*discordant(label, a, b), len(label))[0],
    "paired_high": lambda label, a, b: paired_interval(*discordant(label, a, b), len(label))[1],
    "mcnemar": lambda label, a, b: mcnemar_exact(*discordant(label, a, b)),
    "only_first_right": only_first_right,
    "mcnemar_right": lambda a, b: mcnemar_exact(only_first_right(a, b), only_first_right(b, a)),
    "paired_low_right": lambda a, b, n: paired_interval(
        only_first_right(a, b), only_first_right(b, a), n
    )[0],
    "paired_high_right": lambda a, b, n: paired_interval(
        only_first_right(a, b), only_first_right(b, a), n
    )[1],
    "right_of": right_of,
    "mean_gain": mean_gain,
    "mean_gain_low": lambda n, *rights: mean_gain_interval(n, *rights)[0],
    "mean_gain_high": lambda n, *rights: mean_gain_interval(n, *rights)[1],
    "mean_gain_p": mean_gain_p,
    "class_accuracy": class_accuracy,
    "class_gain": lambda label, a, b, classes, name: class_gain(label, a, b, classes.index(name)),
    "n_wrong_alike": lambda label, *predicted: len(wrong_alike(label, *predicted)),
    "accuracy_rank_correlation": lambda label, predicted, sizes: rank_correlation(
        *class_shares(label, predicted, sizes)
    ),
    "accuracy_rank_correlation_p": lambda label, predicted, sizes: rank_correlation_p(
        *class_shares(label, predicted, sizes)
    ),
    "guessing_limit": guessing_limit,
    "power_law_at": power_law_at,
    "even_share": lambda sizes: 1 / sum(size > 0 for size in sizes),
    "even_loss": lambda classes: math.log(len(classes)),
    "by_class": lambda answers, classes: by_class(answers, len(classes)),
    "right_by_class": lambda label, predicted, classes: right_by_class(
        label, predicted, len(classes)
    ),
    **SCORE_OPERATIONS,
    "purity": purity,
    "class_purity": class_purity,
    "purity_by_chance": purity_by_chance,
}
"""Every operation that a derived number may name."""


def derive(operation: str, *operands: Quantity) -> Quantity:
    """Compute a quantity from others by a named operation.

    Raises:
        ReportError: The operation isn't in the table.
    """
    if operation not in OPERATIONS:
        raise ReportError(f"Unknown operation “{operation}”.", f"Valid: {', '.join(OPERATIONS)}.")
    value = OPERATIONS[operation](*(operand.value for operand in operands))
    return Quantity(value, f"{operation}({','.join(operand.source for operand in operands)})")


@lru_cache(maxsize=4096)
def _keys(pointer: str) -> tuple[str, ...]:
    tokens = pointer.split("/")[1:]
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def resolve(document: Any, pointer: str) -> Any:
    """Follow a JSON pointer (RFC 6901) through mappings, sequences and record fields.

    Raises:
        ReportError: Nothing is there.
    """
    value = document
    for key in _keys(pointer):
        try:
            if isinstance(value, dict):
                value = value[key]
            elif isinstance(value, (list, tuple, Filed)):
                value = value[int(key)]
            else:
                value = getattr(value, key)
        except (LookupError, ValueError, AttributeError) as error:
            raise ReportError(f"The record has nothing at {pointer}.") from error
    return value


def _number(quantity: Quantity, text: str) -> Number:
    return Number(quantity.value, text, quantity.source)


def percent(quantity: Quantity, digits: int = 1) -> Number:
    """Print a fraction as a percentage, with its sign."""
    return _number(quantity, f"{_fixed(100 * quantity.value, digits)}{NARROW_SPACE}%")


def percentage(quantity: Quantity, digits: int = 1) -> Number:
    """Print a fraction as a percentage without the sign, for a column headed by it."""
    return _number(quantity, _fixed(100 * quantity.value, digits))


def points(quantity: Quantity, digits: int = 1) -> Number:
    """Print the size of a difference of two fractions, in percentage points, without its sign."""
    return _number(quantity, _fixed(abs(100 * quantity.value), digits))


def signed_points(quantity: Quantity, digits: int = 1) -> Number:
    """Print a difference of two fractions in percentage points, with its sign."""
    sign = "+" if quantity.value > 0 else ""
    return _number(quantity, sign + _fixed(100 * quantity.value, digits))


def integer(quantity: Quantity) -> Number:
    """Print a whole number, digits in groups of three."""
    grouped = f"{round(quantity.value):,}".replace(",", NARROW_SPACE).replace("-", MINUS)
    return _number(quantity, grouped)


def decimal(quantity: Quantity, digits: int = 3) -> Number:
    return _number(quantity, _fixed(quantity.value, digits))


def plain(quantity: Quantity) -> Number:
    """Print a setting as short as it can be written: 0.9, 5e-05 as 5e-5."""
    return _number(quantity, _short(quantity.value))


def two_digits(quantity: Quantity) -> Number:
    """Print a measure that need not be exact, with two digits."""
    return _number(quantity, _short(float(f"{quantity.value:.2g}")))


def rate(quantity: Quantity) -> Number:
    """Print a learning rate the way the ids do: 1e-3."""
    from training.records import learning_rate_label

    return _number(quantity, learning_rate_label(quantity.value))


def p_value(quantity: Quantity) -> Number:
    value = quantity.value
    if value < 0.001:
        return _number(quantity, "<\u00a00.001")
    return _number(quantity, f"{value:.3f}" if value < 0.1 else f"{value:.2f}")


def duration(quantity: Quantity) -> Number:
    """Print seconds as a person would say them."""
    seconds = quantity.value
    if 0 < seconds < 0.1:
        text = f"{1000 * seconds:.0f}\u00a0ms"
    elif seconds < 10:
        text = f"{seconds:.1f}\u00a0s"
    elif seconds < 120:
        text = f"{seconds:.0f}\u00a0s"
    elif seconds < 7200:
        text = f"{int(seconds // 60)}\u00a0min {int(seconds % 60):02d}\u00a0s"
    else:
        text = f"{int(seconds // 3600)}\u00a0h {int(seconds % 3600 // 60):02d}\u00a0min"
    return _number(quantity, text)


def milliseconds(quantity: Quantity) -> Number:
    """Print a short time with three digits."""
    value = 1000 * quantity.value
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return _number(quantity, f"{_fixed(value, digits)}\u00a0ms")


def mebibytes(quantity: Quantity) -> Number:
    grouped = f"{quantity.value / 2**20:,.0f}".replace(",", NARROW_SPACE)
    return _number(quantity, f"{grouped}\u00a0MiB")


def flop(quantity: Quantity) -> Number:
    """Print floating-point operations."""
    return _number(quantity, _with_prefix(quantity.value, "FLOP"))


def flop_per_second(quantity: Quantity) -> Number:
    return _number(quantity, _with_prefix(quantity.value, "FLOP/s"))


def joules(quantity: Quantity) -> Number:
    return _number(quantity, _with_prefix(quantity.value, "J"))


def millions(quantity: Quantity) -> Number:
    """Print a parameter count in millions with sensible digits."""
    value = quantity.value / 1e6
    digits = 1 if value >= 10 else 2 if value >= 0.1 else 3
    return _number(quantity, _fixed(value, digits))


def times(quantity: Quantity) -> Number:
    """Print a factor."""
    value = quantity.value
    return _number(quantity, f"{value:.0f}" if value >= 10 else f"{value:.1f}")


def _fixed(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return "not finite"
    text = f"{value:.{digits}f}"
    zero = f"{0:.{digits}f}"
    return zero if text == f"-{zero}" else text.replace("-", MINUS)


def _with_prefix(value: float, unit: str) -> str:
    """Write three digits, up to three of them before the point, and a unit with its SI prefix."""
    rounded = float(f"{value:.3g}")
    if not math.isfinite(rounded):
        return "not finite"
    power = next((n for n in reversed(range(len(PREFIXES))) if abs(rounded) >= 1000**n), 0)
    scaled = rounded / 1000**power
    digits = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
    return f"{_fixed(scaled, digits)}\u00a0{PREFIXES[power]}{unit}"


def _short(value: float) -> str:
    text = f"{value:g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text


def mean_of(quantities: Sequence[Quantity]) -> Quantity:
    """Return the only quantity, or the mean of several."""
    return quantities[0] if len(quantities) == 1 else derive("mean", *quantities)

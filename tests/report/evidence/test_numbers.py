"""Numbers keep their value and source, and print sensible digits."""

import math

import pytest

from report.errors import ReportError
from report.evidence import numbers
from report.evidence.numbers import Quantity, derive, resolve


def q(value, source="a.json#/x"):
    return Quantity(value, source)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (numbers.percent(q(0.853712)), "85.4\u202f%"),
        (numbers.percentage(q(1.0)), "100.0"),
        (numbers.points(q(-0.0743)), "7.4"),
        (numbers.signed_points(q(0.01)), "+1.0"),
        (numbers.signed_points(q(-0.01)), "\u22121.0"),
        (numbers.signed_points(q(-0.0001)), "0.0"),
        (numbers.integer(q(57417637)), "57\u202f417\u202f637"),
        (numbers.plain(q(5e-05)), "5e-5"),
        (numbers.plain(q(0.9)), "0.9"),
        (numbers.rate(q(0.001)), "1e-3"),
        (numbers.rate(q(0.00125)), "1.25e-3"),
        (numbers.p_value(q(4e-245)), "<\u00a00.001"),
        (numbers.p_value(q(0.0287)), "0.029"),
        (numbers.p_value(q(0.874)), "0.87"),
        (numbers.duration(q(5.32)), "5.3\u00a0s"),
        (numbers.duration(q(125)), "2\u00a0min 05\u00a0s"),
        (numbers.duration(q(7260)), "2\u00a0h 01\u00a0min"),
        (numbers.millions(q(57417637)), "57.4"),
        (numbers.millions(q(2469696)), "2.47"),
        (numbers.mebibytes(q(612 * 2**20)), "612\u00a0MiB"),
        (numbers.times(q(2.46)), "2.5"),
        (numbers.flop(q(1_421_012_352)), "1.42\u00a0GFLOP"),
        (numbers.flop(q(0)), "0.00\u00a0FLOP"),
        (numbers.flop(q(999_600_000_000)), "1.00\u00a0TFLOP"),
        (numbers.flop(q(10**23)), "100000\u00a0EFLOP"),
        (numbers.flop_per_second(q(38.16e9)), "38.2\u00a0GFLOP/s"),
        (numbers.joules(q(412_345.6)), "412\u00a0kJ"),
        (numbers.joules(q(math.inf)), "not finite"),
        (numbers.decimal(q(math.inf)), "not finite"),
    ],
)
def test_text(printed, expected):
    assert printed.text == expected


def test_a_number_keeps_its_exact_value_and_source():
    number = numbers.percent(q(0.8537123456789, "m.json#/test/accuracy"))
    assert float(number.machine) == 0.8537123456789
    assert number.source == "m.json#/test/accuracy"


def test_a_derived_number_names_its_operation_and_operands():
    gap = derive("difference", q(0.5, "a#/x"), q(0.2, "b#/y"))
    assert gap.value == pytest.approx(0.3)
    assert gap.source == "difference(a#/x,b#/y)"


def test_the_mean_of_one_is_itself():
    one = q(0.4)
    assert numbers.mean_of([one]) is one
    assert numbers.mean_of([q(1.0), q(2.0)]).value == 1.5


def test_an_unknown_operation_is_refused():
    with pytest.raises(ReportError, match="Unknown operation"):
        derive("invent", q(1))


def test_a_pointer_follows_mappings_and_lists_and_unescapes():
    document = {"a/b": {"c~d": [10, 20]}}
    assert resolve(document, "/a~1b/c~0d/1") == 20
    assert resolve(document, "") is document


@pytest.mark.parametrize("pointer", ["/no", "/a~1b/c~0d/7", "/a~1b/c~0d/x"])
def test_a_pointer_to_nothing_is_refused(pointer):
    with pytest.raises(ReportError, match="nothing at"):
        resolve({"a/b": {"c~d": [10, 20]}}, pointer)

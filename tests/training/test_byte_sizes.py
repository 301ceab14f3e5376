"""Sizes are written to three digits, in a unit that suits them."""

import re
from pathlib import Path

import pytest

from training.byte_sizes import human_size

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1 kB"), (3072, "3.07 kB"),
     (221_184, "221 kB"), (999_499, "999 kB"), (999_500, "1 MB"), (12_345_678, "12.3 MB"),
     (1.3e9, "1.3 GB"), (1.5e12, "1.5 TB"), (4.2e18, "4,200 PB")],
)  # fmt: skip
def test_sizes_are_written_to_three_digits(n_bytes, words):
    assert human_size(n_bytes) == words


def test_only_nothing_is_written_as_nothing():
    sizes = [10**power * factor for power in range(16) for factor in (1, 4, 9.99)]
    assert not [n for n in sizes if human_size(n).startswith("0")]


def test_no_other_place_divides_bytes_for_a_message():
    """The report's own numbers, which say MiB, go through its macro and are verified."""
    unit = re.compile(r"\}\s?(?:[kMGT]i?B)\b")
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for package in ("training", "report")
        for file in (ROOT / package).rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if unit.search(line)
    ]
    assert found == []

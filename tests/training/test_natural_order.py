"""Names in lists for people: numbers as numbers, everything else as `sorted` has it."""

import pytest

from training.natural_order import in_natural_order, natural_positions


@pytest.mark.parametrize(
    "names",
    [
        ["1", "2", "10"],
        ["0.25", "0.5", "1", "1.5"],
        ["-1", "0", "7"],
        ["class2", "class10", "class10b"],
        ["2 left", "2 right", "10 left"],
        ["01", "1", "02", "2"],
        ["1", "a", "é"],
        ["9" * 20, "1" + "0" * 4999],
        ["٢", "١٠"],
    ],
)
def test_numbers_are_ordered_as_numbers(names):
    assert in_natural_order(reversed(names)) == names
    assert [names[::-1][i] for i in natural_positions(names[::-1])] == names


def test_names_without_digits_stay_as_sorted_has_them():
    names = ["Faces_easy", "Faces", "accordion", "BACKGROUND", "yin_yang", "Ä", "a b", "a-b", ""]
    assert in_natural_order(names) == sorted(names)

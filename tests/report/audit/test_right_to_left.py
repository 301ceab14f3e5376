"""A PDF holds what runs from right to left as it is drawn; it is compared by what it has."""

import pytest

from report.audit.compare_pdf_text import compare_pages
from report.audit.read_html import Piece

PADDING = "This sentence stands before and behind, so that both texts agree for a while. "


def problems(said, shown):
    pieces = [Piece("block"), Piece("text", "mistakes", PADDING)]
    pieces += [Piece("text", "mistakes", said), Piece("text", "mistakes", PADDING), Piece("block")]
    return list(compare_pages(pieces, [f"{PADDING}{shown} {PADDING}"]))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Hardest is כלב 12 (קטן): 19 of 23 right.", "Hardest is )קטן (12 כלב :19 of 23 right."),
        ("taken for חתול, 50.2 % sure", "taken for 50.2 ,חתול% sure"),
        ("is كلب كبير لا now", "is لا كلب كبير now"),
        ("(Adam at 1e-5)", ")Adam at 1e-5("),
    ],
)
def test_its_order_may_be_another(said, shown):
    assert problems(said, shown) == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("taken for חתול, 50.2 % sure", "taken for 50.7 ,חתול% sure"),
        ("taken for חתול, 50.2 % sure", "taken for 50.2 ,חתור% sure"),
        ("Hardest is כלב: 19 of 23 right.", "Hardest is :91 כלב of 23 right."),
        ("the cat sat 19 times", "the cat 19 sat times"),
    ],
)
def test_another_number_or_letter_is_a_problem(said, shown):
    assert problems(said, shown)

"""How often judgements are wrong, and effects missed: the short form of `bench/judgements.py`."""

import importlib.util
from pathlib import Path

import pytest

N_STUDIES = 150

FILE = Path(__file__).parents[3] / "bench" / "judgements.py"
SPEC = importlib.util.spec_from_file_location("judgements", FILE)
judgements = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(judgements)


@pytest.mark.parametrize("kind", judgements.KINDS)
def test_a_judgement_is_seldom_wrong_and_finds_what_is_large(kind):
    """At most 5 % in truth: of 150 studies 14 are then reached once in a hundred times."""
    assert judgements.rate(kind, False, N_STUDIES) * N_STUDIES <= 14
    assert judgements.rate(kind, True, N_STUDIES) >= 0.65

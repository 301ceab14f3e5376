"""Contradictions are spelt out up to five, and more are counted as more."""

import pytest
from in_memory import a_run, a_view, said

from report.findings.contradictions import contradiction_notices, contradiction_remarks


def wrong(n):
    """Return a study in which this many runs have a hash that isn't their spec's."""
    runs = [a_run(f"scratch/{i}", spec_hash=f"hash-{i}") for i in range(n)]
    return a_view(*runs, a_run("scratch/right"))


def test_records_that_agree_need_no_notice():
    view = wrong(0)
    assert contradiction_notices(view) == contradiction_notices(view, view.listed) == []


@pytest.mark.parametrize(("n", "spelt", "more"), [(1, 1, False), (5, 5, False), (6, 5, True)])
def test_five_are_spelt_out(n, spelt, more):
    view = wrong(n)
    (sentence,) = contradiction_notices(view)
    assert sentence.strength == "gap"
    text = said([sentence])
    assert text.startswith("Records contradict themselves: scratch/0/seed-0/metrics.json has “hash")
    assert [f"hash-{i}" in text for i in range(n)] == [i < spelt for i in range(n)]
    assert ("There are more of them" in text) == more


def test_a_section_has_those_of_its_own_runs():
    view = wrong(2)
    (sentence,) = contradiction_notices(view, view.listed[1:])
    assert "scratch/1" in str(sentence)
    assert "scratch/0" not in str(sentence)


def test_the_authors_text_is_held_against_records_in_the_studys_notices():
    view = a_view(a_run(answers=([0, 0], [0, 1])), abstract="Our test accuracy is 99.9 %.")
    (sentence,) = contradiction_notices(view)
    assert "The author’s text contradicts the records" in str(sentence)
    assert contradiction_notices(view, view.listed) == []
    assert contradiction_remarks(view) == [str(sentence)]

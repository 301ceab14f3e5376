"""Every number that a reader sees in a result carries its value and its source."""

import re
from html import unescape

import pytest

from report.evidence.load import load_study
from report.evidence.numbers import resolve

KNOWN = re.compile(
    r'<data [^>]*>.*?</data>|<code>.*?</code>|<span class="name">.*?</span>|<a [^>]*>.*?</a>',
    re.DOTALL,
)


CONSTANT = re.compile(r"95\s%\sintervals?|Caltech-101")
"""Digits that no record decides."""


def without_known(fragment):
    """Drop numbers with a source, and what is no result: names, commands, links, constants."""
    return CONSTANT.sub("", re.sub(r"<[^>]+>", "", KNOWN.sub("", fragment)))


@pytest.fixture
def page(render):
    return render().html


def test_result_sentences_have_no_digit_without_source(page):
    paragraphs = re.findall(r'<p class="findings">(.*?)</p>', page, re.DOTALL)
    assert paragraphs
    assert [p for p in map(without_known, paragraphs) if re.search(r"\d", p)] == []


def test_table_cells_have_no_digit_without_source(page):
    cells = re.findall(r"<td [^>]*>(.*?)</td>", page, re.DOTALL)
    assert cells
    assert [c for c in map(without_known, cells) if re.search(r"\d", c)] == []


def test_numbers_are_those_of_the_records(page, study):
    view = load_study(study)
    runs = {run.path: run for run in view.all_runs()}
    found = re.findall(r'<data value="([^"]+)" data-source="([^"(]+)#([^"]+)">', page)
    checked = 0
    for value, record, pointer in found:
        path, _, name = unescape(record).rpartition("/")
        if name == "metrics.json":
            actual = resolve(runs[path].metrics, unescape(pointer))
            assert float(value) == actual, (record, pointer)
            checked += 1
    assert checked > 20


def test_every_number_has_a_machine_readable_value(page):
    values = re.findall(r'<data value="([^"]*)" data-source="([^"]*)"', page)
    assert len(values) == page.count("<data ")
    for value, source in values:
        float(value)
        assert source

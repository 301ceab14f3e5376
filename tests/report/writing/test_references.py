"""References: every listed one is cited, every cited one is listed, in the order of authors."""

import json
import re
from pathlib import Path

import pytest

from report.writing.bibliography import SOURCES
from report.writing.links import without_uncited

TEMPLATES = Path(__file__).parents[3] / "templates"


def cited(page):
    return set(re.findall(r'href="#ref-([^"]*)"', page))


def listed(page):
    return re.findall(r'<li id="ref-([^"]*)">', page)


def test_every_source_is_cited_by_a_template_and_no_other():
    used = {
        key
        for file in TEMPLATES.rglob("*.html")
        for key in re.findall(r'\bcite\("([^"]*)"\)', file.read_text(encoding="utf-8"))
    }
    assert used == set(SOURCES)


def order(label):
    """Sort by the first author, then works of one author before those of several, then years."""
    surname = re.split(r" et al\.| and |, ", label)[0].casefold()
    return surname, " et al." in label or " and " in label, label[-4:]


def test_sources_are_ordered_by_author_and_year():
    labels = [source.label for source in SOURCES.values()]
    assert labels == sorted(labels, key=order)


@pytest.mark.parametrize("key", SOURCES)
def test_an_entry_begins_with_what_the_text_prints(key):
    """Surname and year of “He et al., 2015” are those of “He, K. … (2015).”"""
    source = SOURCES[key]
    surname, year = re.split(r" et al\.| and |, ", source.label)[0], source.label[-4:]
    assert source.entry.casefold().startswith(surname.casefold())
    assert key == "reference-report" or f" ({year}). " in source.entry
    assert (" et al." in source.label) == (
        source.entry.partition(" (")[0].count("., ") > 1
        or (" et al." in source.entry)
        or source.entry.partition(" (")[0].count(", ") > 3
    )


def test_a_report_lists_what_it_cites_and_nothing_else(render):
    page = render().html
    keys = listed(page)
    assert set(keys) == cited(page)
    assert keys == [key for key in SOURCES if key in keys]
    assert {"alexnet", "holm"} <= set(keys)
    assert "reference-report" not in keys  # another task: its values don't stand beside


def test_what_a_section_left_out_would_cite_is_not_listed(render, study):
    file = study / "study.json"
    arranged = {"report": {"leave_out": ["augmentation", "heatmaps"]}}
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | arranged))
    page = render().html
    assert set(listed(page)) == cited(page)
    assert "augmentation" not in listed(page)
    assert "adam" in listed(page)


def test_an_entry_goes_whole():
    page = (
        '<body><a href="#ref-a">A</a><ul><li id="ref-a">A. <a href="x">x</a></li>\n'
        '<li id="ref-b">B.</li>\n</ul>'
    )
    assert without_uncited(page) == (
        '<body><a href="#ref-a">A</a><ul><li id="ref-a">A. <a href="x">x</a></li>\n</ul>'
    )

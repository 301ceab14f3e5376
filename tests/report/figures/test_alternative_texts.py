"""What stands in for a picture: short, without names of files, and not the text beside it."""

import html
import re
from pathlib import Path

import pytest
from fake_study import Fake, write_fake_study

from report.assemble import Assembler
from report.evidence.load import load_study
from report.writing.templating import DEFAULT

EXAMPLE = Path(__file__).parents[3] / "runs" / "example"
LONGEST = 200

FAKES = {
    "fake": Fake(),
    "reference": Fake(preset="reference"),
    "three seeds": Fake(seeds=3, diverged=("scratch/baseline",)),
    "half done": Fake(only=("scratch/baseline", "scratch/grid-sgd-1e-2", "transfer/detail-1")),
}


@pytest.fixture(scope="module", params=["example", *FAKES])
def page(request, tmp_path_factory):
    """Return a study's page without its figures drawn."""
    folder = EXAMPLE
    if request.param != "example":
        folder = tmp_path_factory.mktemp("study") / "quick"
        write_fake_study(folder, FAKES[request.param])
    return Assembler(load_study(folder), lambda _: None, DEFAULT).page()[0]


def alts(page, pattern="<img[^>]*>"):
    found = [re.search(r' alt="([^"]*)"', image) for image in re.findall(pattern, page)]
    assert all(found)
    return [html.unescape(match[1]) for match in found]


def test_they_are_short_and_say_something(page):
    assert [alt for alt in alts(page) if not 5 <= len(alt) <= LONGEST] == []


def test_they_have_no_names_of_files_and_experiments(page):
    identifier = re.compile(r"\b[a-zA-Z]\w*[_/]\w+")
    assert [alt for alt in alts(page) if identifier.search(alt)] == []


def test_that_of_a_figure_has_numbers_and_stands_once(page):
    figures = alts(page, r'<img src="figure:[^>]*>')
    assert figures
    assert [alt for alt in figures if not re.search(r"\d", alt) or not alt.endswith(".")] == []
    assert len(set(figures)) == len(figures)


def test_they_repeat_no_sentence_of_the_text(page):
    text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
    sentences = {s for s in re.split(r"(?<=[.:;]) ", text) if len(s) > 40}
    squeezed = {re.sub(r"\W+", " ", sentence) for sentence in sentences}
    said = [re.sub(r"\W+", " ", alt) for alt in alts(page)]
    assert [alt for alt in said if any(sentence.strip() in alt for sentence in squeezed)] == []


def test_that_of_a_picture_is_not_its_label(page):
    pairs = re.findall(r'alt="([^"]*)"[^>]*><span class="label">(.*?)</span>', page)
    assert [pair for pair in pairs if pair[1] and pair[0] == pair[1]] == []

"""A telephone shows the report in few screens: appendices folded, the contents a bar."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from rendering import run_render

EXAMPLE = Path(__file__).parents[3] / "runs" / "example"
FOLDED = ("references", "background", "details", "appendix")
HEIGHT = "document.documentElement.scrollHeight"


@pytest.fixture(scope="module")
def example(tmp_path_factory, drawn):
    """Return the shipped study's report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        output = tmp_path_factory.mktemp("example")
        return run_render(EXAMPLE, output, "--study", EXAMPLE.name, "--format", "html")


@pytest.fixture
def telephone(open_report):
    return open_report(360, 740, reduced_motion="reduce")


def test_a_study_takes_at_most_thirty_screens(telephone, example):
    telephone.goto(example.html_file.as_uri())
    assert telephone.evaluate(HEIGHT) <= 30 * 740


def test_the_appendices_are_folded_and_open_by_their_titles(telephone):
    for slug in FOLDED:
        section = telephone.locator(f"#{slug}")
        control = section.locator("h2").get_by_role("button")
        assert control.get_attribute("aria-expanded") == "false"
        text = section.locator(".folded")
        assert text.get_attribute("hidden") == "until-found", "the browser’s search opens it"
        control.press("Enter")
        assert control.get_attribute("aria-expanded") == "true"
        assert text.get_attribute("hidden") is None
        assert section.locator("p, li").first.is_visible()
        control.press("Enter")
        assert text.get_attribute("hidden") == "until-found"
    assert telephone.locator("main > section:not(:has(.unfold))").count() > 8


def test_a_link_opens_the_appendix_that_it_leads_to(telephone):
    telephone.locator("#introduction a[href='#appendix']").first.click()
    telephone.locator("#appendix .unfold[aria-expanded=true]").wait_for()
    assert telephone.locator("#appendix .folded").get_attribute("hidden") is None
    assert telephone.locator("#table-specifications").is_visible()
    assert telephone.locator("#details .folded").get_attribute("hidden") == "until-found"
    telephone.evaluate("location.hash = '#table-pairs-scratch-grid'")
    telephone.locator("#details .unfold[aria-expanded=true]").wait_for()
    assert telephone.locator("#table-pairs-scratch-grid").is_visible()


def test_an_address_may_lead_into_an_appendix(chromium, finished):
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    page.goto(finished.html_file.as_uri() + "#table-pairs-scratch-grid")
    row = page.locator("#table-pairs-scratch-grid tbody tr").first
    row.wait_for()
    assert row.is_visible()
    page.close()


def test_what_is_folded_is_printed(telephone, tmp_path):
    text = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(telephone.pdf(format="A4"))).pages
    )
    assert "Every pair from a random start" in " ".join(text.split())


def test_a_wide_screen_folds_nothing(page):
    assert page.locator(".unfold").count() == 0
    assert page.locator(".where").is_hidden()


def test_without_script_nothing_is_folded(open_report):
    page = open_report(360, 740, java_script_enabled=False)
    assert page.locator("#details h3").first.is_visible()
    assert page.locator(".contents a").last.is_visible()
    assert page.locator(".contents").evaluate("e => getComputedStyle(e).position") == "static"


def test_the_contents_are_a_bar_that_names_the_section_and_opens(telephone):
    bar, links = telephone.locator(".where"), telephone.locator(".contents ol")
    assert links.is_hidden()
    telephone.locator("#transfer").evaluate("e => e.scrollIntoView({behavior: 'instant'})")
    telephone.locator(".here", has_text="Transfer learning").wait_for()
    box = bar.bounding_box()
    assert box["y"] == 0
    assert box["height"] <= 48, "it leaves the screen to the text"
    telephone.mouse.click(60, 20)
    assert bar.get_attribute("aria-expanded") == "true"
    current = telephone.locator(".contents [aria-current=location]")
    assert current.is_visible()
    assert current.inner_text() == "Transfer learning"
    telephone.keyboard.press("Escape")
    assert links.is_hidden()
    telephone.mouse.click(60, 20)
    telephone.locator(".contents a[href='#data']").click()
    assert links.is_hidden()
    telephone.locator(".here", has_text="Data exploration").wait_for()
    title = telephone.locator("#data h2").bounding_box()
    assert title["y"] >= box["height"] - 1, "the bar doesn’t cover the title"


def test_a_table_of_two_columns_stays_one_and_others_become_cards(telephone):
    shown = "e => getComputedStyle(e).display"
    assert telephone.locator("#table-settings table").evaluate(shown) == "table"
    assert telephone.locator("#table-scratch table").evaluate(shown) == "block"

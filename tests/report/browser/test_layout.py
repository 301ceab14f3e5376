"""The page fits windows of any width, at any zoom, and can be walked through by keyboard."""

import pytest

OPEN = "document.querySelectorAll('details').forEach(e => { e.open = true })"
UNFOLD = "document.querySelectorAll('.unfold[aria-expanded=false]').forEach(e => e.click())"
BEYOND = """[...document.querySelectorAll('body *')].filter(e =>
    !e.closest('.scroll, .skip, dialog') && e.getBoundingClientRect().right > innerWidth + 0.5
  ).map(e => e.outerHTML.slice(0, 80))"""


CUT = """[...document.querySelectorAll('main section:not(#appendix) .table .scroll')]
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => `${e.parentElement.id} by ${e.scrollWidth - e.clientWidth} px`)"""
"""Main tables of which a part has to be scrolled to."""


@pytest.fixture(scope="module")
def wide_page(chromium, finished):
    """Return one window for several widths, all that opens in it open."""
    page = chromium.new_page()
    page.goto(finished.html_file.as_uri())
    page.evaluate(OPEN)
    yield page
    page.close()


@pytest.mark.parametrize("width", [320, 720, 768, 1440])
def test_nothing_reaches_beyond_the_window(wide_page, width):
    """At 720 pixels a window of 1,440 shows the page at 200 %."""
    wide_page.set_viewport_size({"width": width, "height": 900})
    assert wide_page.evaluate("document.documentElement.scrollWidth") <= width
    assert wide_page.evaluate(BEYOND) == []


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_no_table_of_the_main_part_has_to_be_moved_sideways(open_report, width):
    page = open_report(width)
    page.evaluate(UNFOLD)
    assert page.locator("main section:not(#appendix) .table .scroll").count() > 8
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_no_figure_of_the_main_part_has_to_be_moved_sideways(open_report, width):
    page = open_report(width)
    page.evaluate(UNFOLD)
    assert page.locator("main section:not(#appendix) .plot .scroll").count() > 8
    assert page.evaluate(CUT.replace(".table", ".plot")) == []


def test_letters_of_twice_the_size_fit(open_report):
    page = open_report(bypass_csp=True)
    page.add_style_tag(content="html { font-size: 212.5% !important }")
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_figures_stay_legible_on_a_telephone(open_report):
    page = open_report(320)
    page.evaluate(UNFOLD)
    for picture in page.locator(".plot img").all():
        shown = picture.bounding_box()["width"]
        natural = int(picture.get_attribute("width"))
        assert 9.5 * shown / natural * 96 / 72 >= 8, "letters in CSS pixels"


def test_tab_stops_at_boxes_that_scroll_and_only_there(open_report):
    scrolls = "e => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight"
    page = open_report(320)
    page.evaluate(UNFOLD)
    page.locator("#table-specifications .scroll[tabindex='0']").wait_for()
    page = open_report(1440)
    page.locator("main > section .scroll:not([tabindex])").first.wait_for()
    page.locator("#data-class-counts").click()
    for box in page.locator("main .scroll:visible").all():
        assert (box.get_attribute("tabindex") == "0") == box.evaluate(scrolls)


def test_tab_reaches_every_control_and_shows_where_it_is(open_report):
    page = open_report()
    reached = set()
    n = page.locator("button:visible, input:visible, summary:visible").count()
    page.evaluate(
        "window.seen = new Set(); document.addEventListener('focusin', e => seen.add(e.target))"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(n * 3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.add(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert reached == {"solid"}
    seen = "[...seen].filter(e => e.matches('button, input, summary')).length"
    assert page.evaluate(seen) == n


def test_motion_is_reduced_on_request(open_report):
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert open_report(reduced_motion="reduce").evaluate(behaviour) == "auto"
    assert open_report(reduced_motion="no-preference").evaluate(behaviour) == "smooth"


def test_text_is_set_in_the_fonts_that_the_page_holds(page):
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector, family in (
        ("h1", "Report Serif"),
        ("main > section > p:not([class])", "Report Serif"),
        ("h3", "Report Sans"),
        ("figcaption", "Report Sans"),
    ):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})["fonts"]
        most = max(used, key=lambda font: font["glyphCount"])
        assert (most["familyName"], most["isCustomFont"]) == (family, True), selector

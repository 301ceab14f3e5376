"""axe-core finds nothing, in light and dark, on a telephone and on a wide screen."""

import pytest

from .test_layout import UNFOLD

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    "preload": False,
}


@pytest.fixture
def audit():
    """Return a function that names what axe-core finds in a page."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe isn't installed: pip install '.[test]'",
    )

    def run(page, part="html"):
        answer = axe.Axe().run(page, part, options=OPTIONS)
        return [(v["id"], v["nodes"][0]["target"]) for v in answer.response["violations"]]

    return run


@pytest.mark.parametrize(
    ("width", "system", "chosen"), [(320, "dark", "Light"), (1440, "light", "Dark")]
)
def test_axe_finds_nothing(open_report, audit, width, system, chosen):
    page = open_report(width, color_scheme=system, bypass_csp=True)
    page.get_by_role("button", name=chosen, exact=True).click()
    if width == 320:
        assert audit(page) == [], "the appendices folded"
        page.locator(".where").click()
        assert audit(page, ".contents") == []
        page.locator(".where").click()
        page.evaluate(UNFOLD)
    for slug in ("class-counts", "curves-scratch-baseline", "heatmap-scratch-grid"):
        page.locator(f"#data-{slug}").click()
    page.locator("#table-pairs-scratch-grid thead button").nth(1).click()
    assert audit(page) == []
    page.get_by_role("button", name="Enlarge Figure 3", exact=True).click()
    assert audit(page, "dialog") == []


@pytest.mark.parametrize(("width", "system"), [(360, "light"), (1440, "dark")])
def test_axe_finds_nothing_in_a_half_done_report(open_report, audit, half_finished, width, system):
    page = open_report(width, color_scheme=system, bypass_csp=True)
    page.goto(half_finished.html_file.as_uri())
    page.evaluate(UNFOLD)
    assert audit(page) == []


def test_axe_finds_nothing_in_system_colours_without_script(open_report, audit, finished):
    """Axe itself needs script, so the report's own is taken out."""
    page = open_report(color_scheme="dark", bypass_csp=True)
    head, _, rest = finished.html.partition("<script>")
    page.set_content(head + rest.partition("</script>")[2])
    assert page.locator("button").count() == 0
    assert audit(page, "#scratch") == []


def test_axe_would_find_something(open_report, audit):
    page = open_report(bypass_csp=True)
    page.locator("#scratch .plot img").first.evaluate("e => e.removeAttribute('alt')")
    page.locator("#scratch p").first.evaluate("e => { e.style.color = 'rgb(200 200 200)' }")
    assert {"image-alt", "color-contrast"} <= {rule for rule, _ in audit(page, "#scratch")}

"""What the page's script adds, used as a reader would."""

import csv
import io
import json

import pytest

BASELINE = "#figure-curves-scratch-baseline"


def column(page, table, position):
    """Return a column's cells as a reader sees them, from the top."""
    cells = page.locator(f"{table} tbody tr:not([hidden]) > :nth-child({position})")
    return [text.strip() for text in cells.all_inner_texts()]


def numbers(texts):
    return [float(text.rstrip(" ★").replace("\u202f", "")) for text in texts if text != "–"]


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def download(page, place):
    with page.expect_download() as waiting:
        page.locator(place).get_by_role("button", name="Download CSV").click()
    file = waiting.value
    return file.suggested_filename, rows_of(file.path().read_bytes().decode())


def test_without_script_nothing_dead_shows(open_report):
    page = open_report(java_script_enabled=False)
    assert page.locator("button, input, dialog, .controls, .theme").count() == 0
    page.locator("details.data summary").first.click()
    assert page.locator("details.data table").first.is_visible()


def test_contents_follow_the_reading(page):
    current = page.locator(".contents [aria-current=location]")
    assert current.count() == 0
    for title, slug in (("Transfer learning", "transfer"), ("Data exploration", "data")):
        page.locator(f"#{slug}").evaluate("e => e.scrollIntoView({behavior: 'instant'})")
        page.locator(f".contents a[href='#{slug}'][aria-current]").wait_for()
        assert current.all_inner_texts() == [title]


def test_a_head_sorts_by_value_up_down_and_back(page):
    table = "#table-pairs-scratch-grid"
    head = page.locator(f"{table} thead th").nth(4)
    before = column(page, table, 5)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    values = numbers(column(page, table, 5))
    assert values == sorted(values)
    head.get_by_role("button").press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    values = numbers(column(page, table, 5))
    assert values == sorted(values, reverse=True) != numbers(before)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(page, table, 5) == before


def test_only_one_column_is_sorted_and_empty_cells_come_last(page):
    table = "#table-freezing table"
    heads = page.locator(table).first.locator("thead th")
    heads.nth(0).get_by_role("button").click()
    for _ in range(2):
        heads.nth(2).get_by_role("button").click()
        sorted_by = [i for i, h in enumerate(heads.all()) if h.get_attribute("aria-sort")]
        assert sorted_by == [2]
        shown = page.locator(table).first.locator("tbody tr > :nth-child(3)").all_inner_texts()
        assert "–" in shown
        assert shown[-shown.count("–") :] == ["–"] * shown.count("–")


def test_texts_sort_as_texts_and_a_sum_stays_below(page):
    table = "#table-splits"
    page.locator(f"{table} thead button").first.click()
    page.locator(f"{table} thead button").first.click()
    names = column(page, table, 1)
    assert names[:-1] == sorted(names[:-1], reverse=True)
    assert page.locator(f"{table} tbody tr").last.get_attribute("class") == "total"


def test_experiments_are_filtered_with_a_live_count(page):
    table = "#table-specifications"
    field, count = page.locator(f"{table} input"), page.locator(f"{table} .filter [role=status]")
    n = page.locator(f"{table} tbody tr").count()
    assert page.get_by_label("Filter experiments").first.is_visible()
    assert count.inner_text() == f"{n} of {n}"
    field.fill("FREEZING alexnet")
    found = column(page, table, 1)
    assert found
    assert all(name.startswith("freezing/") for name in found)
    assert count.inner_text() == f"{len(found)} of {n}"
    assert {row[0] for row in download(page, table)[1][1:]} == set(found)
    page.emulate_media(media="print")
    assert page.locator(f"{table} tbody tr").last.is_visible()
    page.emulate_media(media="screen")
    field.fill("no such thing")
    assert count.inner_text() == f"0 of {n}"


def background(page):
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def test_the_colours_can_be_chosen_and_are_remembered(page):
    theme = page.get_by_role("group", name="Colours")
    light = background(page)
    theme.get_by_role("button", name="Dark").press("Enter")
    dark = background(page)
    assert dark != light
    page.reload()
    assert background(page) == dark
    assert theme.get_by_role("button", pressed=True).all_inner_texts() == ["Dark"]
    theme.get_by_role("button", name="Auto").click()
    assert background(page) == light
    page.emulate_media(color_scheme="dark")
    assert background(page) == dark
    theme.get_by_role("button", name="Light").click()
    assert background(page) == light


def test_figures_follow_the_colours_chosen(open_report):
    def picture(system, choice):
        page = open_report(color_scheme=system)
        page.get_by_role("button", name=choice, exact=True).click()
        return page.locator(f"{BASELINE} img").screenshot()

    dark = picture("dark", "Auto")
    assert picture("light", "Dark") == dark
    assert picture("light", "Auto") == picture("dark", "Light") != dark


def test_colours_work_where_storage_is_refused(open_report):
    page = open_report()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused') }})"
    )
    page.reload()
    light = background(page)
    page.get_by_role("button", name="Dark", exact=True).click()
    assert background(page) != light


def test_a_figure_opens_large_and_escape_leads_back(page):
    number = page.locator(BASELINE).evaluate(
        "e => [...document.querySelectorAll('figure:is(.plot, .gallery):not(.screen-only)')]"
        ".indexOf(e) + 1"
    )
    opener = page.get_by_role("button", name=f"Enlarge Figure {number}", exact=True)
    small = page.locator(f"{BASELINE} img").bounding_box()["width"]
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.is_visible()
    assert dialog.get_by_role("img").bounding_box()["width"] > 1.3 * small
    caption = page.locator(f"{BASELINE} figcaption").inner_text()
    assert caption in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert opener.evaluate("e => e === document.activeElement")
    page.locator(f"{BASELINE} img").click()
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()


def test_a_figure_downloads_exact_values(page, finished_study):
    record = json.loads((finished_study / "scratch/baseline/seed-0/curves.json").read_text())
    page.locator("#data-curves-scratch-baseline").click()
    name, (head, *rows) = download(page, f"{BASELINE} ~ details[open]")
    assert name == "curves-scratch-baseline.csv"
    assert head == [
        "Epoch", "Learning rate", "Train loss", "Validation loss", "Train accuracy (fraction)",
        "Validation accuracy (fraction)",
    ]  # fmt: skip
    assert [float(row[0]) for row in rows] == record["epoch"]
    assert [float(row[5]) for row in rows] == record["validation_accuracy"]


def test_a_table_downloads_units_intervals_and_gaps(page):
    name, (head, *rows) = download(page, "#table-test-accuracies")
    assert name == "test-accuracies.csv"
    assert head[2:4] == ["Test (fraction)", "95 % interval (fraction)"]
    low, high = map(float, rows[0][3].split("–"))
    assert low < float(rows[0][2]) < high
    _, (_, *rows) = download(page, "#table-freezing")
    assert "" in [row[2] for row in rows]
    assert not any("★" in cell for row in rows for cell in row)
    head = download(page, "#table-costs")[1][0]
    assert {"Training time (s)", "Peak memory (bytes)", "Speed (pictures/s)"} <= set(head)


@pytest.mark.parametrize(
    ("text", "field"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "-5"), ('say "a, b"', 'say "a, b"')],
)
def test_no_name_becomes_a_formula(page, text, field):
    page.locator("#table-specifications tbody th").first.evaluate(
        "(e, text) => { e.textContent = text }", text
    )
    assert download(page, "#table-specifications")[1][1][0] == field


def test_a_table_is_copied(page, open_report):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table = page.locator("#table-model-sizes")
    table.get_by_role("button", name="Copy as CSV").click()
    table.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert rows_of(copied) == download(page, "#table-model-sizes")[1]


def test_a_refused_copy_says_so(open_report):
    page = open_report()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    table = page.locator("#table-model-sizes")
    table.get_by_role("button", name="Copy as CSV").click()
    table.get_by_text("download it instead").wait_for()

"""What a report says of maps, looks and speed is held against the records."""

import hashlib
import json
import shutil

import pytest
from fake_study import LEFT_OUT, Fake, write_fake_study
from planting import lies
from rendering import run_render

from report.audit.check_numbers import number_problems
from report.audit.read_html import read_pieces
from report.audit.records import audit_records
from report.audit.rendering import read_rendering
from report.evidence.load import load_study
from report.evidence.recompute import Sources
from report.verify.html import compare_html
from report.verify.remake import remake

SHOWN = ("data", "mistakes", "appendix")
"""Sections that have such figures, tables and sentences, beside the one of details."""


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """Return a study whose report has few sections, those among them."""
    folder = tmp_path_factory.mktemp("looked-at") / "runs" / "quick"
    write_fake_study(folder, Fake())
    left_out = [*(name for name in LEFT_OUT if name not in SHOWN), "beyond", "conclusion"]
    record = folder / "study.json"
    arranged = {"report": {"leave_out": left_out}}
    record.write_text(json.dumps(json.loads(record.read_text()) | arranged))
    return folder


@pytest.fixture(scope="module")
def page(looked_at, drawn, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        return run_render(looked_at, tmp_path_factory.mktemp("report"), "--format", "html").html


@pytest.fixture(scope="module")
def problems(looked_at, page, drawn):
    """Return what tells the problems of a page."""
    rendering, sources = read_rendering(page), Sources(looked_at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        with remake(looked_at, rendering, "outlines") as again:

            def find(changed):
                numbers = number_problems(looked_at, read_pieces(changed), sources)
                words = compare_html(changed, rendering, frozenset(), again).problems
                return [*numbers, *words]

            yield find


def test_an_honest_page_has_no_problem(page, problems):
    assert problems(page) == []


@pytest.mark.parametrize(
    ("tell", "fewest"),
    [(lies.lies_of_maps, 17), (lies.lies_of_looks, 18), (lies.lies_of_speed, 9)],
    ids=["maps", "looks", "speed"],
)
def test_lies_about_what_was_looked_at_are_caught(page, problems, tell, fewest):
    found = list(tell(page))
    assert len(found) >= fewest, [name for name, _ in found]
    assert [name for name, changed in found if changed == page or not problems(changed)] == []


def test_where_nothing_was_looked_at_there_is_nothing_to_lie_about():
    for tell in (lies.lies_of_maps, lies.lies_of_looks, lies.lies_of_speed):
        assert list(tell("<p>Nothing.</p>")) == []


def named_by_content(study):
    """Give files of maps the names that training gives them."""
    for record in study.glob("*/*/seed-0/predictions.json"):
        told = json.loads(record.read_text())
        for kept in (told["heat_maps"] or {"maps": []})["maps"]:
            content = (study / kept["file"]).read_bytes()
            digest = hashlib.blake2b(content, digest_size=4).hexdigest()
            kept["file"] = f"thumbnails/maps/{kept['index']:04d}-{digest}.jpg"
            (study / kept["file"]).write_bytes(content)
        record.write_text(json.dumps(told))
    return study


@pytest.mark.parametrize("forgery", lies.FORGERIES, ids=[name for _, name, _ in lies.FORGERIES])
def test_records_that_were_forged_contradict_themselves(looked_at, tmp_path, forgery):
    *_, forge = forgery
    forged = named_by_content(shutil.copytree(looked_at, tmp_path / "forged"))
    assert audit_records(load_study(forged)) == []
    forge(forged)
    assert audit_records(load_study(forged)) != []

"""`homework render`: what it writes, what it keeps, and what it refuses."""

import base64
import hashlib
import html
import io
import json
import os
import re
import shutil
from importlib.metadata import PackageNotFoundError

import click
import pytest
from page import ValidationProfile, validate_pdf
from pypdf import PdfReader

from report.assemble import ALWAYS
from report.build import build_report
from report.pdf.write import write_pdf
from report.sections import BRIEF, SECTIONS
from training.system import how_to_install_pango


def change(file, **fields):
    record = json.loads(file.read_text())
    record.update(fields)
    file.write_text(json.dumps(record))


def change_accuracy(study, experiment="transfer/best"):
    file = study / experiment / "seed-0" / "metrics.json"
    record = json.loads(file.read_text())
    record["validation"]["accuracy"] = 0.4321
    file.write_text(json.dumps(record))


def test_html_is_written_with_every_section_in_order(render):
    done = render()
    assert done.exit_code == 0
    found = re.findall(r'<section id="([a-z]+)"', done.html)
    assert found == list(SECTIONS)
    assert not done.pdf_file.exists()
    assert str(done.html_file) in done.printed


def test_a_brief_report_has_the_first_page_figures_and_tests(render, study):
    full = render()
    brief = render("--detail", "brief")
    assert brief.exit_code == 0
    assert re.findall(r'<section id="([a-z]+)"', brief.html) == list(BRIEF)
    assert 'id="table-tests"' in brief.html
    assert "brief: answers, figures and tests" in brief.html
    words = re.sub(r"<[^>]+>", "", brief.html)
    assert words.count("Chosen by its validation accuracy of") == 1
    links = set(re.findall(r'href="#([^"]+)"', brief.html))
    assert links <= set(re.findall(r' id="([^"]+)"', brief.html))
    again = render("--detail", "full")
    assert again.html == full.html
    assert "Nothing has changed" in render("--detail", "full").printed


def test_a_brief_report_leaves_out_what_the_author_leaves_out(render, study):
    change(study / "study.json", report={"leave_out": ["introduction"]})
    assert re.findall(r'<section id="([a-z]+)"', render("--detail", "brief").html) == ["figures"]


def test_html_is_self_contained(render):
    page = render().html
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|srcset|action)="(?!data:)', page)
    assert not re.search(r"url\(\s*['\"]?(?!data:)[^)]", page)
    assert not re.search(r"<[^>]+ style=", page)
    assert not re.search(r"<[^>]+ on[a-z]+=", page)


@pytest.mark.parametrize(
    ("element", "directive"), [("style", "style-src"), ("script", "script-src")]
)
def test_the_policy_allows_the_one_style_sheet_and_the_one_script(render, element, directive):
    page = render().html
    (content,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"{directive} 'sha256-{digest}';" in page
    assert page.count(f"<{element}") == page.count(f"</{element}") == 1


def test_the_cover_says_what_came_out(render, study):
    change(
        study / "study.json", title="A study", author="Ada", course="Seeing", abstract="In short."
    )
    cover = render().html.partition('<header class="cover">')[2].partition("</header>")[0]
    text = " ".join(re.sub(r"<[^>]+>", " ", cover).split())
    for said in ("A study", "Ada", "Seeing", "In short.", "Data set", "Trained on", "Finished"):
        assert said in text
    assert "Chosen by its validation accuracy of" in text
    assert 'metrics.json#/test/accuracy"' in cover


def test_contents_and_links_lead_somewhere(render):
    page = render().html
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_pdf_holds_every_title(finished):
    reader = PdfReader(finished.pdf_file)
    text = " ".join(page.extract_text() for page in reader.pages)
    for entry in SECTIONS.values():
        assert entry.title in re.sub(r"\s+", " ", text)
    bookmarks = [item.title for item in reader.outline if not isinstance(item, list)]
    assert [entry.title for entry in SECTIONS.values()] == [
        re.sub(r"^\d+\s+", "", title) for title in bookmarks if title != "Contents"
    ]
    assert f"of {len(reader.pages)}" in reader.pages[2].extract_text()
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_pdf_keeps_to_pdf_ua(finished):
    report = validate_pdf(finished.pdf_file, profile=ValidationProfile.PDF_UA_1)
    assert [(failure.rule_id, failure.message) for failure in report.failures] == []


def test_both_is_the_default(finished):
    assert finished.exit_code == 0
    assert finished.html_file.exists()
    assert finished.pdf_file.read_bytes().startswith(b"%PDF-1.7")


def test_same_records_give_the_same_html(finished, finished_study, tmp_path):
    build_report(finished_study, tmp_path, ["html"])
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == finished.html


def test_same_records_give_the_same_pdf_on_any_day(
    short_finished, short_study, tmp_path, monkeypatch
):
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    build_report(short_study, tmp_path, ["pdf"])
    assert (tmp_path / "report.pdf").read_bytes() == short_finished.pdf_file.read_bytes()


def test_fonts_cut_without_harfbuzz_subset_are_the_same_on_any_day(monkeypatch):
    from weasyprint.pdf import fonts

    monkeypatch.setattr(fonts, "harfbuzz_subset", None)
    made = []
    for now in (1_900_000_000.0, 2_000_000_000.0):
        monkeypatch.setattr("time.time", lambda now=now: now)
        made.append(write_pdf("<!doctype html><html lang=en><title>t</title><p>Letters"))
    assert made[0] == made[1]
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_pdf_carries_the_records(finished):
    attached = PdfReader(finished.pdf_file).attachments
    assert sorted(attached) == ["manifest.json", "records.zip"]
    assert sum(len(files[0]) for files in attached.values()) < 2_000_000


def test_pdf_alone_leaves_no_html(render, monkeypatch):
    monkeypatch.setattr("report.pdf.write.write_pdf", lambda *_: b"%PDF")
    done = render(formats="pdf")
    assert done.pdf_file.read_bytes() == b"%PDF"
    assert not done.html_file.exists()


def test_only_makes_one_section_and_the_summaries(render, study):
    before = render()
    change_accuracy(study)
    change_accuracy(study, "beyond/resnet18")
    after = render("--only", "transfer")
    assert after.exit_code == 0
    for slug in set(SECTIONS) - {"transfer", *ALWAYS}:
        assert after.section(slug).strip()
        assert after.section(slug) == before.section(slug)
    assert before.section("transfer") != after.section("transfer")
    assert "0.4321" in after.section("transfer")


def test_a_kept_section_whose_records_changed_says_so(render, study):
    render()
    change_accuracy(study, "beyond/resnet18")
    after = render("--only", "data")
    assert "Not rebuilt, although the records have changed:" in after.printed
    assert "beyond" in after.printed.partition("changed:")[2].splitlines()[0]
    assert 'class="notice stale"' in after.html
    assert "stale" not in render().html.partition("<body>")[2]


def test_only_without_a_report_makes_everything(render):
    done = render("--only", "transfer")
    assert "no report" in done.printed
    assert all(done.section(slug).strip() for slug in SECTIONS)


def test_only_after_an_edit_by_hand_makes_everything(render):
    done = render()
    done.html_file.write_text(done.html.replace("<h2", "<h2 hidden"))
    again = render("--only", "transfer")
    assert "every section was rebuilt" in again.printed
    assert "<h2 hidden" not in again.html


def test_only_keeps_to_the_formats_that_exist(render):
    render(formats="html")
    done = render("--only", "transfer", formats=None)
    assert done.exit_code == 0
    assert not done.pdf_file.exists()


def test_an_unknown_section_is_answered_by_the_nearest(render):
    done = render("--only", "transfr")
    assert done.exit_code == 1
    assert "transfer" in done.error.hint
    assert not done.html_file.exists()


def test_sections_can_be_listed(render):
    done = render("--list-sections", formats=None)
    assert [line.split()[0] for line in done.printed.splitlines()] == list(SECTIONS)


def test_no_study_is_one_message(render, tmp_path):
    done = render("--runs", str(tmp_path / "nowhere"))
    assert done.exit_code == 1
    assert "no study" in done.error.message


def test_an_unknown_study_is_answered_by_the_nearest(render):
    assert "quick" in render("--study", "quik").error.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "not a valid"), ('{"format": 99}', "format 99"), ("[1]", "format None")],
)
def test_a_broken_record_leaves_the_old_report(render, study, content, words):
    old = render().html
    (study / "scratch" / "baseline" / "seed-0" / "metrics.json").write_text(content)
    done = render()
    assert done.exit_code == 1
    assert words in done.error.message
    assert "baseline" in done.error.message
    assert done.html == old
    assert [file.name for file in study.glob(".*")] == []


def test_a_missing_pango_is_one_message(render, monkeypatch):
    def missing():
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr("report.pdf.write._import", missing)
    done = render(formats="both")
    assert done.exit_code == 1
    assert how_to_install_pango() in done.error.hint
    assert not done.html_file.exists()


def test_html_needs_no_weasyprint(render, monkeypatch):
    def version(name):
        if name == "weasyprint":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr("report.writing.staleness.version", version)
    assert render().exit_code == 0


def test_an_output_that_is_no_folder_is_refused(render, tmp_path):
    (tmp_path / "file").write_text("")
    done = render(output=tmp_path / "file" / "below")
    assert done.exit_code == 1
    assert "Can't create the folder" in done.error.message


def test_a_full_disk_leaves_the_old_report(render, study, monkeypatch):
    old = render().html
    (study / "study.json").write_bytes((study / "study.json").read_bytes() + b"\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    done = render()
    assert done.exit_code == 1
    assert "No space left" in done.error.message
    assert done.html == old


def test_a_cache_that_cannot_be_written_is_no_error(render, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "file"))
    assert render().exit_code == 0


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}<!-- end of data -->'


def test_nothing_in_a_study_is_printed_as_html(render, study):
    change(study / "study.json", title=HOSTILE, author=HOSTILE, course=HOSTILE, abstract=HOSTILE)
    record = json.loads((study / "dataset.json").read_text())
    record["classes"][0] = record["thumbnails"][0]["label"] = record["name"] = HOSTILE
    (study / "dataset.json").write_text(json.dumps(record))
    metrics = study / "freezing" / "cnn" / "seed-0" / "metrics.json"
    change(metrics, status="failed", error=HOSTILE, notes=[HOSTILE])
    done = render()
    assert done.exit_code == 0, done.unexpected
    assert "<script>alert" not in done.html
    assert done.html.count("<script") == 1
    assert "<img src=x" not in done.html
    assert html.escape(HOSTILE, quote=False)[:40].partition("&lt;")[2] in done.html
    assert "49" not in done.html.partition("<title>")[2].partition("</title>")[0]
    assert done.html.count("<!-- end of data -->") == 1


def test_the_pdf_reads_nothing_but_data_addresses(monkeypatch, tmp_path):
    import socket

    from report.pdf.write import write_pdf

    def no_network(*_, **__):
        raise AssertionError("the network was asked")

    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>SECRET</text></svg>")
    monkeypatch.setattr(socket, "create_connection", no_network)
    page = (
        f'<html lang="en"><title>t</title><p>x<img alt="a" src="file://{secret}">'
        '<img alt="b" src="http://example.org/b.png"><a href="https://example.org">link</a>'
    )
    reader = PdfReader(io.BytesIO(write_pdf(page)))
    assert "SECRET" not in reader.pages[0].extract_text()


def test_layout_remarks_stay_off_the_terminal(capfd):
    from report.pdf.write import write_pdf

    write_pdf('<html lang="en"><title>t</title><style>p{nonsense:1}</style><p><a href="#no">x</a>')
    assert capfd.readouterr() == ("", "")


def test_a_run_may_end_with_a_render(study, blank_figures):
    """`homework run-all --render` calls the command with these parameters alone."""
    from click.testing import CliRunner

    from training.cli import cli

    @click.command()
    @click.pass_context
    def run_then_render(ctx):
        command = cli.get_command(ctx, "render")
        ctx.invoke(command, runs=study.parent, study=study.name, formats="html")

    done = CliRunner().invoke(run_then_render, catch_exceptions=False)
    assert done.output.splitlines()[-1] == str(study / "report.html")


@pytest.mark.parametrize("missing", ["dataset.json", "transfer", "thumbnails", "beyond"])
def test_a_study_half_done_is_rendered(render, study, missing):
    path = study / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = render()
    assert done.exit_code == 0, done.unexpected
    assert done.html


def test_a_study_without_any_record_is_rendered(render, study):
    for path in study.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    (study / "dataset.json").unlink()
    done = render()
    assert done.exit_code == 0, done.unexpected
    assert "homework run-all" in done.html


def test_an_unchanged_study_is_not_rendered_again(render):
    first = render()
    time = first.html_file.stat().st_mtime_ns
    again = render()
    assert again.exit_code == 0
    assert "Nothing has changed" in again.printed
    assert again.html_file.stat().st_mtime_ns == time


@pytest.mark.parametrize(
    "file",
    [
        "study.json",
        "dataset.json",
        "beyond/vgg16/seed-0/metrics.json",
        "beyond/vgg16/seed-0/curves.json",
        "beyond/vgg16/seed-0/predictions.json",
    ],
)
def test_any_changed_record_renders_again(render, study, file):
    render()
    (study / file).write_bytes((study / file).read_bytes() + b"\n")
    assert "Nothing has changed" not in render().printed


def test_a_report_changed_by_hand_is_rendered_again(render):
    first = render()
    first.html_file.write_text(first.html.replace("What came out", "What didn’t"), encoding="utf-8")
    again = render()
    assert "Nothing has changed" not in again.printed
    assert again.html == first.html


def test_a_letter_that_no_font_has_is_said_once_and_drawn_once_there_is_one(
    study, render, monkeypatch
):
    from matplotlib import font_manager

    from training import fonts

    file = study / "dataset.json"
    record = json.loads(file.read_text())
    file.write_text(
        json.dumps(record | {"classes": ["猫", *record["classes"][1:]]}, ensure_ascii=False)
    )
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    fonts._files.cache_clear()
    fonts._found.cache_clear()
    first = render().printed
    assert first.count("No installed font has 1 letter of 1 name: “猫” (猫 U+732B).") == 1
    assert first.count("apt-get install fonts-noto-cjk") == 1
    assert "Nothing has changed" in render().printed
    monkeypatch.setattr(fonts, "_files", lambda: [font_manager.findfont("DejaVu Sans")])
    assert "Nothing has changed" not in render().printed
    fonts._found.cache_clear()

"""A person's own title, order of sections and sections, by a study file."""

import base64
import io
import json
import re
import shutil
import struct
import zlib

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from report.sections import SECTIONS
from training.cli import cli
from training.study import REPORT_SECTIONS


def sections(html):
    return re.findall(r'<section id="([a-z0-9-]+)"', html)


@pytest.fixture
def study_file(tmp_path):
    """Write a study file, and return its path."""

    def write(text):
        file = tmp_path / "study.toml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def test_training_knows_the_sections_of_the_report():
    assert tuple(SECTIONS) == REPORT_SECTIONS


REPORT = """
title = "Our study"
author = "A. Student"
preset = "quick"
[report]
sections = ["conclusion", "introduction"]
leave_out = ["heatmaps", "appendix", "references"]
[[report.extra]]
title = "What I learned"
after = "transfer"
file = "notes.md"
[[report.extra]]
title = "Thanks"
markdown = "See [the grid](#heatmaps) and [transfer](#transfer)."
"""


@pytest.fixture
def arranged(render, study_file, tmp_path):
    (tmp_path / "notes.md").write_text("# More\n\nIt *works*: 99.9 %.")
    return render("-f", study_file(REPORT))


def test_a_study_file_arranges_the_report(arranged):
    assert arranged.exit_code == 0, arranged.error or arranged.unexpected
    usual = ["data", "preprocessing", "scratch", "transfer", "extra-1", "freezing", "augmentation"]
    expected = ["conclusion", "extra-2", "introduction", *usual, "beyond", "mistakes"]
    assert sections(arranged.html) == [*expected, "background", "details"]
    assert "Our study</h1>" in arranged.html
    cover = arranged.html.partition("</header>")[0]
    assert "Learning rates and optimizers, References, Appendix: every experiment" in cover


def test_words_of_ones_own_are_marked(arranged):
    assert "Written by the author; its numbers aren’t checked." in arranged.section("extra-1")
    assert "<h3>More</h3>\n<p>It <em>works</em>: 99.9 %.</p>" in arranged.section("extra-1")


def test_no_link_dangles(arranged):
    ids = re.findall(r'\sid="([^"]+)"', arranged.html)
    assert set(re.findall(r'href="#([^"]+)"', arranged.html)) <= set(ids)
    assert "See the grid and <a" in arranged.section("extra-2")
    assert "Krizhevsky et al., 2012" in arranged.section("introduction")
    assert "listed in" not in arranged.section("introduction")
    assert "the section on method" in arranged.section("introduction")


def test_the_file_changes_no_record_and_the_next_render_is_as_before(render, study, study_file):
    record = (study / "study.json").read_bytes()
    usual = render().html
    words = 'preset = "quick"\ntitle = "Mine"\n'
    assert "Mine</h1>" in render("-f", study_file(words)).html
    assert "Nothing has changed" in render("-f", study_file(words)).printed
    assert (study / "study.json").read_bytes() == record
    assert render().html == usual


def test_the_arrangement_in_the_records_needs_no_file(render, study):
    record = json.loads((study / "study.json").read_text())
    extra = [{"title": "Mine", "markdown": "*Text*", "after": "data"}]
    record["report"] = {"leave_out": ["beyond"], "extra": extra}
    (study / "study.json").write_text(json.dumps(record))
    done = render()
    found = sections(done.html)
    assert "beyond" not in found
    assert found[found.index("data") + 1] == "extra-1"
    assert sections(render("--only", "extra-1").html) == found


def test_a_changed_text_makes_no_other_section_stale(render, study, study_file):
    text = 'preset = "quick"\n[[report.extra]]\ntitle = "Mine"\nmarkdown = "{}"\n'
    render("-f", study_file(text.format("One.")))
    done = render("--only", "data", "-f", study_file(text.format("Two.")))
    assert "although the records have changed: extra-1." in done.printed


@pytest.mark.parametrize(
    ("table", "words", "hint"),
    [
        ('leave_out = ["heatmap"]', "leave_out: “heatmap”", "“heatmaps”"),
        ('sections = ["data", "data"]', "twice", ""),
        ('sections = ["data"]\nleave_out = ["data"]', "in sections and in leave_out", ""),
        ('order = ["data"]', "Unknown key", "sections"),
        ('leave_out = "data"', "Expected `array`", ""),
        ('[[report.extra]]\ntitle = "x"\ntxt = "y"', "“txt”", "markdown"),
        ('[[report.extra]]\ntitle = "x"', "it needs exactly one text", "notes.md"),
        ('[[report.extra]]\nmarkdown = "x"', "no title", "title"),
        ('[[report.extra]]\ntitle = "x"\nfile = "no.md"', "No such file", "folder"),
        (
            '[[report.extra]]\ntitle = "x"\nmarkdown = "x"\nafter = "trasnfer"',
            "after: “trasnfer”",
            "“transfer”",
        ),
    ],
)
def test_a_wrong_report_table_is_one_message(render, study_file, table, words, hint):
    done = render("-f", study_file(f'preset = "quick"\n[report]\n{table}\n'))
    assert done.error is not None, done.unexpected
    assert "study.toml" in done.error.message
    assert words in done.error.message
    assert hint in done.error.hint


def test_a_wrong_section_in_the_records_is_one_message(render, study):
    record = json.loads((study / "study.json").read_text())
    record["report"] = {"leave_out": ["nothing"]}
    (study / "study.json").write_text(json.dumps(record))
    assert "study.json" in render().error.message


def picture(file, side=(40, 20), **options):
    file.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (side[1], side[0], 3), np.uint8)
    Image.fromarray(noise).save(file, **options)


WITH_PICTURES = """
preset = "quick"
[[report.extra]]
title = "At home"
file = "words/notes.md"
[[report.extra]]
title = "Abroad"
markdown = "![one](https://a.org/x.png) ![two](plot.svg) `![three](none.png)`"
"""


def test_pictures_beside_the_text_are_embedded_small_and_without_metadata(
    render, study_file, tmp_path
):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "secret place"  # turned by a quarter
    picture(tmp_path / "words" / "my photo.jpg", exif=exif)
    picture(tmp_path / "words" / "large.png", (2400, 1200))
    text = "![A *photo*](<my photo.jpg>)\n\n![Large](large.png) ![Again](large.png)"
    (tmp_path / "words" / "notes.md").write_text(text)
    (tmp_path / "plot.svg").write_text("<svg/>")
    file = study_file(WITH_PICTURES.replace(" ![two](plot.svg)", ""))
    done = render("-f", file)
    assert done.exit_code == 0, done.error or done.unexpected
    found = re.findall(r'<img src="data:image/(\w+);base64,([^"]+)" alt="([^"]*)"', done.html)
    found = [(kind, base64.b64decode(data), alt) for kind, data, alt in found if alt in ALTS]
    assert [(kind, alt) for kind, _, alt in found] == [
        ("png", "A photo"), ("jpeg", "Large"), ("jpeg", "Again")
    ]  # fmt: skip
    sizes = [Image.open(io.BytesIO(data)).size for _, data, _ in found]
    assert sizes == [(20, 40), (1600, 800), (1600, 800)]
    assert not any(b"secret" in data for _, data, _ in found)
    assert "Abroad”: the picture https://a.org/x.png isn’t shown: a report fetches" in done.printed
    assert "none.png" not in done.printed
    assert "At home" not in done.printed


ALTS = ("A photo", "Large", "Again")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("none.png", "none.png: there is no such file"),
        ("plot.svg", "plot.svg: it isn’t a picture that can be read"),
        ("../outside.png", "outside.png lies outside of the study file’s folder"),
        ("folder", "folder: there is no such file"),
        ("immense.png", "immense.png: it isn’t a picture"),
    ],
)
def test_a_picture_that_cannot_be_embedded_is_one_message(study_file, tmp_path, address, said):
    (tmp_path / "plot.svg").write_text("<svg/>")
    (tmp_path / "folder").mkdir()
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    (tmp_path / "immense.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )
    file = study_file(f'[[report.extra]]\ntitle = "T"\nmarkdown = "![x]({address})"\n')
    answer = CliRunner().invoke(cli, ["plan", "-f", file])
    assert said in answer.exception.message
    assert "[[report.extra]] number 1" in answer.exception.message


def test_a_record_cannot_smuggle_anything_but_pictures(render, study):
    record = json.loads((study / "study.json").read_text())
    pictures = {"a": "javascript:alert(1)", "b": "data:image/svg+xml;base64,AAAA"}
    extra = {"title": "T", "markdown": "![one](a) ![two](b)", "pictures": pictures}
    (study / "study.json").write_text(json.dumps(record | {"report": {"extra": [extra]}}))
    done = render()
    assert "one two" in done.html
    assert "javascript:" not in done.html.partition('id="extra-1"')[2].partition("</section>")[0]
    assert "Section “T”: the picture b isn’t shown" in done.printed


def test_a_file_that_names_no_study_takes_the_only_or_the_last_one(render, study_file, study):
    file = study_file('preset = "reference"\ntitle = "Mine"\n')
    done = render("-f", file)
    assert done.exit_code == 0, done.error
    assert "Mine</h1>" in done.html
    assert f"{file} names no study; this is {study}, the only one\n" in done.printed
    shutil.copytree(study, study.parent / "example")
    printed = render("-f", file).printed
    assert "which was written last (of --study quick, --study example)" in printed
    assert "names no study" not in render("-f", file, "--study", "quick").printed
    assert "names no study" not in render("-f", file, "--quiet").printed
    assert "names no study" not in render("-f", study_file('preset = "quick"')).printed


def test_a_file_of_a_study_that_is_not_there_says_what_is(render, study_file):
    file = study_file('name = "flowers"')
    done = render("-f", file)
    assert "describes the study “flowers”" in done.error.message
    assert f"homework run-all -f {file}." in done.error.hint
    assert "--study quick" in done.error.hint


def test_what_words_of_a_file_contradict_is_all_told_where_verify_cannot_know_them(
    render, study_file, study
):
    texts = [f"We used {7001 + n} test images." for n in range(7)]
    extra = "".join(f'[[report.extra]]\ntitle = "T"\nmarkdown = "{text}"\n' for text in texts)
    file = study_file(f'preset = "quick"\n{extra}')
    printed = render("-f", file).printed
    assert all(f"study file#/report/extra/{n}/markdown has “" in printed for n in range(7))
    assert "homework verify" not in printed
    record = json.loads((study / "study.json").read_text())
    record["report"] = {"extra": [{"title": "T", "markdown": text} for text in texts]}
    (study / "study.json").write_text(json.dumps(record))
    printed = render("-f", file).printed  # the study's own words
    assert "There are more of them. homework verify lists them." in printed
    verdict = CliRunner().invoke(cli, ["verify", "--runs", str(study.parent)])
    assert "study.json#/report/extra/6/markdown" in verdict.output

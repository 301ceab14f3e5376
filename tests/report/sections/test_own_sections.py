"""The report of a study with sections of its own, made through the command line."""

import html
import json
import re

import pytest
from fake_study import write_fake_study
from own_study import OWN, with_grid
from rendering import run_render

from training.records import StudyGrid


@pytest.fixture
def own(tmp_path):
    """Return a finished study of one's own."""
    folder = tmp_path / "runs" / "mine"
    write_fake_study(folder, OWN)
    return folder


@pytest.fixture
def page(own, blank_figures):
    done = run_render(own, own, "--format", "html")
    assert done.exit_code == 0, done.error or done.unexpected
    return done


def text_of(markup):
    """Return the words of markup, each piece of it set apart by spaces."""
    plain = html.unescape(re.sub(r"<(style|script)[\s\S]*?</\1>|<[^>]*>", " ", markup))
    return " ".join(plain.split())


def test_its_sections_stand_in_their_order(page):
    found = re.findall(r'<section id="([^"]+)"', page.html)
    assert found == [
        "introduction", "data", "preprocessing", "tuning", "smoothing", "notes", "mistakes",
        "conclusion", "references", "background", "details", "appendix",
    ]  # fmt: skip


def test_nothing_of_the_homework_is_left(page):
    text = text_of(page.html)
    for leftover in ("AlexNet", "homework’s", "Caltech", "from scratch", "fine-tuned",
                     "transfer grid", "best pair", "SGD"):  # fmt: skip
        assert leftover not in text, text[max(0, text.find(leftover) - 80) :][:200]


def test_the_first_page_answers_its_questions(page):
    answers = text_of(page.section("introduction"))
    assert "How much weight decay, and how large a batch?" in answers
    assert "Does label smoothing help?" in answers
    assert "Label smoothing 0.1 gains" in answers
    assert "The best setting, weight decay 0.0001 and batch size 16, gets" in answers


def test_a_grid_shows_heatmaps_by_its_own_fields(page):
    section = text_of(page.section("tuning"))
    assert section.index("What people expect first.") < section.index("make a difference.")
    assert "every setting of weight decay and batch size, on train and" in section
    assert "Two heatmaps, 3 values of weight decay by 2 of batch size" in page.section("tuning")


def test_a_comparison_names_what_differs(page):
    section = text_of(page.section("smoothing"))
    assert section.split("Label smoothing ", 1)[1].startswith(
        "The change of label smoothing gains accuracy."
    )
    assert (
        "Label smoothing 0.1 differs from None (smoothing) in label smoothing (0.1 against 0)."
        in section
    )
    assert section.endswith("See the grid .")


def test_a_text_stands_alone(page):
    section = page.section("notes")
    assert "Written by the author" in section
    assert "<figure" not in section
    assert "<table" not in section


def test_sections_can_be_listed_left_out_and_made_alone(own, page):
    listed = run_render(own, own, "--list-sections")
    assert [line.split()[0] for line in listed.printed.splitlines()][3:6] == [
        "tuning", "smoothing", "notes",
    ]  # fmt: skip
    alone = run_render(own, own, "--format", "html", "--only", "smoothing")
    assert alone.exit_code == 0
    record = json.loads((own / "study.json").read_text())
    record["report"] = {"leave_out": ["tuning"], "sections": ["notes"]}
    (own / "study.json").write_text(json.dumps(record))
    arranged = run_render(own, own, "--format", "html")
    found = re.findall(r'<section id="([^"]+)"', arranged.html)
    assert found[:2] == ["notes", "introduction"]
    assert "tuning" not in found


def test_an_unknown_section_is_refused_with_its_own_names(own):
    done = run_render(own, own, "--only", "scratch")
    assert done.exit_code != 0
    assert "tuning" in done.error.hint


@pytest.mark.parametrize("name", ["data", "figures", "appendix"])
def test_a_section_can_not_be_called_as_the_reports_own(own, name):
    record = json.loads((own / "study.json").read_text())
    record["sections"][2]["name"] = name
    (own / "study.json").write_text(json.dumps(record))
    done = run_render(own, own, "--format", "html")
    assert "Give it another name." in done.error.hint


GRIDS = {
    "one": {"batch_size": (16, 32, 64)},
    "a name": {"augmentation": ("none", "rotation")},
    "three": {"weight_decay": (1e-4, 1e-3), "batch_size": (16, 32), "epochs": (5, 10)},
    "classic": {"optimizer": ("sgd", "adam"), "learning_rate": (1e-3, 1e-2)},
}
FIGURES = {
    "one": "Points with intervals for 3 values of batch size",
    "a name": "Points with intervals for 2 values of augmentation",
    "three": "2 heatmaps of validation accuracy by",
    "classic": "Two heatmaps, 2 learning rates by 2 optimizers",
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_of_any_fields_is_drawn(tmp_path, blank_figures, name):
    folder = tmp_path / "runs" / "mine"
    write_fake_study(folder, with_grid(StudyGrid(id="tuning/grid", axes=GRIDS[name])))
    done = run_render(folder, folder, "--format", "html")
    assert done.exit_code == 0, done.error or done.unexpected
    alts = [html.unescape(alt) for alt in re.findall(r' alt="([^"]*)"', done.section("tuning"))]
    assert any(alt.startswith(FIGURES[name]) for alt in alts)
    assert max(map(len, alts)) <= 200


def test_a_sampled_grid_has_a_sorted_table_and_points(tmp_path, blank_figures):
    axes = {"weight_decay": (1e-4, 1e-3, 1e-2), "optimizer": ("adam", "sgd")}
    folder = tmp_path / "runs" / "mine"
    write_fake_study(folder, with_grid(StudyGrid(id="tuning/grid", axes=axes, sample=6)))
    done = run_render(folder, folder, "--format", "html")
    assert done.exit_code == 0, done.error or done.unexpected
    assert "2 panels of 6 points" in done.section("tuning")
    assert "ranked by the highest validation accuracy" in text_of(done.section("tuning"))

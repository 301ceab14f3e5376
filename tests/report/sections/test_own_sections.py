"""The report of a study with sections of its own, made through the command line."""

import html
import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from fake_study import write_fake_study
from in_memory import said
from own_study import (
    EVERY_KIND,
    GRID,
    NOTES,
    OWN,
    SMOOTHING,
    replace_section,
    resnet,
    section,
    with_grid,
)
from rendering import run_render

from report.evidence.display_names import in_words, names_of, value_text
from report.evidence.load import load_study
from report.findings.answers import answers
from report.sections import section_view, sections_for
from report.tables.settings import common_settings
from report.writing.templating import render_section
from training.cli import cli
from training.records import OptimizerOptions, Settings, StudyGrid, StudyRecord, Transform


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
    """Return the words of markup; blocks are set apart by spaces."""
    inline = re.sub(r"</?(span|a|q|strong|code|em|data)\b[^>]*>", "", markup)
    plain = html.unescape(re.sub(r"<(style|script)[\s\S]*?</\1>|<[^>]*>", " ", inline))
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
    differs = "Label smoothing 0.1 differs from Smoothing: none in label smoothing (0.1 against 0)."
    assert differs in section
    assert section.endswith("See the grid.")


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


@pytest.mark.parametrize("name", ["figures", "appendix"])
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


STATES = {
    "finished": {},
    "three seeds": {"seeds": 3},
    "nothing yet": {"only": ("none",)},
    "begun": {"only": ("start", "tuning/grid-1e-4-16")},
    "failed": {"failed": ("start/tuned", "altered/turned")},
}


@pytest.mark.parametrize("state", STATES)
def test_a_section_of_every_kind_is_made_in_every_state(tmp_path, state):
    write_fake_study(tmp_path / "mine", replace(EVERY_KIND, **STATES[state]))
    view = load_study(tmp_path / "mine")
    for slug in sections_for(view.study.sections):
        text = render_section(section_view(slug, view), view.study)
        assert text.count("<section") == text.count("<h2") == 1
        assert "None" not in re.sub(r"data:[^\"]+", "", text)


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    folder = tmp_path_factory.mktemp("every") / "mine"
    write_fake_study(folder, EVERY_KIND)
    return load_study(folder)


def test_each_kind_answers_in_words_of_its_own(every_kind):
    found = {answer.section: said(answer.sentences) for answer in answers(every_kind)}
    assert list(found) == ["alone", "start", "still", "altered", "others", "tuning", "mixed"]
    assert found["alone"].startswith("Alone: best gets ")
    assert found["start"].startswith("Pre-trained weights ")
    assert "All but the head frozen" in found["still"]
    assert "Augmentation by rotation" in found["altered"]
    assert "VGG16 and batch size 8" in found["others"]
    assert "Alone: best" in found["mixed"]


def test_comparisons_that_are_named_are_tested_and_corrected_together(every_kind):
    held = {a.section: a.differences for a in answers(every_kind)}
    named = [(d.base.experiment.id, d.model.experiment.id) for d in held["others"]]
    assert ("others/vgg16", "others/mobilenet") in named
    tested = [d for differences in held.values() for d in differences]
    n_tests = len(tested) + 1  # and whether the grid's members differ, which they clearly do
    smallest = min(tested, key=lambda d: d.p)
    assert smallest.corrected == pytest.approx(min(1, (n_tests - 1) * smallest.p))


def test_a_kinds_words_need_its_difference(tmp_path):
    """Two models that aren't frozen differently aren't said to be."""
    frozen = replace_section(OWN.sections[1], kind="freezing")
    write_fake_study(tmp_path / "mine", replace(OWN, sections=(OWN.sections[0], frozen)))
    found = next(a for a in answers(load_study(tmp_path / "mine")) if a.section == "smoothing")
    assert said(found.headline) == "The change of label smoothing gains accuracy."


@pytest.mark.parametrize("name", ["html", "pdf"])
def test_verify_finds_no_errors(own, name):
    if name == "pdf":
        pytest.importorskip("weasyprint")
    assert run_render(own, own, "--format", name).exit_code == 0
    report = str(own / f"report.{name}")
    done = CliRunner().invoke(cli, ["verify", report, "--runs", str(own.parent)])
    assert "no errors found" in done.output, done.output


def test_the_homework_answers_as_ever(finished_study):
    """Its sections have the words that they had before studies could list sections."""
    found = {a.section: said(a.headline) for a in answers(load_study(finished_study))}
    assert found == {
        "scratch": "From a random start, AlexNet learns more than guessing gives.",
        "heatmaps": "Learning rate and optimizer matter from a random start and from pre-trained "
        "weights.",
        "transfer": "Pre-trained weights help.",
        "freezing": "Some ways of freezing probably cost accuracy, others make no measurable "
        "difference.",
        "augmentation": "Augmentation makes no measurable difference.",
        "beyond": "Some other networks probably gain accuracy, others make no measurable "
        "difference.",
    }


def test_epochs_that_experiments_set_themselves_are_the_ones_told(tmp_path):
    """`[settings]` may say 12, as the quick preset does, while every experiment has its own."""
    folder = tmp_path / "runs" / "mine"
    write_fake_study(folder, OWN)
    record = json.loads((folder / "study.json").read_text())
    record["settings"]["epochs"] = 12
    for experiment in record["experiments"]:
        experiment["epochs"] = 9
    (folder / "study.json").write_text(json.dumps(record))
    assert setting(folder, "Epochs") == "9"
    record["experiments"][0].pop("epochs")
    (folder / "study.json").write_text(json.dumps(record))
    assert setting(folder, "Epochs") == "9 to 12, as each experiment says"


def test_settings_that_no_experiment_follows_are_not_told(tmp_path):
    """The grid says decay and batch size, its best takes them over, the others follow the study."""
    folder = tmp_path / "runs" / "mine"
    write_fake_study(folder, with_grid(GRID))
    record = json.loads((folder / "study.json").read_text())
    best = record["experiments"][-1]
    best["choice"]["fields"] = ["weight_decay", "batch_size", "epochs"]
    del best["epochs"]
    (folder / "study.json").write_text(json.dumps(record))
    assert setting(folder, "Weight decay") == "0.0001 to 0.01, as each experiment says"
    assert setting(folder, "Batch size") == "16 to 64 pictures, as each experiment says"
    assert setting(folder, "Epochs") == "12"
    record["experiments"].append({"id": "tuning/plain", "question": "?", "epochs": 12})
    (folder / "study.json").write_text(json.dumps(record))
    assert setting(folder, "Weight decay") == "5e-5"
    assert re.fullmatch(r"\d+ pictures", setting(folder, "Batch size"))


def test_a_pair_is_compared_once_and_as_its_author_names_it(tmp_path):
    pair = ("smoothing/a-tenth", "smoothing/none")
    section = replace_section(SMOOTHING, against="", compare=(pair,))
    folder = tmp_path / "runs" / "mine"
    write_fake_study(folder, replace(OWN, sections=(section, NOTES)))
    (answer,) = answers(load_study(folder))
    compared = [(d.base.experiment.id, d.model.experiment.id) for d in answer.differences]
    assert compared == [pair]


def setting(folder, label):
    """Return what the table of settings says of one."""
    rows = [
        ["".join(part.text for part in cell) for cell in row.cells]
        for row in common_settings(load_study(folder)).rows
    ]
    return dict(rows)[label]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"two_phase": 3}, "the head alone for 3 epochs"),
        ({"layer_decay": 0.7}, "layer decay 0.7"),
        ({"mixup": 0.2}, "mixup 0.2"),
    ],
)
def test_a_recipe_is_named_as_people_speak_of_it(fields, expected):
    assert in_words(fields) == expected


def test_pictures_in_a_persons_text_around_a_section_are_shown(own, blank_figures):
    record = json.loads((own / "study.json").read_text())
    dot = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDw"
        "ADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    record["sections"][1]["after"] = "![A dot](dot.png)"
    record["sections"][1]["pictures"] = {"dot.png": dot}
    (own / "study.json").write_text(json.dumps(record))
    page = run_render(own, own, "--format", "html").html
    assert 'alt="A dot"' in page
    assert dot in page


FLIP = Transform(name="RandomHorizontalFlip")
CROP = Transform(name="RandomResizedCrop", parameters=(("scale", (0.6, 1.0)),))
ONE_OF = Transform(name="RandomChoice", transforms=(FLIP, CROP))


def a_record(experiments):
    return StudyRecord(
        name="mine", preset="quick", title="Mine", settings=Settings(),
        sections=(section("ladder", "comparison"),), experiments=list(experiments),
    )  # fmt: skip


def test_a_list_of_transforms_is_named_as_its_author_names_it():
    """Written out it is no name; its section's others are then named alike."""
    base = resnet("ladder/none", test=True)
    flip = resnet("ladder/flip", test=True, augmentation="horizontal-flip")
    crop = resnet("ladder/flip-crop", test=True, augmentation=(FLIP, CROP))
    named = [
        list(names_of(a_record(experiments)).values())
        for experiments in ((base, flip), (base, flip, crop))
    ]
    assert named == [
        ["Ladder: none", "Augmentation by horizontal flip"],
        ["Ladder: none", "Flip", "Flip crop"],
    ]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("augmentation", (FLIP, CROP), "RandomHorizontalFlip, RandomResizedCrop (scale 0.6, 1)"),
        ("augmentation", (ONE_OF,),
         "one of (RandomHorizontalFlip; RandomResizedCrop (scale 0.6, 1))"),
        ("weights", "/home/me/weights/lcnet-050.pth", "lcnet-050.pth"),
        ("weights", "C:\\weights\\lcnet.pth", "lcnet.pth"),
        ("weights", "pretrained", "pre-trained"),
        ("optimizer_options", OptimizerOptions(betas=(0.9, 0.95)), "betas 0.9, 0.95"),
    ],
)  # fmt: skip
def test_values_of_several_parts_are_written_for_people(name, value, text):
    assert value_text(name, value) == text

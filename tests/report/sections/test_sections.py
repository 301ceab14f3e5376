"""Every section can be made from any study: complete, half done, skipped, empty."""

import re
import shutil

import msgspec
import pytest
from fake_study import Fake, write_fake_study

from report.errors import ReportError
from report.evidence.load import StudyView, load_study
from report.figures.views import Gap
from report.sections import BRIEF, SECTIONS, section_view
from report.writing.templating import render_section
from training.records import matches_group
from training.study import SECTIONS as EXPERIMENT_SECTIONS
from training.study import StudyFile

SKIPPED = Fake(skipped=("transfer", "freezing", "augmentation", "beyond"))
PARTIAL = Fake(only=("scratch/baseline", "scratch/grid-sgd-1e-2"))
SEVERAL_SEEDS = Fake(seeds=3)
EXTRAS = Fake(overrides={"extras": True})
FAILED = Fake(failed=("scratch/baseline", "beyond/vgg16"), thumbnails=False)
STUDIES = {
    "skipped": SKIPPED,
    "partial": PARTIAL,
    "several seeds": SEVERAL_SEEDS,
    "extras": EXTRAS,
    "failed": FAILED,
    "reference": Fake(preset="reference"),
}


@pytest.fixture(scope="module")
def views(tmp_path_factory, finished_study):
    found = {"finished": load_study(finished_study)}
    for name, fake in STUDIES.items():
        folder = tmp_path_factory.mktemp("study") / "study"
        write_fake_study(folder, fake)
        found[name] = load_study(folder)
    empty = tmp_path_factory.mktemp("study") / "empty"
    empty.mkdir()
    shutil.copy(finished_study / "study.json", empty)
    return found | {"empty": load_study(empty)}


@pytest.mark.parametrize("slug", SECTIONS | BRIEF)
@pytest.mark.parametrize("name", ["finished", *STUDIES, "empty"])
def test_every_section_is_made_and_printed(views, name, slug):
    view = views[name]
    section = section_view(slug, view)
    html = render_section(section, view.study)
    assert section.slug == slug
    assert section.title == (SECTIONS | BRIEF)[slug].title
    assert html.count("<section") == html.count("<h2") == 1
    assert "None" not in re.sub(r"data:[^\"]+", "", html)


@pytest.mark.parametrize("name", ["finished", *STUDIES, "empty"])
def test_anchors_and_rows_fit(views, name):
    anchors = []
    for slug in SECTIONS:
        section = section_view(slug, views[name])
        figures = [*section.figures.values(), *(block.figure for block in section.blocks)]
        anchors += [f"figure-{figure.slug}" for figure in figures]
        anchors += [f"table-{table.slug}" for table in section.tables.values()]
        for table in section.tables.values():
            assert {len(row.cells) for row in table.rows} <= {len(table.columns)}, table.slug
    assert len(anchors) == len(set(anchors))


def test_an_unknown_section_is_answered_by_the_nearest(views):
    with pytest.raises(ReportError) as caught:
        section_view("scrach", views["finished"])
    assert "scratch" in caught.value.hint


def test_what_a_section_reads_exists(views):
    experiments = views["finished"].study.experiments
    ids = {experiment.id for experiment in experiments}
    for entry in SECTIONS.values():
        for name in entry.reads:
            grid = any(matches_group(experiment.id, name) for experiment in experiments)
            assert name == "*" or name in ids or name in EXPERIMENT_SECTIONS or grid, name


def test_every_number_of_a_section_comes_from_records_it_reads(views):
    for slug, entry in SECTIONS.items():
        if "*" in entry.reads:
            continue
        html = render_section(section_view(slug, views["finished"]), views["finished"].study)
        sources = set(re.findall(r"([a-z]+/[a-z0-9.+-]+)/seed-\d+/\w+\.json", html))
        for experiment_id in sources:
            section = experiment_id.partition("/")[0]
            grids = [name for name in entry.reads if matches_group(experiment_id, name)]
            assert section in entry.reads or experiment_id in entry.reads or grids, (
                slug,
                experiment_id,
            )


def test_an_empty_study_has_gaps_in_place_of_figures(views):
    section = section_view("transfer", views["empty"])
    assert all(isinstance(figure, Gap) for figure in section.figures.values())


def test_a_skipped_experiment_says_why_and_what_mends_it(views):
    section = section_view("freezing", views["skipped"])
    said = " ".join(str(sentence) for sentence in section.notices)
    assert "Skipped: freezing/cnn" in said
    assert "alexnet-owt-7be5be79.pth" in said


def test_thin_networks_are_announced_with_the_method(views):
    thin = section_view("preprocessing", views["finished"])
    assert thin.findings["width"]
    assert not section_view("preprocessing", views["reference"]).findings["width"]


def test_the_heads_width_follows_the_networks(views):
    for name, units in (("finished", "506"), ("reference", "2\u202f024")):
        said = course_of("VGG16", section_view("details", views[name]))
        assert f"hidden layer of {units} units" in said


def test_the_reference_stands_beside_only_for_the_same_task(views):
    column = section_view("conclusion", views["finished"]).tables["accuracies"].columns[-1]
    assert column.label == "Validation"
    view = views["reference"]
    real = msgspec.structs.replace(view.dataset, n_test=2893)
    same_task = StudyView(view.folder, view.study, real, view._runs)
    column = section_view("conclusion", same_task).tables["accuracies"].columns[-1]
    assert column.label == "Reference report"


def course_of(name, section):
    """Return what a section says of an experiment's course."""
    (block,) = (block for block in section.blocks if str(block.title[0].text) == name)
    return " ".join(str(sentence) for found in block.findings for sentence in found)


def test_more_networks_get_subsections_of_their_own(tmp_path):
    extra = {"question": "?", "model": "timm:lite_net", "test": True}
    file = StudyFile(experiments={"beyond/lite": extra})
    write_fake_study(tmp_path / "study", Fake(file=file))
    blocks = section_view("details", load_study(tmp_path / "study")).blocks
    assert [str(block.title[0].text) for block in blocks][-3:] == ["VGG16", "ResNet18", "lite net"]


@pytest.mark.parametrize(("name", "scaled"), [("finished", False), ("reference", True)])
def test_smaller_batches_and_scaled_rates_are_spoken_of_where_there_are_some(views, name, scaled):
    said = course_of("VGG16", section_view("details", views[name]))
    assert ("Its batches are smaller than the usual 256" in said) == scaled
    assert ("the learning rate is scaled down in proportion" in said) == scaled


def test_what_holds_for_all_seeds_stands_below_one_table_of_the_main_part(views):
    main = set(SECTIONS) - {"background", "details", "appendix"}
    made = [section_view(slug, views["several seeds"]) for slug in main]
    noted = [t.slug for section in made for t in section.tables.values() if t.notes]
    assert noted == ["test-accuracies"]

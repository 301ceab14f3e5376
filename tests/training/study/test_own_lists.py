"""Study files with sections, grids and choices of their own."""

import msgspec
import pytest

from training.errors import StudyError
from training.records import Choice, StudyRecord
from training.study import as_file, build_study, read_study_file, retell, sections_of, select

OWN = """
preset = "quick"

[sections.decay]
question = "How much decay?"
compare = [["decay/best", "decay/none"]]

[sections.words]
kind = "text"
before = "Some *text*."

[grids."decay/grid"]
weight_decay = [0.0, 1e-4, 0.01]
batch_size = [8, 16]
optimizer = "adamw"
epochs = 4

[experiments."decay/best"]
from = "best of decay/grid"
test = true

[experiments."decay/none"]
from = "best of decay/grid"
weight_decay = 0.0
test = true

[experiments."decay/plain"]
epochs = 2
"""


GRID = "[grids.'x/g']\ngamma = [0.1, 0.2]"
BEST = "[sections.x]\n[experiments.'x/a']\nfrom = 'best of x/g'\n"


@pytest.fixture
def study_of(tmp_path):
    def make(text, **others):
        file = tmp_path / "study.toml"
        file.write_text(text, encoding="utf-8")
        return build_study(None, read_study_file(file), **others)

    return make


def by_id(study):
    return {experiment.id: experiment for experiment in study.experiments}


def written_and_read(study):
    return msgspec.json.decode(msgspec.json.encode(study), type=StudyRecord)


def test_a_file_with_sections_has_its_own_list_and_takes_its_name_from_the_file(study_of):
    study = study_of(OWN)
    assert (study.name, study.title) == ("study", "study")
    assert list(sections_of(study)) == ["decay", "words"]
    decay, words = study.sections
    assert (decay.title, decay.kind, decay.question) == ("Decay", "comparison", "How much decay?")
    assert decay.compare == (("decay/best", "decay/none"),)
    assert (words.kind, words.before) == ("text", "Some *text*.")
    assert list(by_id(study)) == [
        "decay/plain",
        "decay/grid-0-8", "decay/grid-1e-4-8", "decay/grid-0.01-8",
        "decay/grid-0-16", "decay/grid-1e-4-16", "decay/grid-0.01-16",
        "decay/best", "decay/none",
    ]  # fmt: skip


def test_members_of_a_grid_share_what_has_one_value(study_of):
    member = by_id(study_of(OWN))["decay/grid-1e-4-16"]
    assert (member.weight_decay, member.batch_size) == (1e-4, 16)
    assert (member.optimizer, member.epochs, member.test) == ("adamw", 4, False)
    assert member.question == "What is reached with weight decay 0.0001 and batch size 16?"


def test_the_best_alone_is_taken_over_and_with_a_change_trained(study_of):
    found = by_id(study_of(OWN))
    assert (found["decay/best"].role, found["decay/best"].choice) == (
        "reuse", Choice("decay/grid"),
    )  # fmt: skip
    changed = found["decay/none"]
    assert (changed.role, changed.choice) == (
        "train", Choice("decay/grid", fields=("batch_size",)),
    )  # fmt: skip
    assert (changed.weight_decay, changed.optimizer, changed.epochs) == (0.0, "adamw", 4)


def test_its_name_is_the_files_unless_it_says(study_of):
    assert study_of('name = "mine"\ntitle = "T"\n' + OWN).name == "mine"
    assert study_of('name = "mine"\ntitle = "T"\n' + OWN).title == "T"


@pytest.mark.parametrize("head", ["", 'extends = "homework"\n'])
def test_a_study_of_its_own_comes_back_from_its_record(study_of, head):
    study = written_and_read(study_of(head + OWN, name="mine"))
    assert build_study(None, as_file(study), {}, "mine") == study
    again = build_study(None, as_file(study), {"epochs": 7, "backbone": "resnet18"}, "mine")
    assert {e.epochs for e in again.experiments} == {7}
    assert by_id(again)["decay/plain"].model == "resnet18"
    assert again.grids == study.grids


def test_a_network_that_is_named_stays_what_it_is(study_of):
    text = '[sections.x]\n[experiments."x/a"]\nmodel = "alexnet"\n[experiments."x/b"]\n'
    study = study_of(text, overrides={"backbone": "resnet18"}, name="mine")
    assert [e.model for e in study.experiments] == ["alexnet", "resnet18"]
    assert build_study(None, as_file(study), {}, "mine") == study
    other = build_study(None, as_file(study), {"backbone": "vgg16"}, "mine")
    assert [e.model for e in other.experiments] == ["alexnet", "vgg16"]


def test_a_homework_with_a_grid_of_ones_own_comes_back_too(study_of):
    study = written_and_read(
        study_of('[grids."scratch/decay"]\nweight_decay = [0, 1e-3]\n', name="mine")
    )
    assert [grid.id for grid in study.grids] == ["scratch/grid", "transfer/grid", "scratch/decay"]
    assert study.sections == ()
    assert build_study(None, as_file(study), {}, "mine") == study


def test_extending_the_homework_keeps_its_list_and_may_change_its_words(study_of):
    extra = '[sections.freezing]\nquestion = "Which?"\n'
    study = study_of(f'extends = "homework"\n{OWN}{extra}')
    assert study.name == "quick"
    names = list(sections_of(study))
    assert names[0] == "scratch"
    assert names[-2:] == ["decay", "words"]
    assert sections_of(study)["freezing"].question == "Which?"
    assert sections_of(study)["freezing"].title == "Freezing layers"
    usual = build_study("quick").experiments
    assert [e for e in study.experiments if e.section not in ("decay", "words")] == usual


def test_a_section_without_experiments_may_be_of_the_data(study_of):
    study = study_of('[sections.x]\n[experiments."x/a"]\n[experiments."data/few"]\n')
    assert list(by_id(study)) == ["x/a", "data/few"]


def test_sections_groups_and_ids_select(study_of):
    study = study_of(OWN)
    assert len(select(study, ["decay/grid"])) == 6
    with pytest.raises(StudyError, match=r"(?s)Did you mean “decay”"):
        select(study, ["decy"])


def test_words_of_a_section_are_told_anew(study_of, tmp_path):
    study = study_of(OWN)
    other = tmp_path / "other.toml"
    other.write_text(OWN.replace("How much decay?", "More?"), encoding="utf-8")
    told = retell(study, read_study_file(other))
    assert told.sections[0].question == "More?"
    assert retell(build_study("quick"), read_study_file(other)).sections == ()


def test_before_may_be_a_file_with_a_picture(study_of, tmp_path):
    from PIL import Image

    Image.new("RGB", (4, 4)).save(tmp_path / "dot.png")
    (tmp_path / "words.md").write_text("See ![a dot](dot.png).")
    text = '[sections.x]\nbefore_file = "words.md"\n[experiments."x/a"]\n'
    section = study_of(text).sections[0]
    assert section.before == "See ![a dot](dot.png)."
    assert section.pictures["dot.png"].startswith("data:image/png;base64,")


def test_a_report_may_name_its_own_sections(study_of):
    text = '[report]\nsections = ["decay"]\nleave_out = ["words"]\n'
    assert study_of(OWN + text).report.sections == ("decay",)
    with pytest.raises(StudyError, match="transfer"):
        study_of(OWN + text.replace("decay", "transfer"))


def test_experiments_may_be_in_any_order_and_like_each_other(study_of):
    text = """
    [sections.x]
    [experiments."x/c"]
    like = "x/b"
    gamma = 0.5
    [experiments."x/b"]
    like = "x/grid-sgd"
    test = true
    [grids."x/grid"]
    like = "x/a"
    optimizer = ["sgd", "adam"]
    [experiments."x/a"]
    momentum = 0.7
    """
    found = by_id(study_of(text))
    assert [found[f"x/{n}"].momentum for n in ("grid-adam", "b", "c")] == [0.7] * 3
    assert (found["x/c"].gamma, found["x/c"].test, found["x/c"].optimizer) == (0.5, True, "sgd")


def test_a_grid_like_an_experiment_has_its_network(study_of):
    text = """
    [sections.x]
    [experiments."x/a"]
    model = "alexnet"
    [grids."x/grid"]
    like = "x/a"
    gamma = [0.1, 0.5]
    """
    study = study_of(text, overrides={"backbone": "resnet18"})
    assert {e.model for e in study.experiments} == {"alexnet"}


def test_what_is_like_a_run_taken_over_is_trained_with_its_change(study_of):
    text = '[experiments."decay/smooth"]\nlike = "decay/best"\nlabel_smoothing = 0.1\n'
    smooth = by_id(study_of(OWN + text))["decay/smooth"]
    assert (smooth.role, smooth.label_smoothing, smooth.epochs) == ("train", 0.1, 4)
    assert smooth.choice == Choice("decay/grid", fields=("weight_decay", "batch_size"))


def test_options_of_an_optimizer_go_with_it(study_of):
    text = """
    [sections.x]
    [grids."x/grid"]
    optimizer = ["sgd"]
    momentum = [0.5, 0.9]
    optimizer_options = { nesterov = true }
    [experiments."x/best"]
    from = "best of x/grid"
    gamma = 0.5
    """
    best = by_id(study_of(text))["x/best"]
    assert best.choice.fields == ("optimizer", "momentum", "optimizer_options")
    assert best.optimizer_options is None


def test_an_experiment_may_be_for_some_backbones_only(study_of):
    text = """
    [sections.x]
    [experiments."x/a"]
    [experiments."x/two"]
    only_for = ["alexnet", "vgg16"]
    [experiments."x/one"]
    not_for = ["alexnet", "vgg16"]
    """
    assert list(by_id(study_of(text))) == ["x/a", "x/two"]
    assert list(by_id(study_of(text, overrides={"backbone": "resnet18"}))) == ["x/a", "x/one"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends = 'homwork'", "(?s)homwork.*homework"),
        ("[sections.x]", "lists no experiments"),
        ("[sections.x]\ntitel = 'X'", "(?s)line 2, .sections.x.*titel.*title"),
        ("[sections.x]\nkind = 'grids'", "(?s)line 2.*Invalid enum value 'grids'"),
        ("[sections.mistakes]", "every report has a section “mistakes”"),
        ("[sections.'x/y']", "can't name a section"),
        ("[sections.x]\nbefore = 'a'\nbefore_file = 'b'", "can't both be"),
        ("[sections.x]\nbefore_file = 'none.md'", "can’t read .*none.md"),
        ("[sections.x]\ncompare = [['x/a']]", "(?s)line 2.*length 2"),
        ("[sections.x]\ncompare = [['x/a', 'x/b']]\n[experiments.'x/a']\ntest=true",
         "(?s)Unknown experiment in .*line 2.*“x/b”.*x/a"),
        ("[sections.x]\nagainst = 'x/a'\n[experiments.'x/a']", "(?s)isn't tested.*test = true"),
        ("[sections.x]\ngrids = ['x/grd']\n[grids.'x/grid']\ngamma = [0.1, 0.2]",
         "(?s)“x/grd”.*x/grid"),
        ("[experiments.'x/a']\nmodel = 'alexnet'", "section"),
        ("[sections.x]\n[experiments.'y/a']", "(?s)Unknown section in .*line 2.*“y”"),
        ("[sections.x]\n[experiments.'x/A']", "not an experiment id"),
        ("[sections.x]\n[experiments.'x/a']\nlike = 'x/b'\n[experiments.'x/b']\nlike = 'x/a'",
         "begin with each other: x/a → x/b → x/a"),
        ("[sections.x]\n[experiments.'x/a']\nlike = 'x/a'", "each other: x/a → x/a"),
        (f"{BEST.replace('x/g', 'x/gird', 1)}{GRID}", "(?s)line 3.*“x/gird”.*Did you mean “x/g”"),
        ("[sections.x]\n[experiments.'x/a']\nfrom = 'x/grid'", "best of section/grid"),
        ("[sections.x]\n[experiments.'x/a']\nrank = 2", "rank needs from"),
        ("[sections.x]\n[experiments.'x/a']\nlike = 'x/b'\nfrom = 'best of x/g'", "both"),
        (f"{BEST}rank = 3\n{GRID}", "rank is 3, and x/g has 2 members"),
        (f"{BEST}role = 'reuse'\ngamma = 0.3\n{GRID}", "gamma can't be changed"),
        ("[sections.x]\n[experiments.'x/a']\nonly_for = 'alexnet'", "list of backbones"),
        ("[sections.x]\n[experiments.'x/a']\nbatch_size = { most = 3 }", "at_most = 32"),
        ("[sections.x]\n[experiments.'x/g-0.3']\n[grids.'x/g']\ngamma = [0.1, 0.2]",
         "(?s)Unknown member of x/g.*x/g-0.1"),
        ("[sections.x]\n[grids.'x/g']\ngamma = [0.1, 0.2]\n[grids.'x/g-2']\ngamma = [0.1, 0.2]",
         "can't be told from the members"),
        (f"{BEST}gamma = 0.3\n{GRID}\n[grids.'x/h']\nlike = 'x/a'\nmomentum = [0.5, 0.9]",
         "x/a takes fields from a grid’s best"),
        ("[grids.'scratch/grid']\ngamma = [0.1, 0.2]", "the homework has a grid"),
        ("[sections.x]\n[grids.'x/g']\nfrom = 'best of x/h'\ngamma = [0.1, 0.2]", "has no from"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_named_and_explained(study_of, text, message):
    with pytest.raises(StudyError, match=message):
        study_of(text)

"""A study written in Python is the one that its study file describes, errors included."""

import re
import tomllib
import typing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from training import Experiment, Grid, Pictures, Report, Section, Settings, Study
from training.errors import StudyError
from training.records import Experiment as ExperimentRecord
from training.records import Settings as SettingsRecord
from training.study import build_study, read_study_file
from training.study import python_tables as tables
from training.study.file_schema import study_file_schema
from training.study.ready import TEMPLATES

DECAY = Study(
    title="How much weight decay?",
    preset="quick",
    settings={"batch_size": 8},
    sections=[Section("decay", compare=[["decay/none", "decay/best"]])],
    grids=[Grid("decay/grid", weight_decay=[1e-4, 1e-2], gamma=[0.1, 0.5], optimizer="adam")],
    experiments=[
        Experiment("decay/best", from_="best of decay/grid", test=True),
        Experiment("decay/none", from_="best of decay/grid", weight_decay=0.0, test=True),
    ],
)


def in_python(raw):
    """Return the study that a person would write in Python for these tables of TOML."""
    listed = {"pictures": Pictures, "sections": Section, "grids": Grid, "experiments": Experiment}
    given = dict(raw)
    for key, kind in listed.items():
        found = given.pop(key, {}).items()
        given[key] = [
            kind(name, **{"from_" if k == "from" else k: v for k, v in fields.items()})
            for name, fields in found
        ]
    return Study(**given)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a study file into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(text):
        file = tmp_path / "study.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_is_the_same_study_as_the_file(written, name):
    file = written(TEMPLATES[name].read_text(encoding="utf-8"))
    study = in_python(tomllib.loads(file.read_text(encoding="utf-8")))
    assert study.record() == build_study(None, read_study_file(file))


@pytest.mark.parametrize("name", TEMPLATES)
def test_its_study_file_holds_the_same_tables(name):
    raw = tomllib.loads(TEMPLATES[name].read_text(encoding="utf-8"))
    study = in_python(raw)
    there = tomllib.loads(study.to_toml())
    assert there == {key: value for key, value in raw.items() if value != {}}
    for kind in ("grids", "experiments"):  # a grid's fields name its members in their order
        for table, fields in raw.get(kind, {}).items():
            assert list(there[kind][table]) == list(fields)


def test_members_are_named_in_the_order_of_the_fields():
    ids = [experiment.id for experiment in DECAY.record().experiments]
    assert ids[:3] == ["decay/grid-1e-4-0.1", "decay/grid-0.01-0.1", "decay/grid-1e-4-0.5"]


FURTHER = """
[pictures.sketches]
data = "sketches"
[experiments."scratch/best"]
test_on = ["sketches"]
"""


def test_further_pictures_are_those_of_the_file(written):
    file = written(FURTHER)
    study = in_python(tomllib.loads(FURTHER))
    record = study.record()
    assert record == build_study(None, read_study_file(file))
    assert [(each.name, each.data) for each in record.pictures] == [
        ("sketches", str(file.parent / "sketches"))
    ]
    assert tomllib.loads(study.to_toml()) == tomllib.loads(FURTHER)
    with pytest.raises(StudyError, match="is there twice"):
        Study(pictures=[Pictures("x", data="a"), Pictures("x", data="b")]).record()


HOSTILE = ['a "quoted" \\ word', "two\nlines\n", 'ends in """', "\t\r\x00\x1f\x7f", "ü – ☃ 🐈", "",
           "'''", "# no comment", "\n\n", "{x} [y]"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_words_come_back_as_they_were(text):
    study = Study(
        title=text,
        report={"extra": [{"title": text, "markdown": text}]},
        settings={"classes": [text, "b"]},
        experiments=[Experiment(f"scratch/{text}", note=text)],
    )
    there = tomllib.loads(study.to_toml())
    assert ('"""\n' in study.to_toml()) == ("\n" in text)  # so that a person can read it
    assert there["title"] == text
    assert there["report"] == {"extra": [{"title": text, "markdown": text}]}
    assert there["settings"]["classes"] == [text, "b"]
    assert there["experiments"] == {f"scratch/{text}": {"note": text}}


@pytest.mark.parametrize("rate", [1e-5, 1e16, 1e-300, 0.1, -0.0, 5.0, float("inf")])
def test_numbers_come_back_as_they_were(rate):
    there = tomllib.loads(Study(settings={"momentum": rate, "seed": 3}).to_toml())["settings"]
    assert (repr(there["momentum"]), there["seed"]) == (repr(rate), 3)


def test_numbers_of_numpy_paths_and_what_is_not_said():
    study = Study(
        data=Path("pictures"),
        settings={
            "learning_rates": list(np.array([1e-2, 1e-3])),
            "batch_size": np.int64(8),
            "extras": True,
        },
        experiments=[Experiment("scratch/baseline", epochs=None)],
    )
    assert tomllib.loads(study.to_toml()) == {
        "data": "pictures",
        "settings": {"learning_rates": [0.01, 0.001], "batch_size": 8, "extras": True},
        "experiments": {"scratch/baseline": {}},
    }


REFUSED = [
    "preset = 'huge'",
    "extends = 'it'",
    "title = 3",
    "[settings]\nepoch = 3",
    "[settings]\nepochs = 'three'",
    "[settings]\nschedule = 'cosin'",
    "[settings]\noptimizers = ['adm']",
    "[settings]\noptimizer_options = { beta = [0.9, 0.95] }",
    "[sections.X]",
    "[sections.data]\n[sections.mistakes]",
    "[sections.x]\nkind = 'grids'",
    "[sections.x]\nbefore_file = 'none.md'\n[experiments.'x/a']",
    "[sections.x]\nagainst = 'x/b'\n[experiments.'x/a']",
    "[experiments.'scratch/baselin']\nepochs = 3",
    "[experiments.'scratch/baseline']\nepochz = 3",
    "[experiments.'scratch/baseline']\nlayer_decay = 2.0",
    "[sections.x]\n[experiments.'x/a']\nfrom = 'best of x/g'",
    "[sections.x]\n[experiments.'x/a']\naugmentation = ['ColourJitter']",
    "[sections.x]\n[experiments.'x/a']\nlike = 'x/a'",
    "[sections.x]\n[grids.'x/g']\ngamma = 0.1",
    "[sections.x]\n[grids.'x/g']\ngamma = [0.1, 'x']",
    "[sections.x]\n[grids.'x/g']\ngamma = { from = 0.1, to = 0.5 }",
    "[report]\nleave_out = ['mistake']",
    "[[report.extra]]\ntitle = 'T'",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_file_is_refused_for_it_is_refused_for(written, text):
    file = written(text)
    with pytest.raises(StudyError) as of_file:
        build_study(None, read_study_file(file))
    with pytest.raises(StudyError) as of_python:
        in_python(tomllib.loads(text)).record()
    said = re.sub(rf"{re.escape(str(file))}(, line \d+)?", "the study", str(of_file.value))
    assert str(of_python.value) == said


@pytest.mark.parametrize("value", [{1}, b"x", object, [1, None]])
def test_what_toml_cannot_hold_is_named_with_its_place(value):
    study = Study(experiments=[Experiment("scratch/baseline", head=value)])
    with pytest.raises(StudyError, match=r'the study, \[experiments\."scratch/baseline"\]: head'):
        study.record()


def test_two_of_one_name_and_a_table_in_the_wrong_list_are_refused():
    with pytest.raises(StudyError, match="“scratch/x” is there twice"):
        Study(experiments=[Experiment("scratch/x"), Experiment("scratch/x")]).record()
    with pytest.raises(TypeError, match="experiments of a study holds Experiment"):
        Study(experiments=[Section("scratch")]).record()


def test_a_written_file_is_the_study_and_no_other_is_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = DECAY.write("study.toml")
    assert build_study(None, read_study_file(file)) == DECAY.record()
    assert DECAY.write(file) == file
    file.write_text("title = 'by hand'")
    with pytest.raises(StudyError, match="already exists"):
        DECAY.write(file)
    assert file.read_text() == "title = 'by hand'"
    DECAY.write(file, overwrite=True)
    assert read_study_file(file).title == DECAY.title


def test_what_cannot_be_run_is_not_written(tmp_path):
    with pytest.raises(StudyError):
        Study(settings={"momentum": -1.0}).write(tmp_path / "study.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_not_written_where_it_means_another_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    study = Study(data="pictures")
    with pytest.raises(StudyError, match="relative path"):
        study.write("elsewhere/study.toml")
    study.write("study.toml")
    Study(data=tmp_path / "pictures").write("elsewhere/study.toml")
    here, there = (read_study_file(Path(place)) for place in ("study.toml",
                                                              "elsewhere/study.toml"))  # fmt: skip
    assert here.data == there.data == str(tmp_path / "pictures")


SCHEMA = study_file_schema()


@pytest.mark.parametrize(
    ("table", "definition"),
    [
        (tables.Settings, "Settings"),
        (tables.SectionTable, "StudySection"),
        (tables.ExperimentTable, "Experiment"),
        (tables.GridTable, "Grid"),
        (tables.Report, "Outline"),
        (tables.ExtraTable, "ExtraSection"),
        (tables.OptimizerOptions, "OptimizerOptions"),
        (tables.ChoiceTable, "Choice"),
    ],
)
def test_every_key_of_a_study_file_has_its_type_and_no_other(table, definition):
    """A field that is added to the records needs its line in `python_tables`, too."""
    typed = {key.rstrip("_") for key in typing.get_type_hints(table)}
    assert typed == set(SCHEMA["$defs"][definition]["properties"])


def test_the_study_has_the_keys_of_a_file_and_its_presets():
    hints = typing.get_type_hints(Study)
    assert set(hints) == set(SCHEMA["properties"])
    (presets,) = (typing.get_args(each) for each in typing.get_args(hints["preset"])
                  if each is not type(None))  # fmt: skip
    assert list(presets) == SCHEMA["properties"]["preset"]["enum"]


@pytest.mark.parametrize(
    ("record", "table"),
    [(ExperimentRecord, tables.ExperimentTable), (SettingsRecord, tables.Settings)],
)
def test_plain_fields_have_the_type_of_the_record(record, table):
    """Text may be a path, a list any sequence, and numbers or words what the record has."""
    typed = typing.get_type_hints(table)
    wide = ("str", "tuple", "Sequence", "Transform", "Options", "Choice", "AtMost")
    for known in msgspec.structs.fields(record):
        if known.name == "id":
            continue
        of_record = {*_parts(known.type)} - {type(None)}
        if not any(word in str(known.type) for word in wide) and known.name != "batch_size":
            assert {*_parts(typed[known.name])} == of_record, known.name


def _parts(hint):
    """Yield the kinds or words of which a value may be, without what bounds them."""
    if typing.get_origin(hint) is typing.Annotated:
        yield from _parts(typing.get_args(hint)[0])
    elif typing.get_args(hint):
        for each in typing.get_args(hint):
            yield from _parts(each)
    else:
        yield hint


def test_tables_say_what_they_hold():
    assert repr(Experiment("x/a", from_="best of x/g", test=True)) == (
        "Experiment('x/a', from_='best of x/g', test=True)"
    )
    assert Grid("x/g", gamma=[0.1]) == Grid("x/g", gamma=[0.1])
    assert Grid("x/g", gamma=[0.1]) != Experiment("x/g", gamma=[0.1])
    assert (Settings(epochs=3), Report(leave_out=["data"])) == (
        {"epochs": 3},
        {"leave_out": ["data"]},
    )

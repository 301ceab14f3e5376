"""The homework's list, as TOML, is what it was as Python, experiment by experiment."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from training.records import Settings, StudyFolder, StudyRecord, read
from training.study import build_study, experiment_list, read_study_file
from training.study.experiments import HOMEWORK_FILE

LISTS = json.loads(Path(__file__).with_name("homework_lists.json").read_text())
EXAMPLE = Path(__file__).parents[3] / "runs" / "example"


def digest(experiment):
    return hashlib.sha256(msgspec.json.encode(experiment)).hexdigest()[:16]


@pytest.mark.parametrize("case", LISTS)
def test_every_list_is_the_recorded_one_in_its_order(case):
    """The digests were taken from the list as Python, before homework.toml was written."""
    settings = msgspec.convert(LISTS[case]["settings"], Settings)
    found = {item.id: digest(item) for item in experiment_list(settings)}
    assert list(found.items()) == list(LISTS[case]["experiments"].items())


def test_the_quick_study_is_the_examples():
    recorded = read(StudyFolder(EXAMPLE).study, StudyRecord)
    assert build_study("quick").experiments == recorded.experiments
    assert (build_study("quick").sections, build_study("quick").grids) == ((), ())


def test_a_copy_of_the_file_is_a_study_of_the_same_list(tmp_path):
    """Of what differs, epochs stand in the file itself, which goes before a preset's."""
    copy = tmp_path / "next-year.toml"
    copy.write_text(HOMEWORK_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    study = build_study("reference", read_study_file(copy))
    assert study.experiments == build_study("reference").experiments
    assert [section.name for section in study.sections][:3] == ["scratch", "heatmaps", "transfer"]
    assert [grid.id for grid in study.grids] == ["scratch/grid", "transfer/grid"]
    assert study.grids[0].axes == {
        "optimizer": ("sgd", "adam", "rmsprop"), "learning_rate": (1e-2, 1e-3, 1e-5),
    }  # fmt: skip

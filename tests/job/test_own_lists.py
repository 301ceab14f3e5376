"""A study with sections and grids of its own, through the command line to its records."""

import json
import re
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from training.cli import cli
from training.records import Choice, Metrics, StudyFolder, StudyRecord, read

OWN = """
preset = "quick"
title = "Decay"

[settings]
image_size = 64
width = 0.1
epochs = 1

[sections.decay]
question = "How much decay, at which rate?"
compare = [["decay/best", "decay/other"]]

[grids."decay/grid"]
optimizer = "adam"
weight_decay = [0.0, 0.01]
learning_rate = [1e-3, 1e-2]

[experiments."decay/best"]
from = "best of decay/grid"
test = true

[experiments."decay/other"]
from = "best of decay/grid"
weight_decay = 0.1
test = true
"""


@pytest.fixture
def own(homework, tmp_path):
    Path("decay.toml").write_text(OWN, encoding="utf-8")

    def call(*arguments):
        return homework(*arguments, tiny=False)

    return call


def states(answer):
    return {row["id"]: row["state"] for row in json.loads(answer.output)}


def test_it_runs_and_is_gone_on_with_from_its_record_alone(own):
    first = own("run-all", "-f", "decay.toml", "--quiet")
    assert first.error is None, first.message or first.output
    folder = StudyFolder(Path("runs/decay"))
    study = read(folder.study, StudyRecord)
    assert [section.name for section in study.sections] == ["decay"]
    assert study.grids[0].axes == {"weight_decay": (0.0, 0.01), "learning_rate": (1e-3, 1e-2)}

    best, other = (read(folder.metrics(f"decay/{n}", 0), Metrics) for n in ("best", "other"))
    source = read(folder.metrics(best.selected.id, 0), Metrics)
    assert best.reused_from == best.selected.id
    assert best.spec == source.spec
    assert best.test is not None
    assert other.spec.weight_decay == 0.1
    assert other.spec.learning_rate == source.spec.learning_rate
    assert other.spec.optimizer == "adam"

    assert set(states(own("plan", "--study", "decay", "--json")).values()) == {"done"}
    changed = own("plan", "--study", "decay", "--change", "--batch-size", "8", "--json")
    assert set(states(changed).values()) == {"stale", "waiting"}
    refused = own("plan", "--study", "decay", "--batch-size", "8")
    assert "batch_size 16 (asked for: 8)" in refused.message
    assert own("plan", "--study", "decay", "-f", "decay.toml").error is None

    Path("decay.toml").write_text(OWN.replace("0.01]", "0.02]"), encoding="utf-8")
    answer = own("plan", "--study", "decay", "-f", "decay.toml")
    assert "decay/grid-0.02-1e-3 isn't in its list" in answer.message
    assert "decay/grid-0.01-1e-3 would be left out" in answer.message
    shell = ShellComplete(cli, {}, "homework", "_HOMEWORK_COMPLETE")
    offered = [item.value for item in shell.get_completions(["run", "--study", "decay"], "d")]
    assert offered[:2] == ["decay", "decay/grid"]
    assert "decay/other" in offered


def test_one_section_runs_by_its_name_with_the_grids_that_it_rests_on(own):
    text = OWN + '\n[sections.more]\n[experiments."more/a"]\nfrom = "best of decay/grid"\n'
    Path("decay.toml").write_text(text, encoding="utf-8")
    answer = own("run", "more", "-f", "decay.toml", "--dry-run")
    listed = re.findall(r"(\S+/\S+): ", answer.output)
    assert listed[:5] == [
        "decay/grid-0-1e-3", "decay/grid-0.01-1e-3", "decay/grid-0-1e-2", "decay/grid-0.01-1e-2",
        "more/a",
    ]  # fmt: skip
    assert "decay/best" not in listed


def test_the_choice_in_the_record_says_what_was_taken_over(own):
    listed = json.loads(own("list", "-f", "decay.toml", "--json").output)
    by_id = {experiment["id"]: experiment for experiment in listed}
    assert by_id["decay/best"]["choice"] == {"grid": "decay/grid", "rank": 1}
    assert by_id["decay/other"]["choice"]["fields"] == ["learning_rate"]
    assert Choice("decay/grid", fields=("learning_rate",)) != Choice("decay/grid")


def test_an_error_names_file_line_and_the_nearest_word(own):
    Path("decay.toml").write_text(OWN.replace("best of decay/grid", "best of decay/gird"))
    answer = own("list", "-f", "decay.toml")
    assert "Unknown grid in decay.toml, line 20" in answer.message
    assert "Did you mean “decay/grid”?" in answer.message

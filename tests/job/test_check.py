"""`homework check`: what a study file would run, and what can't work, before anything runs."""

import json
from pathlib import Path

import pytest

from training import forecast as forecasts
from training.forecast import Pace
from training.study.ready import TEMPLATES

TINY = "[settings]\nimage_size = 64\nwidth = 0.1\nepochs = 1\n"
OWN = f"""preset = "quick"
{TINY}
[sections.decay]
[grids."decay/grid"]
weight_decay = [0.0, 0.01]
[experiments."decay/best"]
from = "best of decay/grid"
test = true
"""


@pytest.fixture
def check(homework, monkeypatch):
    monkeypatch.setattr(forecasts, "pace", lambda *_: Pace(1.0, 0.1, 0.1, 0.1))

    def call(text, *options):
        Path("study.toml").write_text(text, encoding="utf-8")
        return homework("check", "study.toml", *options, tiny=False)

    return call


def test_it_says_what_would_run_how_long_and_how_large_and_writes_no_record(check):
    answer = check(OWN)
    assert answer.result.exit_code == 0, answer.message or answer.output
    lines = answer.result.stdout.splitlines()
    assert lines[0] == "decay  3 experiments, 2 of a grid, 1 tested"
    assert lines[1] == "2 runs to train, 1 run to take over"
    assert lines[2].startswith("about ")
    assert "one run after another" in lines[2]
    assert "of networks that are kept (1 tested)" in lines[3]
    assert "of decoded images in the cache folder" in lines[4]
    assert lines[-1] == "study.toml: nothing was found amiss"
    assert not Path("runs").exists()


def test_the_size_of_a_kept_network_is_what_it_takes(check, homework):
    plain = json.loads(check(OWN, "--no-time", "--json").result.stdout)
    assert homework("run-all", "-f", "study.toml", tiny=False).error is None
    kept = Path("runs/study/decay/best/seed-0/model.pt").stat().st_size
    assert plain["kept_network_bytes"] == pytest.approx(kept, rel=0.1)
    after = json.loads(check(OWN, "--json").result.stdout)
    assert (after["to_run"], after["seconds"]) == ([], None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[experiments."decay/x"]\nmodel = "alexnt"',
         "can't work: decay/x: alexnt with images of 64 pixels: Unknown model “alexnt”."),
        ('[experiments."decay/x"]\nmodel = "resnet18"\nfreeze = "features"',
         "has no part “features” to freeze; it has backbone, head."),
        ('[experiments."decay/x"]\nimage_size = 16', "decay/x: alexnet with images of 16 pixels:"),
        ('[experiments."decay/x"]\nweights = "none.pth"', "There are no weights at "),
        ('[experiments."decay/x"]\nweights = "imagenet"', "There are no weights at "),
    ],
)  # fmt: skip
def test_what_cannot_work_is_named_and_the_exit_code_is_1(check, text, said):
    answer = check(OWN + text, "--no-time")
    assert said in answer.result.stdout
    assert answer.result.stdout.splitlines()[-1] == "study.toml: 1 thing can't work"
    assert answer.result.exit_code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('data = "nowhere"\n' + OWN, "nowhere: nothing is there"),
        (OWN.replace("[settings]", '[settings]\nweights = "imagenet"')
         + '[experiments."decay/x"]\nweights = "pretrained"',
         "decay/x: ImageNet weights fit alexnet at width 1 only; its width is 0.1"),
    ],
)  # fmt: skip
def test_data_and_weights_that_do_not_fit_are_told(check, text, said):
    answer = check(text, "--no-time")
    assert said in answer.result.stdout
    assert answer.result.exit_code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("epochs = 1", "epochs = 1\nwarm_up = 1"), "warm_up takes 1 of its 1 epoch"),
        (OWN.replace("best of decay/grid", "best of decay/gird"), "Did you mean “decay/grid”?"),
        (OWN.replace("weight_decay =", "weight_decy ="), "study.toml, line 9"),
    ],
)
def test_what_a_list_cannot_be_made_of_is_an_error(check, text, said):
    answer = check(text, "--no-time")
    assert said in answer.message
    assert answer.result.exit_code == 1


def test_notes_say_what_may_not_be_meant_and_are_no_failure(check):
    text = OWN.replace('[experiments."decay/best"]\nfrom = "best of decay/grid"\ntest = true\n', "")
    answer = check(text + "[sections.empty]\n", "--no-time")
    assert answer.result.exit_code == 0
    notes = [line for line in answer.output.splitlines() if line.startswith("note: ")]
    assert len(notes) == 3
    assert "no experiment is tested" in notes[0]
    assert notes[1] == "note: section empty has no experiments"
    assert 'from = "best of decay/grid"' in notes[2]


@pytest.mark.parametrize("name", TEMPLATES)
def test_ready_study_files_can_work(homework, name):
    written = homework("init", "study.toml", "--template", name, "--preset", "quick", tiny=False)
    assert written.error is None, written.message
    answer = homework("check", "study.toml", "--no-time", tiny=False)
    assert answer.result.exit_code == 0, answer.output
    assert "note:" not in answer.output

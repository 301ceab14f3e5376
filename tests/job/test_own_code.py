"""A study's own optimizer, loss, schedule and transforms: trained by, recorded, and not trusted."""

import json
from pathlib import Path

import pytest

CODE = """
import torch

def stripes(width, dark=0):
    def transform(picture):
        start = int(torch.randint(picture.shape[2] - width, ()))
        picture[:, :, start : start + width] = dark
        return picture
    return transform

def squared(logits, labels):
    wanted = torch.nn.functional.one_hot(labels, logits.shape[1])
    return (logits.softmax(1) - wanted).pow(2).sum(1).mean()

def falling(done, n_epochs):
    return 1 - done / (2 * n_epochs)

def lion(groups, lr, weight_decay=0.0):
    return torch.optim.SGD(groups, lr=lr, weight_decay=weight_decay, momentum=0.5)

def torn(logits, labels):
    return {}["loss"]
"""

FIELDS = {
    "optimizer": "recipes:lion",
    "loss": "recipes:squared",
    "schedule": "recipes:falling",
    "augmentation": [{"name": "recipes:stripes", "width": 9, "p": 0.5}],
}

STUDY = """
name = "mine"
preset = "quick"

[sections.own]
question = "What does code of my own do?"

[experiments."own/all"]
optimizer = "recipes:lion"
learning_rate = 1e-2
loss = "recipes:squared"
schedule = "recipes:falling"
augmentation = [{name = "recipes:stripes", width = 9, p = 0.5}, "RandomInvert"]
test = true

[experiments."own/torn"]
optimizer = "adam"
learning_rate = 1e-2
loss = "recipes:torn"

[experiments."own/plain"]
optimizer = "sgd"
learning_rate = 1e-2
augmentation = "recipes:absent"
"""

SMALL = ("--image-size", "64", "--width", "0.1", "--epochs", "2")


@pytest.fixture
def run(homework, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "recipes.py").write_text(CODE)

    def call(command, *arguments, own=True):
        beside = ("-f", "study.toml", *SMALL) if own else ()
        return homework(command, *arguments, *beside, tiny=False)

    return call


def record_of(name):
    return json.loads(Path(f"runs/mine/{name}/seed-0/metrics.json").read_text())


def test_all_of_it_trains_and_its_record_names_it(run, homework):
    answer = run("run", "own/all")
    assert answer.error is None, answer.output
    found = record_of("own/all")
    spec = found["spec"]
    names = {name: spec[name] for name in ("optimizer", "loss", "schedule")}
    assert names == {name: FIELDS[name] for name in names}
    assert spec["augmentation"] == [
        {"name": "recipes:stripes", "parameters": [["p", 0.5], ["width", 9]]},
        {"name": "RandomInvert"},
    ]
    curves = json.loads(Path("runs/mine/own/all/seed-0/curves.json").read_text())
    assert curves["learning_rate"] == pytest.approx([1e-2, 0.75e-2])
    assert "done     own/all" in run("plan", "own/all").output

    made = homework("render", "--study", "mine", "--format", "html", tiny=False)
    assert made.error is None, made.output
    page = Path("runs/mine/report.html").read_text()
    assert "the cross-entropy where an experiment doesn’t say otherwise" in page
    assert "recipes:stripes" in page
    verified = homework("verify", "runs/mine/report.html", tiny=False)
    assert verified.result.exit_code == 0, verified.output


def test_records_alone_import_none_of_it(run):
    """`study.json` and a record may come from anybody."""
    assert run("run", "own/all").error is None
    Path("recipes.py").write_text("raise SystemExit('imported')")
    again = run("run", "own/all", "--study", "mine", "--force", own=False)
    assert "name code, recipes:absent, which isn't imported unasked" in again.message
    for beside, said in (
        ((), "recipes:lion, which isn’t imported unasked"),
        (("-f", "elsewhere/study.toml"), "recipes:lion, that isn’t beside the study file"),
    ):
        Path("elsewhere").mkdir(exist_ok=True)
        Path("elsewhere/study.toml").write_text(STUDY)
        made = run("reproduce", "mine", *beside, "--json", own=False)
        [answer] = json.loads(made.result.stdout)["answers"]
        assert (answer["verdict"], said in answer["reason"]) == ("not checked", True), answer


def test_it_is_made_again_with_the_file_that_is_beside_it(run):
    assert run("run", "own/all").error is None
    made = run("reproduce", "mine", "-f", "study.toml", "--json", own=False)
    [answer] = json.loads(made.result.stdout)["answers"]
    assert answer["verdict"] != "not checked", answer
    assert made.result.exit_code == 0, answer


def test_what_fails_in_it_is_recorded_with_its_place(run):
    answer = run("run", "own/torn", "own/plain")
    assert answer.message.startswith("2 experiments failed: ")
    assert record_of("own/torn")["error"] == "KeyError: 'loss' (recipes.py, line 22)"
    error = record_of("own/plain")["error"]
    assert error.startswith("Can't import recipes:absent: module 'recipes' has no attribute")


@pytest.mark.parametrize(
    ("line", "said"),
    [('optimizer = "lion"', 'Unknown optimizer in study.toml, line 6, [experiments."own/x"]:'),
     ('loss = "cross_entropy"', "Did you mean “cross-entropy”? Valid: cross-entropy, module:f"),
     ('schedule = "cosin"', "Did you mean “cosine”?"),
     ('augmentation = "rotate"', "Did you mean “rotation”?"),
     ('loss = "a:b"\nlabel_smoothing = 0.1', "label_smoothing = 0.1 is cross-entropy’s"),
     ('loss = "a:b"\nbalance = "loss"', 'balance = "loss" is cross-entropy’s, and the loss')],
)  # fmt: skip
def test_slips_are_named(line, said, homework, tmp_path):
    text = f'name = "x"\npreset = "quick"\n\n[sections.own]\n\n[experiments."own/x"]\n{line}\n'
    (tmp_path / "study.toml").write_text(text)
    assert said in homework("plan", "-f", "study.toml", tiny=False).message

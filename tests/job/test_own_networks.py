"""Networks of one's own, and of a library, that fail, each in its own way: records say so."""

import pytest

from training.errors import DataError
from training.records import Metrics, StudyFolder, read

NETS = """
from torch import nn

class Net(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.head = nn.Linear(3, n_classes)

    def forward(self, pictures):
        return self.head(pictures.mean((2, 3)))

class Indexed(Net):
    def forward(self, pictures):
        return super().forward(pictures)["logits"]

class Wanting(Net):
    def forward(self, pictures, masks):
        return super().forward(pictures)

def good(n_classes, weights): return Net(n_classes)
def one(n_classes): return Net(n_classes)
def two(n_classes, weights): return Net(n_classes) if weights else {}["small"]
def three(n_classes, weights): return "a network"
def indexed(n_classes, weights): return Indexed(n_classes)
def wanting(n_classes, weights): return Wanting(n_classes)
"""

BROKEN = {
    "nets:one": "nets:one can't be built: TypeError: one() takes 1 positional argument but 2 were",
    "nets:two": "nets:two can't be built: KeyError: 'small' (nets.py, line 22).",
    "nets:three": "nets:three returned str, not a module.",
    "nets:four": "Can't import nets:four: module 'nets' has no attribute 'four'.",
    "nets:indexed": "IndexError: too many indices for tensor of dimension 2 (nets.py, line 14)",
    "nets:wanting": "TypeError: Wanting.forward() missing 1 required positional argument: 'masks'",
    "unwritten:net": "unwritten:net can't be built: SyntaxError: ",
    "unready:net": "unready:net can't be built: NameError: name 'torhc' is not defined (unready.py",
    "nowhere:net": "Can't import nowhere:net: No module named 'nowhere'.",
}


@pytest.fixture
def here(tmp_path):
    """Write the modules into the current folder."""
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "unwritten.py").write_text("def net(:\n")
    (tmp_path / "unready.py").write_text("net = torhc.nn\n")
    return tmp_path


@pytest.mark.parametrize("model", BROKEN)
def test_what_is_wrong_with_it_is_recorded_and_said(homework, here, model):
    answer = homework("run", "scratch/baseline", "--backbone", model)
    assert answer.message.startswith("1 experiment failed: scratch/baseline")
    record = read(StudyFolder(here / "runs" / "quick").metrics("scratch/baseline", 0), Metrics)
    assert record.status == "failed"
    assert record.error.startswith(BROKEN[model])
    assert record.error.splitlines()[0] in answer.output  # nothing in it taken for markup


def test_one_in_the_current_folder_trains(homework, here):
    answer = homework("run", "scratch/baseline", "--backbone", "nets:good")
    assert answer.error is None, answer.error


def test_one_that_a_study_file_names_is_not_looked_for_in_the_current_folder(homework, here):
    (here / "elsewhere").mkdir()
    study = here / "elsewhere" / "study.toml"
    study.write_text('preset = "quick"\n[settings]\nbackbone = "nets:good"\n')
    answer = homework("run", "scratch/baseline", "-f", study)
    assert answer.error is not None
    assert "No module named 'nets'" in answer.output


def test_a_librarys_network_that_wants_another_size_says_so(homework):
    pytest.importorskip("timm")
    name = "timm:vit_tiny_patch16_224"
    answer = homework("run", "scratch/baseline", "--backbone", name)
    assert "Input height (64) doesn't match model (224)" in answer.output
    assert answer.message.startswith("1 experiment failed")


def test_a_mistake_of_this_program_is_not_recorded_as_a_runs(homework, monkeypatch):
    def mistaken(*_):
        raise KeyError("a mistake")

    monkeypatch.setattr("training.run.one_run.prepare_model", mistaken)
    answer = homework("run", "scratch/baseline")
    assert isinstance(answer.error, KeyError)


ONE_MORE = """
preset = "quick"
[settings]
epochs = 1
image_size = 64
width = 0.1

[experiments."beyond/mine"]
model = "nets:two"
weights = "pretrained"
freeze = "backbone"
"""


def test_one_that_fails_later_takes_nothing_from_what_went_before(homework, here):
    """Its stand-in weights belong to how long the rest will take, which is said after each run."""
    (here / "study.toml").write_text(ONE_MORE)
    answer = homework("run", "scratch/baseline", "beyond/mine", "-f", "study.toml", tiny=False)
    assert answer.message.startswith("1 experiment failed: beyond/mine"), repr(answer.error)
    assert ["[1/2]", "scratch/baseline", "done"] in [
        line.split()[:3] for line in answer.output.splitlines()
    ]
    said = homework("plan", "beyond/mine", "-f", "study.toml", "--time", tiny=False).result.stderr
    assert said.count("Can't time nets:two: ") == 1


def test_an_estimate_that_lacks_its_pictures_ends_nothing(homework, here, monkeypatch):
    def no_room(*_):
        raise DataError("No space is left.")

    monkeypatch.setattr("training.run.stand_ins_to_train.locate", no_room)
    names = ("scratch/grid-sgd-1e-3", "transfer/grid-sgd-1e-3", "--width", "0.12")
    answer = homework("run", *names)
    assert answer.error is None, repr(answer.error)

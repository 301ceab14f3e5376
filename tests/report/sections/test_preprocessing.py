"""What the method says of how networks were trained is what the study's settings say."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.evidence.sentences import plain_text
from report.findings.learning import learning_rate_step
from report.sections.preprocessing import build
from report.tables.settings import common_settings
from training.records import (
    Experiment,
    OptimizerOptions,
    StudyFolder,
    Thumbnail,
    Transform,
    write_bytes,
)


def view_with(**settings):
    return a_view(a_run(), dataset=a_dataset(), settings=settings)


def fact(name, **settings):
    return plain_text(build(view_with(**settings)).facts[name]).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("optimizers", "said"),
    [(("sgd", "adam", "rmsprop"),
      "Three optimizers are compared: SGD with momentum, Adam and RMSprop; a learning rate means"),
     (("adamw", "sgd"), "Two optimizers are compared: AdamW and SGD with momentum; a learning"),
     (("sgd", "sgd"), "The optimizer is SGD with momentum."),
     (("adamw",), "The optimizer is AdamW.")],
)  # fmt: skip
def test_the_optimizers_named_are_those_of_the_grids(optimizers, said):
    assert fact("optimizers", optimizers=optimizers).startswith(said)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [("step", "The schedule multiplies the rate by 0.5 after every 7 epochs."),
     ("constant", "The learning rate stays the same."),
     ("cosine", "The learning rate falls along half a cosine towards zero, epoch by epoch."),
     ("linear", "The learning rate falls in a straight line towards zero, epoch by epoch."),
     ("one-cycle", "The learning rate rises over the first three tenths of the batches and")],
)  # fmt: skip
def test_the_schedule_told_is_the_studys(schedule, said):
    assert fact("schedule", schedule=schedule, gamma=0.5, step_size=7).startswith(said)


@pytest.mark.parametrize(
    ("balance", "said"),
    [("none", "An epoch is one pass over the train split."),
     ("loss", "An epoch is one pass over the train split; the loss of each picture is weighed"),
     ("sampling", "An epoch draws as many pictures as the train split has, each class as often")],
)  # fmt: skip
def test_an_epoch_is_what_the_study_makes_of_it(balance, said):
    assert fact("epoch", balance=balance).startswith(said)
    assert (fact("epoch", balance=balance) == said) == (balance == "none")


def test_what_a_study_leaves_out_has_no_row_and_what_it_sets_has():
    fields = {
        "warm_up": 2,
        "label_smoothing": 0.1,
        "clip_gradient": 1.0,
        "early_stopping": 3,
        "mixup": 0.2,
        "cutmix": 1.0,
        "ema": 0.9,
        "optimizer_options": OptimizerOptions(betas=(0.9, 0.95), nesterov=True),
    }
    labels = [
        {plain_text(row.cells[0]) for row in common_settings(view_with(**settings)).rows}
        for settings in ({}, fields)
    ]
    assert labels[1] - labels[0] == {
        "Warm-up", "Label smoothing", "Largest norm of the gradient", "Early end", "Mixup",
        "CutMix", "Moving average of the weights", "Options of the optimizers that have them",
    }  # fmt: skip


@pytest.mark.parametrize(("schedule", "told"), [("step", True), ("cosine", False)])
def test_a_rate_that_falls_by_itself_is_no_step(schedule, told):
    rates = [0.1] * 6 + [0.01] * 6
    accuracies = [0.2] * 6 + [0.6, 0.7, 0.7, 0.7, 0.7, 0.7]
    curves = {"learning_rate": rates, "train_accuracy": accuracies,
              "validation_accuracy": accuracies}  # fmt: skip
    run = a_run(curves=curves, spec=a_spec(schedule=schedule))
    assert bool(learning_rate_step(a_view(run, dataset=a_dataset()), run)) == told


def test_options_of_an_optimizer_are_named_with_their_values():
    options = OptimizerOptions(betas=(0.9, 0.95), nesterov=True, eps=1e-3, centered=False)
    values = {plain_text(row.cells[0]): plain_text(row.cells[1])
              for row in common_settings(view_with(optimizer_options=options)).rows}  # fmt: skip
    told = values["Options of the optimizers that have them"].replace("\u00a0", " ")
    assert told == "β₁ and β₂ 0.9 / 0.95, ε 0.001, Nesterov and centered off"


def test_altered_pictures_are_shown_where_records_have_them_once_a_list(tmp_path):
    write_bytes(tmp_path / "thumbnails" / "a.jpg", b"\xff\xd8\xff")
    kept = tuple(Thumbnail("thumbnails/a.jpg", "augmentation", label, 9, 9)
                 for label in ("original", "altered"))  # fmt: skip
    spec = a_spec(augmentation=(Transform("RandAugment"),))
    runs = [a_run(f"scratch/{name}", spec=spec, altered=kept) for name in "ab"]
    view = a_view(*runs, dataset=a_dataset())
    view.folder = StudyFolder(tmp_path)
    labels = [item.label for item in build(view).figures["altered"].pictures]
    assert labels == ["scratch/a, original", "scratch/a, altered"]
    assert "altered" not in build(view_with()).figures


@pytest.mark.parametrize(
    ("channels", "begins"),
    [((3, 3), None), ((1, 3), "Where an experiment says so, the network sees pictures in grey"),
     ((1, 1), "The networks see pictures in grey, as one channel: the first convolution")],
)  # fmt: skip
def test_grey_is_told_where_networks_see_it(channels, begins):
    runs = [a_run(f"scratch/{i}", spec=a_spec(channels=n)) for i, n in enumerate(channels)]
    words = said(build(a_view(*runs, dataset=a_dataset())).findings["width"])
    assert ("grey" in words) == (begins is not None)
    assert begins is None or words.startswith(begins)


@pytest.mark.parametrize(
    ("models", "whose"),
    [
        (("alexnet", "resnet18"), "every layer of the networks has only 0.25 times"),
        (("resnet18", "timm:lcnet_050"), "every layer of ResNet18 has only 0.25 times"),
        (("timm:lcnet_050", "torchvision:resnet34"), ""),
    ],
)
def test_only_networks_that_are_made_thinner_are_called_thin(models, whose):
    runs = [a_run(f"scratch/{i}", experiment=Experiment(id=f"scratch/{i}", question="?", model=m))
            for i, m in enumerate(models)]  # fmt: skip
    view = a_view(*runs, dataset=a_dataset(), settings={"width": 0.25})
    words = said(build(view).findings["width"])
    assert whose in words
    assert bool(whose) == ("channels" in words)
    rows = {plain_text(row.cells[0]) for row in common_settings(view).rows}
    assert bool(whose) == ("Width of the networks" in rows)


def test_of_more_optimizers_than_have_a_word_all_are_named():
    names = [f"mine:{letter}" for letter in "abcdefghijklm"]
    assert fact("optimizers", optimizers=tuple(names)).startswith("These optimizers are compared: ")

"""A study of one's own: a grid, a comparison and a text, with nothing of the homework's."""

import itertools
from dataclasses import replace

import msgspec
from fake_study import Fake

from training.records import Choice, Experiment, StudyGrid, StudySection, learning_rate_label

DECAYS, BATCHES = (1e-4, 1e-3, 1e-2), (16, 64)

TUNING = StudySection(
    name="tuning",
    title="Weight decay and batch size",
    question="How much weight decay, and how large a batch?",
    kind="grid",
    before="What **people** expect first.",
)
SMOOTHING = StudySection(
    name="smoothing",
    title="Label smoothing",
    question="Does label smoothing help?",
    kind="comparison",
    against="smoothing/none",
    after="See [the grid](#tuning).",
)
NOTES = StudySection(
    name="notes", title="What I learned", kind="text", before="The long way is the short way."
)
GRID = StudyGrid(id="tuning/grid", axes={"weight_decay": DECAYS, "batch_size": BATCHES})


def resnet(name: str, question: str = "What comes of it?", **fields: object) -> Experiment:
    """Return an experiment on ResNet18 from a random start."""
    usual = {"model": "resnet18", "optimizer": "adamw", "learning_rate": 1e-3, "epochs": 12}
    return Experiment(id=name, question=question, **(usual | fields))


def members(grid: StudyGrid, **fields: object) -> list[Experiment]:
    """Return the members of a grid, each with its values."""
    return [
        resnet(
            f"{grid.id}-{'-'.join(map(label, values))}",
            **fields, **dict(zip(grid.axes, values, strict=True)),
        )
        for values in itertools.product(*grid.axes.values())
    ]  # fmt: skip


def label(value: object) -> str:
    return learning_rate_label(value) if isinstance(value, float) else str(value).lower()


EXPERIMENTS = (
    *members(GRID),
    resnet("tuning/best", role="reuse", choice=Choice("tuning/grid"), test=True),
    resnet("smoothing/none", test=True),
    resnet("smoothing/a-tenth", test=True, label_smoothing=0.1),
)

OWN = Fake(sections=(TUNING, SMOOTHING, NOTES), experiments=EXPERIMENTS, grids=(GRID,), diverged=())


def with_grid(grid: StudyGrid) -> Fake:
    """Return such a study of one grid alone, and its best."""
    section = replace_section(TUNING, grids=(grid.id,))
    best = resnet("tuning/best", role="reuse", choice=Choice(grid.id), test=True)
    return replace(OWN, sections=(section,), experiments=(*members(grid), best), grids=(grid,))


def replace_section(section: StudySection, **changes: object) -> StudySection:
    return msgspec.structs.replace(section, **changes)


def section(name: str, kind: str, **fields: object) -> StudySection:
    return StudySection(name=name, title=f"On {name}", kind=kind, **fields)


EVERY_KIND = Fake(
    sections=(
        section("alone", "runs"),
        section("start", "transfer", against="alone/best"),
        section("still", "freezing", against="start/tuned"),
        section("altered", "augmentation", against="start/tuned"),
        section("others", "networks", against="start/tuned",
                compare=(("others/vgg16", "others/mobilenet"),)),
        TUNING,
        section("mixed", "comparison", against="start/tuned",
                compare=(("alone/best", "mixed/two"),)),
        NOTES,
    ),
    experiments=(
        resnet("alone/best", test=True),
        resnet("alone/longer", test=True, epochs=15),
        resnet("start/tuned", test=True, weights="pretrained"),
        resnet("still/backbone", test=True, weights="pretrained", freeze="backbone"),
        resnet("still/head", test=True, weights="pretrained", freeze="head"),
        resnet("altered/turned", test=True, weights="pretrained", augmentation="rotation"),
        resnet("others/vgg16", test=True, weights="pretrained", model="vgg16", batch_size=8),
        resnet("others/mobilenet", test=True, weights="pretrained",
               model="torchvision:mobilenet_v3_small"),
        *members(GRID),
        resnet("tuning/best", role="reuse", choice=Choice("tuning/grid"), test=True),
        resnet("mixed/one", test=True, weights="pretrained", optimizer="sgd", epochs=9),
        resnet("mixed/two", test=True, optimizer="sgd", label_smoothing=0.1, weight_decay=0.0),
    ),
    grids=(GRID,),
    diverged=(),
)  # fmt: skip
"""A section of every kind."""

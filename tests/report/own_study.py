"""A study of one's own: a grid, a comparison and a text, with nothing of the homework's."""

import itertools
from dataclasses import replace

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
    import msgspec

    return msgspec.structs.replace(section, **changes)

"""The tables of a study file as types: what an editor completes and mypy checks in Python.

Each key is one of a study file, where docs/experiments.md and `homework schema study-file` say
what it means. What isn't said is left out; so nothing here has a default.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, TypedDict, TypeVar

from training.records import (
    Balance,
    Change,
    DuplicatesChoice,
    Loss,
    Optimizer,
    Schedule,
    SectionKind,
    Watched,
)
from training.records.inspection import Layout

Text: TypeAlias = str | os.PathLike[str]
"""Words, or a path; a relative one is taken from the current folder."""

NamedAugmentation = Literal["none", "one-of-three", "horizontal-flip", "rotation", "vertical-flip"]

Transforms = Sequence[str | Mapping[str, object]]
"""Of torchvision: names, or tables of `name` and arguments."""


class OptimizerOptions(TypedDict, total=False):
    """`optimizer_options`: what else an optimizer is told."""

    betas: Sequence[float]
    eps: float
    amsgrad: bool
    decoupled_weight_decay: bool
    momentum_decay: float
    dampening: float
    nesterov: bool
    alpha: float
    momentum: float
    centered: bool
    rho: float
    lr_decay: float
    initial_accumulator_value: float
    beta2_decay: float
    d: float
    lambd: float
    t0: float
    etas: Sequence[float]
    step_sizes: Sequence[float]


class Recipe(TypedDict, total=False):
    """What the settings may say for all experiments, and each experiment for itself."""

    optimizer_options: OptimizerOptions
    epochs: int
    image_size: int
    momentum: float
    weight_decay: float
    step_size: int
    gamma: float
    schedule: Schedule
    loss: Loss
    channels: int
    warm_up: int
    label_smoothing: float
    clip_gradient: float
    early_stopping: int
    early_stopping_by: Watched
    balance: Balance
    mixup: float
    cutmix: float
    ema: float
    layer_decay: float
    head_learning_rate: float
    two_phase: int


class Settings(Recipe, total=False):
    """`[settings]`: what holds for all experiments."""

    backbone: str
    learning_rates: Sequence[float]
    optimizers: Sequence[Optimizer]
    batch_size: int
    width: float
    weights: Text
    seed: int
    seeds: int
    folds: int
    max_per_class: int
    extras: bool
    classes: Sequence[str]
    leave_out: Sequence[str]
    labels_from_name: str
    split: str
    groups: Text
    columns: str
    allow_unreadable: float
    duplicates: DuplicatesChoice
    feature_map: Layout


class PicturesTable(TypedDict):
    """`[pictures.NAME]`: further pictures, which experiments are tested on by `test_on`."""

    data: Text


class SectionTable(TypedDict, total=False):
    """`[sections.NAME]`: a question, and how its answer is shown."""

    title: str
    question: str
    kind: SectionKind
    against: str
    compare: Sequence[Sequence[str]]
    grids: Sequence[str]
    before: str
    after: str
    before_file: Text
    after_file: Text


class AtMost(TypedDict):
    """A `batch_size`: the study's, but no more than this."""

    at_most: int


class ChoiceTable(TypedDict, total=False):
    """`choice`: the best of a grid, as records say it; `from_` is the shorter way."""

    grid: str
    rank: int
    fields: Sequence[str]


class ExperimentTable(Recipe, total=False):
    """`[experiments."section/name"]`; `from_` stands for `from`, which Python keeps to itself."""

    question: str
    role: Literal["train", "reuse"]
    test: bool
    choice: ChoiceTable
    model: str
    head: Sequence[int]
    weights: Text
    freeze: str
    augmentation: NamedAugmentation | Transforms
    optimizer: Optimizer
    learning_rate: float
    batch_size: int | AtMost
    scale_learning_rate: bool
    mean: Sequence[float]
    std: Sequence[float]
    train_per_class: Sequence[int]
    test_with: Sequence[Change]
    test_on: Sequence[str]
    extra: bool
    note: str
    like: str
    from_: str
    rank: int
    only_for: Sequence[str]
    not_for: Sequence[str]


Range = TypedDict(
    "Range",
    {"from": float, "to": float, "scale": Literal["linear", "log"]},
    total=False,
)
"""With `sample`: where a field is drawn from, such as `{"from": 1e-4, "to": 1e-1}`."""

V = TypeVar("V")

Values: TypeAlias = V | Sequence[V]
"""One value that all members share, or several."""

Numbers: TypeAlias = Values[float] | Range
"""The same, or where they are drawn from."""

Counts: TypeAlias = Values[int] | Range


class GridTable(TypedDict, total=False):
    """`[grids."section/name"]`: fields of an experiment, one to three of them with a list."""

    question: str
    extra: bool
    note: str
    like: str
    sample: int
    sample_seed: int
    sampler: Literal["random", "optuna:tpe"]
    round: int
    model: Values[str]
    head: Sequence[int] | Sequence[Sequence[int]]
    weights: Values[Text]
    freeze: Values[str]
    augmentation: (
        NamedAugmentation
        | Sequence[str | Mapping[str, object] | Sequence[str | Mapping[str, object]]]
    )
    optimizer: Values[Optimizer] | Literal["optimizers"]
    optimizer_options: Values[OptimizerOptions]
    learning_rate: Numbers | Literal["learning_rates"]
    momentum: Numbers
    weight_decay: Numbers
    step_size: Counts
    gamma: Numbers
    schedule: Values[Schedule]
    loss: Values[Loss]
    channels: Counts
    warm_up: Counts
    label_smoothing: Numbers
    clip_gradient: Numbers
    early_stopping: Counts
    early_stopping_by: Values[Watched]
    balance: Values[Balance]
    mixup: Numbers
    cutmix: Numbers
    ema: Numbers
    layer_decay: Numbers
    head_learning_rate: Numbers
    two_phase: Counts
    epochs: Counts
    batch_size: Counts | AtMost
    image_size: Counts
    scale_learning_rate: Values[bool]
    mean: Sequence[float] | Sequence[Sequence[float]]
    std: Sequence[float] | Sequence[Sequence[float]]
    train_per_class: Sequence[int] | Sequence[Sequence[int]]


class ExtraTable(TypedDict, total=False):
    """`[[report.extra]]`: a section that a person writes, in Markdown or in a file of it."""

    title: str
    markdown: str
    file: Text
    after: str


class Report(TypedDict, total=False):
    """`[report]`: order, omissions, sections of prose."""

    sections: Sequence[str]
    leave_out: Sequence[str]
    extra: Sequence[ExtraTable]

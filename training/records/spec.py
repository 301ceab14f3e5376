"""What an experiment is, before and after it is resolved. Plain data, no torch."""

import functools
import hashlib
import re
from typing import Annotated, Any, Literal

import msgspec

from training.records.changed_tests import Change
from training.records.code_names import CODE
from training.records.optimizers import NO_OPTIONS, Optimizer, OptimizerOptions
from training.records.transforms import Transform

Balance = Literal["none", "loss", "sampling"]
Watched = Literal["accuracy", "loss"]
"""Of validation: what has to get better for training to go on."""
SCHEDULES = ("step", "constant", "linear", "cosine", "one-cycle")
Schedule = Annotated[
    str, msgspec.Meta(pattern=rf"^({'|'.join(SCHEDULES)}|{CODE})$", examples=list(SCHEDULES))
]
"""One of `SCHEDULES`, or a `module:function`."""
LOSSES = ("cross-entropy",)
Loss = Annotated[
    str, msgspec.Meta(pattern=rf"^({'|'.join(LOSSES)}|{CODE})$", examples=list(LOSSES))
]
"""One of `LOSSES`, or a `module:function`."""
FREEZES = ("none", "features", "classifier", "classifier-but-head", "backbone", "head")
Freeze = Annotated[
    str, msgspec.Meta(pattern=rf"^({'|'.join(FREEZES)}|first:[1-9][0-9]*|pattern:.+)$")
]
"""A part of `FREEZES`; so many of the first blocks, as in `first:3`; or parameters whose names
match, as in `pattern:features.[0-5].*`."""
AUGMENTATIONS = ("none", "one-of-three", "horizontal-flip", "rotation", "vertical-flip")
Augmentation = (
    Literal["none", "one-of-three", "horizontal-flip", "rotation", "vertical-flip"]
    | tuple[Transform, ...]
)
Normalisation = Literal["dataset", "weights"]

ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]*/[a-z0-9][a-z0-9_.+-]*")

PUBLISHED = re.compile(r"-([0-9a-f]{8,64})\.pth?$")
"""How the names of published files end: with the first digits of their SHA-256 (torch.hub)."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reference to a grid's k-th best member, resolved from validation records only.

    Attributes:
        grid: Prefix of the grid's experiments, for example `transfer/grid`.
        rank: 1 for the best pair, 2 for the second.
        fields: What is taken over from it; unset for learning rate and optimizer.
    """

    grid: str
    rank: int = 1
    fields: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Experiment(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One entry of the experiment list: a question and the settings that answer it.

    `None` means "as the study's settings say", or, with a `choice`, "as the chosen one says".

    Attributes:
        id: `section/experiment`.
        question: What the experiment is for, in one line.
        role: `train` runs it; `reuse` takes over the chosen run's record without training.
        test: Whether the test set is read, once, with the best-validation epoch's weights.
        choice: Where some fields (`train`) or the whole run (`reuse`) come from.
        model: `alexnet`, `vgg16`, `resnet18`, `torchvision:NAME`, `timm:NAME` or
            `module:function`.
        head: Widths of hidden layers between the backbone's features and the class scores;
            empty for one linear layer in place of the last one.
        weights: `none` for a random start, `pretrained` for the study's weights, or the path
            of a weights file.
        freeze: Which part keeps its starting values, see `Freeze`.
        augmentation: How training images are altered: by a name, or by transforms one after the
            other.
        optimizer: Which one trains: by a name, or a `module:function` that makes one.
        optimizer_options: What else it is told, by torch's names.
        learning_rate: At the start.
        momentum: Of SGD.
        weight_decay: Factor of the L2 penalty.
        step_size: Epochs between learning-rate steps.
        gamma: Factor of each learning-rate step.
        schedule: How the rate changes, see `Spec`.
        loss: What training makes small, see `Spec`.
        channels: Of the pictures that the network sees, see `Spec`.
        warm_up: Epochs at the start over which the rate rises to its full value.
        label_smoothing: Share of a label that is spread evenly over all classes.
        clip_gradient: Norm that the gradient of all weights together is brought down to; 0: none.
        early_stopping: End after so many epochs in a row without a new best one; 0: never.
        early_stopping_by: What has to get better for that; accuracy chooses the best epoch.
        balance: What makes up for classes of different size in training, see `Spec`.
        mixup: α of the Beta distribution by which images of a batch are mixed; 0: never.
        cutmix: α of that by which a rectangle of another image is pasted in; 0: never.
        ema: Decay of a moving average of the weights, which is validated, kept and tested; 0: none.
        layer_decay: Factor of each block's learning rate to that of the next one; 1: all alike.
        head_learning_rate: The head's own, at the start; 0: that of the others.
        two_phase: Epochs at the start in which the head alone is trained; 0: none.
        epochs: How many are trained.
        batch_size: Images in a batch.
        image_size: Side of the square that the network sees, in pixels.
        scale_learning_rate: Multiply the rate by this batch size over the study's.
        mean: Channel means for normalisation, with `std`, where the weights want their own.
        std: Channel standard deviations, with `mean`.
        train_per_class: After training, also fit a linear head on the frozen features of so many
            train pictures a class each, see `LearningCurve`.
        test_with: Ways in which the test pictures are changed for further tests, see `Change`.
        test_on: Further data sets that it is tested on as well, see `PictureSet`.
        extra: Only run when asked for (`--extras`, or by name).
        note: A caveat that the record and the report repeat.
    """

    id: str
    question: str
    role: Literal["train", "reuse"] = "train"
    test: bool = False
    choice: Choice | None = None
    model: str = "alexnet"
    head: tuple[int, ...] = ()
    weights: str = "none"
    freeze: Freeze = "none"
    augmentation: Augmentation = "none"
    optimizer: Optimizer | None = None
    optimizer_options: OptimizerOptions | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    step_size: int | None = None
    gamma: float | None = None
    schedule: Schedule | None = None
    loss: Loss | None = None
    channels: int | None = None
    warm_up: int | None = None
    label_smoothing: float | None = None
    clip_gradient: float | None = None
    early_stopping: int | None = None
    early_stopping_by: Watched | None = None
    balance: Balance | None = None
    mixup: float | None = None
    cutmix: float | None = None
    ema: float | None = None
    layer_decay: float | None = None
    head_learning_rate: float | None = None
    two_phase: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    image_size: int | None = None
    scale_learning_rate: bool = False
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    train_per_class: tuple[int, ...] = ()
    test_with: tuple[Change, ...] = ()
    test_on: tuple[str, ...] = ()
    extra: bool = False
    note: str = ""

    @property
    def section(self) -> str:
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        return self.id.partition("/")[2]


EXPERIMENT_WORDS = ("id", "question", "role", "test", "test_with", "test_on", "choice",
                    "extra", "note")  # fmt: skip
"""Fields of an experiment that say nothing of how it trains."""

GRID_FIELDS = tuple(name for name in Experiment.__struct_fields__ if name not in EXPERIMENT_WORDS)
"""Fields that a grid may vary."""


class Spec(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Everything that decides a run's outcome apart from the images themselves.

    The data set is identified beside it, by its fingerprint (`Metrics.dataset_fingerprint`). A
    field that came later has a default, with which it is left out: older hashes stay.

    Attributes:
        model: As `Experiment.model`.
        head: As `Experiment.head`.
        width: Channel multiplier of the three named architectures; 1 is the published size.
        weights: `none`, `imagenet`, `sample`, or `file:NAME`.
        weights_digest: Identifies the weights: SHA-256 prefix of a file, recipe of the sample's.
        freeze: Which part keeps its starting values.
        augmentation: How training images are altered.
        normalisation: `dataset` for the train split's mean and std, `weights` for the weights'.
        mean: Channel means for normalisation where the experiment has its own, with `std`.
        std: Channel standard deviations, likewise.
        image_size: Side of the square image that the model sees, in pixels.
        resize_size: Length of the shorter side before the centre crop, in pixels.
        optimizer: Which one trains.
        learning_rate: At the start.
        momentum: Of SGD; 0 for the others.
        weight_decay: Factor of the L2 penalty; 0 for Rprop, which has none.
        step_size: Epochs between learning-rate steps; each multiplies the rate by `gamma`.
        gamma: Factor of each learning-rate step.
        epochs: How many are trained, at most.
        batch_size: Images in a batch.
        seed: Of all random numbers.
        schedule: How the rate changes after `warm_up`: by steps; not at all; in a straight line or
            half a cosine towards 0, epoch by epoch; or, batch by batch, up from a 25th of the rate
            to it and down to nearly nothing (Smith and Topin, 2018). A `module:function` is given
            how many epochs are done since warm-up and how many there are, and returns the factor
            of the rate.
        warm_up: Epochs at the start over which the rate rises in equal parts.
        label_smoothing: See `Experiment`; losses are recorded without it.
        clip_gradient: See `Experiment`.
        early_stopping: See `Experiment`.
        early_stopping_by: Likewise.
        balance: `loss` weighs each image by 1 / (images of its class), so that the weights of all
            images have the mean 1; `sampling` draws an epoch's images with replacement, each class
            as often as any other, and train scores are of those. Scores are recorded without
            weights.
        train_per_class: As `Experiment.train_per_class`.
        optimizer_options: What else the optimizer is told; those that it hasn't are left out.
        mixup: See `Experiment`; with `cutmix`, each batch is mixed in one of both ways. Train
            scores are of mixed images: right is the label that has the larger share.
        cutmix: See `Experiment`.
        ema: See `Experiment`; train scores are of the weights themselves.
        layer_decay: See `Experiment`; the head, which is the last block, has the whole rate.
        head_learning_rate: See `Experiment`; it changes by the same factors as `learning_rate`.
        two_phase: See `Experiment`; then `freeze` holds, and the optimizer begins anew.
        loss: What training makes small; a `module:function` is given logits (B, classes) and labels
            (B,), and returns the mean over the batch. Losses are recorded as cross-entropy.
        channels: Of the pictures that the network sees: 3 colours, or 1 of grey, for which the
            weights of its first convolution are summed over the three.
        folds: As `Settings.folds`.
        fold: Number, from 1, of the fold whose pictures are validation; 0 without folds.
    """

    model: str
    head: tuple[int, ...]
    width: float
    weights: str
    weights_digest: str
    freeze: Freeze
    augmentation: Augmentation
    normalisation: Normalisation
    mean: tuple[float, float, float] | None
    std: tuple[float, float, float] | None
    image_size: int
    resize_size: int
    optimizer: Optimizer
    learning_rate: float
    momentum: float
    weight_decay: float
    step_size: int
    gamma: float
    epochs: int
    batch_size: int
    seed: int
    schedule: Schedule = "step"
    warm_up: int = 0
    label_smoothing: float = 0.0
    clip_gradient: float = 0.0
    early_stopping: int = 0
    early_stopping_by: Watched = "accuracy"
    balance: Balance = "none"
    train_per_class: tuple[int, ...] = ()
    optimizer_options: OptimizerOptions = NO_OPTIONS
    mixup: float = 0.0
    cutmix: float = 0.0
    ema: float = 0.0
    layer_decay: float = 1.0
    head_learning_rate: float = 0.0
    two_phase: int = 0
    loss: Loss = "cross-entropy"
    channels: int = 3
    folds: int = 0
    fold: int = 0

    @property
    def mixes(self) -> bool:
        """Whether images of a batch are mixed with each other."""
        return bool(self.mixup or self.cutmix)

    def digest(self) -> str:
        """Return 16 hexadecimal digits that change with any field (SHA-256 of the JSON form).

        A field that has a default is no part of it where it has that value.
        """
        fields = {
            name: value
            for (name, default), value in zip(
                defaults_of_spec().items(), msgspec.structs.astuple(self), strict=True
            )
            if value != default
        }
        return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()[:16]


@functools.cache
def defaults_of_spec() -> dict[str, Any]:
    """Return the default of every field of `Spec`, `msgspec.NODEFAULT` where there is none."""
    return {known.name: known.default for known in msgspec.structs.fields(Spec)}


def is_another_file(label: str, digest: str) -> bool:
    """Tell whether a file isn't the one that was published under its name.

    Args:
        label: See `Spec.weights`.
        digest: See `Spec.weights_digest`.
    """
    named = PUBLISHED.search(label) if label.startswith("file:") else None
    if named is None or not digest:
        return False
    n = min(len(named[1]), len(digest))
    return named[1][:n] != digest[:n]


def learning_rate_label(rate: float) -> str:
    """Write a learning rate the way ids do: 0.001 is `1e-3`, 0.0025 is `2.5e-3`."""
    mantissa, _, exponent = f"{rate:.10e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def matches_group(experiment_id: str, group: str) -> bool:
    """Tell whether an experiment belongs to a group such as `transfer/grid`."""
    return experiment_id.startswith(f"{group}-")

"""The records of runs and studies that training writes and the report reads. Plain data, no torch.

Accuracies are fractions in [0, 1]; losses are mean cross-entropies in nats; a value that isn't
finite is stored as null. Units stand in the field names.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from training.records.changed_tests import ChangedTest
from training.records.cost import Cost
from training.records.dataset import FORMAT, Count, DuplicatesChoice, Thumbnail
from training.records.inspection import FeatureMap, HeatMaps, Layout, Speed
from training.records.label_suspects import LabelSuspects
from training.records.learning_curve import LearningCurve
from training.records.neighbours import NearTrain
from training.records.optimizers import Optimizer, OptimizerOptions
from training.records.other_pictures import OtherAnswers, OtherTest, PictureSet
from training.records.outline import Outline
from training.records.picture_file import PictureFile
from training.records.scores import KeptScores
from training.records.sections import StudyGrid, StudySection
from training.records.spec import Balance, Experiment, Loss, Schedule, Spec, Watched

Status = Literal["done", "diverged", "failed", "skipped"]


Accuracy = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A fraction; a record with another number is refused when it is read."""


class Scores(msgspec.Struct, frozen=True):
    """Mean loss and top-1 accuracy over one split; null where not finite.

    Attributes:
        loss: Mean cross-entropy in nats.
        accuracy: Top-1.
    """

    loss: float | None
    accuracy: Accuracy


Bits = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]*$")]
"""One bit an image in their order, four to a hexadecimal digit, the first image the highest bit."""


class ValidationAnswers(msgspec.Struct, frozen=True):
    """What a network answered to the validation images after an epoch.

    Attributes:
        right: Which answers were right, in the images' order: a bit each, four to a hexadecimal
            digit, the first image the highest bit; the last digit is filled with zeros.
        given: How often each class was the answer, in the order of `Dataset.classes`.
        right_in_class: How many images of each class were named rightly, in the same order.
    """

    right: Bits
    given: list[Count]
    right_in_class: list[Count]


class HeldOutScores(msgspec.Struct, frozen=True):
    """The one reading of the test set.

    Attributes:
        loss: Mean cross-entropy in nats; null where not finite.
        accuracy: Top-1, `n_correct` over `n_images`.
        n_correct: Images whose highest score is their class's.
        n_images: Images of the test split.
    """

    loss: float | None
    accuracy: Accuracy
    n_correct: Count
    n_images: Count


class Parameters(msgspec.Struct, frozen=True):
    """Parameter counts; `parts` counts each named part of the model, trainable or not.

    Attributes:
        total: All of them.
        trainable: Those that training may change.
        frozen: Those that keep their starting values.
        parts: Part name to total count, for example `{"features": 2469696, …}`.
        trainable_parts: The same names to the count that training may change.
    """

    total: int
    trainable: int
    frozen: int
    parts: dict[str, int]
    trainable_parts: dict[str, int]


class Environment(msgspec.Struct, frozen=True):
    """Where a run happened: versions and device.

    Attributes:
        homework: Version of this program.
        python: Version.
        torch: Version.
        torchvision: Version.
        platform: Operating system and processor type.
        device: `cpu`, `cuda:N` or `mps`; of several, the first.
        device_name: As the device or the operating system calls it.
        n_threads: CPU threads that torch used, for each device where several trained.
        git_commit: Of the repository that the working folder was in; null where it was in none.
        precision: Number format of products and convolutions: fp32, tf32, bf16 or fp16.
        deterministic: Whether `--deterministic` kept the device to reproducible algorithms.
        n_devices: How many devices trained the run together, each on its part of every batch.
        n_machines: On how many machines they were.
    """

    homework: str
    python: str
    torch: str
    torchvision: str
    platform: str
    device: str
    device_name: str
    n_threads: int
    git_commit: str | None = None
    precision: str = "fp32"
    deterministic: bool = False
    n_devices: Annotated[int, msgspec.Meta(ge=1)] = 1
    n_machines: Annotated[int, msgspec.Meta(ge=1)] = 1


class Selected(msgspec.Struct, frozen=True):
    """How a choice was resolved: the run chosen, and among which.

    Attributes:
        grid: Prefix of the candidates' ids, such as `transfer/grid`.
        id: The chosen experiment.
        rank: Its rank by best-epoch validation accuracy.
        candidates: Ids ranked, best first; all of the grid's finished runs.
        validation_accuracy: What it was ranked by (mean over seeds), same order.
    """

    grid: str
    id: str
    rank: int
    candidates: list[str]
    validation_accuracy: list[Accuracy]


class FilterPictures(msgspec.Struct, frozen=True):
    """Images of the first layer's filters before and after training, on one scale.

    One pixel a weight, filters in rows from the top left with one transparent pixel between them.
    Mid-grey is zero, full colour is a weight of `limit` or more in that channel, none one of
    `-limit` or less.

    Attributes:
        start: PNG file relative to the study's folder, below `thumbnails/`: the starting weights.
        end: The same of the best epoch's weights.
        width: Pixels.
        height: Pixels.
        n_shown: Filters in each image, the first ones of the layer.
        limit: Weight at the scale's ends.
    """

    start: str
    end: str
    width: int
    height: int
    n_shown: int
    limit: float


class FirstLayer(msgspec.Struct, frozen=True):
    """The first convolution over the image's three channels, before and after training.

    Attributes:
        name: Dotted path of the layer inside the network.
        n_filters: How many filters the layer has.
        kernel: Height and width of its filters, in pixels.
        relative_change: ‖w − w₀‖ / ‖w₀‖ over all its weights (biases aside), w₀ at the start and w
            at the best epoch; null if w₀ is all zero.
        pictures: For the runs chosen as the best of a grid.
    """

    name: str
    n_filters: int
    kernel: tuple[int, int]
    relative_change: float | None
    pictures: FilterPictures | None = None


class LossScaling(msgspec.Struct, frozen=True):
    """How training in fp16 kept to the range of that format.

    Attributes:
        scale: Factor of the loss at the end: it is halved after a skipped step and doubled after
            2,000 others.
        skipped_steps: Steps that weren't made, because gradients were too large for fp16.
        fp32_from_epoch: From which epoch on training went on in fp32, because values of the forward
            pass were too large, too; one more than `epochs_run` if that was in the last epoch or
            in validation after it. Null if they never were.
        left_out_images: Training images of the epoch before that which its train scores leave
            out, because their batches had such values.
    """

    scale: float
    skipped_steps: Count = 0
    fp32_from_epoch: int | None = None
    left_out_images: Count = 0


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """`metrics.json`: the outcome of one experiment with one seed.

    Attributes:
        id: Of the experiment, `section/experiment`.
        section: The part of `id` before the slash.
        seed: Of the run.
        status: `done`; `diverged`: the loss was no longer finite; `failed`; or `skipped`: it could
            not run.
        spec: All that decides the outcome apart from the images; null where it never was resolved.
        spec_hash: Changes with any field of `spec`; empty without one.
        dataset_fingerprint: Of the images, see `Dataset.fingerprint`.
        parameters: Null if the run didn't train.
        epochs_run: Epochs that were trained.
        best_epoch: 1-based epoch of the highest validation accuracy (ties: lower validation
            loss, then earlier), among the finite ones if the run diverged; null if none was. Up
            to format 1, a diverged run's last finite epoch.
        train: Scores at `best_epoch`, measured during that epoch's training pass.
        validation: Scores at `best_epoch`, after that epoch.
        test: Scores of the `best_epoch` weights on the test split, for finalists.
        changed_tests: Those weights' answers to changed test pictures, for experiments that ask for
            them by `test_with`.
        other_tests: Their scores on further data sets, for experiments that ask for them by
            `test_on`.
        train_at_rest: Of those weights on the train split without augmentation, at inference, so
            that it can be held against validation; for finalists, null in older records.
        validation_answers: Answers to the validation images after `best_epoch`; null in older
            records.
        scores: What `scores.npy` holds, of finalists; null in older records, and where they aren't
            finite or would take too much room.
        last_answers: Those after the last epoch; null also where that is `best_epoch`, or its loss
            wasn't finite.
        train_seconds: Wall time of all epochs, validation included.
        images_per_second: Training images per second of training passes.
        cached_features: Whether the frozen part's outputs were computed once instead of per epoch.
        feature_seconds: Wall time of computing them, which `train_seconds` doesn't hold.
        peak_memory_bytes: Peak device memory on CUDA, else peak resident memory of the process;
            null where several devices trained.
        peak_memory_of: Over what that is the peak: this run, or all that the process had done until
            its end, as on the CPU where the system can't tell them apart. Null in older records,
            which on the CPU hold the latter.
        batch_parts: How many parts a batch was divided into because the device's memory was too
            small; 1 if it was whole.
        loss_scaling: Of runs in fp16.
        selected: How the choice was made that the experiment rests on, if it rests on one.
        reused_from: The run that this record repeats without training.
        stand_ins: Identifies the stand-in weights that the run started from (`sample`), which each
            machine trains itself: 16 digits of their SHA-256. Null for others and in older records.
        environment: Null if the run didn't train.
        finished_at: Time in UTC, ISO 8601.
        first_layer: What training did to the first layer, for finalists that have such a layer.
        cost: Arithmetic and energy of the training; of a reused record, its source's.
        learning_curve: What fewer train pictures give, for runs that were asked for it.
        label_suspects: Train labels that may be wrong, for the same runs.
        speed: How fast the tested network answers; null where other runs shared the device, and in
            older records.
        network: File beside this record that holds the tested network, for `homework predict`;
            null if it wasn't kept.
        altered: A train picture and what `augmentation` makes of it in some draws, where that is a
            list of transforms.
        notes: Caveats that the report repeats.
        error: Why the run failed or was skipped, and how to fix it.
    """

    format: int = FORMAT
    id: str
    section: str
    seed: int
    status: Status
    spec: Spec | None
    spec_hash: str
    dataset_fingerprint: str
    parameters: Parameters | None = None
    epochs_run: int = 0
    best_epoch: int | None = None
    train: Scores | None = None
    validation: Scores | None = None
    test: HeldOutScores | None = None
    changed_tests: tuple[ChangedTest, ...] | msgspec.UnsetType = msgspec.UNSET
    other_tests: tuple[OtherTest, ...] | msgspec.UnsetType = msgspec.UNSET
    train_at_rest: Scores | None = None
    validation_answers: ValidationAnswers | None = None
    last_answers: ValidationAnswers | None = None
    scores: KeptScores | None = None
    train_seconds: float = 0.0
    images_per_second: float | None = None
    cached_features: bool = False
    feature_seconds: float = 0.0
    peak_memory_bytes: int | None = None
    peak_memory_of: Literal["run", "process"] | None = None
    batch_parts: int = 1
    loss_scaling: LossScaling | None = None
    selected: Selected | None = None
    reused_from: str | None = None
    stand_ins: str | None = None
    environment: Environment | None = None
    finished_at: str = ""
    first_layer: FirstLayer | None = None
    cost: Cost | None = None
    learning_curve: LearningCurve | None = None
    label_suspects: LabelSuspects | None = None
    speed: Speed | None = None
    network: str | None = None
    altered: tuple[Thumbnail, ...] | msgspec.UnsetType = msgspec.UNSET
    notes: list[str] = []
    error: str | None = None


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """`curves.json`: equal-length lists, one entry an epoch; null where not finite.

    Attributes:
        id: Of the experiment, `section/experiment`.
        seed: Of the run.
        epoch: Its number, from 1.
        learning_rate: During the epoch.
        train_loss: Mean cross-entropy in nats, measured during the training pass.
        train_accuracy: Of the training pass, likewise.
        validation_loss: Mean cross-entropy in nats, after the epoch.
        validation_accuracy: After the epoch.
        epoch_seconds: Wall time, validation included.
    """

    format: int = FORMAT
    id: str
    seed: int
    epoch: list[int]
    learning_rate: list[float]
    train_loss: list[float | None]
    train_accuracy: list[Accuracy]
    validation_loss: list[float | None]
    validation_accuracy: list[Accuracy]
    epoch_seconds: list[float]


class Example(msgspec.Struct, frozen=True):
    """A small copy of one test image, shared by all runs that show it.

    Attributes:
        index: Position in `Dataset.test_images`.
        file: Path relative to the study's folder, below `thumbnails/test/`.
        width: Pixels.
        height: Pixels.
    """

    index: int
    file: str
    width: int
    height: int


class Predictions(msgspec.Struct, frozen=True, kw_only=True):
    """`predictions.json`: one entry a test image, in the order of `Dataset.test_images`.

    Attributes:
        id: Of the experiment, `section/experiment`.
        seed: Of the run.
        dataset_fingerprint: Of the images, see `Dataset.fingerprint`.
        label: True class index.
        predicted: Class index with the highest score.
        probability: Softmax probability of the predicted class, rounded to 4 digits.
        examples: Images of the mistakes that `answers.examples_wanted` picks, by rising index.
        heat_maps: Which places speak for some of the answers; null in older records.
        feature_map: How the network's features lay the images out; null in older records, or where
            they aren't finite.
        nearest_train: The train images nearest to each of `answers.doubtful_mistakes`; null in
            older records.
        others: Answers to further data sets, in the order of `Metrics.other_tests`.
        answers: Of more than 50,000 test images: `predictions.npy`, which has `label`, `predicted`
            and `probability`, an entry an image; the lists here are then empty.
    """

    format: int = FORMAT
    id: str
    seed: int
    dataset_fingerprint: str
    label: Sequence[int]
    predicted: Sequence[int]
    probability: Sequence[float]
    examples: list[Example] = []
    heat_maps: HeatMaps | None = None
    feature_map: FeatureMap | None = None
    nearest_train: list[NearTrain] | None = None
    others: tuple[OtherAnswers, ...] | msgspec.UnsetType = msgspec.UNSET
    answers: PictureFile | msgspec.UnsetType = msgspec.UNSET


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for every experiment of a study unless the experiment says otherwise.

    Attributes:
        backbone: The network of all sections but the one on other architectures; as
            `Experiment.model`.
        learning_rates: Of the grids.
        optimizers: Of the grids.
        optimizer_options: As `Experiment.optimizer_options`; an optimizer takes those it has.
        epochs: Replaces every experiment's number of epochs when set.
        batch_size: Images in a batch.
        image_size: Side of the square that networks see, in pixels.
        momentum: Of SGD.
        weight_decay: Factor of the L2 penalty.
        step_size: Epochs between learning-rate steps.
        gamma: Factor of each learning-rate step.
        schedule: As `Experiment.schedule`, and so the next eleven, `loss` and `channels`.
        warm_up: Epochs over which the rate rises.
        label_smoothing: Share of a label that is spread over all classes.
        clip_gradient: Largest norm of the gradient; 0: none.
        early_stopping: Epochs without a new best one before the end; 0: never.
        early_stopping_by: What has to get better.
        balance: What makes up for classes of different size.
        mixup: By which α images of a batch are mixed; 0: never.
        cutmix: By which α a rectangle of another image is pasted in; 0: never.
        ema: Decay of a moving average of the weights; 0: none.
        layer_decay: Factor of each block's learning rate to that of the next one; 1: all alike.
        head_learning_rate: The head's own; 0: that of the others.
        two_phase: Epochs at the start in which the head alone is trained.
        width: Channel multiplier of alexnet, vgg16 and resnet18.
        weights: `imagenet`, `sample`, or the path of a weights file or of a folder of them.
        seed: First random seed.
        seeds: Number of repetitions, with seeds `seed`, `seed + 1`, …
        folds: Number of folds that train and validation pictures are cut into together; each
            repetition, with a seed of its own, has another one for validation. 0: none.
        max_per_class: Use at most this many images of a class.
        extras: Also run the experiments marked `extra`.
        classes: The only classes that are used, if any are named.
        leave_out: Classes or folders of images that aren't used.
        labels_from_name: An expression that finds the class in a file's name.
        split: Shares of train, validation and test (`70/15/15`), in place of the data set's own.
        groups: A table of path and group, or an expression that finds the group in a path: what is
            of one group stays in one split.
        columns: Which columns of a table are meant: `path=…,label=…,split=…`.
        allow_unreadable: Largest share of unreadable images; null for one in a hundred, or five.
        duplicates: What becomes of images that two splits have, identical or nearly:
            `keep` them, leave them out of train (`drop-from-train`), or `refuse` the data set.
        feature_map: How the test images' features are laid out: `pca`, or `t-sne`, which needs
            scikit-learn. It decides no outcome; what has run already keeps its own.
        loss: What training makes small.
        channels: Of the pictures that networks see: 3, or 1 of grey.
    """

    backbone: str = "alexnet"
    learning_rates: tuple[float, ...] = (1e-2, 1e-3, 1e-5)
    optimizers: tuple[Optimizer, ...] = ("sgd", "adam", "rmsprop")
    optimizer_options: OptimizerOptions | None = None
    epochs: int | None = None
    batch_size: int = 256
    image_size: int = 224
    momentum: float = 0.9
    weight_decay: float = 5e-5
    step_size: int = 20
    gamma: float = 0.1
    schedule: Schedule = "step"
    warm_up: Count = 0
    label_smoothing: float = 0.0
    clip_gradient: float = 0.0
    early_stopping: Count = 0
    early_stopping_by: Watched = "accuracy"
    balance: Balance = "none"
    mixup: float = 0.0
    cutmix: float = 0.0
    ema: float = 0.0
    layer_decay: float = 1.0
    head_learning_rate: float = 0.0
    two_phase: Count = 0
    width: float = 1.0
    weights: str = "imagenet"
    seed: int = 0
    seeds: int = 1
    folds: Count = 0
    max_per_class: int | None = None
    extras: bool = False
    classes: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    labels_from_name: str = ""
    split: str = ""
    groups: str = ""
    columns: str = ""
    allow_unreadable: float | None = None
    duplicates: DuplicatesChoice = "keep"
    feature_map: Layout = "pca"
    loss: Loss = "cross-entropy"
    channels: int = 3

    @property
    def run_seeds(self) -> range:
        """The seeds that every experiment is run with: one a fold where there are folds."""
        return range(self.seed, self.seed + (self.folds or self.seeds))

    def which_run(self, seed: int) -> str:
        """Return what a list adds to an experiment's id: its seed or fold, where it has several."""
        return f" ({self.run_words(seed)})" if self.folds or self.seeds > 1 else ""

    def run_words(self, seed: int) -> str:
        """Return what a run is called among those of its experiment: by its fold, or its seed."""
        return f"fold {self.fold_of(seed)}" if self.folds else f"seed {seed}"

    def told_run(self, seed: int) -> str:
        """Return what progress says of a run beside its id: its fold, or a seed other than 0."""
        return self.run_words(seed) if self.folds or seed else ""

    def fold_of(self, seed: int) -> int:
        """Return the number, from 1, of the fold that a seed's run validates on; 0 for none."""
        return seed - self.seed + 1 if self.folds else 0


class StudyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`study.json`: the question list that the records answer.

    Attributes:
        name: Of the study's folder.
        preset: The preset that the settings started from.
        title: For the cover, as the next three.
        author: Who handed it in.
        course: What it was handed in for.
        abstract: A paragraph that opens the report.
        data: Where the images come from, as `--data` names it.
        settings: What holds for all experiments.
        experiments: The whole list, in order, extras included only when the study runs them.
        command: The command line that wrote this file.
        homework: Version of the program that wrote this file.
        report: How its report is arranged.
        sections: Of a study with a list of its own; empty for the homework's.
        grids: Of such a study.
        pictures: Further data sets to test on.
    """

    format: int = FORMAT
    name: str
    preset: str
    title: str
    author: str = ""
    course: str = ""
    abstract: str = ""
    data: str = ""
    settings: Settings
    experiments: list[Experiment]
    command: str = ""
    homework: str = ""
    report: Outline = Outline()
    sections: tuple[StudySection, ...] = ()
    grids: tuple[StudyGrid, ...] = ()
    pictures: tuple[PictureSet, ...] | msgspec.UnsetType = msgspec.UNSET

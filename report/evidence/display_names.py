"""What things are called in the report."""

from report.evidence.load import Run, StudyView
from report.evidence.numbers import rate
from report.evidence.sentences import Name, Parts, parts
from training.records import Experiment, learning_rate_label

CALTECH = Name("Caltech-101")

INTERVAL = Name("95\u00a0% interval")
"""How sentences call an interval; its level is part of the name."""

OPTIMIZERS = {
    "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adamw": "AdamW", "adadelta": "Adadelta",
    "adafactor": "Adafactor", "adagrad": "AdaGrad", "adamax": "AdaMax", "asgd": "averaged SGD",
    "nadam": "NAdam", "radam": "RAdam", "rprop": "Rprop",
}  # fmt: skip

MODELS = {"alexnet": "AlexNet", "vgg16": "VGG16", "resnet18": "ResNet18"}

EXPERIMENTS = {
    "scratch/baseline": " from scratch by the first recipe",
    "scratch/best": " from scratch",
    "transfer/best": " fine-tuned",
    "transfer/detail-1": " fine-tuned by the first pair",
    "transfer/detail-2": " fine-tuned by the second pair",
    "freezing/cnn": " with frozen convolutions",
    "freezing/fc": " with frozen classifier and head",
    "freezing/fc-head-free": " with frozen classifier and trained head",
    "freezing/backbone": " with frozen backbone",
    "freezing/head": " with frozen head",
    "augmentation/one-of-three": " with augmentation",
    "augmentation/none": " without augmentation",
    "augmentation/horizontal-flip": " augmented by horizontal flips",
    "augmentation/rotation": " augmented by rotation",
    "augmentation/vertical-flip": " augmented by vertical flips",
    "data/how-many": " with frozen backbone for the learning curve",
}
"""What follows the network's name."""

STARTS = {"scratch": "from scratch", "transfer": "fine-tuned"}

SPLITS = {"train": "Train", "validation": "Validation", "test": "Test"}


SAY_NOTHING = frozenset(("build", "create", "get_model", "make"))
"""Usual names of a function that makes a network."""


def model_name(model: str) -> str:
    """Return how a model is written: known ones by their name, others by what follows the colon.

    A function whose name says nothing gives its network the name of its module.
    """
    if model in MODELS:
        return MODELS[model]
    module, _, name = model.partition(":")
    return (module if not name or name in SAY_NOTHING else name).replace("_", " ")


def experiment_name(experiment: Experiment) -> str:
    """Return a short label for tables and figures."""
    network = model_name(experiment.model)
    if experiment.id in EXPERIMENTS:
        return network + EXPERIMENTS[experiment.id]
    if experiment.optimizer and experiment.learning_rate and experiment.name.startswith("grid-"):
        start = STARTS.get(experiment.section, f"({experiment.section})")
        rate_label = learning_rate_label(experiment.learning_rate)
        return f"{network} {start} with {optimizer_name(experiment.optimizer)} at {rate_label}"
    if experiment.section == "beyond":
        return network
    return experiment.name.replace("-", " ").capitalize()


def optimizer_name(optimizer: str) -> str:
    return OPTIMIZERS.get(optimizer, optimizer)


def pair(run: Run) -> Parts:
    """Write a run's optimizer and learning rate: "SGD at 1e-3"."""
    spec = run.metrics.spec
    if spec is None:
        return parts(Name(run.id))
    return parts(
        Name(optimizer_name(spec.optimizer)), " at ", rate(run.number("/spec/learning_rate"))
    )


def is_part(view: StudyView) -> bool:
    """Tell whether only some pictures of every class were used, as a limit has it."""
    dataset = view.dataset
    if dataset is None or dataset.max_per_class is None:
        return False
    used = dataset.n_train + dataset.n_validation + dataset.n_test
    return dataset.n_found is None or dataset.n_found > used


WEIGHTS_FILES = (".pth", ".pt", ".safetensors")


def data_set_name(view: StudyView) -> str:
    """Call the data set by its name, or a part of it as what it is; empty if it wasn't read."""
    if view.dataset is None:
        return ""
    return f"part of {view.dataset.name}" if is_part(view) else view.dataset.name


def weights_name(view: StudyView, label: str | None = None) -> str:
    """Say in words what pre-trained weights are, from a spec's label or the study's setting."""
    label = view.study.settings.weights if label is None else label
    if label in ("imagenet", "none"):
        return {"imagenet": "ImageNet weights", "none": "a random start"}[label]
    if label == "sample":
        return "weights trained on drawn glyphs"
    name = label.removeprefix("file:").rstrip("/").rpartition("/")[2]
    kind = "file" if name.endswith(WEIGHTS_FILES) else "folder"
    return f"weights from the {kind} {name}"

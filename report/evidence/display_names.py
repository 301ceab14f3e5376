"""What things are called in the report."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from report.evidence.homework import EXPERIMENTS, FINALISTS
from report.evidence.numbers import Number, plain, rate
from report.evidence.sentences import Name, Parts, listing, parts
from training.records import (
    Experiment,
    OptimizerOptions,
    StudyRecord,
    Transform,
    learning_rate_label,
    matches_group,
)
from training.records.spec_fields import SPEC_FIELDS
from training.study import SECTIONS

if TYPE_CHECKING:
    from report.evidence.load import StudyView
    from report.evidence.run import Run

CALTECH = Name("Caltech-101")

INTERVAL = Name("95\u00a0% interval")
"""How sentences call an interval; its level is part of the name."""

OPTIMIZERS = {
    "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adamw": "AdamW", "adadelta": "Adadelta",
    "adafactor": "Adafactor", "adagrad": "AdaGrad", "adamax": "AdaMax", "asgd": "averaged SGD",
    "nadam": "NAdam", "radam": "RAdam", "rprop": "Rprop",
}  # fmt: skip

MODELS = {"alexnet": "AlexNet", "vgg16": "VGG16", "resnet18": "ResNet18"}

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


def names_of(study: StudyRecord) -> dict[str, str]:
    """Return a short name of each experiment by its id, for tables, figures and sentences.

    In a study with sections of its own it is the id in words, or, of a grid, what sets it apart
    from the others; the section is added where two would have the same.
    """
    if not study.sections:
        return {e.id: homework_name(e) for e in study.experiments}
    bases = _bases(study)
    by_change = {e.id: _by_change(e, bases.get(e.section)) for e in study.experiments}
    long = {e.section for e in study.experiments if len(by_change[e.id]) > LONGEST}
    names = {
        e.id: _own_name(study, e, "" if e.section in long else by_change[e.id])
        for e in study.experiments
    }
    taken = Counter(names.values())
    return {
        e.id: names[e.id] if taken[names[e.id]] == 1 else _in_section(e, names[e.id])
        for e in study.experiments
    }


def homework_name(experiment: Experiment) -> str:
    """Return the homework's name of an experiment; of another, its id in words."""
    network = model_name(experiment.model)
    if experiment.id in EXPERIMENTS:
        return network + EXPERIMENTS[experiment.id]
    if experiment.optimizer and experiment.learning_rate and experiment.name.startswith("grid-"):
        start = FINALISTS.get(experiment.section, f"({experiment.section})")
        rate_label = learning_rate_label(experiment.learning_rate)
        return f"{network} {start} with {optimizer_name(experiment.optimizer)} at {rate_label}"
    section = SECTIONS.get(experiment.section)
    if section is not None and section.kind == "networks":
        return network
    return experiment.name.replace("-", " ").capitalize()


def _own_name(study: StudyRecord, experiment: Experiment, by_change: str) -> str:
    for grid in study.grids:
        if matches_group(experiment.id, grid.id):
            axes = {name: getattr(experiment, name, None) for name in grid.axes}
            return named_by(model_name(experiment.model), axes)
    words = by_change or _words(experiment.name)
    words = words[:1].upper() + words[1:]
    return _in_section(experiment, words) if words.lower() in VAGUE else words


def _in_section(experiment: Experiment, name: str) -> str:
    section = _words(experiment.section)
    return f"{section[:1].upper()}{section[1:]}: {name[:1].lower()}{name[1:]}"


VAGUE = (
    "all", "base", "baseline", "best", "default", "first", "none", "plain", "reference", "usual",
)  # fmt: skip
"""Names that say something only beside their section's."""

MOST_CHANGED = 2
"""Fields up to which an experiment is named by what sets it apart from its section's base."""


LONGEST = 50
"""Characters of such a name; where one is longer, all of its section have their author's."""


def _bases(study: StudyRecord) -> dict[str, Experiment]:
    """Return what each section holds its experiments against: what it names, or the first tested.

    Sections without either are left out.
    """
    by_id = {experiment.id: experiment for experiment in study.experiments}
    against = {section.name: section.against for section in study.sections}
    first = {e.section: e for e in reversed(study.experiments) if e.test}
    return first | {
        name: by_id[experiment_id]
        for name, experiment_id in against.items()
        if experiment_id in by_id
    }


def _by_change(experiment: Experiment, base: Experiment | None) -> str:
    changed = _changed(experiment, base)
    return in_words(changed) if changed else ""


def _changed(experiment: Experiment, base: Experiment | None) -> dict[str, Any]:
    """Return the fields that set an experiment apart from what its section holds it against.

    Empty where there are too many, and where some are left to the study or to a choice.
    """
    if base is None or base.id == experiment.id or experiment.choice or base.choice:
        return {}
    fields = [name for name in SPEC_FIELDS if name in Experiment.__struct_fields__]
    changed = {
        name: getattr(experiment, name)
        for name in fields
        if getattr(experiment, name) != getattr(base, name)
    }
    named = 0 < len(changed) <= MOST_CHANGED and None not in changed.values()
    return changed if named else {}


def _words(name: str) -> str:
    return name.replace("-", " ").replace("_", " ")


def named_by(network: str, axes: Mapping[str, Any]) -> str:
    """Name a network by the fields that were set for it: "ResNet18 with weight decay 1e-4"."""
    told = {name: value for name, value in axes.items() if name != "model"}
    if not told:
        return network
    return f"{network} with {in_words(told)}"


def in_words(fields: Mapping[str, Any]) -> str:
    """Write fields of an experiment with their values: "SGD at 1e-3 and batch size 32"."""
    told = dict(fields)
    said = []
    if told.get("optimizer") and told.get("learning_rate"):
        optimizer, learning_rate = told.pop("optimizer"), told.pop("learning_rate")
        said.append(f"{optimizer_name(optimizer)} at {learning_rate_label(learning_rate)}")
    said += [_field_and_value(name, value) for name, value in told.items()]
    return _joined(said)


def fields_named(names: Sequence[str]) -> str:
    """Name fields of an experiment in a sentence."""
    return _joined([field_words(name) for name in names])


def _joined(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _field_and_value(name: str, value: Any) -> str:
    before, after = _around(name)
    return f"{before}{value_text(name, value)}{after}"


@functools.cache
def _around(name: str) -> tuple[str, str]:
    """Return what stands before and behind the value of a field that is named with it."""
    return PHRASES[name] if name in PHRASES else (f"{field_words(name)} ", "")


PHRASES = {
    "model": ("", ""),
    "optimizer": ("", ""),
    "epochs": ("", " epochs"),
    "freeze": ("", " frozen"),
    "weights": ("", " start"),
    "schedule": ("", " schedule"),
    "augmentation": ("augmentation by ", ""),
    "balance": ("balance by ", ""),
    "early_stopping_by": ("patience by ", ""),
    "two_phase": ("the head alone for ", " epochs"),
    "ema": ("weights averaged with decay ", ""),
}
"""What stands around the values of fields that aren't named by the field's own words."""

FIELDS = {
    "image_size": "picture size",
    "step_size": "step size",
    "gamma": "step factor",
    "schedule": "schedule",
    "warm_up": "warm-up",
    "clip_gradient": "gradient norm",
    "early_stopping": "patience",
    "early_stopping_by": "measure of patience",
    "balance": "balance",
    "freeze": "frozen part",
    "head": "hidden layers",
    "weights": "start",
    "mixup": "mixup",
    "cutmix": "CutMix",
    "ema": "average of the weights",
    "layer_decay": "layer decay",
    "loss": "loss",
    "channels": "channels",
}
"""Fields of an experiment, as sentences call them, where their labels in tables don't do."""


VALUES = {
    "loss": {"cross-entropy": "cross-entropy"},
    "augmentation": {"none": "nothing"},
    "balance": {"none": "nothing"},
    "weights": {
        "none": "random",
        "pretrained": "pre-trained",
        "imagenet": "ImageNet",
        "sample": "drawn glyphs",
    },
    "freeze": {
        "none": "nothing",
        "features": "convolutions",
        "classifier": "fully connected layers",
        "classifier-but-head": "fully connected layers but the last",
        "backbone": "all but the head",
        "head": "the head",
    },
}
"""Values of fields in words."""


def field_words(name: str) -> str:
    """Return what sentences call a field of an experiment."""
    label = SPEC_FIELDS[name].label if name in SPEC_FIELDS else _words(name)
    return FIELDS.get(name, label[:1].lower() + label[1:])


def an(words: str) -> str:
    """Put the indefinite article before words: an optimizer, a learning rate."""
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def is_number(value: Any) -> bool:
    """Tell whether a field's value lies on a scale."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def value_text(name: str, value: Any) -> str:
    """Write the value of an experiment's field."""
    if value is None:
        return "as the study has it"
    if name in VALUES and value in VALUES[name]:
        return VALUES[name][value]
    if name == "model":
        return model_name(value)
    if name == "weights":  # a file's own name: the path to it is its owner's
        return str(value).replace("\\", "/").rstrip("/").rpartition("/")[2]
    if name == "optimizer":
        return optimizer_name(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        text = f"{value:g}"
        small = "e" in text or name == "learning_rate"
        return learning_rate_label(value) if small else text
    if isinstance(value, Transform):
        return transform_text(value)
    if isinstance(value, OptimizerOptions):
        return ", ".join(_field_and_value(n, v) for n, v in value.given().items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(value_text("", item) for item in value) or "none"
    return _words(value) if isinstance(value, str) and ":" not in value else str(value)


DRAWN = {
    "RandomApply": "all or none of",
    "RandomChoice": "one of",
    "RandomOrder": "in any order",
}
"""What is done with the transforms that a group of them draws from."""


def transform_text(item: Transform) -> str:
    """Write one of torchvision's transforms with its parameters, or a group with its members."""
    told = ", ".join(_field_and_value(name, value) for name, value in item.parameters)
    name = DRAWN.get(item.name, item.name)
    inside = "; ".join([*map(transform_text, item.transforms), *([told] if told else [])])
    return f"{name} ({inside})" if inside else name


def optimizer_name(optimizer: str) -> str:
    return OPTIMIZERS.get(optimizer, optimizer)


CLASSIC = ("optimizer", "learning_rate")
"""The fields in which the members of the homework's grids differ."""


def pair(run: "Run") -> Parts:
    """Write what sets a run apart in its grid: "SGD at 1e-3", "batch size 32 and width 0.5".

    Of a run without a grid of its study's own it is optimizer and learning rate.
    """
    spec = run.metrics.spec
    if spec is None:
        return parts(Name(run.id))
    told = run.axes or CLASSIC
    said: list[Parts] = []
    if set(told) >= set(CLASSIC):
        said.append(parts(_shown(run, "optimizer"), " at ", _shown(run, "learning_rate")))
        told = tuple(name for name in told if name not in CLASSIC)
    said += [parts(_around(name)[0], _shown(run, name), _around(name)[1]) for name in told]
    return listing(said)


def is_classic(axes: Sequence[str]) -> bool:
    """Tell whether a grid's members differ in optimizer and learning rate, and nothing else."""
    return set(axes) == set(CLASSIC)


def pair_word(run: "Run") -> str:
    """Return what sentences call what sets a run apart in its grid."""
    return "pair" if is_classic(run.axes or CLASSIC) else "setting"


def field_value(run: "Run", name: str) -> Parts:
    """Write the value of a field of a run's spec, with its source where it is a number."""
    return parts(_shown(run, name))


def added_items(run: "Run", base: "Run", name: str) -> str:
    """Write what a run's list has beyond that of another, whose items it keeps in their order.

    Returns:
        Nothing where that isn't so, or the other list is empty.
    """
    mine, theirs = (getattr(each.metrics.spec, name, None) for each in (run, base))
    if not isinstance(mine, list | tuple) or not isinstance(theirs, list | tuple) or not theirs:
        return ""
    rest, more = list(theirs), []
    for item in mine:
        if rest and item == rest[0]:
            rest.pop(0)
        else:
            more.append(item)
    return "" if rest else value_text(name, tuple(more))


def _shown(run: "Run", name: str) -> Name | Number:
    value = getattr(run.metrics.spec, name, getattr(run.experiment, name, None))
    if is_number(value):
        return (rate if name == "learning_rate" else plain)(run.number(f"/spec/{name}"))
    return Name(value_text(name, value))


def is_part(view: "StudyView") -> bool:
    """Tell whether only some pictures of every class were used, as a limit has it."""
    dataset = view.dataset
    if dataset is None or dataset.max_per_class is None:
        return False
    used = dataset.n_train + dataset.n_validation + dataset.n_test
    return dataset.n_found is None or dataset.n_found > used


WEIGHTS_FILES = (".pth", ".pt", ".safetensors")


def data_set_name(view: "StudyView") -> str:
    """Call the data set by its name, or a part of it as what it is; empty if it wasn't read."""
    if view.dataset is None:
        return ""
    return f"part of {view.dataset.name}" if is_part(view) else view.dataset.name


def weights_name(view: "StudyView", label: str | None = None) -> str:
    """Say in words what pre-trained weights are, from a spec's label or the study's setting."""
    label = view.study.settings.weights if label is None else label
    if label in ("imagenet", "none"):
        return {"imagenet": "ImageNet weights", "none": "a random start"}[label]
    if label == "sample":
        return "weights trained on drawn glyphs"
    name = label.removeprefix("file:").rstrip("/").rpartition("/")[2]
    kind = "file" if name.endswith(WEIGHTS_FILES) else "folder"
    return f"weights from the {kind} {name}"

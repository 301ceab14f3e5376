"""Tables of what was set: the splits, the common settings, the network's parts."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import UNSET

from report.evidence.display_names import SPLITS, optimizer_name, weights_name
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, percentage, plain, rate
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, listing, numbered, parts
from report.evidence.study_sections import is_homework
from report.evidence.very_many import over_experiments
from report.tables.cells import number_column, row
from report.tables.optimizer_options import options_in_words
from report.tables.views import Column, Row, Table
from training.records import NO_OPTIONS, Experiment, is_code


def splits(view: StudyView) -> Table | None:
    """Count the pictures of each split; None before the data set has been read."""
    if view.dataset is None:
        return None
    counts = {split: view.dataset_number(f"/n_{split}") for split in SPLITS}
    everything = derive("sum", *counts.values())
    columns = (
        Column("Split"),
        number_column("Pictures"),
        number_column("Share", "%"),
        number_column("Smallest class", "pictures"),
        number_column("Largest class", "pictures"),
        Column("Used for"),
    )
    rows = [_split_row(view, split, counts[split], everything) for split in SPLITS]
    whole = parts(percentage(derive("ratio", everything, everything)))
    rows.append(row(parts("All"), parts(integer(everything)), whole, (), (), (), total=True))
    notes = (parts("Train and validation are those of the first fold’s run."),)
    caption = parts("The three splits and what each is for.")
    return Table("splits", caption, columns, tuple(rows), notes if view.dataset.folds else ())


PURPOSES = {
    "train": "changing the weights",
    "validation": "choosing the epoch and the pair",
    "test": "one reading for each finalist",
}


def _split_row(view: StudyView, split: str, count: Quantity, everything: Quantity) -> Row:
    classes = view.dataset_number(f"/counts/{split}")
    return row(
        parts(SPLITS[split]),
        parts(integer(count)),
        parts(percentage(derive("ratio", count, everything))),
        parts(integer(derive("smallest", classes))),
        parts(integer(derive("largest", classes))),
        parts(PURPOSES[split] if is_homework(view) else PURPOSES[split].replace("pair", "setting")),
    )


def common_settings(view: StudyView) -> Table:
    """List what holds for every experiment that doesn't say otherwise."""
    rows = tuple(row(parts(label), value) for label, value in _settings(view))
    caption = parts(
        "Settings of this study. An experiment that differs says so in its section and in the "
        "appendix."
    )
    return Table("settings", caption, (Column("Setting"), Column("Value")), rows)


def _settings(view: StudyView) -> Iterator[tuple[str, Parts]]:
    def setting(name: str) -> Quantity:
        return view.study_number(f"/settings/{name}")

    settings = view.study.settings
    rates = [rate(setting(f"learning_rates/{i}")) for i in range(len(settings.learning_rates))]
    side = integer(setting("image_size"))
    yield "Picture size", parts(side, " × ", side, " pixels")
    if settings.channels == 1:
        yield "Pictures are seen", parts("in grey, as one channel")
    yield "Batch size", _as_said(view, "batch_size", lambda n: numbered(integer(n), "picture"))
    yield "Loss", loss(view)
    if is_homework(view):
        optimizers = listing(Name(optimizer_name(name)) for name in settings.optimizers)
        yield "Optimizers tried", optimizers
        yield "Learning rates tried", listing(rates)
    told = settings.optimizer_options or NO_OPTIONS
    if is_homework(view) or any(e.optimizer == "sgd" for e in view.study.experiments):
        alone = not is_homework(view) and {e.optimizer for e in view.study.experiments} == {"sgd"}
        others = ", none for the others" if told.momentum is None and not alone else ""
        yield "Momentum", parts(plain(setting("momentum")), f" for SGD{others}")
    if told.given():
        words = options_in_words(told, view.study_number, "/settings/optimizer_options")
        yield "Options of the optimizers that have them", words
    yield "Weight decay", _as_said(view, "weight_decay", lambda decay: parts(plain(decay)))
    yield "Learning-rate schedule", schedule(view)
    if settings.warm_up:
        yield "Warm-up", numbered(integer(setting("warm_up")), "epoch")
    if settings.label_smoothing:
        yield "Label smoothing", parts(plain(setting("label_smoothing")))
    if settings.balance != "none":
        yield "Classes made even", parts(BALANCES[settings.balance])
    for name, alpha in (("Mixup", "mixup"), ("CutMix", "cutmix")):
        if getattr(settings, alpha):
            yield name, parts("α ", plain(setting(alpha)))
    if settings.two_phase:
        yield "Head alone at first", numbered(integer(setting("two_phase")), "epoch")
    if settings.layer_decay != 1:
        yield "Learning rate of a block", parts(plain(setting("layer_decay")), " of the next one’s")
    if settings.head_learning_rate:
        yield "Learning rate of the head", parts(rate(setting("head_learning_rate")))
    if settings.ema:
        share = plain(setting("ema"))
        yield "Moving average of the weights", parts(share, " of itself is kept at each step")
    if settings.clip_gradient:
        yield "Largest norm of the gradient", parts(plain(setting("clip_gradient")))
    yield "Epochs", _epochs(view)
    if settings.early_stopping:
        better = "a lower loss" if settings.early_stopping_by == "loss" else "a better one"
        yield (
            "Early end",
            parts(
                "after ",
                numbered(integer(setting("early_stopping")), "epoch"),
                f" without {better}",
            ),
        )
    if is_homework(view) or any(e.weights == "pretrained" for e in view.study.experiments):
        yield "Pre-trained weights", parts(Name(weights_name(view)))
    if settings.width != 1 and any(":" not in e.model for e in view.study.experiments):
        yield "Width of the networks", parts(plain(setting("width")), " of the published channels")
    if settings.folds:
        first = integer(setting("seed"))
        yield "Folds", parts(integer(setting("folds")), ", the first with the seed ", first)
    else:
        yield "Seeds", parts(integer(setting("seeds")), ", the first ", integer(setting("seed")))
    if settings.max_per_class is not None:
        yield "Limit", parts(
            "at most ", numbered(integer(setting("max_per_class")), "picture"), " of a class"
        )  # fmt: skip


BALANCES = {
    "loss": "each picture’s loss is weighed by its class’s size",
    "sampling": "train pictures are drawn, each class as often as any other",
}

SCHEDULES = {
    "constant": "stays the same",
    "linear": "falls in a straight line towards zero, epoch by epoch",
    "cosine": "falls along half a cosine towards zero, epoch by epoch",
    "one-cycle": "rises over the first three tenths of the batches and falls over the others",
}


def loss(view: StudyView) -> Parts:
    """Say what training makes small, where an experiment doesn't say otherwise."""
    named = view.study.settings.loss
    return own_code(named) if is_code(named) else parts("cross-entropy")


def own_code(name: str) -> Parts:
    """Name code that isn't this program's, of which nothing else is known."""
    return parts("the study’s own code, ", Name(name))


def schedule(view: StudyView) -> Parts:
    """Say how the learning rate changes."""
    named = view.study.settings.schedule
    if is_code(named):
        return parts("changes from epoch to epoch by ", *own_code(named))
    if named != "step":
        return parts(SCHEDULES[named])
    return parts("× ", plain(view.study_number("/settings/gamma")), " after every ",
                 numbered(integer(view.study_number("/settings/step_size")), "epoch"))  # fmt: skip


def _as_said(view: StudyView, name: str, words: Callable[[Quantity], Parts]) -> Parts:
    """Say a setting; what the experiments of a study of one's own say where none follows it."""
    saying, usual = _saying(view, name)
    if is_homework(view) or usual or not saying:
        return words(view.study_number(f"/settings/{name}"))
    return _range(view, saying, name, words)


def _range(
    view: StudyView,
    saying: Sequence[Experiment],
    name: str,
    words: Callable[[Quantity], Parts],
    *others: Quantity,
) -> Parts:
    fewest, most = (over_experiments(view, end, saying, name) for end in ("minimum", "maximum"))
    if others:
        fewest, most = derive("minimum", fewest, *others), derive("maximum", most, *others)
    if fewest.value == most.value:
        return words(most)
    return parts(words(fewest)[0], " to ", *words(most), ", as each experiment says")


def _saying(view: StudyView, name: str) -> tuple[list[Experiment], bool]:
    """Return the experiments that have a setting of their own, and whether any has the study's.

    One that takes the setting over from a grid's best does neither.
    """
    listed = view.study.experiments
    saying = [experiment for experiment in listed if getattr(experiment, name) is not None]
    usual = any(getattr(e, name) is None and not _takes_over(e, name) for e in listed)
    return saying, usual


def _takes_over(experiment: Experiment, name: str) -> bool:
    choice = experiment.choice
    if choice is None:
        return False
    return experiment.role == "reuse" or (choice.fields is not UNSET and name in choice.fields)


def _epochs(view: StudyView) -> Parts:
    saying, others = _saying(view, "epochs")
    usual = view.study.settings.epochs
    more = []
    if usual is not None and others:
        if all(experiment.epochs == usual for experiment in saying):
            return parts(integer(view.study_number("/settings/epochs")), " in every experiment")
        more.append(view.study_number("/settings/epochs"))
    if not saying:
        return parts("as each experiment says")
    return _range(view, saying, "epochs", lambda n: parts(integer(n)), *more)


def network_parts(run: Run) -> Table | None:
    """Count the parameters of a network's parts; None where the record has no counts."""
    if run.parameters is None:
        return None
    total = run.number("/parameters/total")
    rows = [
        _part_row(part, run.number(f"/parameters/parts/{_escaped(part)}"), total)
        for part in run.parameters.parts
    ]
    share = derive("ratio", total, total)
    rows.append(row(parts("All"), parts(integer(total)), parts(percentage(share)), total=True))
    columns = (Column("Part"), number_column("Parameters"), number_column("Share", "%"))
    caption = parts("Parameters of the network with its new last layer.")
    return Table("network-parts", caption, columns, tuple(rows))


PARTS = {
    "features": "Convolutions",
    "classifier": "Fully connected layers",
    "backbone": "Everything before the head",
    "head": "New head",
}


def _part_row(part: str, count: Quantity, total: Quantity) -> Row:
    share = derive("ratio", count, total)
    name = parts(Name(PARTS.get(part, part)))
    return row(name, parts(integer(count)), parts(percentage(share)))


def _escaped(part: str) -> str:
    """Escape a name for a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")

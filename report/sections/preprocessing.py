"""The method: from picture to tensor, the network, the training, the rules of choice and test."""

from report.evidence.display_names import model_name, optimizer_name
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, plain
from report.evidence.sentences import Name, Parts, Sentence, listing, numbered, parts, say
from report.evidence.study_sections import is_homework, plain_run
from report.figures.pictures import altered_pictures, preprocessing_steps
from report.figures.views import Figure
from report.findings import data
from report.findings.scores import rules_over_seeds
from report.findings.train_scores import how_train_is_measured, not_of_what_is_validated
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.settings import common_settings, loss, schedule, splits
from report.tables.views import Table
from training.records import is_code


def build(view: StudyView) -> SectionView:
    """Make the section on preprocessing and method."""
    return SectionView(
        slug="preprocessing",
        title=SECTIONS["preprocessing"].title,
        findings={
            "resizing": tuple(data.resizing(view)),
            "split": tuple(data.split_source(view)),
            "head": tuple(_head(view)),
            "width": (*_width(view), *_grey(view)),
            "seeds": tuple(rules_over_seeds(view)),
            "train": (*how_train_is_measured(view), *not_of_what_is_validated(view)),
        },
        facts={
            "optimizers": _optimizers(view),
            "schedule": _schedule(view),
            "loss": _loss(view),
            "epoch": parts(EPOCHS[view.study.settings.balance]),
            "batch_size": _batch_size(view),
            "diverged": parts(_of_a_diverged_pair(view)),
        },
        figures=_figures(view),
        tables=_tables(view),
    )


EPOCHS = {
    "none": "An epoch is one pass over the train split.",
    "loss": "An epoch is one pass over the train split; the loss of each picture is weighed so "
    "that all classes count alike.",
    "sampling": "An epoch draws as many pictures as the train split has, each class as often as "
    "any other; train loss and accuracy are of those.",
}

COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
          "Eleven", "Twelve")  # fmt: skip


def _optimizers(view: StudyView) -> Parts:
    """Name the optimizers of the grids, in a study of one's own those of all experiments."""
    if not is_homework(view):
        return _optimizers_of_all(view)
    tried = dict.fromkeys(view.study.settings.optimizers)
    names = listing(
        parts(Name(optimizer_name(name)), " with momentum" if name == "sgd" else "")
        for name in tried
    )
    if len(tried) == 1:
        return parts("The optimizer is ", *names, ".")
    how_many = COUNTS[len(tried)] if len(tried) < len(COUNTS) else "These"
    return parts(
        f"{how_many} optimizers are compared: ", *names, "; a learning rate means "
        "another thing for each, which is why the two are searched together.",
    )  # fmt: skip


def _schedule(view: StudyView) -> Parts:
    """Say how the learning rate changes, where the study's experiments don't say otherwise."""
    the = "The" if is_homework(view) else "Where an experiment doesn’t say otherwise, the"
    if view.study.settings.schedule != "step":
        return parts(f"{the} learning rate ", *schedule(view), ".")
    return parts(
        f"{the} schedule multiplies the rate by ", plain(view.study_number("/settings/gamma")),
        " after every ", numbered(plain(view.study_number("/settings/step_size")), "epoch"), ".",
    )  # fmt: skip


def _loss(view: StudyView) -> Parts:
    """Say what training makes small; what is recorded is the cross-entropy in any case."""
    listed = [experiment.loss for experiment in view.study.experiments]
    if is_code(view.study.settings.loss):
        return parts(*loss(view), "; losses in this report are the cross-entropy all the same")
    if any(name is not None and is_code(name) for name in listed):
        return parts(
            "the cross-entropy where an experiment doesn’t say otherwise; losses in this report "
            "are the cross-entropy in any case"
        )
    return parts("the cross-entropy")


def _optimizers_of_all(view: StudyView) -> Parts:
    runs = [run for run in view.all_runs() if run.metrics.spec is not None]
    used = dict.fromkeys(run.metrics.spec.optimizer for run in runs if run.metrics.spec is not None)
    if not used:
        return ()
    names = listing(Name(optimizer_name(name)) for name in used)
    return parts("The optimizer is " if len(used) == 1 else "The optimizers are ", *names, ".")


def _batch_size(view: StudyView) -> Parts:
    """Say how many pictures a batch has; in a study with several sizes only what they are."""
    sizes = {e.batch_size for e in view.study.experiments} - {None}
    if not is_homework(view) and sizes - {view.study.settings.batch_size}:
        return parts("train pictures")
    return numbered(plain(view.study_number("/settings/batch_size")), "train picture")


def _of_a_diverged_pair(view: StudyView) -> str:
    """Say which epoch counts of a pair that diverged; records of format 1 have another one."""
    diverged = [run for run in view.all_runs() if run.metrics.status == "diverged"]
    before = any(run.metrics.format < 2 for run in diverged)
    return "its last finite epoch" if before else "the best epoch before that"


def _figures(view: StudyView) -> dict[str, Figure]:
    steps, altered = preprocessing_steps(view), altered_pictures(view)
    return {"steps": steps} if altered is None else {"steps": steps, "altered": altered}


def _tables(view: StudyView) -> dict[str, Table]:
    found = {"splits": splits(view), "settings": common_settings(view)}
    return {name: table for name, table in found.items() if table is not None}


def _head(view: StudyView) -> list[Sentence]:
    """Say what replaces the last layer, with the counts of the run that trains all of it."""
    if view.dataset is None:
        return []
    n_classes = derive("length", view.dataset_number("/classes"))
    sentences = [
        say("The last layer, which has one output for each ImageNet class, is replaced by a new "
            "one with ", integer(n_classes), " outputs and random weights.")
    ]  # fmt: skip
    run = plain_run(view)
    if run is not None and run.parameters is not None:
        sentences.append(
            say("With it the network has ", integer(run.number("/parameters/total")),
                " parameters.")
        )  # fmt: skip
    return sentences


def _grey(view: StudyView) -> list[Sentence]:
    """Say that networks see grey, where all or some do."""
    specs = [run.metrics.spec for run in view.all_runs() if run.metrics.spec is not None]
    grey = [spec.channels == 1 for spec in specs]
    if not any(grey):
        return []
    who = "The networks see" if all(grey) else "Where an experiment says so, the network sees"
    return [
        say(who, " pictures in grey, as one channel: the first convolution has the sums of its "
            "weights for red, green and blue, and the mean and deviation are those of grey, or, of "
            "pre-trained weights, the means of their three.")
    ]  # fmt: skip


def _width(view: StudyView) -> list[Sentence]:
    """Warn that networks are thinner than the published ones; those of libraries never are."""
    models = dict.fromkeys(experiment.model for experiment in view.study.experiments)
    thin = [model_name(model) for model in models if ":" not in model]
    if view.study.settings.width == 1 or not thin:
        return []
    whose = ["the networks"] if len(thin) == len(models) else listing(map(Name, thin))
    return [
        say(
            "In this study every layer of ", *whose, " has only ",
            plain(view.study_number("/settings/width")),
            " times the published number of channels, so that the whole list trains in minutes. "
            "Counts and accuracies are those of the thin networks, not of the published ones.",
            strength="gap",
        )
    ]  # fmt: skip

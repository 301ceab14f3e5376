"""Check the stated frozen parts against the parameters that were trained."""

import re
from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.homework import PROMISED
from report.evidence.run import Run
from report.evidence.sentences import counted
from training.records import Experiment, Freeze, Parameters

SAYS_CONVOLUTIONS = re.compile(
    r"\b(?:cnn|conv\w*)(?: layers?)?(?: is| are| stays?| kept)? frozen"
    r"|\bfr(?:eez\w*|ozen)(?: the)? (?:cnn|conv)",
    re.IGNORECASE,
)
"""Words that say the convolutions, and they alone, are frozen."""


def freeze_problems(run: Run, of_homework: bool = True) -> Iterator[Problem]:
    """Check the stated frozen parts against the counts of what was trained.

    Args:
        of_homework: Whether the experiment's id is one of the homework's, and promises something.
    """
    spec, counts = run.metrics.spec, run.metrics.parameters
    if spec is None or counts is None:
        return
    pointer = "/parameters/trainable_parts"
    for part, problem in _freeze_counts(spec.freeze, counts):
        where = f"{pointer}/{part}" if part in counts.parts else "/parameters/trainable"
        text = str(counts.trainable_parts.get(part, counts.trainable))
        yield wrong(run, text, problem, where)
    promised = PROMISED.get(run.id) if of_homework else None
    if promised is not None and spec.freeze != promised:
        problem = f"the heading of {run.id} promises “{promised}”"
        yield wrong(run, spec.freeze, problem, "/spec/freeze")
    if _says_convolutions(run.experiment) and "classifier" in counts.parts:
        held = counts.parts["classifier"] - counts.trainable_parts.get("classifier", 0)
        if held > 0 or counts.trainable_parts.get("features", 0) > 0:
            problem = (
                "this describes frozen convolutions, yet "
                f"{counted(held, 'parameter')} of the fully connected layers "
                f"{'was' if held == 1 else 'were'} frozen"
                if held > 0
                else "this describes frozen convolutions, yet the convolutions were trained"
            )
            yield wrong(run, _said_of(run.experiment), problem, f"{pointer}/classifier")


def _says_convolutions(experiment: Experiment) -> bool:
    return SAYS_CONVOLUTIONS.search(_said_of(experiment)) is not None


def _said_of(experiment: Experiment) -> str:
    words = experiment.name.replace("-", " ").replace("_", " ")
    return f"{words}: {experiment.question} {experiment.note}".strip()


def _freeze_counts(freeze: Freeze, counts: Parameters) -> Iterator[tuple[str, str]]:
    """Yield parts whose trainable count is not what a freeze strategy leaves to train."""
    trained = counts.trainable_parts
    if freeze == "none" and counts.frozen:
        frozen = counted(counts.frozen, "parameter is", "parameters are")
        yield "", f"the spec freezes nothing, yet {frozen} frozen"
    if freeze.startswith(("first:", "pattern:")) and 0 in (counts.frozen, counts.trainable):
        frozen = "no parameter is" if counts.frozen == 0 else "all parameters are"
        yield "", f"the spec freezes a part, “{freeze}”, yet {frozen} frozen"
    if freeze == "backbone":
        if counts.frozen == 0 or counts.trainable == 0:
            trainable = "no parameter is" if counts.trainable == 0 else "all parameters are"
            yield "", f"the spec trains only the new head, yet {trainable} trained"
        if trained.get("features", 0):
            yield (
                "features",
                "the spec freezes the backbone, so none of these parameters should be trained",
            )
    held = {name: name for name in ("features", "classifier", "head")}.get(freeze)
    for part, total in counts.parts.items():
        n_trained = trained.get(part, 0)
        if part == held and n_trained:
            yield part, f"the spec freezes “{part}”, so none of its parameters should be trained"
        if held is not None and part != held and n_trained != total:
            problem = f"the spec freezes only “{held}”, so “{part}” should have {total} trained"
            yield part, problem
        if freeze == "classifier-but-head" and part == "features" and n_trained != total:
            yield part, f"the spec trains all of “{part}”, which has {counted(total, 'parameter')}"
        if freeze == "classifier-but-head" and part == "classifier" and n_trained in (0, total):
            problem = "the spec trains only the last layer of"
            yield part, f"{problem} “{part}”, which has {counted(total, 'parameter')} in all"

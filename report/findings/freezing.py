"""What each freeze strategy leaves to train, explained by its parameter counts."""

from report.evidence.accuracy import Tested
from report.evidence.numbers import derive, integer, millions, percent
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Parts, Sentence, listing, numbered, parts, say
from report.evidence.statistics import SIGNIFICANCE
from report.findings.comparing import tests_against
from report.findings.scores import tested_score
from training.holm import holm

HELD: dict[str, str] = {
    "none": "nothing is held still",
    "features": "the convolutions keep their starting values",
    "classifier": "all fully connected layers keep their starting values, the new last one too",
    "classifier-but-head": "the fully connected layers but the last keep their starting values",
    "backbone": "everything before the new head keeps its starting values",
    "head": "the new head keeps its random start",
}


def what_stays(freeze: str) -> Parts:
    """Say which part a strategy holds still; see `training.records.spec.Freeze`."""
    kind, _, what = freeze.partition(":")
    if kind == "first":
        which = "the first block" if what == "1" else f"the first {what} blocks"
        keep = "keeps its" if what == "1" else "keep their"
        return parts(Name(which), f" {keep} starting values")
    if kind == "pattern":
        return parts("the weights whose names match ", Code(what), " keep their starting values")
    return parts(HELD[freeze])


def what_is_trained(run: Run) -> list[Sentence]:
    """State the share of parameters that training may change, and which part is held still."""
    spec, counts = run.metrics.spec, run.parameters
    if spec is None or counts is None:
        return []
    trainable, total = run.number("/parameters/trainable"), run.number("/parameters/total")
    changes: Parts = (
        say("all ", integer(total), " parameters").parts
        if counts.frozen == 0
        else say(
            integer(trainable), " of ", integer(total), " parameters (",
            percent(derive("ratio", trainable, total)), ")",
        ).parts
    )  # fmt: skip
    return [
        say(
            Name(run.name), ": ", *what_stays(spec.freeze),
            ". Training changes ", changes, *_first_phase(run), ".",
        )
    ]  # fmt: skip


def _first_phase(run: Run) -> Parts:
    """Say for how many epochs only the head was trained; nothing where it wasn't so."""
    spec = run.metrics.spec
    if spec is None or not spec.two_phase:
        return ()
    n = run.number("/spec/two_phase")
    span = parts("first epoch") if n.value == 1 else parts("first ", numbered(integer(n), "epoch"))
    return parts(", in the ", span, " the new head’s alone")


def counts_and_accuracy(tested: list[Tested]) -> list[Sentence]:
    """Say whether training more parameters went with a higher test accuracy.

    By paired tests of every two models of different counts, their p-values corrected for their
    number (Holm); without them the accuracies stand for themselves.
    """
    counted = [t for t in tested if t.runs[0].parameters is not None]
    by_count = sorted(counted, key=_trainable)
    if len({_trainable(t) for t in counted}) < 3:
        return []
    named: list[Parts] = [
        say(millions(t.runs[0].number("/parameters/trainable")), " million (",
            Name(t.name), ") ", tested_score(t)).parts
        for t in by_count
    ]  # fmt: skip
    start = say("Ordered by the number of parameters that were trained: ", listing(named), ".")
    return [start, *_with_more(by_count)]


def _with_more(by_count: list[Tested]) -> list[Sentence]:
    """Say whether models that trained more are measurably better, worse, or some either."""
    found = [
        (other.accuracy.value - fewer.accuracy.value, differs, p.value)
        for i, fewer in enumerate(by_count)
        for other, differs, p in tests_against(fewer, by_count[i + 1 :])
        if _trainable(other) > _trainable(fewer)
    ]
    corrected = holm([p for _, _, p in found])
    gains = [
        gain
        for (gain, differs, _), p in zip(found, corrected, strict=True)
        if differs and p < SIGNIFICANCE
    ]
    if not found:
        return []
    if not gains:
        return [
            say("Corrected for the number of pairs that can be made of these, no difference "
                "between them can be told.", strength="weak")
        ]  # fmt: skip
    if max(gains) > 0 > min(gains):
        verdict = "The accuracy doesn’t follow that number, so it can’t explain the results alone."
    else:
        way = "higher" if max(gains) > 0 else "lower"
        verdict = f"Where two of them differ measurably, more went with a {way} accuracy."
    return [say(verdict, strength="strong")]


def _trainable(tested: Tested) -> int:
    counts = tested.runs[0].parameters
    return counts.trainable if counts else 0

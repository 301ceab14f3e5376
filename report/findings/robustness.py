"""How far tested networks hold on changed test pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

from report.evidence.accuracy import tested_accuracy
from report.evidence.changed_answers import right_of
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Quantity,
    derive,
    mean_of,
    percent,
    points,
    signed_points,
)
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, parts, say
from report.evidence.statistics import SIGNIFICANCE, right_bits
from report.evidence.study_sections import own_experiments, shown_run
from report.findings.guessing import learned_nothing
from report.findings.scores import first_of_several
from training.records import Change, StudySection
from training.records.changed_tests import LEVELS

KIND = "robustness"

FEWEST = 30
"""Pictures from which on means over pictures are held against each other."""

WORDS: dict[Change, str] = {
    "noise": "noise", "blur": "blur", "darkness": "darkness", "jpeg": "JPEG compression",
    "rotation": "rotation",
}  # fmt: skip


@dataclass(frozen=True)
class Loss:
    """What a change at its strongest level costs, on the same pictures as they are.

    Attributes:
        lost: Accuracy as they are less that on the changed ones.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: Of McNemar's exact test.
    """

    change: Change
    accuracy: Quantity
    lost: Quantity
    low: Quantity
    high: Quantity
    p: float


@dataclass(frozen=True)
class Gain:
    """How much more often one network is right than another, over all changes that both have.

    Attributes:
        p: Of the paired test over pictures.
    """

    model: Run
    base: Run
    gain: Quantity
    low: Quantity
    high: Quantity
    p: float


def changed_runs(view: StudyView, section: StudySection) -> list[Run]:
    """Return the first seed's run of each tested model that has answers to changed pictures."""
    if section.kind != KIND:
        return []
    firsts = (next(iter(view.tested(e.id)), None) for e in own_experiments(view, section))
    return [run for run in firsts if run is not None and adds_up(run)]


def adds_up(run: Run) -> bool:
    """Tell whether the answers are of as many pictures as were tested, and counted rightly."""
    answers, tests = run.predictions, run.metrics.changed_tests or ()
    if answers is None or run.metrics.test is None or not answers.label:
        return False
    digits = len(right_of(answers.label, answers.predicted))
    return bool(tests) and all(
        len(test.right) == digits and right_bits(test.right).bit_count() == test.n_correct
        for test in tests
    )


def changes_of(run: Run) -> list[Change]:
    """Return the changes that a run was tested with at every level, in order."""
    tests = run.metrics.changed_tests or ()
    there = {(test.change, test.level) for test in tests}
    names = dict.fromkeys(test.change for test in tests)
    return [n for n in names if all((n, level) in there for level in range(1, LEVELS + 1))]


def pointer(run: Run, change: Change, level: int) -> str:
    """Return where the test with a change at a level stands in a run's record."""
    tests = run.metrics.changed_tests or ()
    place = next(i for i, t in enumerate(tests) if (t.change, t.level) == (change, level))
    return f"/changed_tests/{place}"


def accuracy_at(run: Run, change: Change, level: int) -> tuple[Quantity, Quantity, Quantity]:
    """Return the accuracy on changed pictures, and Wilson's 95 % interval of it."""
    n_correct = run.number(f"{pointer(run, change, level)}/n_correct")
    n = run.number("/test/n_images")
    return tuple(derive(name, n_correct, n) for name in ("ratio", "wilson_low", "wilson_high"))  # type: ignore[return-value]


def losses(view: StudyView, section: StudySection) -> list[Loss]:
    """Hold the strongest level of each change against the pictures as they are.

    Of the model that a section shows, which validation prefers; one that guesses has nothing to
    lose.
    """
    shown = shown_run(view, section)
    run = next((run for run in changed_runs(view, section) if run.id == shown), None)
    tested = tested_accuracy(view, shown)
    if run is None or tested is None or learned_nothing(view, tested):
        return []
    return [_loss(run, change) for change in changes_of(run)]


def _loss(run: Run, change: Change) -> Loss:
    as_they_are = derive("right_of", run.prediction("/label"), run.prediction("/predicted"))
    right, n = run.number(f"{pointer(run, change, LEVELS)}/right"), run.number("/test/n_images")
    accuracy = accuracy_at(run, change, LEVELS)[0]
    return Loss(
        change,
        accuracy,
        derive("difference", run.number("/test/accuracy"), accuracy),
        derive("paired_low_right", as_they_are, right, n),
        derive("paired_high_right", as_they_are, right, n),
        derive("mcnemar_right", as_they_are, right).value,
    )


def gains(view: StudyView, section: StudySection) -> list[Gain]:
    """Hold every other model of a section against its first, over the changes that both have."""
    runs = changed_runs(view, section)
    found = [_gain(run, runs[0]) for run in runs[1:]]
    return [gain for gain in found if gain is not None]


def _gain(run: Run, base: Run) -> Gain | None:
    both = [change for change in changes_of(base) if change in changes_of(run)]
    mine, theirs = run.predictions, base.predictions
    if not both or mine is None or theirs is None or mine.label != theirs.label:
        return None
    if len(mine.label) < FEWEST:
        return None
    tests = [(change, level) for change in both for level in range(1, LEVELS + 1)]
    rights = [r.number(f"{pointer(r, *test)}/right") for r in (run, base) for test in tests]
    n = run.number("/test/n_images")
    gain, low, high, p = (
        derive(name, n, *rights)
        for name in ("mean_gain", "mean_gain_low", "mean_gain_high", "mean_gain_p")
    )
    return Gain(run, base, gain, low, high, p.value)


def told(found: Sequence[Loss]) -> tuple[list[Loss], list[Loss]]:
    """Return the changes that cost accuracy, the dearest first, and the others."""
    dear = [loss for loss in found if loss.p < SIGNIFICANCE and loss.lost.value > 0]
    dear.sort(key=lambda loss: -loss.lost.value)
    return dear, [loss for loss in found if loss not in dear]


def what_is_lost(view: StudyView, section: StudySection, found: Sequence[Loss]) -> list[Sentence]:
    """Say what each change costs at its strongest, and which can't be told to cost anything."""
    run = next(run for run in changed_runs(view, section) if run.id == shown_run(view, section))
    dear, others = told(found)
    said = []
    if dear:
        named = [
            say(WORDS[loss.change], f" {'costs ' if not i else ''}", points(loss.lost), " (",
                points(loss.low), " to ", points(loss.high), ")").parts
            for i, loss in enumerate(dear)
        ]  # fmt: skip
        said.append(
            say("Of the accuracy of ", Name(run.name), " on the test pictures as they are, ",
                percent(run.number("/test/accuracy")), ", at the strongest level ",
                *_points_once(named), ".", strength="strong")
        )  # fmt: skip
    if others:
        named = [
            say(WORDS[loss.change], " (", signed_points(_gained(loss)), ")").parts
            for loss in others
        ]
        said.append(
            say("Of ", listing(named), " no loss can be told even at the strongest level.",
                strength="weak")
        )  # fmt: skip
    return said


def _points_once(named: Sequence[Parts]) -> Parts:
    """Join losses, the first of which is said to be in points."""
    return say(listing(named), " points").parts


def _gained(loss: Loss) -> Quantity:
    zero = derive("difference", loss.lost, loss.lost)
    return derive("difference", zero, loss.lost)


def in_a_word(found: Sequence[Loss], is_likely: bool) -> Sentence:
    """Say without numbers which changes cost accuracy at their strongest.

    Args:
        is_likely: It is no more than likely of one of them.
    """
    perhaps = "probably " if is_likely else ""
    dear, others = told(found)
    cost = listing([WORDS[loss.change] for loss in dear])
    spared = listing([WORDS[loss.change] for loss in others])
    verb = "costs" if len(dear) == 1 else "cost"
    if not dear:
        return say("No change of the pictures is seen to cost accuracy.", strength="weak")
    if not others:
        return say(
            "At its strongest, every change " + perhaps + "costs accuracy.", strength="strong"
        )
    return say("At their strongest, ", cost, f" {perhaps}{verb} accuracy; of ", spared,
               " that can’t be told.", strength="strong")  # fmt: skip


def of_which_seeds(view: StudyView, runs: Sequence[Run]) -> list[Sentence]:
    """Say which of several seeds or folds the answers to changed pictures are of."""
    return first_of_several(view, runs, "Answers to changed pictures")


def over_all_changes(view: StudyView, section: StudySection) -> list[Sentence]:
    """Say how often each model is right over all changes and levels, and who more often."""
    groups: dict[tuple[Change, ...], list[Run]] = {}
    for run in changed_runs(view, section):
        groups.setdefault(tuple(sorted(changes_of(run))), []).append(run)
    said = []
    for changes, runs in groups.items():
        if not changes:
            continue
        named: list[Parts] = []
        for run in runs:
            tests = [accuracy_at(run, change, level)[0] for change in changes
                     for level in range(1, LEVELS + 1)]  # fmt: skip
            of = " of the test pictures" if not named else ""
            named.append(parts(Name(run.name), " gets ", percent(mean_of(tests)), f"{of} right"))
        what = listing(WORDS[change] for change in changes)
        over = parts("all levels of ", what) if len(groups) > 1 else "all changes and levels"
        said.append(say("Over ", over, " ", listing(named), "."))
    for gain in gains(view, section):
        if gain.low.value <= 0 <= gain.high.value or gain.p >= SIGNIFICANCE:
            said.append(
                say("On changed pictures ", Name(gain.model.name), " can’t be told from ",
                    Name(gain.base.name), " (", signed_points(gain.gain), " points, ",
                    signed_points(gain.low), " to ", signed_points(gain.high), ").",
                    strength="weak")
            )  # fmt: skip
            continue
        better = "better" if gain.gain.value > 0 else "worse"
        said.append(
            say("On changed pictures ", Name(gain.model.name), " is ", points(gain.gain),
                f" points {better} than ", Name(gain.base.name), " (",
                signed_points(gain.low), " to ", signed_points(gain.high), ").",
                strength="strong")
        )  # fmt: skip
    return said

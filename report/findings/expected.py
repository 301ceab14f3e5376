"""Whether what the text leads a reader to expect came out: rates, gaps, plateaus."""

import math

from report.evidence.display_names import optimizer_name
from report.evidence.homework import PRETRAINED_GRID, RANDOM_GRID
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, decimal, derive, integer, points, rate
from report.evidence.repeats import n_images
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.train_scores import measured_at_rest, train_accuracy_of
from report.findings.guessing import never_learned

CERTAIN = 1.96
"""Standard errors from which two gaps differ, as many as enclose 95 %."""

NEAR_AN_EVEN_GUESS = 0.01
"""Share by which a train loss may differ from that of an even guess and still count as near it."""


def smaller_rates(view: StudyView) -> list[Sentence]:
    """Say whether pre-trained weights went with smaller rates, of the best pairs and by optimizer.

    Nothing where the best pair of either grid can't be told from guessing, or the grids didn't try
    the same rates.
    """
    here, there = (view.ranked(grid) for grid in (PRETRAINED_GRID, RANDOM_GRID))
    if not here or not there or _rates(view, PRETRAINED_GRID) != _rates(view, RANDOM_GRID):
        return []
    best = here[0], there[0]
    specs = [run.metrics.spec for run in best]
    if None in specs or any(never_learned(view, run) for run in best):
        return []
    same_optimizer = len({spec.optimizer for spec in specs if spec}) == 1
    return [_best_rates(*best, same_optimizer), *_by_optimizer(view, here, there)]


def _rates(view: StudyView, grid: str) -> set[float | None]:
    return {experiment.learning_rate for experiment in view.group(grid)}


def _rate(run: Run) -> Quantity:
    return run.number("/spec/learning_rate")


def _best_rates(here: Run, there: Run, same_optimizer: bool) -> Sentence:
    a, b = _rate(here), _rate(there)
    both = say(rate(a), " against ", rate(b)).parts
    but = (
        ()
        if same_optimizer
        else say("; the optimizers differ, though, and a rate means another thing for each").parts
    )
    if a.value == b.value:
        return say("The best pair’s rate isn’t smaller than that from a random start but the "
                   "same, ", rate(a), *but, ".")  # fmt: skip
    if a.value < b.value:
        return say("The best pair’s rate is smaller than that from a random start, ", both,
                   ", as expected", *but, ".")  # fmt: skip
    return say("The best pair’s rate is larger than that from a random start, ", both,
               ", against the expectation", *but, ".")  # fmt: skip


def _by_optimizer(view: StudyView, here: list[Run], there: list[Run]) -> list[Sentence]:
    """Compare the best rates of each optimizer that learned from both starts."""
    firsts = [_first_of_each(view, runs) for runs in (here, there)]
    groups: dict[str, list[Parts]] = {"smaller": [], "the same": [], "larger": []}
    for name in (n for n in firsts[0] if n in firsts[1]):
        a, b = (_rate(first[name]) for first in firsts)
        side = "the same" if a.value == b.value else "smaller" if a.value < b.value else "larger"
        rates = (rate(a),) if side == "the same" else (rate(a), " against ", rate(b))
        groups[side].append(say(Name(optimizer_name(name)), " (", *rates, ")").parts)
    told = [say(f"{side} for ", listing(names)).parts for side, names in groups.items() if names]
    if not told:
        return []
    return [say("By optimizer, the best rate from pre-trained weights is ", listing(told), ".")]


def _first_of_each(view: StudyView, ranked: list[Run]) -> dict[str, Run]:
    """Return each optimizer's best run, if it learned and was tried at several rates."""
    found: dict[str, list[Run]] = {}
    for run in ranked:
        if run.metrics.spec is not None:
            found.setdefault(run.metrics.spec.optimizer, []).append(run)
    return {
        name: runs[0]
        for name, runs in found.items()
        if len(runs) > 1 and not never_learned(view, runs[0])
    }


def gap_against(view: StudyView, experiment_id: str, other_id: str) -> list[Sentence]:
    """Say whether train is further ahead of validation accuracy, or further back, than in another.

    Both are differences of shares of as many pictures as the splits have; they differ where their
    difference is beyond 1.96 standard errors of four such shares.
    """
    runs = [view.run(name) for name in (experiment_id, other_id)]
    if view.dataset is None or experiment_id == other_id:
        return []
    first, second = runs
    if first is None or second is None:
        return []
    variance, gaps = 0.0, []
    at_rest = measured_at_rest(view)
    for run in (first, second):
        if at_rest and run.metrics.train_at_rest is None:
            return []
        train, validation = train_accuracy_of(view, run), run.number("/validation/accuracy")
        if train is None:
            return []
        for share, n in (
            (train.value, n_images(view, run, "train").value),
            (validation.value, n_images(view, run, "validation").value),
        ):
            variance += share * (1 - share) / max(n, 1)
        gaps.append(derive("difference", train, validation))
    start: Parts = say(
        "Train accuracy is ", *_ahead(gaps[0]), " validation accuracy at the best epoch"
    ).parts
    if not at_rest and _are_of_other_pictures(first, second):
        return [
            say(start, "; it is measured on the altered pictures, so that says little about "
                "overfitting.")
        ]  # fmt: skip
    apart = derive("difference", *gaps)
    if abs(apart.value) <= CERTAIN * math.sqrt(variance):
        verdict: Parts = say("no measurable difference").parts
    else:
        side = "further ahead" if apart.value > 0 else "further back"
        verdict = say("here train is ", points(apart), f" points {side}").parts
    return [
        say(start, "; of ", Name(second.name), " it is ", *_ahead(gaps[1]),
            ": ", verdict, ".")
    ]  # fmt: skip


def _ahead(gap: Quantity) -> Parts:
    return say(points(gap), " points ", "above" if gap.value >= 0 else "below").parts


def _are_of_other_pictures(first: Run, second: Run) -> bool:
    """Tell whether only one of two train accuracies was measured on altered pictures."""
    specs = first.metrics.spec, second.metrics.spec
    return bool(specs[0] and specs[1] and specs[0].augmentation != specs[1].augmentation)


def plateau(view: StudyView, run: Run) -> list[Sentence]:
    """Say for how many epochs the train loss stayed near that of an even guess."""
    curves = run.curves
    if curves is None or view.dataset is None or len(view.dataset.classes) < 2:
        return []
    if curves.train_loss[0] is None:
        return []
    even = derive("even_loss", view.dataset_number("/classes"))
    losses = curves.train_loss
    away = [
        i for i, loss in enumerate(losses)
        if loss is None or abs(loss - even.value) > NEAR_AN_EVEN_GUESS * even.value
    ]  # fmt: skip
    start = say("The train loss ").parts
    if not away:
        return [
            say(start, "stayed within a hundredth of that of an even guess (", decimal(even),
                ") to the end of the last epoch, ", integer(run.number("/epochs_run")), ".")
        ]  # fmt: skip
    if away[0] == 0:
        return [
            say(start, "was off that of an even guess (", decimal(even),
                ") by more than a hundredth in the first epoch already.")
        ]  # fmt: skip
    return [
        say(start, "stayed within a hundredth of that of an even guess (", decimal(even),
            ") until the end of epoch ", integer(run.curve(f"/epoch/{away[0] - 1}")), ".")
    ]  # fmt: skip

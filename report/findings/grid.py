"""What a grid of learning rates and optimizers shows."""

import functools
from collections import defaultdict
from collections.abc import Mapping

from report.evidence.display_names import is_classic, optimizer_name, pair, pair_word
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Number,
    Quantity,
    derive,
    integer,
    percent,
    points,
    rate,
)
from report.evidence.repeats import (
    in_which,
    repeat_number,
    repeat_word,
)
from report.evidence.run import Run
from report.evidence.sentences import (
    Code,
    Name,
    Parts,
    Sentence,
    listing,
    numbered,
    say,
)
from report.evidence.study_sections import axes_of
from report.evidence.very_many import BEST, large_grids, over_runs
from report.findings.exploding import exploded, explosions
from report.findings.grid_lead import margin, mean_accuracy
from report.findings.guessing import (
    better_than,
    collapse,
    collapsed,
    never_learned,
    those_that_guess,
)
from report.findings.learning import has_curves

GUESSED = {"guessing": "guessing", "naming the most frequent class every time": "naming one class"}
"""In a table's cell."""


def best_pair(view: StudyView, grid: str) -> list[Sentence]:
    """Name the best pair and say whether its lead over the second means anything."""
    ranked = view.ranked(grid)
    if not ranked:
        return []
    best = ranked[0]
    if all(never_learned(view, run) for run in ranked):
        return [
            say("Of ", numbered(integer(_count(view, ranked)), pair_word(best)), " with a result "
                "none is measurably better than ", better_than(view, ranked), "; first by "
                "validation accuracy is ", pair(best), ": ", percent(mean_accuracy(view, best)),
                *_when(view, best), ".", strength="strong")
        ]  # fmt: skip
    word = pair_word(best)
    sentences = [
        say(
            "Of ", numbered(integer(_count(view, ranked)), word), " with a result, ", pair(best),
            " reached the highest validation accuracy: ", percent(mean_accuracy(view, best)),
            *_when(view, best), ".",
        )
    ]  # fmt: skip
    if len(ranked) > 1 and view.dataset is not None:
        sentences.append(margin(view, best, ranked[1]))
    return sentences


def leads(view: StudyView, grids: Mapping[str, str]) -> list[Sentence]:
    """Say for all grids in one sentence how far the best pair leads, and what that means.

    Pairs that are level lead nobody.

    Args:
        grids: What each grid's runs start from, by its name: "from a random start"; empty where
            that isn't what tells it from the others.
    """
    said: list[Parts] = []
    for grid, start in grids.items():
        ranked, found = view.ranked(grid), best_pair(view, grid)
        if len(found) < 2:  # none, one, or none that learned
            continue
        lead = derive("difference", *(mean_accuracy(view, run) for run in ranked[:2]))
        if lead.value == 0:
            continue
        reading = ", more than luck explains" if found[1].strength == "strong" else (
            ", which may be luck")  # fmt: skip
        if start:
            said.append(
                say(start if said else start.capitalize(), " ", pair(ranked[0]), " leads ",
                    pair(ranked[1]), " by ", points(lead), " points", reading).parts
            )  # fmt: skip
        else:
            said.append(
                say(f"The best {pair_word(ranked[0])}, ", pair(ranked[0]), ", leads the second, ",
                    pair(ranked[1]), ", by ", points(lead), " points", reading).parts
            )  # fmt: skip
    return [say(said[0], *(say("; ", clause).parts for clause in said[1:]), ".")] if said else []


def without_success(view: StudyView, grids: Mapping[str, str]) -> list[Sentence]:
    """Count the pairs of all grids that can't be told from guessing; see `leads`."""
    failed = {
        grid: [run for run in view.ranked(grid) if never_learned(view, run)] for grid in grids
    }
    counted: list[Parts] = [
        say(integer(_count(view, failed[grid])), " of ",
            numbered(integer(_count(view, view.ranked(grid))), pair_word(view.ranked(grid)[0])),
            *((" ", start) if start else ())).parts
        for grid, start in grids.items() if failed[grid]
    ]  # fmt: skip
    if not counted:
        return []
    runs = [run for found in failed.values() for run in found]
    verb = " isn’t" if len(runs) == 1 else " aren’t"
    return [
        say(listing(counted), verb, " measurably better than ", better_than(view, runs), ".",
            strength="strong")
    ]  # fmt: skip


def _when(view: StudyView, run: Run) -> Parts:
    """Say in which epoch, or over how many seeds."""
    seeds = [repeat_number(r) for r in view.finished(run.id)]
    if len(seeds) > 1:
        n, word = derive("count", *seeds), repeat_word(run)
        return say(", the mean over ", integer(n), f" {word}s").parts
    epoch, n_epochs = run.number("/best_epoch"), run.number("/epochs_run")
    return say(" in epoch ", integer(epoch), " of ", integer(n_epochs)).parts


def sensitivity(view: StudyView, grid: str) -> list[Sentence]:
    """Say which learning rate suits each optimizer, and which optimizer minds it most."""
    if not is_classic(list(axes_of(view, grid))):
        return []
    table: dict[str, list[Run]] = defaultdict(list)
    for run in view.ranked(grid):
        if run.metrics.spec is not None:
            table[run.metrics.spec.optimizer].append(run)
    full = {name: runs for name, runs in table.items() if len(runs) > 1}
    learned = {name: runs for name, runs in full.items() if not never_learned(view, runs[0])}
    sentences = []
    if learned:
        favourites: list[Parts] = [_favourite(view, runs) for runs in learned.values()]
        sentences.append(say("The best rate of each optimizer: ", listing(favourites), "."))
    sentences += [_in_vain(view, full[name]) for name in full if name not in learned]
    return sentences + (_widest(view, learned) if len(learned) > 1 else [])


def _in_vain(view: StudyView, runs: list[Run]) -> Sentence:
    """Say that no rate of an optimizer led anywhere."""
    spec = runs[0].metrics.spec
    assert spec is not None
    return say(
        "At no rate tried was ", Name(optimizer_name(spec.optimizer)), " measurably better than ",
        better_than(view, runs), "; its highest validation accuracy is ",
        percent(mean_accuracy(view, runs[0])), " at ", _rate(runs[0]), ".",
    )  # fmt: skip


def _widest(view: StudyView, table: dict[str, list[Run]]) -> list[Sentence]:
    spread = {
        name: mean_accuracy(view, r[0]).value - mean_accuracy(view, r[-1]).value
        for name, r in table.items()
    }
    most, least = max(spread, key=lambda k: spread[k]), min(spread, key=lambda k: spread[k])
    return [
        say("The rate matters most for ", _range(view, table[most]), ", and least for ",
            _range(view, table[least]), ".")
    ]  # fmt: skip


def _favourite(view: StudyView, runs: list[Run]) -> Parts:
    best = runs[0]
    return say(
        pair(best), " (", percent(mean_accuracy(view, best)), ")"
    ).parts  # fmt: skip


def _range(view: StudyView, runs: list[Run]) -> Parts:
    best, worst = runs[0], runs[-1]
    spec = best.metrics.spec
    assert spec is not None
    highest, lowest = mean_accuracy(view, best), mean_accuracy(view, worst)
    return say(
        Name(optimizer_name(spec.optimizer)), ", from ", percent(lowest), " at ", _rate(worst),
        " to ", percent(highest), " at ", _rate(best), ", a range of ",
        points(derive("difference", highest, lowest)),
        " percentage points",
    ).parts  # fmt: skip


def troubled_pairs(view: StudyView, grid: str) -> list[Sentence]:
    """Name the pairs that diverged, can't be told from guessing, collapsed or exploded."""
    members = [view.runs(experiment.id) for experiment in view.group(grid)]
    diverged = [runs[0] for runs in members if runs and runs[0].metrics.status == "diverged"]
    finished = [run for run in view.ranked(grid) if run not in diverged]
    guessing = [run for run in finished if never_learned(view, run)]
    seeds = [seed for run in finished for seed in view.finished(run.id)]
    trouble = [
        *_all_diverged(view, grid, diverged),
        *those_that_guess(view, guessing),
        *_all_collapsed(view, grid, seeds),
        *explosions(view, seeds, functools.partial(_named, view)),
    ]
    if finished and not trouble:
        losses = ", no loss exploded" if all(has_curves(view, run) for run in finished) else ""
        word = pair_word(finished[0])
        return [
            say(f"No {word} diverged{losses}, and each is measurably better than ",
                better_than(view, finished), ".")
        ]  # fmt: skip
    return trouble


def _all_diverged(view: StudyView, grid: str, runs: list[Run]) -> list[Sentence]:
    """Tell of each pair that diverged; of very many of the first, and count the others."""
    told, others = (runs[:BEST], runs[BEST:]) if grid in large_grids(view) else (runs, [])
    said = [_diverged(view, run) for run in told]
    if others:
        rest = over_runs(view, "count", others, "/epochs_run")
        word = pair_word(others[0])
        said.append(say("Of this grid ", numbered(integer(rest), f"further {word}"), " diverged."))
    return said


def _all_collapsed(view: StudyView, grid: str, seeds: list[Run]) -> list[Sentence]:
    """Tell of each run that collapsed; of very many of the first, and count the others."""
    found = [run for run in seeds if collapsed(view, run)]
    told = found[:BEST] if grid in large_grids(view) else found
    said = [sentence for run in told for sentence in collapse(view, run, _named(view, run))]
    if others := found[len(told) :]:
        rest = over_runs(view, "count", others, "/epochs_run")
        said.append(say("Of this grid ", numbered(integer(rest), "further run"), " collapsed."))
    return said


def _named(view: StudyView, run: Run) -> Parts:
    """Write a run's pair, with its seed where there are several."""
    if len(view.finished(run.id)) == 1:
        return pair(run)
    return say(pair(run), *in_which(run)).parts


def outcome(view: StudyView, run: Run) -> str:
    """Say in a word how a pair of a grid ended, for a table."""
    seeds = view.finished(run.id)
    if run.metrics.status != "done":
        return run.metrics.status
    if any(exploded(view, seed) for seed in seeds):
        return "loss exploded"
    if never_learned(view, run):
        return f"not better than {GUESSED[better_than(view, [run])]}"
    return "collapsed" if any(collapsed(view, seed) for seed in seeds) else "done"


def _diverged(view: StudyView, run: Run) -> Sentence:
    if run.metrics.validation is None:
        return say(pair(run), " diverged: its loss was not finite in the first epoch already.")
    if run.metrics.format < 2:  # then the last finite epoch counted
        return say(
            pair(run), " diverged: after epoch ", integer(run.number("/best_epoch")),
            " its loss was no longer finite, and training ended. It counts with what it had "
            "reached by then, a validation accuracy of ", percent(mean_accuracy(view, run)), ".",
        )  # fmt: skip
    return say(
        pair(run), " diverged: in epoch ", integer(run.number("/epochs_run")),
        " its loss was no longer finite, and training ended. It counts with the best epoch "
        "before, epoch ", integer(run.number("/best_epoch")), ", and its validation accuracy of ",
        percent(mean_accuracy(view, run)), ".",
    )  # fmt: skip


def selection(view: StudyView, run: Run) -> list[Sentence]:
    """Say which pair a run uses, and of how many it was chosen."""
    chosen = run.metrics.selected
    if chosen is None:
        return []
    n_pairs = derive("length", run.number("/selected/candidates"))
    place: Parts = say("the best").parts
    word = pair_word(run)
    if chosen.rank != 1:
        place = say("number ", integer(run.number("/selected/rank"))).parts
    return [
        say(f"The {word}, ", pair(run), ", is ", *place, " of ", numbered(integer(n_pairs), word),
            " in ", Code(chosen.grid), " by validation accuracy.")
    ]  # fmt: skip


def _rate(run: Run) -> Number:
    return rate(run.number("/spec/learning_rate"))


def _count(view: StudyView, runs: list[Run]) -> Quantity:
    return over_runs(view, "count", runs, "/validation/accuracy")

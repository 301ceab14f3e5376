"""What one more epoch might bring: how the runs of a grid stood when their epochs were over."""

from report.evidence.display_names import pair, pair_word
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, integer, points
from report.evidence.run import Run
from report.evidence.sentences import Parts, Sentence, listing, parts, say
from report.evidence.very_many import over_runs
from report.findings.learning import has_last_change, last_change, still_rising

NAMED = 4
"""So many pairs are named in a sentence, more only counted."""


def how_they_ended(view: StudyView, grid: str) -> list[Sentence]:
    """Count the pairs that were still improving in their last epochs, and name those that were."""
    ended = [run for run in view.ranked(grid) if has_last_change(view, run)]
    if len(ended) < 2:
        return []
    rising = [run for run in ended if still_rising(view, run)]
    total = integer(_count(view, ended))
    if not rising:
        return []
    best = ended[0]
    word = pair_word(best)
    n_rising = integer(_count(view, rising))
    verb = f"{word} was" if len(rising) == 1 else f"{word}s were"
    sentences = [
        say("Of ", total, f" {word}s ", n_rising, f" {verb} still rising when the "
            "epochs were over", _named(rising), ": more epochs might help.", strength="weak")
    ]  # fmt: skip
    if best in rising:
        sentences.append(
            say(f"The best {word} is among them, so the ranking holds for this number of epochs "
                "and may be another for more.", strength="weak")
        )  # fmt: skip
    return sentences


def _named(runs: list[Run]) -> Parts:
    if len(runs) > NAMED:
        return ()
    named = []
    for run in runs:
        change = last_change(run)
        assert change is not None
        named.append(say(pair(run), " by ", points(change), " points").parts)
    return parts(" (", listing(named), " over the last epochs)")


def _count(view: StudyView, runs: list[Run]) -> Quantity:
    return over_runs(view, "count", runs, "/epochs_run")

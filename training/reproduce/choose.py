"""Which runs are made again: drawn by lot, so that training, freezing and testing are covered."""

import math
import random
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from training.records import Metrics

PARTS = ("training", "freezing", "testing")


@dataclass(frozen=True)
class Candidate:
    """A run that could be made again.

    Attributes:
        name: Of the experiment, and its seed.
        covers: Those of `PARTS` that it shows: that all weights were trained, that some were
            frozen, that the test set was read.
        seconds: What making it again takes; infinite where it can't be trained here.
        has_network: Whether its tested network was kept, so that it can be tested alone.
    """

    name: tuple[str, int]
    covers: frozenset[str]
    seconds: float
    has_network: bool = False


@dataclass(frozen=True)
class Chosen:
    """A run that is made again; `trained` is false where only its kept network is tested."""

    candidate: Candidate
    trained: bool = True

    @property
    def seconds(self) -> float:
        return self.candidate.seconds if self.trained else 0.0

    @property
    def covers(self) -> frozenset[str]:
        return self.candidate.covers if self.trained else frozenset({"testing"})


def covered_by(metrics: Metrics) -> frozenset[str]:
    """Return which of `PARTS` a record with a spec is an instance of."""
    assert metrics.spec is not None
    trains = "training" if metrics.spec.freeze == "none" else "freezing"
    return frozenset({trains, "testing"} if metrics.test is not None else {trains})


def draw(
    candidates: Sequence[Candidate],
    seconds: float,
    lots: random.Random,
    covered: AbstractSet[str] = frozenset(),
) -> list[Chosen]:
    """Draw few runs that together take no longer than `seconds` and cover what isn't yet.

    For each part one is drawn of all that leave time for the cheapest runs of the parts after it,
    so that nobody knows beforehand which it will be. Where no run that was tested fits, a kept
    network is tested.
    """
    chosen: list[Chosen] = []
    left = seconds
    for position, part in enumerate(PARTS):
        if part in covered or any(part in item.covers for item in chosen):
            continue
        able = [c for c in candidates if part in c.covers and c.seconds <= left]
        after = sum(_cheapest(candidates, other) for other in PARTS[position + 1 :])
        if able:
            beside = [candidate for candidate in able if candidate.seconds <= left - after]
            chosen.append(Chosen(lots.choice(beside) if beside else min(able, key=_seconds)))
            left -= chosen[-1].seconds
        elif part == "testing":
            kept = [candidate for candidate in candidates if candidate.has_network]
            chosen += [Chosen(lots.choice(kept), trained=False)] if kept else []
    return sorted(chosen, key=lambda item: item.seconds)


def fitting(candidates: Sequence[Candidate], seconds: float) -> list[Chosen]:
    """Return all that fit, the cheapest first; what doesn't is tested, if its network was kept."""
    chosen: list[Chosen] = []
    left = seconds
    for candidate in sorted(candidates, key=_seconds):
        if math.isfinite(candidate.seconds) and candidate.seconds <= left:
            chosen.append(Chosen(candidate))
            left -= candidate.seconds
        elif candidate.has_network:
            chosen.append(Chosen(candidate, trained=False))
    return chosen


def _seconds(candidate: Candidate) -> float:
    return candidate.seconds


def _cheapest(candidates: Sequence[Candidate], part: str) -> float:
    """Return what the cheapest run of a part takes; nothing if none can be made again."""
    known = [c.seconds for c in candidates if part in c.covers and math.isfinite(c.seconds)]
    return min(known, default=0.0)

"""How the members of a grid are drawn, or chosen round by round. Part of `study.json`."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

if TYPE_CHECKING:
    import numpy as np


class Range(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Numbers from `low` to `high`, drawn evenly, or evenly in their logarithms.

    Attributes:
        low: The smallest.
        high: The largest.
        is_log: Whether their logarithms are drawn from evenly.
        is_whole: Whether they are whole numbers.
    """

    low: int | float
    high: int | float
    is_log: bool = False
    is_whole: bool = False

    def draw(self, rng: "np.random.Generator") -> float | int:
        """Return a whole number, or one of three significant digits."""
        if self.is_whole and not self.is_log:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        low, high = (math.log(self.low), math.log(self.high)) if self.is_log else (
            self.low, self.high)  # fmt: skip
        value = rng.uniform(low, high)
        return self.rounded(math.exp(value) if self.is_log else value)

    def rounded(self, value: float) -> float | int:
        """Return a number of the range as it is run: whole, or of three significant digits."""
        value = min(max(value, self.low), self.high)
        return round(value) if self.is_whole else float(f"{value:.3g}")


class SearchRound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One round of a search.

    Attributes:
        members: How many members it added to the grid.
        version: Of the library that chose them.
    """

    members: Annotated[int, msgspec.Meta(ge=1)]
    version: str


class Search(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How the members of a grid are chosen from results, round by round.

    Attributes:
        sampler: What chooses them, such as `optuna:tpe`.
        seed: Of the sampler's random numbers.
        space: Each field that varies: its values, or the range that it is chosen from.
        per_round: Members that a round adds.
        question: Of each member; a field's name in braces stands for its value.
        rounds: Those chosen so far, in order.
        told: The validation accuracies, in [0, 1], that the sampler was told of the members of
            all rounds but the last, in order: the mean over seeds or folds; null for a failed one.
    """

    sampler: str
    seed: int = 0
    space: dict[str, Range | tuple[Any, ...]]
    per_round: int
    question: str
    rounds: Annotated[tuple[SearchRound, ...], msgspec.Meta(min_length=1)]
    told: tuple[float | None, ...] = ()

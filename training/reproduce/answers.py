"""What a person wants to have made again, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.reproduce.compare import Difference, TestCheck, Verdict
from training.reproduce.distance import Distance
from training.run.run_options import RunOptions


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants to have made again.

    Attributes:
        names: Sections or experiments; none stand for a few that are drawn.
        minutes: What all may take; None sets no limit to those that are named.
        seed: Of the draw.
        data: Where the study's images are, if elsewhere than it says.
        weights: Where pre-trained weights are, likewise.
        options: How runs are computed; “auto” and no number of threads mean as recorded.
    """

    names: Sequence[str] = ()
    minutes: float | None = None
    seed: int = 0
    data: str | None = None
    weights: str | None = None
    options: RunOptions


@dataclass(frozen=True)
class Answer:
    """What became of one run.

    Attributes:
        id: Of the experiment.
        trained: Whether it was to be trained again; otherwise its kept network was to be tested.
        reason: Why it wasn't checked.
        unlike: What of the machine and the versions differs, of all that can change a result.
        differences: What rounding doesn't explain.
        distance: How far new and old are apart, where they aren't the same.
        vague_from: The epoch from which on rounding decides, so that nothing was checked.
        test: See `Comparison.test`.
        seconds: What it took.
    """

    id: str
    seed: int
    verdict: Verdict
    trained: bool = True
    reason: str = ""
    unlike: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    distance: Distance | None = None
    vague_from: int | None = None
    test: TestCheck | None = None
    seconds: float = 0.0


@dataclass
class Reproduction:
    """What became of a study's runs.

    Attributes:
        folder: Where the new records are.
        seed: Of the draw.
        n_records: Runs of the study, or of those that were named, that have results.
        answers: Of the runs that were chosen, and of those that can't be made again.
    """

    folder: Path
    seed: int
    n_records: int = 0
    answers: list[Answer] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether something was checked, and nothing came out differently."""
        verdicts = {answer.verdict for answer in self.answers}
        return "different" not in verdicts and bool(verdicts - {"not checked"})

"""What became of one run, and of a list of them."""

from dataclasses import dataclass, field

from training.planning.plan import Step
from training.records import Metrics


@dataclass(frozen=True)
class Result:
    """What became of one run: a record written now, or a step whose record answered it."""

    ran: Metrics | None = None
    reused: Step | None = None


@dataclass
class Outcome:
    """What became of a list.

    Attributes:
        ran: Records written now, failures and skips included.
        reused: Steps whose records already answered them.
    """

    ran: list[Metrics] = field(default_factory=list)
    reused: list[Step] = field(default_factory=list)

    def add(self, result: Result) -> None:
        if result.ran is not None:
            self.ran.append(result.ran)
        if result.reused is not None:
            self.reused.append(result.reused)

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.ran += other.ran
        self.reused += other.reused
        return self

    @property
    def failed(self) -> list[Metrics]:
        """What failed, where an older record that still answers was kept too."""
        return [metrics for metrics in self.ran if metrics.status == "failed"]

"""What every log of a run can do, and which run it is of."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from training.errors import HomeworkError
from training.records import Curves, Metrics, Spec


@dataclass(frozen=True)
class RunName:
    """One experiment with one seed, on one data set, as one recipe."""

    study: str
    id: str
    seed: int
    spec: Spec
    dataset_fingerprint: str

    @property
    def path(self) -> str:
        return f"{self.id}/seed-{self.seed}"


class RunLog(Protocol):
    """The log of one run, open for writing."""

    def epochs(self, curves: Curves, times: Sequence[float] | None = None) -> None:
        """Write the epochs of `curves` that the log doesn't hold yet.

        The first call says where the run starts: what an earlier, killed process logged beyond
        it no longer counts.

        Args:
            times: When each epoch of `curves` ended, in seconds since 1970; now if None.
        """

    def end(self, metrics: Metrics, time: float | None = None) -> None:
        """Write what is known at the end: the test scores, if any, and the outcome."""

    def close(self, error: BaseException | None = None) -> None:
        """Let go of the files. Without `end` before, the run counts as broken off by `error`."""


def need(module: str, extra: str, purpose: str) -> None:
    """Look for an optional library without importing it.

    Raises:
        HomeworkError: It isn't installed.
    """
    if importlib.util.find_spec(module) is None:
        raise HomeworkError(
            f"{purpose} needs the package {module}, which isn't installed.",
            f"Install it: pip install 'cnn-homework[{extra}]'",
        )


class AwayError(Exception):
    """The server that logs are sent to doesn't answer; asking again would only wait again."""

"""Try damaged content on a reader and say what came of it."""

import contextlib
import random
import resource
import shutil
import signal
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from mutate import mutate
from readers import READERS, Reader

SECONDS = 5
"""A case that takes more of the processor's time counts as a hang."""

MAXIMUM_GROWTH = 2**30
"""Bytes that a single case may add to the process's peak."""


class _HangError(BaseException):
    """The time for a case is over."""


class Tally:
    """What became of a reader's cases.

    Attributes:
        counts: `read`, `refused`, `crash`, `hang`, `memory`.
        faults: Case number to what happened, for all that is not allowed.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: dict[int, str] = {}


def attempt(name: str, cases: range, begun: Callable[[int], object] = bool) -> Tally:
    """Try cases of one reader in this process; a case is the same in every run.

    Args:
        begun: Told of each case before it is tried.
    """
    tally, reader = Tally(), READERS[name]
    seeds = reader.seeds()
    with _alarm(), tempfile.TemporaryDirectory() as place:
        _warm_up(reader, seeds, Path(place) / "warm")
        for case in cases:
            begun(case)
            rng = random.Random(f"{name} {case}")
            content = mutate(rng.choice(seeds), seeds, reader.tokens, rng)
            folder = Path(tempfile.mkdtemp(dir=place))
            before = _peak_bytes()
            outcome, fault = _outcome(reader.read, content, folder)
            if outcome in ("read", "refused") and _peak_bytes() - before > MAXIMUM_GROWTH:
                outcome, fault = "memory", f"{_peak_bytes() - before:,} bytes more"
            tally.counts[outcome] += 1
            if fault:
                tally.faults[case] = fault
            shutil.rmtree(folder, ignore_errors=True)
    return tally


def _warm_up(reader: Reader, seeds: list[bytes], folder: Path) -> None:
    """Read the whole examples first: what is imported then isn't charged to a case."""
    from training.errors import HomeworkError

    for number, content in enumerate(seeds):
        place = folder / str(number)
        place.mkdir(parents=True)
        with contextlib.suppress(HomeworkError):  # of a pair of lists, one doesn't fit, say
            reader.read(content, place)


def attempt_and_tell(name: str, first: int, after: int, pipe: Connection) -> None:
    """Try cases as a process of its own: send each number, and the tally at the end."""
    pipe.send(attempt(name, range(first, after), pipe.send))


def _outcome(
    read: Callable[[bytes, Path], object], content: bytes, folder: Path
) -> tuple[str, str]:
    from training.errors import HomeworkError

    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings(action="ignore"):
            read(content, folder)
    except HomeworkError:
        return "refused", ""
    except _HangError:
        return "hang", "took too long"
    except Exception:
        return "crash", traceback.format_exc(limit=-4)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "read", ""


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise _HangError

    old = signal.signal(signal.SIGPROF, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, old)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

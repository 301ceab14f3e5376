"""Damage what comes from outside in thousands of ways and see that nothing but our errors follow.

    python bench/fuzz --cases 10000
    python bench/fuzz --reader picture --case 4711

Allowed is a result or one of the project's own errors. Not allowed: any other exception, a case of
more than five seconds, a gigabyte of memory for one case, a file left behind, or the death of the
process, which is started again behind the case that killed it. Cases are numbered and always the
same; --case tries one and shows its traceback.
"""

import argparse
import contextlib
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from readers import READERS
from work import Tally, attempt_and_tell

PATIENCE = 60
"""Seconds without a sign of life, after which a process is stopped."""


def main() -> None:
    """Try all readers and print the table."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--cases", type=int, default=10_000, help="of each reader")
    parser.add_argument("--reader", choices=list(READERS), action="append")
    parser.add_argument("--case", type=int, help="only this one")
    options = parser.parse_args()
    names = options.reader or list(READERS)
    first, after = 0, options.cases
    if options.case is not None:
        first, after = options.case, options.case + 1
    heads = "".join(f"{h:>9}" for h in ("read", "refused", "crashes", "hangs", "memory", "deaths"))
    print(f"{'reader':18} {'cases':>7}{heads} {'seconds':>8}", flush=True)
    faults = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (tally, seconds) in zip(
            names, pool.map(lambda name: _guarded(name, first, after), names), strict=True
        ):
            n, kinds = tally.counts, ("read", "refused", "crash", "hang", "memory", "death")
            row = "".join(f"{n[kind]:9}" for kind in kinds)
            print(f"{name:18} {sum(n.values()):7}{row} {seconds:8.0f}", flush=True)
            for case, fault in sorted(tally.faults.items())[:5]:
                print(f"--- {name}, case {case}:\n{fault}", file=sys.stderr, flush=True)
            faults += len(tally.faults)
    sys.exit(1 if faults else 0)


def _guarded(name: str, first: int, after: int) -> tuple[Tally, float]:
    """Try cases in processes of their own, a new one behind each that dies."""
    total, started = Tally(), time.perf_counter()
    while first < after:
        here, there = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=attempt_and_tell, args=(name, first, after, there)
        )
        process.start()
        there.close()
        last, tally = _listen(here, first)
        if tally is None:
            process.kill()
        process.join()
        if tally is None:
            total.counts["death"] += 1
            total.faults[last] = f"the process ended with {process.exitcode}"
            tally = _again(name, first, last)
            first = last + 1
        else:
            first = after
        total.counts += tally.counts
        total.faults |= tally.faults
    total.counts = Counter({key: n for key, n in total.counts.items() if n})
    return total, time.perf_counter() - started


def _again(name: str, first: int, after: int) -> Tally:
    """Count the cases before one that killed its process, in another."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=attempt_and_tell, args=(name, first, after, there)
    )
    process.start()
    there.close()
    _, tally = _listen(here, first)
    process.join()
    return tally or Tally()


def _listen(pipe: Connection, case: int) -> tuple[int, Tally | None]:
    """Return the last case begun, and the tally if the process lived to tell it."""
    with contextlib.suppress(EOFError, OSError):
        while pipe.poll(PATIENCE):
            message = pipe.recv()
            if isinstance(message, Tally):
                return case, message
            case = message
    return case, None


if __name__ == "__main__":
    main()

"""Ask what may never answer: for a limited time, and not in silence."""

import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

QUIET_SECONDS = 1.0
"""An answer that takes longer is waited for with a word."""


def within(seconds: float, ask: Callable[[], T], waiting: Callable[[], object]) -> T:
    """Return what `ask` returns; what takes longer is left to itself in the background.

    Args:
        seconds: Time to answer.
        waiting: Called once if the answer takes longer than `QUIET_SECONDS`.

    Raises:
        TimeoutError: No answer in time.
        Exception: What `ask` raises.
    """
    answer: concurrent.futures.Future[T] = concurrent.futures.Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=work, name="ask", daemon=True).start()
    quiet = min(QUIET_SECONDS, seconds)
    concurrent.futures.wait([answer], quiet)
    if not answer.done():
        waiting()
        concurrent.futures.wait([answer], seconds - quiet)
    if not answer.done():
        raise TimeoutError(f"no answer within {seconds:g} s")
    return answer.result()

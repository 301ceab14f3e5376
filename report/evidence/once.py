"""What a whole study gives, or one of its runs, computed once."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from report.evidence.load import StudyView
    from report.evidence.run import Run

T = TypeVar("T")


def once(function: "Callable[[StudyView], T]") -> "Callable[[StudyView], T]":
    """Make a function of a study remember its result for each view of one."""
    known: WeakKeyDictionary[StudyView, T] = WeakKeyDictionary()

    @wraps(function)
    def remembered(view: "StudyView") -> T:
        if view not in known:
            known[view] = function(view)
        return known[view]

    return remembered


def known_of(view: "StudyView", run: "Run") -> dict[str, Any]:
    """Return what was found out about a run of a view, by the function that found it."""
    by, known = run.__dict__.get("known", (None, {}))
    if by is not ref(view):  # as for a cached property, though the run is frozen
        known = {}
        run.__dict__["known"] = ref(view), known
    found: dict[str, Any] = known
    return found


def once_a_run(
    function: "Callable[[StudyView, Run], T]",
) -> "Callable[[StudyView, Run], T]":
    """Make a function of a run remember its result with the run.

    Between reports, too, see `run_index`: so the result is what MessagePack has (numbers, texts,
    lists of such), and rests on nothing but the program, the records of the run's experiment, and
    those of the study and its data set; of a run that was chosen or reused also on others.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"

    @wraps(function)
    def remembered(view: "StudyView", run: "Run") -> T:
        known = known_of(view, run)
        if name not in known:
            known[name] = function(view, run)
        found: T = known[name]
        return found

    return remembered

"""What a whole study gives, computed once."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from report.evidence.load import StudyView

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

"""What a run is recorded as failed for, in words."""

from training.errors import HomeworkError
from training.networks.build import ARCHITECTURES
from training.own_code import what_failed
from training.records import Spec, code_in

FAILURES = (RuntimeError, ValueError, OSError)
"""What torch, the images and the disk raise."""


def why_failed(error: Exception, spec: Spec) -> str | None:
    """Say why a run failed; None for a mistake of this program, which ends it instead.

    Args:
        spec: Of the run. A network or a loss that somebody else wrote may fail in any way.
    """
    if isinstance(error, HomeworkError):
        return str(error)
    if isinstance(error, MemoryError):
        return "This machine ran out of memory."
    if spec.model not in ARCHITECTURES or code_in(spec):
        return what_failed(error)
    return f"{type(error).__name__}: {error}" if isinstance(error, FAILURES) else None

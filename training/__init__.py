"""Train the experiments of a CNN study and write their records as JSON.

from training import run_study

run_study(preset="quick", epochs=3)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.api import run_study as run_study

__version__ = "0.2.0"
__all__ = ["__version__", "run_study"]


def __getattr__(name: str) -> Any:
    """Load the Python interface when it is asked for: the command line does without."""
    if name == "run_study":
        from training.system import check_system

        check_system()
        from training.api import run_study

        return run_study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

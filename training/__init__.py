"""Train the experiments of a CNN study and write their records as JSON.

from training import run_study

run_study(preset="quick", epochs=3)
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.api import run_study as run_study
    from training.study.python_study import Experiment as Experiment
    from training.study.python_study import Grid as Grid
    from training.study.python_study import Pictures as Pictures
    from training.study.python_study import Section as Section
    from training.study.python_study import Study as Study
    from training.study.python_tables import Report as Report
    from training.study.python_tables import Settings as Settings

__version__ = "0.2.0"
__all__ = [
    "Experiment",
    "Grid",
    "Pictures",
    "Report",
    "Section",
    "Settings",
    "Study",
    "__version__",
    "run_study",
]

_PLACES = {
    "run_study": "training.api",
    "Experiment": "training.study.python_study",
    "Grid": "training.study.python_study",
    "Pictures": "training.study.python_study",
    "Section": "training.study.python_study",
    "Study": "training.study.python_study",
    "Report": "training.study.python_tables",
    "Settings": "training.study.python_tables",
}
"""Where the Python interface is."""


def __getattr__(name: str) -> Any:
    """Load the Python interface when it is asked for: the command line does without."""
    if name in _PLACES:
        from training.system import check_system

        check_system()
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Turn a study's JSON records into an HTML and PDF report. Never imports torch.

from report import Study, render

render("runs/quick")               # report.html and report.pdf
Study("runs/quick").frame()        # all runs as a pandas DataFrame
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from report.api import Study as Study
    from report.api import render as render

__all__ = ["Study", "render"]


def __getattr__(name: str) -> Any:
    """Load the Python interface when it is asked for: the command line does without."""
    if name in __all__:
        from report import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""A study from Python: its numbers as data frames, its report, and how a notebook shows it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from report.assemble import FORMATS, Format
from report.audit.rendering import Detail
from report.evidence.choose import choose_study
from report.evidence.load import StudyView, load_study
from report.figures.comparison_figures import forest
from report.figures.drawing_pool import FEW, DrawingPool, fill
from report.sections.view import SectionView
from report.tables.results import summary
from report.writing.templating import render_section
from training.folders import expanded

if TYPE_CHECKING:
    import pandas as pd


class Study:
    """The records of a study.

    Args:
        path: Its folder, `runs/<study>`; or a folder of studies, for the one written last.

    Raises:
        ReportError: There is no study, or a record contradicts another.
        RecordError: A record can't be read.
    """

    def __init__(self, path: str | Path = "runs") -> None:
        folder = expanded(path)
        self.path = folder if (folder / "study.json").is_file() else choose_study(folder, None)

    @property
    def view(self) -> StudyView:
        """The records as they are now."""
        return load_study(self.path)

    def frame(self) -> "pd.DataFrame":
        """Return a row for each run: settings, exact accuracies as fractions, counts, seconds."""
        from report.export.tables import frame

        return frame(self.view)

    def curves(self) -> "pd.DataFrame":
        """Return a row for each run and epoch: losses, accuracies as fractions, seconds."""
        import msgspec
        import pandas as pd

        from report.export.curves import json_lines

        lines = json_lines(self.view).splitlines()
        return pd.DataFrame([msgspec.json.decode(line) for line in lines])

    def render(
        self,
        formats: Sequence[Format] = FORMATS,
        output: str | Path | None = None,
        detail: Detail = "full",
    ) -> list[Path]:
        """Write the report and return its files.

        Args:
            formats: Of `html` and `pdf`.
            output: Where to; by default the study's folder.
            detail: `brief` for the first page, the figures behind the answers and the tests alone.
        """
        from report.build import build_report

        folder = expanded(output or self.path)
        return build_report(self.path, folder, formats, detail=detail).files

    def _repr_html_(self) -> str:
        """Return the table of what was tested, and the figure of all test accuracies."""
        view = self.view
        section = SectionView(
            slug="summary",
            title=view.study.title,
            figures={"forest": forest(view)},
            tables={"summary": summary(view)},
            template="notebook",
        )
        html = render_section(section, view.study)
        with DrawingPool("outlines", few=FEW) as pool:
            return fill(html, pool.pictures(section.drawings))


def render(
    path: str | Path = "runs",
    formats: Sequence[Format] = FORMATS,
    output: str | Path | None = None,
) -> list[Path]:
    """Write a study's report and return its files; see `Study.render`."""
    return Study(path).render(formats, output)

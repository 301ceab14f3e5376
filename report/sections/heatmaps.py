"""The two grids of learning rates and optimizers."""

from report.evidence.load import StudyView
from report.figures.grid_figures import heatmap_pair
from report.figures.views import Figure
from report.findings.answers import GRIDS as STARTS
from report.findings.answers import headline
from report.findings.expected import smaller_rates
from report.findings.grid import leads, without_success
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.view import SectionView

GRIDS = {"scratch": "scratch/grid", "transfer": "transfer/grid"}


def build(view: StudyView) -> SectionView:
    """Make the section on learning rates and optimizers."""
    members = [e for grid in GRIDS.values() for e in view.group(grid)]
    return SectionView(
        slug="heatmaps",
        title=SECTIONS["heatmaps"].title,
        notices=notices(view, members),
        findings={
            "answer": headline(view, "heatmaps"),
            "leads": tuple(leads(view, STARTS)),
            "failed": (*without_success(view, STARTS), *smaller_rates(view)),
        },
        figures=_figures(view),
    )


def _figures(view: StudyView) -> dict[str, Figure]:
    grids = tuple(GRIDS.values())
    return {name: heatmap_pair(view, grid, grids) for name, grid in GRIDS.items()}

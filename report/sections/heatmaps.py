"""The two grids of learning rates and optimizers."""

from report.figures.grid_figures import heatmap_pair
from report.findings.grid import best_pair, sensitivity, troubled_pairs
from report.findings.notices import notices
from report.load import StudyView
from report.sections import SECTIONS
from report.tables.grids import grid_pairs
from report.text import Sentence
from report.view import SectionView

GRIDS = {"scratch": "scratch/grid", "transfer": "transfer/grid"}


def build(view: StudyView) -> SectionView:
    """Make the section on learning rates and optimizers."""
    members = [e for grid in GRIDS.values() for e in view.group(grid)]
    return SectionView(
        slug="heatmaps",
        title=SECTIONS["heatmaps"].title,
        notices=notices(view, members),
        findings={name: tuple(_findings(view, grid)) for name, grid in GRIDS.items()},
        figures={
            name: heatmap_pair(view, grid, tuple(GRIDS.values())) for name, grid in GRIDS.items()
        },
        tables={name: grid_pairs(view, grid) for name, grid in GRIDS.items()},
    )


def _findings(view: StudyView, grid: str) -> list[Sentence]:
    return [*best_pair(view, grid), *sensitivity(view, grid), *troubled_pairs(view, grid)]

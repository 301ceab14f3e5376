"""The second and last section of a brief report: figures and tests that carry the answers."""

from report.evidence.load import StudyView
from report.figures.comparison_figures import accuracy_against_cost
from report.figures.grid_figures import heatmap_pair
from report.sections import BRIEF
from report.sections.heatmaps import GRIDS
from report.sections.view import SectionView
from report.tables.answers import tests_table


def build(view: StudyView) -> SectionView:
    """Make the section of figures and tests."""
    grids = tuple(GRIDS.values())
    heatmaps = {name: heatmap_pair(view, grid, grids) for name, grid in GRIDS.items()}
    return SectionView(
        slug="figures",
        title=BRIEF["figures"].title,
        figures={**heatmaps, "cost": accuracy_against_cost(view)},
        tables={"tests": tests_table(view)},
    )

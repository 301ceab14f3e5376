"""The second and last section of a brief report: figures and tests that carry the answers."""

from report.evidence.load import StudyView
from report.evidence.study_sections import all_grids
from report.figures.comparison_figures import accuracy_against_cost
from report.figures.grid_figures import grid_figure
from report.sections import BRIEF
from report.sections.own import grid_key
from report.sections.view import SectionView
from report.tables.answers import tests_table


def build(view: StudyView) -> SectionView:
    """Make the section of figures and tests."""
    grids = all_grids(view)
    heatmaps = {grid_key(grid): grid_figure(view, grid, grids) for grid in grids}
    return SectionView(
        slug="figures",
        title=BRIEF["figures"].title,
        figures={**heatmaps, "cost": accuracy_against_cost(view)},
        tables={"tests": tests_table(view)},
    )

"""What the sections of a study of one's own show by whatever kind: grids, and what differs."""

from report.evidence.load import StudyView
from report.evidence.sentences import Sentence
from report.evidence.study_sections import grids_of, is_sampled
from report.figures.grid_figures import grid_figure
from report.figures.search_figures import search_figure
from report.figures.views import Figure
from report.findings.answers import differences_of
from report.findings.class_changes import class_changes, effects_by_class
from report.findings.comparing import differences_to_mind, how_they_differ
from report.findings.grid import leads, without_success
from report.findings.searches import how_searched
from report.tables.grids import grid_pairs
from report.tables.views import Table
from training.records import StudySection

FEW = 3
"""Comparisons up to which the classes of each are spoken of."""


def grid_key(grid: str) -> str:
    """Return how a grid's figure, table and sentences are found in a section's view."""
    return f"grid:{grid}"


def grid_figures(view: StudyView, section: StudySection) -> dict[str, Figure]:
    """Draw the grids of a section; heatmaps share one scale."""
    grids = grids_of(view, section)
    found: dict[str, Figure] = {}
    for grid in grids:
        found[grid_key(grid)] = grid_figure(view, grid, grids)
        if (in_order := search_figure(view, grid)) is not None:
            found[grid_key(f"{grid}, in order")] = in_order
    return found


def grid_tables(view: StudyView, section: StudySection) -> dict[str, Table]:
    """List the members of grids that were drawn or chosen: no heatmap can show those."""
    grids = [grid for grid in grids_of(view, section) if view.ranked(grid)]
    return {grid_key(grid): grid_pairs(view, grid) for grid in grids if is_sampled(view, grid)}


def grid_findings(view: StudyView, section: StudySection) -> tuple[Sentence, ...]:
    """Say of each grid how it was searched, how far the best leads, how many never learned."""
    return tuple(
        sentence
        for grid in grids_of(view, section)
        for sentence in (
            *how_searched(view, grid),
            *leads(view, {grid: ""}),
            *without_success(view, {grid: ""}),
        )
    )


def apart(view: StudyView, section: StudySection) -> tuple[Sentence, ...]:
    """Say in what the models of a section differ, what keeps them from being compared, classes."""
    differences = differences_of(view, section.name)
    held: dict[str, list[str]] = {}
    for d in differences:
        held.setdefault(d.base.experiment.id, []).append(d.model.experiment.id)
    found = [
        sentence
        for base, ids in held.items()
        for sentence in (
            *how_they_differ(view, ids, base),
            *(s for id_ in ids for s in differences_to_mind(view, id_, base, epochs=False)),
        )
    ]
    with_classes = [d for d in differences if class_changes(view, d)]
    if len(with_classes) <= FEW:
        found += [s for d in with_classes for s in effects_by_class(view, d)]
    return tuple(found)

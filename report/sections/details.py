"""The appendix of further results: courses of training, grids pair by pair, filters, sizes."""

from report.evidence.display_names import experiment_name
from report.evidence.load import Run, StudyView
from report.evidence.sentences import Name, Sentence, parts
from report.figures.course_figures import grid_courses
from report.figures.data_figures import picture_sizes
from report.figures.feature_figures import feature_plot
from report.figures.filter_figures import filter_gallery
from report.figures.mistake_figures import confident_mistakes_gallery
from report.figures.run_figures import curves
from report.figures.views import Figure
from report.findings import data
from report.findings.expected import gap_against
from report.findings.features import neighbours
from report.findings.first_layer import first_layer_change
from report.findings.freezing import what_is_trained
from report.findings.grid import best_pair, sensitivity, troubled_pairs
from report.findings.maps import about_maps
from report.findings.mistakes import best_finalist, hardest_classes
from report.findings.still_improving import how_they_ended
from report.sections import SECTIONS, beyond, freezing, scratch, transfer
from report.sections.heatmaps import GRIDS
from report.sections.view import Block, SectionView
from report.tables.grids import grid_pairs
from report.tables.mistakes import hardest
from report.tables.results import freeze_counts, sizes
from report.tables.views import Table


def build(view: StudyView) -> SectionView:
    """Make the section of what the main part leaves out, but for sections that are left out."""
    left_out = view.study.report.leave_out
    figures: dict[str, Figure] = {}
    tables: dict[str, Table] = {}
    findings: dict[str, tuple[Sentence, ...]] = {"neighbours": (), "maps": ()}
    if "data" not in left_out:
        figures["sizes"] = picture_sizes(view)
        findings["sizes"] = tuple(data.picture_sizes(view))
    if "heatmaps" not in left_out:
        for name, grid in GRIDS.items():
            figures[f"{name}_courses"] = grid_courses(view, grid)
            tables[name] = grid_pairs(view, grid)
            findings[name] = (
                *best_pair(view, grid),
                *sensitivity(view, grid),
                *troubled_pairs(view, grid),
                *how_they_ended(view, grid),
            )
    if "transfer" not in left_out:
        figures["filters"] = filter_gallery(view)
        findings["first_layer"] = tuple(first_layer_change(view))
    if "freezing" not in left_out:
        tables["counts"] = freeze_counts(view, freezing.compared(view))
    if "beyond" not in left_out:
        tables["sizes"] = sizes(view, beyond.compared(view))
    if "mistakes" not in left_out:
        _mistakes(view, figures, tables)
        findings |= _features(view, figures)
    return SectionView(
        slug="details",
        title=SECTIONS["details"].title,
        findings=findings,
        figures=figures,
        tables=tables,
        blocks=tuple(_courses(view)),
    )


def _mistakes(view: StudyView, figures: dict[str, Figure], tables: dict[str, Table]) -> None:
    run = best_finalist(view)
    if run is None or not hardest_classes(run, 1):
        return
    tables["hardest"] = hardest(view, run)
    if run.predictions is not None and run.predictions.examples:
        figures["confident"] = confident_mistakes_gallery(view, run)


def _features(view: StudyView, figures: dict[str, Figure]) -> dict[str, tuple[Sentence, ...]]:
    """Add how the chosen network lays the pictures out; return what is said of that and of maps."""
    run = best_finalist(view)
    if run is None:
        return {}
    plot = feature_plot(view, run)
    if plot is not None:
        figures["features"] = plot
    return {"neighbours": tuple(neighbours(run)), "maps": tuple(about_maps(run))}


def _courses(view: StudyView) -> list[Block]:
    """Return the course of each experiment that the main part doesn't draw."""
    left_out = view.study.report.leave_out
    ids = [
        *([scratch.BASELINE] if "scratch" not in left_out else []),
        *([transfer.DETAILS[1]] if "transfer" not in left_out else []),
        *(freezing.strategies(view).values() if "freezing" not in left_out else []),
        *([e.id for e in view.section("beyond")] if "beyond" not in left_out else []),
    ]
    return [_course(view, id_) for id_ in ids]


def _course(view: StudyView, experiment_id: str) -> Block:
    experiment = view.experiment(experiment_id)
    run = view.run(experiment_id)
    course = scratch.course_from_random if experiment_id == scratch.BASELINE else scratch.course
    return Block(
        title=parts(Name(experiment_name(experiment) if experiment else experiment_id)),
        figure=curves(view, experiment_id),
        findings=(_setup(view, run), (*course(view, experiment_id), *_gap(view, run))),
    )


def _setup(view: StudyView, run: Run | None) -> tuple[Sentence, ...]:
    """Say what was trained, where that is another part of the network, or another network."""
    if run is None or run.experiment.section not in ("freezing", "beyond"):
        return ()
    return tuple(
        what_is_trained(run) if run.experiment.section == "freezing" else beyond.setup(view, run)
    )


def _gap(view: StudyView, run: Run | None) -> list[Sentence]:
    """Say whether freezing moved train and validation apart."""
    if run is None or run.experiment.section != "freezing":
        return []
    return gap_against(view, run.id, freezing.NOTHING_FROZEN)

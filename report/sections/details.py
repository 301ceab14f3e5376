"""The appendix of further results: courses of training, grids pair by pair, filters, sizes."""

from report.evidence.load import Run, StudyView
from report.evidence.sentences import Name, Sentence, parts
from report.figures.course_figures import grid_courses
from report.figures.data_figures import picture_sizes
from report.figures.feature_figures import feature_plot
from report.figures.filter_figures import filter_gallery
from report.figures.label_figures import label_gallery
from report.figures.look_figures import outstanding_pictures
from report.figures.mistake_figures import confident_mistakes_gallery
from report.figures.reliability import reliability_diagram
from report.figures.run_figures import curves, parameter_bars
from report.figures.size_figures import accuracy_against_size
from report.figures.suspect_figures import suspect_gallery
from report.figures.views import Figure
from report.findings import data
from report.findings.calibration import calibration_error, what_a_temperature_does
from report.findings.class_changes import class_effects, compared
from report.findings.expected import gap_against
from report.findings.features import neighbours
from report.findings.first_layer import first_layer_change
from report.findings.freezing import what_is_trained
from report.findings.grid import best_pair, sensitivity, troubled_pairs
from report.findings.maps import about_maps
from report.findings.mistakes import best_finalist, hardest_classes
from report.findings.scored import scored
from report.findings.shared_mistakes import accuracy_by_size, sizes_matter
from report.findings.still_improving import how_they_ended
from report.sections import SECTIONS, beyond, freezing, scratch, transfer
from report.sections.heatmaps import GRIDS
from report.sections.view import Block, SectionView
from report.sections.without_result import WHAT_TO_RUN, has_result, own_experiments
from report.tables.class_changes import class_changes_table
from report.tables.grids import grid_pairs
from report.tables.likely_labels import labels_table
from report.tables.looks import looks_table
from report.tables.mistakes import hardest
from report.tables.results import freeze_counts, sizes
from report.tables.score_metrics import score_metrics
from report.tables.suspects import suspects_table
from report.tables.views import Table


def build(view: StudyView) -> SectionView:
    """Make the section of what the main part leaves out, but for sections that are left out."""
    left_out = _left_out(view)
    figures: dict[str, Figure] = {}
    tables: dict[str, Table] = {}
    findings: dict[str, tuple[Sentence, ...]] = {"neighbours": (), "maps": ()}
    if "data" not in left_out:
        figures["sizes"] = picture_sizes(view)
        findings["sizes"] = tuple(data.picture_sizes(view))
        figures.update(outstanding_pictures(view))
        tables.update(looks_table(view))
        figures.update(suspect_gallery(view))
        tables.update(suspects_table(view))
    if "heatmaps" not in left_out:
        for name, grid in GRIDS.items():
            if not view.ranked(grid):
                continue
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
        held = beyond.compared(view)
        tables["sizes"] = sizes(view, held)
        figures["parameters"] = parameter_bars(view, "beyond-parameters", held, "network")
    if "mistakes" not in left_out:
        _mistakes(view, figures, tables, findings)
        _certainty(view, figures, findings)
        findings |= _features(view, figures)
    if (metrics := score_metrics(view)) is not None:
        tables["metrics"] = metrics
    return SectionView(
        slug="details",
        title=SECTIONS["details"].title,
        findings=findings,
        figures=figures,
        tables=tables,
        blocks=tuple(_courses(view)),
    )


def _left_out(view: StudyView) -> set[str]:
    """Return the sections that are left out, and those that have no result yet."""
    empty = (slug for slug in WHAT_TO_RUN if own_experiments(slug, view))
    return {*view.study.report.leave_out, *(s for s in empty if not has_result(s, view))}


def _mistakes(
    view: StudyView,
    figures: dict[str, Figure],
    tables: dict[str, Table],
    findings: dict[str, tuple[Sentence, ...]],
) -> None:
    run = best_finalist(view)
    if compared(view):
        tables["changes"] = class_changes_table(view)
    if run is None or not hardest_classes(run, 1):
        return
    figures.update(label_gallery(view))
    tables.update(labels_table(view))
    tables["hardest"] = hardest(view, run)
    if run.predictions is not None and run.predictions.examples:
        figures["confident"] = confident_mistakes_gallery(view, run)
    if sizes_matter(view):
        figures["by_size"] = accuracy_against_size(view, run)
        findings["by_size"] = tuple(s for s in accuracy_by_size(view, run) if s.strength == "weak")


def _certainty(
    view: StudyView, figures: dict[str, Figure], findings: dict[str, tuple[Sentence, ...]]
) -> None:
    run = best_finalist(view)
    if run is None or not scored(view, run):
        return
    figures["reliability"] = reliability_diagram(run)
    findings["calibration"] = (calibration_error(run), *what_a_temperature_does(run))


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
    left_out = _left_out(view)
    ids = [
        *([scratch.BASELINE] if "scratch" not in left_out else []),
        *([transfer.DETAILS[1]] if "transfer" not in left_out else []),
        *(freezing.strategies(view).values() if "freezing" not in left_out else []),
        *([e.id for e in view.section("beyond")] if "beyond" not in left_out else []),
    ]
    return [_course(view, id_) for id_ in ids if view.run(id_) is not None]


def _course(view: StudyView, experiment_id: str) -> Block:
    run = view.run(experiment_id)
    course = scratch.course_from_random if experiment_id == scratch.BASELINE else scratch.course
    return Block(
        title=parts(Name(view.name(experiment_id))),
        figure=curves(view, experiment_id),
        findings=(
            _setup(view, run),
            (*course(view, experiment_id), *_gap(view, run), *_classes(view, run)),
        ),
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


def _classes(view: StudyView, run: Run | None) -> list[Sentence]:
    """Say which classes freezing helps and hurts; the main part says it of other changes."""
    if run is None or run.experiment.section != "freezing":
        return []
    return class_effects(view, run.id)

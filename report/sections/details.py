"""The appendix of further results: courses of training, grids pair by pair, filters, sizes."""

from report.evidence.display_names import pair_word
from report.evidence.homework import IN_APPENDIX, RECIPE, STARTS
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Parts, Sentence, parts
from report.evidence.study_sections import (
    axes_of,
    base_of,
    grids_of,
    held,
    is_homework,
    is_sampled,
    sections,
    shown_run,
)
from report.evidence.study_sections import own_experiments as own_experiments_of
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
from report.figures.views import Figure, Gallery
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
from report.sections import SECTIONS, freezing, networks, runs
from report.sections.own import grid_key
from report.sections.view import Block, SectionView
from report.sections.without_result import has_result, own_experiments, showing_results
from report.tables.class_changes import class_changes_table
from report.tables.grids import grid_pairs
from report.tables.likely_labels import labels_table
from report.tables.looks import looks_table
from report.tables.mistakes import hardest
from report.tables.results import freeze_counts, sizes
from report.tables.score_metrics import score_metrics
from report.tables.suspects import suspects_table
from report.tables.views import Table
from training.records import Experiment, StudySection


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
    headings: dict[str, Parts] = {}
    for section in sections(view).values():
        if section.name not in left_out:
            for grid in grids_of(view, section):
                headings |= _grid(view, grid, figures, tables, findings)
    kept = [section for section in sections(view).values() if section.name not in left_out]
    filters = filter_gallery(view)
    shown = _is_there(kept, "transfer") if is_homework(view) else isinstance(filters, Gallery)
    if shown:
        figures["filters"] = filters
        findings["first_layer"] = tuple(first_layer_change(view))
    if _is_there(kept, "freezing"):
        tables["counts"] = freeze_counts(view, _held(view, kept, "freezing"))
    if _is_there(kept, "networks"):
        models = _held(view, kept, "networks")
        slug = next(section.name for section in kept if section.kind == "networks")
        tables["sizes"] = sizes(view, models)
        figures["parameters"] = parameter_bars(view, f"{slug}-parameters", models, "network")
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
        facts=headings,
        figures=figures,
        tables=tables,
        blocks=tuple(_courses(view)),
    )


def _grid(
    view: StudyView,
    grid: str,
    figures: dict[str, Figure],
    tables: dict[str, Table],
    findings: dict[str, tuple[Sentence, ...]],
) -> dict[str, Parts]:
    """Add what the appendix shows of a grid; return its heading."""
    ranked = view.ranked(grid)
    key = grid_key(grid)
    if not ranked or key in tables:
        return {}
    if len(axes_of(view, grid)) == 2 and not is_sampled(view, grid):
        figures[key] = grid_courses(view, grid)
    tables[key] = grid_pairs(view, grid)
    findings[key] = (
        *best_pair(view, grid),
        *sensitivity(view, grid),
        *troubled_pairs(view, grid),
        *how_they_ended(view, grid),
    )
    if grid in STARTS and is_homework(view):
        return {key: parts(f"Every pair {STARTS[grid]}")}
    return {key: parts(f"Every {pair_word(ranked[0])} of ", Code(grid))}


def _is_there(kept: list[StudySection], kind: str) -> bool:
    return any(section.kind == kind for section in kept)


def _held(view: StudyView, kept: list[StudySection], kind: str) -> list[Experiment]:
    """Return the models of all sections of a kind, each once."""
    found = {e.id: e for section in kept if section.kind == kind for e in held(view, section)}
    return list(found.values())


def _left_out(view: StudyView) -> set[str]:
    """Return the sections that are left out, and those that have no result yet."""
    empty = (slug for slug in showing_results(view) if own_experiments(slug, view))
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
    kept = [section for section in sections(view).values() if section.name not in left_out]
    ids = dict.fromkeys(id_ for section in kept for id_ in _not_drawn(view, section))
    return [_course(view, id_) for id_ in ids if view.run(id_) is not None]


def _not_drawn(view: StudyView, section: StudySection) -> list[str]:
    """Return the models of a section whose course it doesn't draw itself."""
    own = [experiment.id for experiment in own_experiments_of(view, section)]
    if not is_homework(view):
        shown = shown_run(view, section) if section.kind not in UNDRAWN else ""
        return [id_ for id_ in own if id_ != shown]
    if section.kind == "freezing":
        return list(freezing.strategies(view).values())
    return own if section.kind == "networks" else list(IN_APPENDIX.get(section.name, ()))


UNDRAWN = ("freezing", "networks", "text")
"""Kinds of sections that draw no course."""


def _course(view: StudyView, experiment_id: str) -> Block:
    run = view.run(experiment_id)
    course = runs.course_from_random if experiment_id == RECIPE else runs.course
    return Block(
        title=parts(Name(view.name(experiment_id))),
        figure=curves(view, experiment_id),
        findings=(
            _setup(view, run),
            (*course(view, experiment_id), *_gap(view, run), *_classes(view, run)),
        ),
    )


def _kind(view: StudyView, run: Run | None) -> str:
    """Return the kind of the section that a run belongs to."""
    section = sections(view).get(run.experiment.section) if run is not None else None
    return section.kind if section is not None else ""


def _setup(view: StudyView, run: Run | None) -> tuple[Sentence, ...]:
    """Say what was trained, where that is another part of the network, or another network."""
    kind = _kind(view, run)
    if run is None or kind not in ("freezing", "networks"):
        return ()
    return tuple(what_is_trained(run) if kind == "freezing" else networks.setup(view, run))


def _gap(view: StudyView, run: Run | None) -> list[Sentence]:
    """Say whether freezing moved train and validation apart."""
    if run is None or _kind(view, run) != "freezing":
        return []
    return gap_against(view, run.id, base_of(view, sections(view)[run.experiment.section]))


def _classes(view: StudyView, run: Run | None) -> list[Sentence]:
    """Say which classes freezing helps and hurts; the main part says it of other changes."""
    if run is None or _kind(view, run) != "freezing" or not is_homework(view):
        return []
    return class_effects(view, run.id)

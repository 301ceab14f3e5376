"""What a study's sections consist of: their experiments, their grids, what is held against what."""

from typing import Any

from report.evidence.homework import RECIPE, SHOWN, UNCHANGED
from report.evidence.load import StudyView
from report.evidence.once import once
from report.evidence.run import Run
from training.records import Experiment, Search, StudyGrid, StudySection, rank
from training.study import HEATMAPS, shown_sections


def sections(view: StudyView) -> dict[str, StudySection]:
    """Return the sections of a study that its report shows, by name, in order."""
    return shown_sections(view.study.sections)


def of_kind(view: StudyView, *kinds: str) -> list[StudySection]:
    """Return a study's sections of some kinds."""
    return [section for section in sections(view).values() if section.kind in kinds]


def is_homework(view: StudyView) -> bool:
    """Tell whether a study has the homework's sections, with words of their own."""
    return not view.study.sections


def grids_of(view: StudyView, section: StudySection) -> tuple[str, ...]:
    """Return the grids that a section shows."""
    own = (grid.id for grid in view.study.grids if grid.id.partition("/")[0] == section.name)
    return section.grids or tuple(own)


@once
def all_grids(view: StudyView) -> tuple[str, ...]:
    """Return the grids that the report shows, each once."""
    found = (grid for section in sections(view).values() for grid in grids_of(view, section))
    return tuple(dict.fromkeys(found))


def grid_record(view: StudyView, grid: str) -> StudyGrid | None:
    """Return what a study's record says of its own grid; None of the homework's."""
    return next((found for found in view.study.grids if found.id == grid), None)


def search_of(view: StudyView, grid: str) -> Search | None:
    """Return how a grid's members were chosen from results; None where they weren't."""
    record = grid_record(view, grid)
    return record.search if record is not None else None


def axes_of(view: StudyView, grid: str) -> dict[str, list[Any]]:
    """Return the fields in which a grid's members differ, each with its values.

    Rates are in falling order, as heatmaps show them from the top; others are as they are listed.
    """
    known = _axes_by_grid(view)
    if grid not in known:
        known[grid] = _axes(view, grid)
    return {name: list(values) for name, values in known[grid].items()}


@once
def _axes_by_grid(view: StudyView) -> dict[str, dict[str, list[Any]]]:
    return {}


def _axes(view: StudyView, grid: str) -> dict[str, list[Any]]:
    record, members = grid_record(view, grid), view.group(grid)
    names = tuple(record.axes) if record is not None else ("learning_rate", "optimizer")
    found = {name: [getattr(e, name, None) for e in members] for name in names}
    axes = {name: list(dict.fromkeys(map(_fixed, found[name]))) for name in names}
    if record is None:
        axes = {name: [value for value in axes[name] if value is not None] for name in names}
    rates = axes.get("learning_rate", [])
    rates.sort(key=lambda value: value or 0.0, reverse=True)
    return axes


def plain_run(view: StudyView) -> Run | None:
    """Return a run of the study's network as it is, whose parts are counted.

    None in a study of one's own with several networks.
    """
    if is_homework(view):
        return view.run(RECIPE)
    if len({e.model for e in view.study.experiments}) > 1:
        return None
    plain = (run for e in view.listed if not e.head and (run := view.run(e.id)) is not None)
    return next(plain, None)


def is_sampled(view: StudyView, grid: str) -> bool:
    """Tell whether a grid's members were drawn, or are too many or too different for heatmaps."""
    record = grid_record(view, grid)
    if record is None:
        return False
    too_many = len(view.group(grid)) > MOST_CELLS
    return record.sample > 0 or len(record.axes) > MOST_AXES or too_many


MOST_AXES = 3
MOST_CELLS = 1000
"""Of a heatmap: more can't be told apart."""


def value_in(experiment: Experiment, name: str) -> Any:
    """Return an experiment's value of a field, so that it can be compared with others."""
    return _fixed(getattr(experiment, name, None))


def _fixed(value: Any) -> Any:
    """Return what can be looked up by: a list as a tuple, a table as its text."""
    if isinstance(value, list | tuple):
        return tuple(map(_fixed, value))
    return str(value) if isinstance(value, dict) else value


def own_experiments(view: StudyView, section: StudySection) -> list[Experiment]:
    """Return a section's experiments that aren't members of a grid that the report shows."""
    return list(_outside_grids(view).get(section.name, ()))


@once
def _outside_grids(view: StudyView) -> dict[str, list[Experiment]]:
    """Return the experiments of each section that no grid that the report shows has."""
    members = {e.id for grid in all_grids(view) for e in view.group(grid)}
    found: dict[str, list[Experiment]] = {}
    for experiment in view.listed:
        if experiment.id not in members:
            found.setdefault(experiment.section, []).append(experiment)
    return found


def base_of(view: StudyView, section: StudySection) -> str:
    """Return the id of what a section's models are held against; empty where there is none.

    It is the one that the section names, the base of the first pair that it compares, or its first
    tested model. Augmentation is held against a run of its own without, where that was tested: it
    may have been trained for as many epochs.
    """
    own = own_experiments(view, section)
    if section.kind == "augmentation":
        plain = (e.id for e in own if e.augmentation == "none" and view.tested(e.id))
        if is_homework(view):
            plain = (e.id for e in own if e.id == UNCHANGED and view.tested(e.id))
        if (found := next(plain, None)) is not None:
            return found
    named = (base for base, _ in section.compare if base in {e.id for e in own})
    tested = (e.id for e in own if e.test)
    return section.against or next(named, "") or next(tested, "")


def held(view: StudyView, section: StudySection) -> list[Experiment]:
    """Return a section's models, what they are held against before them if that is another's."""
    own = own_experiments(view, section)
    if section.kind in ("runs", "grid", "transfer", "comparison"):
        own = [experiment for experiment in own if experiment.test]
    listed = [*(base for base, _ in section.compare), *(other for _, other in section.compare)]
    others = [e for id_ in (section.against, *listed) if (e := view.experiment(id_)) is not None]
    found = {e.id: e for e in [*others, *own]}
    if section.kind == "runs":
        order = {e.id: place for place, e in enumerate(view.study.experiments)}
        return sorted(found.values(), key=lambda e: order[e.id])
    return list(found.values())


def shown_run(view: StudyView, section: StudySection) -> str:
    """Return the id of the experiment whose course a section draws; empty where it has none.

    Of a study of one's own it is the tested one with the highest validation accuracy.
    """
    if is_homework(view):
        return SHOWN.get(section.name, "")
    tested = [experiment.id for experiment in own_experiments(view, section) if experiment.test]
    finished = [id_ for id_ in tested if view.run(id_) is not None]
    if not finished:
        return next(iter(tested), "")
    return min(finished, key=lambda id_: rank([run.metrics for run in view.finished(id_)]))


def members_of(view: StudyView, section: StudySection) -> list[Experiment]:
    """Return all experiments that a section is about, without those it holds them against."""
    in_grids = [e for grid in grids_of(view, section) for e in view.group(grid)]
    if section.name == HEATMAPS.name and is_homework(view):
        return in_grids
    own = own_experiments(view, section)
    if section.kind == "transfer" and is_homework(view):
        return own
    listed = {e.id: e for e in [*view.section(section.name), *in_grids]}
    return list(listed.values())

"""Records that answer another question than the study's list asks now."""

from typing import Any

import msgspec

from report.evidence.load import StudyView
from report.evidence.once import once, once_a_run
from report.evidence.run import Run
from report.evidence.sentences import Code, Parts, Sentence, say
from report.evidence.very_many import count_of, some_of
from training.records import (
    GRID_FIELDS,
    NO_OPTIONS,
    RECIPE,
    Experiment,
    optimizer_fields,
    value_of,
)


def settings_notices(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Say where records have other settings than the study's list and its settings ask for."""
    outdated = _outdated(view)
    stale = [view.runs(e.id)[0] for e in experiments if e.id in outdated] if outdated else []
    if not stale:
        return []
    told = some_of(view, stale, lambda run: _with_fields(view, run), count_of(view, "/seed"))
    return [
        say("Stale: ran with other settings than the study’s list asks for now: ",
            told, ". ",
            Code("homework run-all"), " brings them up to date.", strength="gap")
    ]  # fmt: skip


@once
def _outdated(view: StudyView) -> frozenset[str]:
    """Return the experiments with runs that aren't what the list asks for."""
    return frozenset(e.id for e in view.study.experiments if changed_of(view, e))


def _with_fields(view: StudyView, run: Run) -> Parts:
    changed = changed_of(view, run.experiment)
    return say(Code(run.id), f" ({', '.join(name.replace('_', ' ') for name in changed)})").parts


def changed_of(view: StudyView, experiment: Experiment) -> tuple[str, ...]:
    """Return the fields in which an experiment's runs aren't what the list asks for."""
    runs = view.runs(experiment.id)
    return tuple(dict.fromkeys(name for run in runs for name in changed_settings(view, run)))


@once_a_run
def changed_settings(view: StudyView, run: Run) -> list[str]:
    """Return the fields of a run's spec that aren't what the list asks for."""
    spec = run.metrics.spec
    if spec is None or not run.finished:
        return []
    return [name for name, wanted in _wanted(view, run).items() if getattr(spec, name) != wanted]


def _wanted(view: StudyView, run: Run) -> dict[str, Any]:
    """Return what the study asks of a run, as far as no choice or file of weights decides it."""
    settings, spec = view.study.settings, run.metrics.spec
    experiment: Experiment | None = run.experiment
    if experiment is not None and experiment.role == "reuse":
        experiment = view.experiment(run.metrics.reused_from or "")
    if experiment is None or spec is None:
        return {}
    selected = run.metrics.selected
    chosen = view.experiment(selected.id) if selected is not None else None
    experiment = _taking_over(experiment, chosen)
    batch_size = experiment.batch_size or settings.batch_size
    wanted: dict[str, Any] = {
        "model": experiment.model,
        "head": experiment.head,
        "width": settings.width,
        "freeze": experiment.freeze,
        "augmentation": experiment.augmentation,
        "image_size": experiment.image_size or settings.image_size,
        "optimizer_options": NO_OPTIONS,
        **optimizer_fields(spec.optimizer, experiment, settings, chosen),
        "step_size": experiment.step_size or settings.step_size,
        "gamma": _or(experiment.gamma, settings.gamma),
        "batch_size": batch_size,
        **{name: value_of(name, experiment, settings) for name in RECIPE},
    }
    if experiment.epochs or settings.epochs:
        wanted["epochs"] = experiment.epochs or settings.epochs
    if experiment.optimizer:
        wanted["optimizer"] = experiment.optimizer
    if experiment.learning_rate and not experiment.scale_learning_rate:
        wanted["learning_rate"] = experiment.learning_rate
    return wanted


def _taking_over(experiment: Experiment, chosen: Experiment | None) -> Experiment:
    """Return an experiment with the fields that its choice names, of the chosen grid member."""
    choice = experiment.choice
    if choice is None or chosen is None or choice.fields is msgspec.UNSET:
        return experiment
    taken = {name: getattr(chosen, name) for name in choice.fields if name in GRID_FIELDS}
    return msgspec.structs.replace(experiment, **taken)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value

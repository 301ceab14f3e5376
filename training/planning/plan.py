"""What would run, what is done, and why. Resolves choices from records; imports no torch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import msgspec

from training.data.geometry import resize_size
from training.errors import HomeworkError
from training.garbage import not_collecting
from training.lookup import unknown_name
from training.plurals import counted
from training.records import (
    GRID_FIELDS,
    RECIPE,
    Choice,
    Dataset,
    Experiment,
    Metrics,
    Rank,
    Selected,
    Settings,
    Spec,
    StudyFolder,
    StudyGrid,
    StudyRecord,
    defaults_of_spec,
    matches_group,
    optimizer_fields,
    rank,
    read_if_there,
    value_of,
)
from training.study.rounds import member_id, settled, told_in_words
from training.weights.source import WeightsSource, weights_source

FAILED = "failed"
"""What is wrong with a member of a grid that counts as run all the same."""

State = Literal["done", "to do", "stale", "waiting", "skipped"]

PENDING: tuple[State, ...] = ("to do", "stale", "waiting")
"""States of what `run-all` would run."""


@dataclass(frozen=True)
class Step:
    """One run of the list and what the records say of it.

    Attributes:
        state: `done`: the record answers the spec. `to do`: no record, or a failed or skipped
            one. `stale`: the record answers another spec or data set. `waiting`: its choice isn't
            made yet. `skipped`: it can't run here.
        reason: Why, in a few words.
        spec: The complete spec, once everything it depends on is known.
    """

    experiment: Experiment
    seed: int
    state: State
    reason: str
    spec: Spec | None = None
    selected: Selected | None = None
    weights: WeightsSource | None = None


@dataclass(frozen=True)
class _Seen:
    """What was found out while steps were resolved: the same records answer several questions."""

    steps: dict[tuple[str, int], Step] = field(default_factory=dict)
    results: dict[tuple[str, int], Metrics] = field(default_factory=dict)
    ranked: dict[str, list[tuple[Rank, Experiment]] | str] = field(default_factory=dict)


class Plan:
    """The study's list held against its records.

    Args:
        study: The experiment list and its settings.
        folder: Where the records are.
        fingerprint: The data set's, when known; records of another one are stale.
        others: Those of further data sets, by name, when known.
    """

    def __init__(
        self,
        study: StudyRecord,
        folder: StudyFolder,
        fingerprint: str | None = None,
        others: Mapping[str, str] | None = None,
    ) -> None:
        self.study = study
        self.folder = folder
        self.fingerprint = fingerprint
        self.others = others or {}
        self._seen: _Seen | None = None

    @property
    def seeds(self) -> range:
        return self.study.settings.run_seeds

    def step(self, experiment: Experiment, seed: int) -> Step:
        """Resolve one run and hold it against its record."""
        if self._seen is None:
            return self._step(experiment, seed)
        key = experiment.id, seed
        if key not in self._seen.steps:
            self._seen.steps[key] = self._step(experiment, seed)
        return self._seen.steps[key]

    def _step(self, experiment: Experiment, seed: int) -> Step:
        selected: Selected | None = None
        source: Experiment | None = None
        if experiment.choice is not None:
            choice = self.select(experiment.choice)
            if isinstance(choice, str):
                return Step(experiment, seed, "waiting", choice)
            selected, source = choice
        try:
            base = source if experiment.role == "reuse" and source else experiment
            spec, weights = resolve(base, self.study.settings, seed, source)
        except HomeworkError as error:
            return Step(experiment, seed, "skipped", str(error), selected=selected)
        state, reason = self._judge(experiment, seed, spec, selected)
        return Step(experiment, seed, state, reason, spec, selected, weights)

    def steps(self, experiments: Iterable[Experiment]) -> list[Step]:
        """Resolve the runs of experiments, each run and each choice once."""
        self._seen = _Seen()
        try:
            with not_collecting():
                return [self.step(each, seed) for each in experiments for seed in self.seeds]
        finally:
            self._seen = None  # the next time records may be others

    def lacks_network(self, step: Step) -> bool:
        """Tell whether a run is done and was tested, but its network wasn't kept or is gone."""
        if step.state != "done" or not step.experiment.test:
            return False
        record = self.record(step.experiment.id, step.seed)
        tested = record is not None and record.test is not None
        return tested and not self.folder.model(step.experiment.id, step.seed).is_file()

    def to_keep_networks(self, steps: Iterable[Step]) -> list[Step]:
        """Return steps as they are where every tested network is wanted: what lacks it must run."""
        return [
            replace(step, state="to do", reason="its network wasn't kept")
            if self.lacks_network(step)
            else step
            for step in steps
        ]

    def record(self, experiment_id: str, seed: int) -> Metrics | None:
        """Return a run's record, or None where there is none that can be read."""
        return read_if_there(self.folder.metrics(experiment_id, seed), Metrics)

    def group(self, prefix: str) -> list[Experiment]:
        """Return the experiments of a grid."""
        return [e for e in self.study.experiments if matches_group(e.id, prefix)]

    def select(self, choice: Choice) -> tuple[Selected, Experiment] | str:
        """Rank a grid, see `_ranked`, and return what a choice takes of it.

        Returns:
            The choice and the chosen experiment, or why there is none yet.
        """
        finished = self._ranked(choice.grid)
        if isinstance(finished, str):
            return finished
        if len(finished) < choice.rank:
            return f"{choice.grid} has {counted(len(finished), 'finished run')}"
        chosen = finished[choice.rank - 1][1]
        selected = Selected(
            grid=choice.grid,
            id=chosen.id,
            rank=choice.rank,
            candidates=[experiment.id for _, experiment in finished],
            validation_accuracy=[-key[0] for key, _ in finished],
        )
        return selected, chosen

    def _ranked(self, grid: str) -> list[tuple[Rank, Experiment]] | str:
        if self._seen is None:
            return self._rank(grid)
        if grid not in self._seen.ranked:
            self._seen.ranked[grid] = self._rank(grid)
        return self._seen.ranked[grid]

    def _rank(self, grid: str) -> list[tuple[Rank, Experiment]] | str:
        """Rank a grid by best-epoch validation accuracy, never by the test set.

        Ties go to the lower validation loss, then the smaller learning rate. Several seeds count
        by their mean.

        Returns:
            The members that finished, the best first, or why they can't be ranked yet.
        """
        ranked: list[tuple[Rank, Experiment]] = []
        for experiment in self.group(grid):
            records = self.finished(experiment)
            if isinstance(records, str):
                if records != FAILED:
                    return f"{experiment.id} {records}"
                continue
            ranked.append((rank(records), experiment))
        if unsettled := self.unsettled(grid):
            return unsettled
        ranked.sort(key=lambda item: item[0])
        return ranked

    def finished(self, experiment: Experiment) -> list[Metrics] | str:
        """Return the records that answer a grid member, of all seeds, or what is wrong with one."""
        records = []
        for seed in self.seeds:
            record = self._finished(experiment, seed)
            if isinstance(record, str):
                return record
            records.append(record)
        return records

    def results(self, grid: StudyGrid) -> list[float | str | None]:
        """Return what the sampler of a grid is told of each member known, in order.

        That is the validation accuracy, the mean over seeds; None if the run failed; or why there
        is no result.
        """
        by_id = {experiment.id: experiment for experiment in self.group(grid.id)}
        found: list[float | str | None] = []
        for number in range(1, grid.n_chosen + 1):
            member = by_id.get(member_id(grid, number))
            records = self.finished(member) if member is not None else "isn’t in the list"
            if isinstance(records, str):
                found.append(None if records == FAILED else records)
            else:
                found.append(-rank(records)[0])
        return found

    def unsettled(self, grid_id: str) -> str:
        """Say what keeps a grid from being complete whose members are chosen from results."""
        grid = next((grid for grid in self.study.grids if grid.id == grid_id), None)
        if grid is None or grid.search is None:
            return ""
        n = settled(grid, self.results(grid))
        if n < grid.n_chosen:
            return f"{member_id(grid, n + 1)} was chosen from other results than there are now"
        return f"{grid_id} has {told_in_words(grid)}" if grid.to_come else ""

    def _finished(self, experiment: Experiment, seed: int) -> Metrics | str:
        """Return the record that answers a grid member, or what is wrong with it."""
        step = self.step(experiment, seed)
        if step.state == "done":
            key = experiment.id, seed
            if self._seen is not None and key in self._seen.results:
                return self._seen.results[key]
            record = self.record(experiment.id, seed)
            assert record is not None
            return record
        if step.state == "skipped":
            return f"is skipped: {step.reason}"
        record = self.record(experiment.id, seed)
        if record is not None and step.state == "to do":
            if record.status == "failed":
                return FAILED
            return f"is skipped: {record.error}" if record.error else f"is {record.status}"
        return "is stale" if step.state == "stale" else "has not run"

    def _judge(
        self, experiment: Experiment, seed: int, spec: Spec, selected: Selected | None
    ) -> tuple[State, str]:
        record = self.record(experiment.id, seed)
        if record is None:
            return "to do", "no record"
        if record.status in ("failed", "skipped"):
            return "to do", f"{record.status} last time"
        if self.fingerprint is not None and record.dataset_fingerprint != self.fingerprint:
            return "stale", "the data set has changed"
        if record.spec_hash != spec.digest():
            return "stale", _difference(record, spec, selected)
        if record.status == "diverged" and record.format < 2 and (record.best_epoch or 0) > 1:
            return (
                "stale",
                "it diverged, and an older version recorded its last epoch instead of its best",
            )
        if experiment.test and record.test is None:
            return "to do", "not tested yet"
        if missing := _not_tested_with(experiment, record):
            return "to do", f"not tested with {', '.join(missing)} yet"
        if missing := _not_tested_on(experiment, record):
            return "to do", f"not tested on {', '.join(missing)} yet"
        if changed := self._changed_others(experiment, record):
            return "stale", f"the pictures of {', '.join(changed)} have changed"
        if experiment.role == "reuse" and not self._repeats_its_source(record, selected, seed):
            return "stale", "its source ran again"
        self._keep(experiment.id, seed, record, spec)
        return "done", f"ran {record.finished_at}".strip()

    def _changed_others(self, experiment: Experiment, record: Metrics) -> list[str]:
        """Return the further data sets that are others than those that a record speaks of."""
        return [
            test.pictures
            for test in record.other_tests or ()
            if test.pictures in experiment.test_on
            and self.others.get(test.pictures, test.fingerprint) != test.fingerprint
        ]

    def _keep(self, name: str, seed: int, record: Metrics, spec: Spec) -> None:
        """Keep what a grid is ranked by, of one that a choice rests on."""
        if self._seen is not None and any(matches_group(name, g) for g in self._chosen_from):
            self._seen.results[name, seed] = Metrics(
                id=record.id, section=record.section, seed=record.seed, status=record.status,
                spec=spec, spec_hash=record.spec_hash, validation=record.validation,
                dataset_fingerprint=record.dataset_fingerprint,
            )  # fmt: skip

    @cached_property
    def _chosen_from(self) -> frozenset[str]:
        chosen = {e.choice.grid for e in self.study.experiments if e.choice is not None}
        return frozenset(chosen | {grid.id for grid in self.study.grids if grid.search is not None})

    def _repeats_its_source(self, record: Metrics, selected: Selected | None, seed: int) -> bool:
        if selected is None or record.reused_from != selected.id:
            return False
        source = self.record(selected.id, seed)
        return source is not None and (
            (source.validation, source.train_seconds, source.finished_at)
            == (record.validation, record.train_seconds, record.finished_at)
        )

    def with_dependencies(self, experiments: Sequence[Experiment]) -> list[Experiment]:
        """Add the grids that the experiments' choices come from, in the list's order."""
        wanted = {experiment.id for experiment in experiments}
        for experiment in experiments:
            if experiment.choice is not None:
                wanted |= {member.id for member in self.group(experiment.choice.grid)}
        return [experiment for experiment in self.study.experiments if experiment.id in wanted]


def _not_tested_with(experiment: Experiment, record: Metrics) -> list[str]:
    """Return the changes of test pictures that an experiment asks for and its record lacks."""
    if record.test is None:
        return []
    there = {test.change for test in record.changed_tests or ()}
    return [change for change in experiment.test_with if change not in there]


def _not_tested_on(experiment: Experiment, record: Metrics) -> list[str]:
    """Return the further data sets that an experiment asks for and its record lacks."""
    if record.test is None:
        return []
    there = {test.pictures for test in record.other_tests or ()}
    return [name for name in experiment.test_on if name not in there]


def fingerprints_of(dataset: Dataset) -> dict[str, str]:
    """Return those of the further data sets that a record speaks of, by name."""
    return {other.name: other.fingerprint for other in dataset.other_pictures or ()}


def _difference(record: Metrics, spec: Spec, selected: Selected | None) -> str:
    if record.spec is None:
        return "the record has no spec"
    changed = [
        name for name in spec.__struct_fields__ if getattr(record.spec, name) != getattr(spec, name)
    ]
    reason = f"{', '.join(changed)} changed"
    if selected is not None and record.selected is not None and record.selected.id != selected.id:
        reason = f"{selected.grid} now chooses {selected.id}"
    return reason


def resolve(
    experiment: Experiment, settings: Settings, seed: int, chosen: Experiment | None = None
) -> tuple[Spec, WeightsSource]:
    """Fill in everything an experiment leaves to its choice or to the study's settings.

    Args:
        chosen: The grid member that its choice takes fields from.

    Raises:
        StudyError: Its choice names a field that no grid can vary.
        WeightsError: Weights that were named aren't there.
    """
    experiment = _taking_over(experiment, chosen)
    image_size = experiment.image_size or settings.image_size
    source = weights_source(experiment, settings, image_size)
    batch_size = experiment.batch_size or settings.batch_size
    optimizer = experiment.optimizer or (chosen.optimizer if chosen else None) or "sgd"
    rate = experiment.learning_rate or (chosen.learning_rate if chosen else None) or 1e-3
    if experiment.scale_learning_rate:
        rate = rate * batch_size / settings.batch_size
    spec = Spec(
        model=experiment.model,
        head=experiment.head,
        width=settings.width,
        weights=source.label,
        weights_digest=source.digest,
        freeze=experiment.freeze,
        augmentation=experiment.augmentation,
        normalisation="dataset" if source.label == "none" else "weights",
        mean=experiment.mean,
        std=experiment.std,
        image_size=image_size,
        resize_size=resize_size(image_size),
        optimizer=optimizer,
        learning_rate=rate,
        step_size=experiment.step_size or settings.step_size,
        gamma=_or(experiment.gamma, settings.gamma),
        epochs=experiment.epochs or settings.epochs or 30,
        batch_size=batch_size,
        seed=seed,
        **optimizer_fields(optimizer, experiment, settings, chosen),
        **_recipe(experiment, settings),
        folds=settings.folds,
        fold=settings.fold_of(seed),
        train_per_class=experiment.train_per_class,
    )
    return spec, source


def _taking_over(experiment: Experiment, chosen: Experiment | None) -> Experiment:
    """Return an experiment with the fields that its choice names, of the chosen grid member."""
    choice = experiment.choice
    if choice is None or chosen is None or choice.fields is msgspec.UNSET:
        return experiment  # learning rate and optimizer are filled in where it has none
    for name in choice.fields:
        if name not in GRID_FIELDS:
            raise unknown_name(f"field that {experiment.id} takes over:", name, GRID_FIELDS)
    taken = {name: getattr(chosen, name) for name in choice.fields}
    return msgspec.structs.replace(experiment, **taken)


def _recipe(experiment: Experiment, settings: Settings) -> dict[str, Any]:
    """Return the fields of `RECIPE` that haven't their default, with which records omit them."""
    defaults = defaults_of_spec()
    values = {name: value_of(name, experiment, settings) for name in RECIPE}
    return {name: value for name, value in values.items() if value != defaults[name]}


def _or(value: float | None, default: float) -> float:
    return default if value is None else value

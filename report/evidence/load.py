"""Read a study's records into one typed view. Whatever lies under `runs/` is untrusted."""

import gc
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from report.errors import ReportError
from report.evidence.display_names import names_of
from report.evidence.numbers import Quantity, resolve
from report.evidence.record_files import MANY, Read, by_experiment, read_files
from report.evidence.run import Run
from report.evidence.sentences import counted
from training.garbage import not_collecting
from training.records import (
    Dataset,
    Experiment,
    Metrics,
    StudyFolder,
    StudyRecord,
    matches_group,
    rank,
    read,
    read_if_there,
)


class StudyView:
    """A study and what its records say, by experiment and seed.

    Attributes:
        other_words: Whether `study` has texts from a study file that `study.json` doesn't have.
    """

    other_words = False

    def __init__(
        self,
        folder: StudyFolder,
        study: StudyRecord,
        dataset: Dataset | None,
        runs: dict[str, list[Run]],
        prefix: str = "",
        names: dict[str, str] | None = None,
    ) -> None:
        self.prefix = prefix
        self._known_names = names
        self.folder = folder
        self.study = study
        self.dataset = dataset
        self._runs = runs
        self._groups: dict[str, list[Experiment]] = {}
        self._rankings: dict[str, list[Run]] = {}
        self._finished: dict[str, list[Run]] = {}
        self._tested: dict[str, list[Run]] = {}
        self.recalled: dict[str, int] = {}

    @cached_property
    def files(self) -> dict[str, Read]:
        """What is known of the content of the study's records, by their paths in it, in order."""
        return read_files(self.folder.path)

    @cached_property
    def digests(self) -> dict[str, bytes]:
        """A digest of the records of each experiment's runs."""
        return by_experiment(self.files)

    def runs(self, experiment_id: str) -> list[Run]:
        """Return an experiment's runs that left a record, by rising seed."""
        return self._runs.get(experiment_id, [])

    def run(self, experiment_id: str) -> Run | None:
        """Return the first seed's run that finished, or None."""
        return next((run for run in self.runs(experiment_id) if run.finished), None)

    def finished(self, experiment_id: str) -> list[Run]:
        if experiment_id not in self._finished:
            runs = self.runs(experiment_id)
            self._finished[experiment_id] = [run for run in runs if run.finished]
        return self._finished[experiment_id]

    def tested(self, experiment_id: str) -> list[Run]:
        if experiment_id not in self._tested:
            finished = self.finished(experiment_id)
            self._tested[experiment_id] = [r for r in finished if r.metrics.test is not None]
        return self._tested[experiment_id]

    def name(self, experiment_id: str) -> str:
        """Return what the report calls an experiment; its id where the study doesn't list it."""
        return self.names.get(experiment_id, experiment_id)

    @cached_property
    def names(self) -> dict[str, str]:
        """What the report calls each experiment of the list."""
        return names_of(self.study) if self._known_names is None else self._known_names

    def experiment(self, experiment_id: str) -> Experiment | None:
        return self._by_id.get(experiment_id)

    @cached_property
    def _by_id(self) -> dict[str, Experiment]:
        return {experiment.id: experiment for experiment in reversed(self.study.experiments)}

    def section(self, slug: str) -> list[Experiment]:
        """Return a section's experiments; extras only when they left a record or were asked for."""
        return list(self._by_section.get(slug, ()))

    @cached_property
    def _by_section(self) -> dict[str, list[Experiment]]:
        found: dict[str, list[Experiment]] = {}
        for experiment in self.listed:
            found.setdefault(experiment.section, []).append(experiment)
        return found

    @cached_property
    def listed(self) -> list[Experiment]:
        """All experiments that the report speaks of."""
        extras = self.study.settings.extras
        return [e for e in self.study.experiments if extras or not e.extra or self.runs(e.id)]

    def group(self, prefix: str) -> list[Experiment]:
        """Return the members of a grid such as `transfer/grid`."""
        if prefix not in self._groups:
            members = [e for e in self.study.experiments if matches_group(e.id, prefix)]
            self._groups[prefix] = members
        return list(self._groups[prefix])

    def ranked(self, prefix: str) -> list[Run]:
        """Return a grid's finished runs (first seed), best first; see `training.records.rank`.

        A member that failed with any seed isn't ranked.
        """
        if prefix not in self._rankings:
            members = [runs for e in self.group(prefix) if (runs := self._ranked_runs(e.id))]
            members.sort(key=lambda runs: rank([run.metrics for run in runs]))
            self._rankings[prefix] = [runs[0] for runs in members]
        return list(self._rankings[prefix])

    def _ranked_runs(self, experiment_id: str) -> list[Run]:
        failed = any(run.metrics.status == "failed" for run in self.runs(experiment_id))
        return [] if failed else self.finished(experiment_id)

    def all_runs(self) -> Iterator[Run]:
        for runs in self._runs.values():
            yield from runs

    def study_number(self, pointer: str) -> Quantity:
        return Quantity(resolve(self.study, pointer), f"{self.prefix}study.json#{pointer}")

    def dataset_number(self, pointer: str) -> Quantity:
        return Quantity(resolve(self.dataset, pointer), f"{self.prefix}dataset.json#{pointer}")


def load_study(path: Path, prefix: str = "") -> StudyView:
    """Read `runs/<study>` and hold every record to what it claims to be.

    Args:
        prefix: What the sources of its numbers begin with.

    Raises:
        RecordError: A record can't be read or has another format.
        ReportError: A record contradicts its place or its data set.
    """
    folder = StudyFolder(path)
    study = read(folder.study, StudyRecord)
    dataset = read_if_there(folder.dataset, Dataset)
    if dataset is not None:
        _check_dataset(folder.dataset, dataset)
    seeds = study.settings.run_seeds
    runs: dict[str, list[Run]] = {}
    names = names_of(study)
    alike = _Alike()
    with not_collecting():
        for experiment in study.experiments:
            wording = names[experiment.id], _axes(study, experiment)
            found = [_run(folder, experiment, seed, prefix, wording) for seed in seeds]
            runs[experiment.id] = [run for run in found if run is not None]
            for run in runs[experiment.id]:
                alike.share(run.metrics)
        if len(runs) >= MANY:
            gc.freeze()  # else each collection walks through all of them
    return StudyView(folder, study, dataset, runs, prefix, names)


class _Alike:
    """Lets records share what is the same in most of them: of very many that is half their room."""

    SHARED = ("environment", "parameters", "section", "dataset_fingerprint")
    MOST = 16
    """Different values that are looked through; more than a study of equal runs has."""

    def __init__(self) -> None:
        self._known: dict[str, list[Any]] = {name: [] for name in self.SHARED}

    def share(self, metrics: Metrics) -> None:
        for name, known in self._known.items():
            value = getattr(metrics, name)
            for other in known:
                if other == value:
                    msgspec.structs.force_setattr(metrics, name, other)
                    break
            else:
                if len(known) < self.MOST:
                    known.append(value)


def _run(
    folder: StudyFolder,
    experiment: Experiment,
    seed: int,
    prefix: str,
    wording: tuple[str, tuple[str, ...]],
) -> Run | None:
    path = folder.metrics(experiment.id, seed)
    metrics = read_if_there(path, Metrics)
    if metrics is None:
        return None
    if (metrics.id, metrics.seed) != (experiment.id, seed):
        raise ReportError(
            f"{path} is the record of {metrics.id}, seed {metrics.seed}; "
            f"expected {experiment.id}, seed {seed}.",
            f"Remove it and run `homework run {experiment.id}`.",
        )
    return Run(experiment, metrics, folder, prefix, *wording)


def _axes(study: StudyRecord, experiment: Experiment) -> tuple[str, ...]:
    """Return the fields of the grid that an experiment belongs to, or is chosen from."""
    chosen_from = experiment.choice.grid if experiment.choice else ""
    for grid in study.grids:
        if grid.id == chosen_from or matches_group(experiment.id, grid.id):
            return tuple(grid.axes)
    return ()


def _check_dataset(path: Path, dataset: Dataset) -> None:
    n_classes = len(dataset.classes)
    for split in ("train", "validation", "test"):
        counts, n_images = getattr(dataset.counts, split), getattr(dataset, f"n_{split}")
        problem = ""
        if len(counts) != n_classes:
            n_counted = counted(len(counts), "class", "classes")
            problem = f"{split} has counts of {n_counted}, the data set has {n_classes}"
        elif sum(counts) != n_images:
            problem = f"the {split} counts add up to {sum(counts)}, n_{split} is {n_images}"
        if problem:
            raise ReportError(
                f"{path} contradicts itself: {problem}.", "Remove it and rerun any experiment."
            )

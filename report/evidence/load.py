"""Read a study's records into one typed view. Whatever lies under `runs/` is untrusted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from report.errors import ReportError, unknown
from report.evidence.by_picture import with_columns
from report.evidence.display_names import homework_name, names_of
from report.evidence.numbers import Quantity, derive, resolve
from report.evidence.record_files import Read, read_files
from report.evidence.sentences import Quote, counted
from training.records import (
    SCORES_NAME,
    Curves,
    Dataset,
    Experiment,
    Metrics,
    Parameters,
    Predictions,
    ScoreFile,
    StudyFolder,
    StudyRecord,
    find_studies,
    matches_group,
    rank,
    read,
    read_if_there,
    read_scores,
)
from training.study import StudyFile


@lru_cache(maxsize=256)
def _unpacked(packed: bytes) -> Curves:
    return msgspec.msgpack.decode(packed, type=Curves)


class _KeptPacked:
    """A run's curves, unpacked whenever they are asked for, unless some are in the run itself."""

    def __get__(self, run: "Run", _: object = None) -> Curves | None:
        return None if run.packed_curves is None else _unpacked(run.packed_curves)


@dataclass(frozen=True)
class Run:
    """One experiment with one seed: its record, and the larger files beside it when asked for.

    Attributes:
        prefix: Stands before the sources of its numbers where there are several studies.
        called: What its study calls its experiment; empty for the homework's name.
        axes: The fields in which its study's own grid differs that it belongs to, or that it was
            chosen from.
    """

    experiment: Experiment
    metrics: Metrics
    folder: StudyFolder
    prefix: str = ""
    called: str = ""
    axes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the report calls its experiment."""
        return self.called or homework_name(self.experiment)

    @property
    def id(self) -> str:
        return self.metrics.id

    @property
    def path(self) -> str:
        """The run's folder relative to the study's."""
        return f"{self.id}/seed-{self.metrics.seed}"

    @property
    def finished(self) -> bool:
        """Whether the run trained to an end and has scores to show."""
        return self.metrics.status in ("done", "diverged") and self.metrics.validation is not None

    @property
    def parameters(self) -> Parameters | None:
        return self.metrics.parameters

    curves = _KeptPacked()

    @cached_property
    def packed_curves(self) -> bytes | None:
        """The curves in a quarter of their room: a study may have very many runs."""
        curves = _curves(self.folder.curves(self.id, self.metrics.seed), self.metrics)
        return None if curves is None else msgspec.msgpack.encode(curves)

    @cached_property
    def predictions(self) -> Predictions | None:
        return _predictions(self.folder.predictions(self.id, self.metrics.seed), self.metrics)

    @cached_property
    def scores(self) -> ScoreFile | None:
        """The log-probabilities of the tested network; None where none were kept."""
        path, kept = self.folder.scores(self.id, self.metrics.seed), self.metrics.scores
        return read_scores(path, kept) if kept is not None and path.exists() else None

    @property
    def training_time(self) -> Quantity:
        """Seconds of all epochs, and of computing cached features before them."""
        seconds = self.number("/train_seconds")
        if not self.metrics.cached_features:
            return seconds
        return derive("sum", seconds, self.number("/feature_seconds"))

    def number(self, pointer: str) -> Quantity:
        """Return a quantity from `metrics.json`."""
        return Quantity(
            resolve(self.metrics, pointer), f"{self.prefix}{self.path}/metrics.json#{pointer}"
        )

    def quote(self, pointer: str) -> Quote:
        """Return what `metrics.json` says in words."""
        number = self.number(pointer)
        return Quote(str(number.value), number.source)

    def curve(self, pointer: str) -> Quantity:
        """Return a quantity, or a whole list, from `curves.json`."""
        return Quantity(
            resolve(self.curves, pointer), f"{self.prefix}{self.path}/curves.json#{pointer}"
        )

    def prediction(self, pointer: str) -> Quantity:
        """Return a list from `predictions.json`."""
        return Quantity(
            resolve(self.predictions, pointer), self._source("predictions.json", pointer)
        )

    def score(self, split: Literal["test", "validation"]) -> Quantity:
        """Return the scores of a split, which operations take."""
        return Quantity(resolve(self.scores, f"/{split}"), self._source(SCORES_NAME, f"/{split}"))

    def told(self, pointer: str) -> Quote:
        """Return what `predictions.json` says in words."""
        number = self.prediction(pointer)
        return Quote(str(number.value), number.source)

    def _source(self, record: str, pointer: str) -> str:
        return f"{self.prefix}{self.path}/{record}#{pointer}"


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
    ) -> None:
        self.prefix = prefix
        self.folder = folder
        self.study = study
        self.dataset = dataset
        self._runs = runs
        self._groups: dict[str, list[Experiment]] = {}
        self._rankings: dict[str, list[Run]] = {}

    @cached_property
    def files(self) -> dict[str, Read]:
        """What is known of the content of the study's records, by their paths in it, in order."""
        return read_files(self.folder.path)

    def runs(self, experiment_id: str) -> list[Run]:
        """Return an experiment's runs that left a record, by rising seed."""
        return self._runs.get(experiment_id, [])

    def run(self, experiment_id: str) -> Run | None:
        """Return the first seed's run that finished, or None."""
        return next((run for run in self.runs(experiment_id) if run.finished), None)

    def finished(self, experiment_id: str) -> list[Run]:
        return [run for run in self.runs(experiment_id) if run.finished]

    def tested(self, experiment_id: str) -> list[Run]:
        return [run for run in self.finished(experiment_id) if run.metrics.test is not None]

    def name(self, experiment_id: str) -> str:
        """Return what the report calls an experiment; its id where the study doesn't list it."""
        return self._names.get(experiment_id, experiment_id)

    @cached_property
    def _names(self) -> dict[str, str]:
        return names_of(self.study)

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
    for experiment in study.experiments:
        wording = names[experiment.id], _axes(study, experiment)
        found = [_run(folder, experiment, seed, prefix, wording) for seed in seeds]
        runs[experiment.id] = [run for run in found if run is not None]
        for run in runs[experiment.id]:
            alike.share(run.metrics)
    return StudyView(folder, study, dataset, runs, prefix)


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


def _curves(path: Path, metrics: Metrics) -> Curves | None:
    curves = read_if_there(path, Curves)
    if curves is None or not curves.epoch:
        return None
    lists = (getattr(curves, name) for name in curves.__struct_fields__)
    if len({len(values) for values in lists if isinstance(values, list)}) > 1:
        raise ReportError(
            f"The lists in {path} have different lengths.",
            f"Remove it and run `homework run {metrics.id} --force`.",
        )
    return curves


def _predictions(path: Path, metrics: Metrics) -> Predictions | None:
    record = read_if_there(path, Predictions)
    if record is None:
        return None
    lengths = {len(record.label), len(record.predicted), len(record.probability)}
    if len(lengths) > 1:
        raise ReportError(
            f"The lists in {path} have different lengths.",
            f"Remove it and run `homework run {metrics.id} --force`.",
        )
    return with_columns(record)


def choose_study(runs: Path, name: str | None) -> Path:
    """Return the folder of the named study, or of the one written last.

    Raises:
        ReportError: No such study, or none at all.
    """
    if name is not None and (runs / name / "study.json").is_file() and name == Path(name).name:
        return runs / name
    studies = find_studies(runs)
    if not studies:
        raise ReportError(
            f"There is no study in {runs.resolve()}.",
            "Run one: homework run-all --preset quick. Or name the folder of records: --runs DIR.",
        )
    if name is None:
        return next(iter(studies.values()))
    if name not in studies:
        raise unknown(f"study in {runs}:", name, list(studies))
    return studies[name]


def choose_described(runs: Path, file: StudyFile, place: Path) -> tuple[Path, str]:
    """Return the study that a study file describes, and what to say if that is a guess.

    It is the one of its name. Without a name it is the preset's, where that is there, else the one
    written last.

    Args:
        place: The study file's path, for messages.

    Raises:
        ReportError: There is no study of its name, or none at all.
    """
    studies = find_studies(runs)
    if file.study_name in studies or not studies:
        return choose_study(runs, file.study_name), ""
    shown = ", ".join(f"--study {name}" for name in studies)
    if file.name:
        raise ReportError(
            f"{place} describes the study “{file.name}”, which isn’t in {runs}.",
            f"Run it: homework run-all -f {place}. Or choose one that is there: {shown}.",
        )
    last = choose_study(runs, None)
    which = f"which was written last (of {shown})" if len(studies) > 1 else "the only one"
    return last, f"{place} names no study; this is {last}, {which}"

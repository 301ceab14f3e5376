"""Make some of a study's runs again in a folder of their own, and answer for each."""

import dataclasses
import hashlib
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import torch

from training.data.locate import locate, locate_others
from training.data.prepare import PreparedData, prepare
from training.device.environment import describe, using_threads
from training.device.precision import set_up
from training.durations import duration
from training.engine.feature_cache import NothingKept
from training.errors import DataError, HomeworkError, StudyError
from training.folders import cache_folder
from training.forecast import forecast
from training.locks import locked
from training.planning.plan import Plan, Step
from training.plurals import counted
from training.progress import Progress, TimeLeft
from training.records import (
    Experiment,
    Metrics,
    StudyFolder,
    StudyRecord,
    encode,
    read,
    read_if_there,
)
from training.reproduce.answers import Answer, Reproduction, Wish
from training.reproduce.as_recorded import as_recorded, unlike
from training.reproduce.choose import PARTS, Candidate, Chosen, covered_by, draw, fitting
from training.reproduce.compare import Comparison, compare, compare_test, with_test
from training.reproduce.distance import Distance, distance
from training.reproduce.obstacles import (
    OTHER_STAND_INS,
    PERHAPS_OTHER_STAND_INS,
    obstacle,
    other_stand_ins,
    starting_weights,
)
from training.reproduce.recorded import RunRecords, read_run
from training.reproduce.rerun import step_of, test_again, train_again
from training.reproduce.tolerance import nudge_of, tolerance_of, widened
from training.run.failures import why_failed
from training.run.run_options import RunOptions
from training.run.train_stand_in import digest_of, sample_weights
from training.run.workspace import Workspace
from training.stopping import StopSignal
from training.study import select
from training.study.choices import choices_of
from training.weights.saved_network import LARGEST_SIDE
from training.weights.source import WeightsSource

MINUTES = 10.0
"""What runs that nobody named may take together."""


def folder_for(study: StudyFolder) -> Path:
    """Return where the runs of a study are made again, in the cache.

    Raises:
        RecordError: The study's record can't be read.
    """
    digest = hashlib.sha256(encode(read(study.study, StudyRecord))).hexdigest()
    return cache_folder() / "reproduced" / f"{study.path.resolve().name}-{digest[:8]}"


def reproduce_study(
    folder: StudyFolder, wish: Wish, found: Reproduction, progress: Progress, stop: StopSignal
) -> None:
    """Choose runs, make them again and answer for each.

    Args:
        folder: The study's; only read.
        found: Receives each answer as soon as it is known.
        progress: Told what is done, as by `homework run`.
        stop: Says when the user wants the process to end.

    Raises:
        DataError: The study's images aren't here.
        DeviceError: A device or number format was asked for that isn't here.
        RecordError: The study's records can't be read.
        StudyError: A name is unknown, or nothing has run.
        StoppedError: The user wants to end.
    """
    study = _asked(read(folder.study, StudyRecord), wish)
    records = list(_finished(study, folder, wish.names, found))
    if not records:
        of = f"of {', '.join(wish.names)} " if wish.names else ""
        raise StudyError(
            f"Nothing {of}in {folder.path} has a result that a new run could be held against.",
            f"`homework status --study {folder.name}` shows what has run.",
        )
    found.n_records = len(records)
    new = StudyFolder(found.folder)
    waiting = "Waiting for {}, which is reproducing this study"
    with locked(new.lock("reproduce"), lambda holder: progress.note(waiting.format(holder))):
        again = _Again(study, folder, new, _images(study, progress), wish, progress, stop)
        again.answer(records, found)


def _asked(study: StudyRecord, wish: Wish) -> StudyRecord:
    """Return a study with images and weights where the person says they are."""
    weights = wish.weights or study.settings.weights
    settings = msgspec.structs.replace(study.settings, weights=weights)
    return msgspec.structs.replace(study, data=wish.data or study.data, settings=settings)


def _finished(
    study: StudyRecord, folder: StudyFolder, names: Sequence[str], found: Reproduction
) -> Iterator[tuple[Experiment, Metrics]]:
    """Yield the experiments that have a result, with its record, once a seed.

    Of those that were named and have none, it is said.
    """
    seeds = study.settings.run_seeds
    for experiment in select(study, names) if names else study.experiments:
        for seed in seeds:
            record = read_if_there(folder.metrics(experiment.id, seed), Metrics)
            if record is not None and record.status in ("done", "diverged"):
                yield experiment, record
            elif names:
                reason = f"it is {record.status}" if record else "it has no record"
                found.answers.append(Answer(experiment.id, seed, "not checked", reason=reason))


def _images(study: StudyRecord, progress: Progress) -> PreparedData:
    settings = study.settings
    if not 0 < settings.image_size <= LARGEST_SIDE:
        raise StudyError(
            f"The study’s images have {settings.image_size} pixels a side; at most "
            f"{LARGEST_SIDE} are tried."
        )
    return prepare(
        locate(study.data, progress=progress.stage),
        None,
        settings.image_size,
        settings.max_per_class,
        settings.seed,
        progress=progress.stage,
        choices=choices_of(settings),
        say=progress.note,
        others=_others(study, progress),
    )


def _others(study: StudyRecord, progress: Progress) -> dict[str, Path]:
    """Return where further data sets are; tests on those that aren't here are left out."""
    try:
        return locate_others(study, progress.stage)
    except DataError as error:
        progress.note(f"Nothing is tested on further pictures again: {error}")
        return {}


@dataclasses.dataclass(frozen=True)
class _Run:
    """A recorded run that can be tried here."""

    record: Metrics
    step: Step
    options: RunOptions

    @property
    def name(self) -> tuple[str, int]:
        return self.record.id, self.record.seed


class _Again:
    """Makes runs of one study again.

    Args:
        old: The study's folder.
        new: Where the new records go.
        data: The images that are here.
    """

    def __init__(
        self,
        study: StudyRecord,
        old: StudyFolder,
        new: StudyFolder,
        data: PreparedData,
        wish: Wish,
        progress: Progress,
        stop: StopSignal,
    ) -> None:
        self.study = study
        self.old = old
        self.new = new
        self.data = data
        self.wish = wish
        self.progress = progress
        self.stop = stop
        self._experiments = {experiment.id: experiment for experiment in study.experiments}
        self._workspaces: dict[RunOptions, Workspace] = {}

    def answer(self, records: Sequence[tuple[Experiment, Metrics]], found: Reproduction) -> None:
        """Choose among some records, and answer for those chosen and those that can't be."""
        runs: dict[tuple[str, int], _Run] = {}
        for experiment, record in records:
            run = self._open(experiment, record)
            if isinstance(run, str):
                found.answers.append(Answer(record.id, record.seed, "not checked", reason=run))
            else:
                runs[run.name] = run
        candidates = self._candidates(list(runs.values()), found)
        if self.wish.names:
            self._answer_named(candidates, runs, found)
        elif candidates:
            self._answer_drawn(candidates, runs, found)

    def _answer_named(
        self,
        candidates: Sequence[Candidate],
        runs: dict[tuple[str, int], _Run],
        found: Reproduction,
    ) -> None:
        limit = math.inf if self.wish.minutes is None else 60 * self.wish.minutes
        chosen = fitting(candidates, limit)
        taken = {item.candidate.name for item in chosen}
        if chosen:
            self._make(chosen, runs, found)
        for candidate in candidates:
            if candidate.name not in taken:
                found.answers.append(_too_long(candidate, limit))

    def _answer_drawn(
        self,
        candidates: Sequence[Candidate],
        runs: dict[tuple[str, int], _Run],
        found: Reproduction,
    ) -> None:
        """Draw until all parts are covered; a run that proves impossible is replaced."""
        left = 60 * (MINUTES if self.wish.minutes is None else self.wish.minutes)
        lots = random.Random(self.wish.seed)
        covered: set[str] = set()
        untried = list(candidates)
        limit = left
        while chosen := draw(untried, left, lots, covered):
            started, n_before = time.monotonic(), len(found.answers)
            self._make(chosen, runs, found)
            left -= time.monotonic() - started
            for item, answer in zip(chosen, found.answers[n_before:], strict=True):
                untried.remove(item.candidate)
                covered |= item.covers if answer.verdict != "not checked" else set()
            if covered.issuperset(PARTS):
                break
        if len(untried) == len(candidates):
            found.answers.append(_too_long(min(candidates, key=lambda c: c.seconds), limit))

    def _open(self, experiment: Experiment, record: Metrics) -> _Run | str:
        """Return what a record's run takes, or why it can't be made again."""
        fingerprint, folders = self.data.record.fingerprint, self.wish.options.code_folders
        if reason := obstacle(record, fingerprint, folders):
            return reason
        assert record.spec is not None
        trained = self._experiments.get(record.reused_from or "", experiment)
        options = as_recorded(record.environment, self.wish.options, record.spec.image_size)
        weights = starting_weights(record.spec, trained, self.study.settings)
        here = describe(torch.device(options.device))
        weights = other_stand_ins(record.spec, record.environment, here) or weights
        if isinstance(weights, str) and not self._has_network(record):
            return weights
        source = WeightsSource("none") if isinstance(weights, str) else weights
        step = step_of(record, experiment, source)
        if isinstance(weights, str):  # its kept network can be tested all the same
            step = dataclasses.replace(step, state="skipped", reason=weights)
        return _Run(record, step, options)

    def _has_network(self, record: Metrics) -> bool:
        file = self.old.model(record.id, record.seed)
        return record.network == file.name and record.test is not None and file.is_file()

    def _candidates(self, runs: Sequence[_Run], found: Reproduction) -> list[Candidate]:
        """Return what can be made again, with what it would take; answer for what can't."""
        candidates = []
        for options in dict.fromkeys(run.options for run in runs):
            same = [run for run in runs if run.options == options]
            workspace = dataclasses.replace(self._workspace(options), progress=Progress())
            plan = Plan(self.study, self.new, self.data.record.fingerprint)
            with using_threads(options.where.threads or 1):
                steps = [run.step for run in same]
                expected = forecast(plan, steps, workspace, self.progress)
            for run, seconds in zip(same, expected.seconds, strict=True):
                record = run.record
                assert record.spec is not None
                trains = seconds is not None and run.step.state == "to do"
                if not trains and not self._has_network(record):
                    problems = (p for p in expected.problems if p.startswith(record.spec.model))
                    reason = f"it can’t be trained here: {next(problems, 'unknown')}"
                    answer = Answer(record.id, record.seed, "not checked", reason=reason)
                    found.answers.append(answer)
                    continue
                takes = seconds if trains and seconds is not None else math.inf
                covers, kept = covered_by(record), self._has_network(record)
                candidates.append(Candidate(run.name, covers, takes, kept))
        return candidates

    def _make(
        self, chosen: Sequence[Chosen], runs: dict[tuple[str, int], _Run], found: Reproduction
    ) -> None:
        """Make runs again, one after the other, and answer for each."""
        left = sum(item.seconds for item in chosen)
        seed = None if self.wish.names else self.wish.seed
        self.progress.note(_announced(chosen, found.n_records, seed))
        for position, item in enumerate(chosen, 1):
            run = runs[item.candidate.name]
            which = self.study.settings.told_run(run.name[1])
            self.progress.experiment(position, len(chosen), run.name[0], which)
            left -= item.seconds
            started = time.monotonic()
            answer = self._answered(run, item.trained, left)
            seconds = time.monotonic() - started
            found.answers.append(dataclasses.replace(answer, seconds=seconds))
            self.stop.check()

    def _answered(self, run: _Run, trained: bool, left: float) -> Answer:
        assert run.step.spec is not None
        try:
            if trained and (others := self._other_stand_ins(run)):
                return Answer(*run.name, "not checked", trained, others)
            comparison, here = self._compared(run, trained, left)
        except Exception as error:
            reason = why_failed(error, run.step.spec)
            if reason is None:
                raise
            if isinstance(error, HomeworkError):
                reason = error.message
            return Answer(*run.name, "not checked", trained, reason)
        different = unlike(run.record.environment, here.environment)
        if comparison.verdict == "different" and trained and _may_start_elsewhere(run.record):
            return Answer(*run.name, "not checked", trained, PERHAPS_OTHER_STAND_INS, different)
        if comparison.vague_from == 1 and comparison.verdict == "within rounding":
            reason = "rounding alone carries this run too far from its first epoch on"
            return Answer(*run.name, "not checked", trained, reason, different)
        return Answer(
            *run.name,
            comparison.verdict,
            trained,
            "",
            different,
            comparison.differences,
            comparison.distance,
            comparison.vague_from,
            comparison.test,
        )

    def _other_stand_ins(self, run: _Run) -> str:
        """Say that a run started from other stand-in weights than those of this machine, if so."""
        spec, recorded = run.step.spec, run.record.stand_ins
        assert spec is not None
        if spec.weights != "sample" or recorded is None:
            return ""
        here = digest_of(sample_weights(spec, self._workspace(run.options)).state)
        return "" if here == recorded else OTHER_STAND_INS

    def _compared(self, run: _Run, trained: bool, left: float) -> tuple[Comparison, Metrics]:
        """Make a run again; return how it compares, and its new record."""
        workspace = self._workspace(run.options)
        recorded = read_run(self.old, *run.name)
        if trained:
            again = train_again(run.step, workspace)
        else:
            again = self._tested(recorded, run, workspace)
        self.progress.finished(again.metrics, TimeLeft(left))
        n_images = min(len(rows) for rows in self.data.splits.values())
        tolerance = tolerance_of(run.record.environment, again.metrics.environment, n_images)
        compared = compare if trained else compare_test
        found = compared(recorded, again, tolerance)
        if trained and found.verdict == "different" and found.is_rounding_conceivable:
            nudged = self._nudged(run, again, workspace)
            found = compare(recorded, again, widened(tolerance, nudged))
        if found.test == "not checked" and self._has_network(run.record):
            tested = compare_test(recorded, self._tested(recorded, run, workspace), tolerance)
            found = with_test(found, tested)
        return found, again.metrics

    def _tested(self, recorded: RunRecords, run: _Run, workspace: Workspace) -> RunRecords:
        """Test a run's kept network."""
        file, folders = self.old.model(*run.name), run.options.code_folders
        return test_again(recorded, run.step, file, folders[0] if folders else None, workspace)

    def _nudged(self, run: _Run, again: RunRecords, workspace: Workspace) -> Distance:
        """Return how far a run is carried by moving its starting weights in their last digits."""
        self.progress.note(
            f"{run.record.id} is further away than usual: making it once more, to see how far "
            "rounding carries it"
        )
        nudge = nudge_of(run.record.environment, again.metrics.environment)
        folder = StudyFolder(self.new.path / "nudged")
        beside = dataclasses.replace(workspace, folder=folder, nudge=nudge)
        return distance(again, train_again(run.step, beside))

    def _workspace(self, options: RunOptions) -> Workspace:
        """Return what the runs share that are computed in one way."""
        if options not in self._workspaces:
            size = self.study.settings.image_size
            device, precision = set_up(options.device, options.precision, size)
            self._workspaces[options] = Workspace(
                self.new,
                self.data,
                device,
                self.progress,
                cache_folder() / "weights",
                self.stop,
                options,
                precision,
                feature_cache=NothingKept(),
                first_seed=self.study.settings.seed,
            )
        return self._workspaces[options]


def _may_start_elsewhere(record: Metrics) -> bool:
    """Tell whether a record doesn't say from which stand-in weights its run started."""
    return record.spec is not None and record.spec.weights == "sample" and not record.stand_ins


def _announced(chosen: Sequence[Chosen], n_records: int, seed: int | None) -> str:
    """Say what will be made again, and how long that takes.

    Args:
        seed: Of the draw, if it was drawn.
    """
    n_tested = sum(not item.trained for item in chosen)
    tested = f", {n_tested} of them only tested" if n_tested else ""
    drawn = f", drawn with --seed {seed}" if seed is not None else ""
    seconds = duration(sum(item.seconds for item in chosen))
    runs = counted(n_records, "run")
    return f"Making {len(chosen)} of {runs} again{tested}{drawn}: about {seconds}"


def _too_long(candidate: Candidate, limit: float) -> Answer:
    if not math.isfinite(candidate.seconds):
        return Answer(*candidate.name, "not checked", reason="it can’t be trained here")
    reason = (
        f"it would take about {duration(candidate.seconds)}, more than is left of "
        f"{duration(limit)} (--minutes)"
    )
    return Answer(*candidate.name, "not checked", reason=reason)

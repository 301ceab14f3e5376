"""Show a run on the console: live on a terminal, one line an experiment elsewhere."""

import os
import sys
import time
from types import TracebackType
from typing import Literal, Self

from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from training.durations import duration
from training.executors import Outcome
from training.progress import EpochEnd, Progress, TimeLeft
from training.records import Metrics, StudyFolder, StudyRecord, read_if_there
from training.records.remote import with_urls

SECONDS_BETWEEN_LINES = 10.0
"""In a log, between two lines about the same thing."""

WORTH_SAYING = 10.0
"""Seconds left; fewer aren't worth printing."""

Talk = Literal["quiet", "normal", "verbose"]

NOTEBOOK_VARIABLES = ("JPY_PARENT_PID", "COLAB_RELEASE_TAG")
"""Set in a cell's `!homework …`: its terminal can't move the cursor, and would repeat each bar."""

STYLES = {"done": "green", "diverged": "yellow", "failed": "red", "skipped": "dim"}


def _is_in_notebook() -> bool:
    return any(os.environ.get(name) for name in NOTEBOOK_VARIABLES)


class ConsoleProgress(Progress):
    """Draws bars on a terminal; prints plain lines when there is none.

    Args:
        on_stderr: Leave the standard output to a command's answer.
        beside: Share its console and its bars, to show one experiment of several.
        talk: "quiet" prints nothing, "verbose" adds a line for each epoch.
    """

    def __init__(
        self, on_stderr: bool = False, beside: Self | None = None, talk: Talk = "normal"
    ) -> None:
        self._is_lane = beside is not None
        self._is_verbose: bool = beside._is_verbose if beside else talk == "verbose"
        self.console: Console = (
            beside.console
            if beside
            else Console(
                highlight=False,
                emoji=False,
                stderr=on_stderr,
                quiet=talk == "quiet",
                force_terminal=False if _is_in_notebook() else None,
            )
        )
        self._bars: Bars = beside._bars if beside else self._make_bars()
        self._task: TaskID | None = None
        self._what = ""
        self._position = ""
        self._said: dict[str, float] = {}

    def _make_bars(self) -> Bars:
        return Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bars.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.__exit__(kind, error, traceback)

    def lane(self) -> Self:
        self.close()
        return type(self)(beside=self)

    def close(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = None

    def _start(self, description: str, total: int) -> None:
        self.close()
        self._what = description
        self._task = self._bars.add_task(description, total=total, detail="")

    def stage(self, done: int, total: int, what: str) -> None:
        if self.console.is_terminal:
            if self._task is None or self._what != what:
                self._start(what, total)
            assert self._task is not None
            self._bars.update(self._task, completed=done, total=total)
        elif self._is_time_for(what):
            self._line(f"{what}: {done} of {total}")
        if done >= total:
            self._said.pop(what, None)

    def experiment(self, index: int, total: int, experiment_id: str, which: str) -> None:
        self._position = f"[{index}/{total}] {experiment_id} {which}".rstrip()
        self._start(self._position, 1)
        if self._is_lane and not self.console.is_terminal:
            self._line(f"{self._position:44} started", style="dim")

    def epochs(self, n_epochs: int, n_images: int) -> None:
        self._start(self._position or "stand-in weights", n_epochs * n_images)

    def batch(self, n_images: int) -> None:
        assert self._task is not None
        self._bars.advance(self._task, n_images)

    def epoch(self, end: EpochEnd) -> None:
        assert self._task is not None
        detail = (
            f"epoch {end.epoch}/{end.n_epochs}  loss {end.train_loss:.3f}  "
            f"validation {end.validation_accuracy:.1%}  {end.images_per_second:,.0f} img/s"
        )
        self._bars.update(self._task, detail=detail)
        is_log_of_several = self._is_lane and not self.console.is_terminal
        if self._is_verbose or (is_log_of_several and self._is_time_for("epochs")):
            self._line(f"{self._position:44} {detail}", style="dim")

    def _is_time_for(self, what: str) -> bool:
        """Say whether a log has had no line of this kind for a while."""
        now = time.monotonic()
        if now - self._said.setdefault(what, now) < SECONDS_BETWEEN_LINES:
            return False
        self._said[what] = now
        return True

    def finished(self, metrics: Metrics, left: TimeLeft | None = None) -> None:
        style = STYLES[metrics.status]
        parts = [f"{self._position:44} [{style}]{metrics.status}[/{style}]"]
        if metrics.reused_from:
            parts.append(f"from {metrics.reused_from}")
        if metrics.validation is not None:
            parts.append(
                f"validation {metrics.validation.accuracy:.1%} (epoch {metrics.best_epoch})"
            )
        if metrics.test is not None:
            parts.append(f"test {metrics.test.accuracy:.1%}")
        parts += [f"{test.pictures} {test.accuracy:.1%}" for test in metrics.other_tests or ()]
        if not metrics.reused_from and metrics.train_seconds:
            parts.append(f"{metrics.train_seconds:.1f} s")
        if left is not None and (said := _said(left)):
            parts.append(said)
        self._line("  ".join(parts))
        if metrics.error:
            self._line(f"    {metrics.error}", style="dim", markup=False)

    def note(self, text: str) -> None:
        if self._is_lane:
            text = f"{self._position}: {text}"
        self._line(text, style="dim", markup=False)

    def _line(self, text: str, style: str | None = None, markup: bool = True) -> None:
        """Print a line; in a log, where nothing is as wide as a terminal, without breaking it."""
        whole = not self.console.is_terminal
        self.console.print(with_urls(text), style=style, markup=markup, soft_wrap=whole)

    def summary(self, study: StudyRecord, folder: StudyFolder, outcome: Outcome) -> None:
        """Print the closing table of test accuracies; its rows where it is too wide."""
        if not outcome.ran:
            n_runs = len(outcome.reused)
            have = f"all {n_runs} runs have records" if n_runs > 1 else "the run has its record"
            place = with_urls(str(folder.path))
            self.console.print(
                f"Nothing to do: {have} in {place}. Use --force to run again.", soft_wrap=True
            )
        rows = []
        for experiment in study.experiments:
            for seed in study.settings.run_seeds:
                metrics = read_if_there(folder.metrics(experiment.id, seed), Metrics)
                if experiment.test and metrics is not None:
                    rows.append(_row(metrics, study.settings.which_run(seed)))
        self._table(study.title, rows)
        sys.stdout.flush()

    def _table(self, title: str, rows: list[list[str]]) -> None:
        table = Table("experiment", "status", "validation", "test", "images", title=title)
        for row in rows:
            table.add_row(*row)
        if not rows:
            return
        unbounded = self.console.options.update(max_width=10_000)
        if Measurement.get(self.console, unbounded, table).maximum > self.console.width:
            for name, status, validation, test, images in rows:
                line = f"{name} {status}  validation {validation}  test {test} ({images})"
                self.console.print(line, markup=False, soft_wrap=True)
        else:
            self.console.print(table)


def _said(left: TimeLeft) -> str:
    seconds = f"about {duration(left.seconds)} left" if left.seconds >= WORTH_SAYING else ""
    if seconds and left.for_stand_ins > left.seconds / 2:
        return f"{seconds}, most of it for stand-in weights"
    if not left.besides_stand_ins:
        return seconds
    return f"{seconds or 'a few seconds left'}, and stand-in weights to train"


def _row(metrics: Metrics, which: str) -> list[str]:
    name = f"{metrics.id}{which}"
    validation = f"{metrics.validation.accuracy:.2%}" if metrics.validation else "–"
    if metrics.test is None:
        return [name, metrics.status, validation, "–", "–"]
    counts = f"{metrics.test.n_correct} of {metrics.test.n_images}"
    return [name, metrics.status, validation, f"{metrics.test.accuracy:.2%}", counts]

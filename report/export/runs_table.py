"""One table of all runs that left a record: a row a run, in the list's order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from report.evidence.load import StudyView
from report.evidence.numbers import derive
from report.evidence.run import Run
from training.records.spec_fields import SPEC_FIELDS, kind_of, name_of, spec_values

Kind = Literal["text", "integer", "number", "truth"]
Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column, what it holds, and how it is read from a run; None where there is nothing."""

    name: str
    kind: Kind
    value: Callable[[Run], Value]


def rows(view: StudyView) -> list[Run]:
    """Return the runs of the table: those of every experiment that the report speaks of."""
    return [run for experiment in view.listed for run in view.runs(experiment.id)]


def _field(path: str, kind: Kind, name: str = "") -> Column:
    """Return the column of a field of `metrics.json`; nothing where a record on the way is null."""
    steps = path.split(".")

    def value(run: Run) -> Value:
        found: Any = run.metrics
        for step in steps:
            found = None if found is None else getattr(found, step)
        plain: Value = None if found == "" else found
        return plain

    return Column(name or path.replace(".", "_"), kind, value)


def _spec(name: str, kind: Kind) -> Column:
    def value(run: Run) -> Value:
        return spec_values(run.metrics.spec)[name] if run.metrics.spec else None

    return Column(name, kind, value)


def _wilson(end: Literal["low", "high"]) -> Column:
    def value(run: Run) -> Value:
        if run.metrics.test is None or run.metrics.test.n_images <= 0:
            return None
        counts = run.number("/test/n_correct"), run.number("/test/n_images")
        found: float = derive(f"wilson_{end}", *counts).value
        return found

    return Column(f"test_accuracy_wilson_95_{end}", "number", value)


def _joined(run: Run) -> Value:
    return " ".join(run.metrics.notes) or None


def _spec_columns() -> tuple[Column, ...]:
    return tuple(_spec(name_of(field), kind_of(field)) for field in SPEC_FIELDS if field != "seed")


COLUMNS: tuple[Column, ...] = (
    Column("study", "text", lambda run: run.folder.name),
    _field("id", "text"),
    _field("section", "text"),
    _field("seed", "integer"),
    _field("status", "text"),
    Column("question", "text", lambda run: run.experiment.question),
    *_spec_columns(),
    _field("spec_hash", "text"),
    _field("dataset_fingerprint", "text"),
    _field("parameters.total", "integer", "n_parameters"),
    _field("parameters.trainable", "integer", "n_trainable_parameters"),
    _field("parameters.frozen", "integer", "n_frozen_parameters"),
    _field("epochs_run", "integer"),
    _field("best_epoch", "integer"),
    _field("train.loss", "number", "train_loss_nats"),
    _field("train.accuracy", "number"),
    _field("validation.loss", "number", "validation_loss_nats"),
    _field("validation.accuracy", "number"),
    _field("test.loss", "number", "test_loss_nats"),
    _field("test.accuracy", "number"),
    _wilson("low"),
    _wilson("high"),
    _field("test.n_correct", "integer", "n_test_correct"),
    _field("test.n_images", "integer", "n_test_images"),
    _field("train_seconds", "number"),
    _field("cached_features", "truth"),
    _field("feature_seconds", "number"),
    _field("images_per_second", "number"),
    _field("peak_memory_bytes", "integer"),
    _field("peak_memory_of", "text"),
    _field("batch_parts", "integer"),
    _field("cost.training_flop", "number", "training_flop"),
    _field("cost.feature_flop", "number", "feature_flop"),
    _field("cost.peak_flop_per_second", "number", "peak_flop_per_second"),
    _field("cost.energy_joules", "number", "energy_joules"),
    _field("selected.id", "text"),
    _field("selected.rank", "integer"),
    _field("reused_from", "text"),
    _field("environment.device", "text", "device"),
    _field("environment.device_name", "text", "device_name"),
    _field("environment.precision", "text", "precision"),
    _field("environment.n_threads", "integer", "n_threads"),
    _field("environment.n_devices", "integer", "n_devices"),
    _field("environment.n_machines", "integer", "n_machines"),
    _field("environment.homework", "text", "homework_version"),
    _field("environment.python", "text", "python_version"),
    _field("environment.torch", "text", "torch_version"),
    _field("environment.torchvision", "text", "torchvision_version"),
    _field("environment.platform", "text", "platform"),
    _field("environment.git_commit", "text", "git_commit"),
    _field("finished_at", "text"),
    Column("notes", "text", _joined),
    _field("error", "text"),
)

"""The formats of `homework export`: what each writes, and where to."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from report.errors import ReportError
from report.evidence.load import StudyView
from training.records import write_bytes


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        kind: `text` is one file that may also be printed, `binary` one that may not; a `store`
            is a folder or a database that its writer fills itself.
        default: Where to, below the study's folder.
        writer: `module:function`; takes a study and returns the content, or for a store takes a
            study, the place and whom to tell of waiting, and returns an `Exported`.
    """

    kind: Literal["text", "binary", "store"]
    default: str
    writer: str


@dataclass(frozen=True)
class Exported:
    """What was written: its place, and remarks worth a line each."""

    place: str
    remarks: tuple[str, ...] = field(default=())


FORMATS = {
    "csv": Format("text", "runs.csv", "report.export.tables:csv_table"),
    "parquet": Format("binary", "runs.parquet", "report.export.tables:parquet_table"),
    "latex": Format("text", "test-accuracies.tex", "report.export.latex:latex_table"),
    "jsonl": Format("text", "curves.jsonl", "report.export.curves:json_lines"),
    "tensorboard": Format("store", "tensorboard", "report.export.logs:to_tensorboard"),
    "mlflow": Format("store", "mlflow.db", "report.export.logs:to_mlflow"),
    "model-card": Format("text", "model-card.md", "report.export.model_card:model_card"),
}


def export_study(
    view: StudyView, name: str, output: str | None, say: Callable[[str], object] = lambda _: None
) -> Exported:
    """Write a study in one format.

    Args:
        output: File or folder; for `mlflow` also a tracking URI; by default below `exports/` in
            the study's folder.
        say: Told what is waited for.

    Raises:
        HomeworkError: A library is missing, or the place can't be written.
    """
    chosen = FORMATS[name]
    writer = _writer(chosen)
    place = output or str(view.folder.path / "exports" / chosen.default)
    if chosen.kind == "store":
        there = place if name == "mlflow" and output else Path(place)
        done: Exported = writer(view, there, say)
        return done
    if Path(place).is_dir():
        raise ReportError(
            f"{place} is a folder, but {name} needs a file.",
            f"Name the file: --output {Path(place) / chosen.default}",
        )
    write_bytes(Path(place), as_bytes(writer(view)))
    return Exported(place)


def printed(view: StudyView, name: str) -> str:
    """Return what a text format would write.

    Raises:
        ReportError: The format isn't text.
    """
    chosen = FORMATS[name]
    if chosen.kind != "text":
        raise ReportError(
            f"{name} isn't a text format, so it can't be printed.",
            "Name a file or folder with --output, or omit the option.",
        )
    text: str = _writer(chosen)(view)
    return text


def as_bytes(content: str | bytes) -> bytes:
    """Return content as written: text in UTF-8, whatever the machine's own encoding."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "replace")


def _writer(chosen: Format) -> Callable[..., Any]:
    module, _, function = chosen.writer.partition(":")
    writer: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return writer

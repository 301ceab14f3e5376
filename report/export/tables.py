"""The table of all runs as CSV and as Parquet."""

import csv
import importlib.util
import io
from typing import TYPE_CHECKING

from report.errors import ReportError
from report.evidence.load import StudyView
from report.export.runs_table import COLUMNS, Value, rows

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that spreadsheets would compute."""


def csv_table(view: StudyView) -> str:
    """Return CSV with a header line; floats as the shortest text that reads back the same.

    Texts that a spreadsheet would take for a formula start with an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(column.name for column in COLUMNS)
    for run in rows(view):
        writer.writerow(_csv_field(column.value(run)) for column in COLUMNS)
    return file.getvalue()


def _csv_field(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return repr(value)


def parquet_table(view: StudyView) -> bytes:
    """Return the same table as Parquet, with a type for each column.

    Raises:
        ReportError: pyarrow isn't installed.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise ReportError(
            "Writing Parquet needs the package pyarrow, which isn't installed.",
            "Install it: pip install 'cnn-homework[parquet]'. Or: homework export csv",
        )
    table = frame(view)
    file = io.BytesIO()
    table.to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()


def frame(view: StudyView) -> "pd.DataFrame":
    """Return the table of all runs with a type for each column."""
    import pandas as pd

    types = {"text": "string", "integer": "Int64", "number": "Float64", "truth": "boolean"}
    found = rows(view)
    return pd.DataFrame(
        {
            column.name: pd.Series([column.value(run) for run in found], dtype=types[column.kind])
            for column in COLUMNS
        }
    )

"""The records that a PDF report carries, as a study's folder."""

from pathlib import Path

from report.audit.manifest import unpack_records
from report.audit.read_pdf import read_pdf
from report.errors import ReportError


def attached_study(report: Path, place: Path) -> Path:
    """Unpack the records of a report into an empty folder; return the study's folder in it.

    Raises:
        ReportError: The report is no PDF, can't be read, or carries no records.
    """
    records = read_pdf(report).records if report.suffix.lower() == ".pdf" else None
    if records is None:
        raise ReportError(
            f"No records are attached to {report}.", "Ask for the study’s folder, below runs/."
        )
    return unpack_records(records, place)

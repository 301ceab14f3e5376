"""Which study below a folder of records is meant."""

from pathlib import Path

from report.errors import ReportError, unknown
from training.records import (
    find_studies,
)
from training.study import StudyFile


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

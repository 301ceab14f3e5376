"""Run a study from Python: what `homework run-all` and `homework run` do."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from training.folders import expanded
from training.records import Experiment, StudyFolder, StudyRecord
from training.study import StudyFile, check_code, described_study, read_study_file, select
from training.study.python_study import Study
from training.study.python_tables import Settings

if TYPE_CHECKING:
    from training.run.run_options import RunOptions


def run_study(
    names: Sequence[str] = (),
    *,
    preset: str | None = None,
    study_file: str | Path | Study | None = None,
    data: str | Path | None = None,
    study: str | None = None,
    change: bool = False,
    runs: str | Path = "runs",
    device: str = "auto",
    force: bool = False,
    keep_weights: bool | None = None,
    jobs: int = 1,
    devices: int = 1,
    progress: bool = True,
    **settings: Unpack[Settings],
) -> Path:
    """Run what a study lacks and return the folder of its records.

    How this process computes is afterwards as it was before.

    Args:
        names: Sections or experiments; the whole list when empty.
        preset: `reference` (the default) or `quick`.
        study_file: A TOML file, or a `Study`, which says the same in Python.
        data: Images: a folder, a CSV file, `torchvision:NAME`, `caltech101` or `sample`.
        study: The study's name; by default the study file's, else the preset's. If that study is
            there, its settings hold.
        change: Let the other arguments change that study's settings.
        jobs: How many experiments run at once, each in a process of its own.
        devices: How many devices of this machine train each experiment together.
        keep_weights: Keep every tested network, and train those again that weren't kept; or none.
            By default those of the first seed are kept, up to 100 MB each.
        settings: Those of a study file, such as `epochs=5`.
        progress: Say on the terminal what is done.

    Raises:
        HomeworkError: Something requested is missing; the message says how to fix it.
    """
    from training.device.process_state import process_put_back
    from training.run.run_options import RunOptions, Where

    file, code_folders = _read(study_file)
    below = expanded(runs)
    pictures = str(data) if data else None
    record = described_study(below, preset, file, settings, study, pictures, change)
    check_code(record, file is not None, settings.get("backbone"))
    folder = StudyFolder(below / record.name)
    if settings.get("backbone") is not None:
        code_folders.append(Path.cwd())
    options = RunOptions(
        device=device,
        force=force,
        keep_weights=keep_weights,
        code_folders=tuple(code_folders),
        where=Where(jobs=jobs, devices=devices),
    )
    with process_put_back():
        _run(record, folder, select(record, names), options, progress)
    return folder.path


def _read(study_file: str | Path | Study | None) -> tuple[StudyFile | None, list[Path]]:
    """Return what a study file says, and where code that it names is looked for."""
    if not study_file:
        return None, []
    if isinstance(study_file, Study):
        return study_file.file(), [Path.cwd()]
    place = expanded(study_file)
    return read_study_file(place), [place.resolve().parent]


def _run(
    study: StudyRecord,
    folder: StudyFolder,
    experiments: Sequence[Experiment],
    options: "RunOptions",
    progress: bool,
) -> None:
    from training.cli.console import ConsoleProgress
    from training.session import run_study as run

    if not progress:
        run(study, folder, experiments, options)
        return
    with ConsoleProgress() as console:
        outcome = run(study, folder, experiments, options, console)
    console.summary(study, folder, outcome)

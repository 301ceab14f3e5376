"""What the Tab key offers: the names that a command takes, read from study and records."""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from training.records import StudyRecord, StudySection

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

DEVICES = ("auto", "cpu", "cuda", "cuda:0", "mps")
"""Offered without looking which are there: that would load torch at every Tab."""


def one_of(names: Iterable[str] | Callable[[], Iterable[str]], files: bool = False) -> Complete:
    """Return what completes one of these names.

    Args:
        files: A path may stand in the place of a name.
    """

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        found = names() if callable(names) else names
        return _beginning(found, begun) + ([CompletionItem(begun, type="file")] if files else [])

    return complete


def presets() -> Iterable[str]:
    from training.study import PRESETS

    return PRESETS


def templates() -> Iterable[str]:
    from training.study.ready import TEMPLATES

    return TEMPLATES


def report_sections(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the sections of the report on the study that the other options name."""
    from training.study import report_sections as sections_of_report

    given = ctx.params
    own = own_sections(_runs(ctx), given.get("study"), given.get("study_file"))
    return _beginning(sections_of_report(own), begun)


def own_sections(
    runs: Path, name: str | None, file: Path | str | None
) -> "tuple[StudySection, ...]":
    """Return the sections of a study of one's own; none of the homework's, or where it isn't there.

    It is the named one, that of a study file, or the one written last.
    """
    from training.errors import HomeworkError
    from training.records import StudyFolder, StudyRecord, find_studies, read
    from training.study import read_study_file

    with contextlib.suppress(HomeworkError, OSError):
        studies = find_studies(runs)
        wanted = name or (read_study_file(Path(file)).study_name if file else None)
        folder = studies.get(wanted) if wanted else next(iter(studies.values()), None)
        if folder is not None:
            return read(StudyFolder(folder).study, StudyRecord).sections
    return ()


def studies(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the studies below --runs."""
    from training.records import find_studies

    return _beginning(find_studies(_runs(ctx)), begun)


def studies_or_folders(
    ctx: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    return [*studies(ctx, parameter, begun), CompletionItem(begun, type="dir")]


def experiments(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer sections, grids and experiments of the study that the other options describe."""
    study = _study(ctx)
    listed = study.experiments
    grids = {e.choice.grid for e in listed if e.choice is not None}
    grids |= {grid.id for grid in study.grids}
    sections = {experiment.section: None for experiment in listed}
    given = set(ctx.params.get("names") or ())
    names = [*sections, *sorted(grids), *(experiment.id for experiment in listed)]
    return _beginning((name for name in names if name not in given), begun)


def saved_networks(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the networks that were kept, as study/section/experiment."""
    runs = _runs(ctx)
    kept = {"/".join(file.relative_to(runs).parts[:3]) for file in runs.glob("*/*/*/*/model.pt")}
    return [*_beginning(sorted(kept), begun), CompletionItem(begun, type="file")]


def _runs(ctx: click.Context) -> Path:
    return Path(ctx.params.get("runs") or "runs")


def _study(ctx: click.Context) -> "StudyRecord":
    """Return the study that is described, or the usual one where that can't be read now."""
    from training.errors import HomeworkError
    from training.study import build_study, described_study, read_study_file

    given = ctx.params
    with contextlib.suppress(HomeworkError, OSError):
        place = given.get("study_file")
        file = read_study_file(place) if place else None
        chosen: dict[str, Any] = {"backbone": given.get("backbone")}
        name, preset = given.get("study"), given.get("preset")
        return described_study(_runs(ctx), preset, file, chosen, name, change=True)
    return build_study()


def _beginning(names: Iterable[str], begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(begun)]

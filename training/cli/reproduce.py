"""`homework reproduce`: make recorded runs again, and say whether they come out the same."""

import importlib
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from training.cli.completion import DEVICES, one_of, studies, studies_or_folders
from training.cli.options import json_option, talk_options
from training.cli.runs_path import RunsPath
from training.errors import StudyError
from training.plurals import counted
from training.records import StudyFolder, StudyRecord, find_studies, read
from training.records.remote import with_urls
from training.run.run_options import RunOptions, Where
from training.stopping import StoppedError, StopSignal, ignore_signals

if TYPE_CHECKING:
    from training.cli.console import Talk
    from training.reproduce.answers import Answer, Reproduction, Wish
    from training.reproduce.compare import Difference

VERDICTS = {
    "same": "the same to the byte",
    "within rounding": "the same within rounding",
    "different": "not the same",
    "not checked": "not checked",
}

REPORTS = (".html", ".pdf")

LARGEST_SEED = 10**6

LONGEST = 80
"""Letters of a value that are printed."""


@click.command()
@click.argument(
    "names",
    nargs=-1,
    metavar="[STUDY|REPORT] [SECTION|EXPERIMENT]…",
    shell_complete=studies_or_folders,
)
@click.option(
    "--study",
    metavar="NAME",
    help="Name of the study, as for the other commands; all names are then of experiments.",
    shell_complete=studies,
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="What all runs may take together, by a forecast.  [default: 10; no limit to named ones]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed of the draw; the same one draws the same runs, if they take as long.  "
    "[default: another one each time]",
)
@click.option(
    "--runs", type=RunsPath(), default=Path("runs"), show_default=True,
    help="Folder of records, or a URL.",
)  # fmt: skip
@click.option(
    "--data", metavar="DIR", help="Where the study's images are.  [default: where the study says]"
)
@click.option(
    "--weights",
    metavar="WHICH",
    help="Where pre-trained weights are.  [default: where the study says]",
)
@click.option(
    "--study-file",
    "-f",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Import a module:function model from beside this file.",
)
@click.option(
    "--device",
    default="auto",
    metavar="NAME",
    help="auto, cpu, cuda, cuda:N or mps.  [default: as recorded, if it is here]",
    shell_complete=one_of(DEVICES),
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "tf32", "bf16", "fp16"]),
    default="auto",
    help="Number format of matrix products and convolutions.  [default: as recorded, if the device "
    "has it]",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="CPU threads.  [default: as recorded, at most one a core]",
)
@json_option
@talk_options
@click.pass_context
def reproduce(
    ctx: click.Context,
    names: tuple[str, ...],
    study: str | None,
    minutes: float | None,
    seed: int | None,
    runs: Path,
    data: str | None,
    weights: str | None,
    study_file: Path | None,
    device: str,
    precision: str,
    threads: int | None,
    as_json: bool,
    talk: "Talk",
) -> None:
    """Make recorded runs again, and say of each whether it comes out the same.

    Same to the byte, same within rounding (another processor, number of threads, number format or
    version), or not the same; times are left aside. Without names a few runs are drawn that cover
    training, freezing and testing. STUDY is a study's name or folder, by default the study written
    last; of a REPORT.pdf the attached records are taken. The records are only read: new ones go to
    the cache folder. Exit 1 if a run isn't the same, or none could be checked.

    \b
    Examples:
        homework reproduce
        homework reproduce example scratch/baseline freezing
        homework reproduce submission/report.pdf --data ~/caltech101 --minutes 30
    """
    from training.reproduce.answers import Wish

    names = (study, *names) if study is not None else names
    with tempfile.TemporaryDirectory() as place:
        folder, chosen = _meant(names, runs, Path(place))
        wish = Wish(
            names=chosen,
            minutes=minutes,
            seed=secrets.randbelow(LARGEST_SEED) if seed is None else seed,
            data=data,
            weights=weights,
            options=RunOptions(
                device=device,
                precision=precision,
                keep_weights=False,
                code_folders=(study_file.resolve().parent,) if study_file else (),
                where=Where(threads=threads),
            ),
        )
        place_said = names[0] if names and chosen == names[1:] else with_urls(str(folder.path))
        ctx.exit(_reproduce(folder, place_said, wish, as_json, talk))


def _reproduce(folder: StudyFolder, place: str, wish: "Wish", as_json: bool, talk: "Talk") -> int:
    """Make runs again and print the answers, those so far if the user wants to end.

    Args:
        place: What the study or report is called.
    """
    from training.cli.console import ConsoleProgress
    from training.device.process_state import own_process
    from training.reproduce.answers import Reproduction
    from training.reproduce.study import folder_for, reproduce_study

    own_process()
    found = Reproduction(folder_for(folder), wish.seed)
    stop = StopSignal()
    stopped = None
    with stop.listening():
        try:
            with ConsoleProgress(on_stderr=True, talk=talk) as progress:
                reproduce_study(folder, wish, found, progress, stop)
        except StoppedError as error:
            ignore_signals()
            stopped = error
    if as_json:
        _print_json(place, found)
    else:
        for line in _said(place, found):
            click.echo(_printable(line))
    if stopped is None:
        return 0 if found.is_good else 1
    click.echo(
        f"Stopped by {stopped.name}. The study’s own records are as they were; the same command "
        "with the same --seed begins anew.",
        err=True,
    )
    return stopped.exit_code


def _meant(names: Sequence[str], runs: Path, place: Path) -> tuple[StudyFolder, tuple[str, ...]]:
    """Return the study that is meant, and the names of its experiments.

    Args:
        place: An empty folder, for records attached to a report.
    """
    first, others = (names[0], tuple(names[1:])) if names else ("", ())
    found = find_studies(runs)
    if Path(first).suffix.lower() in REPORTS and not Path(first).is_dir():
        return StudyFolder(_of_report(Path(first), place)), others
    if first and (Path(first) / "study.json").is_file():
        return StudyFolder(Path(first)), others
    if first in found:
        return StudyFolder(found[first]), others
    if not found:
        raise StudyError(
            f"There is no study {f'“{first}” ' if first else ''}in {runs}.",
            "Name a study, its folder or its report.pdf, or the folder of studies: --runs DIR",
        )
    last = StudyFolder(next(iter(found.values())))
    _check_first(first, last, found)
    return last, tuple(names)


def _check_first(first: str, last: StudyFolder, found: dict[str, Path]) -> None:
    from training.study import matches_name

    study = read(last.study, StudyRecord)
    if first and not any(matches_name(experiment, first) for experiment in study.experiments):
        raise StudyError(
            f"“{first}” is no study, no report and no experiment of {last.name}.",
            f"Studies: {', '.join(found)}. `homework list --study {last.name}` lists experiments.",
        )


def _of_report(report: Path, place: Path) -> Path:
    """Return the study that a report was made from: attached to a PDF, or beside the page."""
    if not report.is_file():
        raise StudyError(f"There is no report {report}.", "Name a report.pdf, or a study.")
    if report.suffix.lower() == ".pdf":
        # by its name, as commands are: training doesn't import report
        attached = importlib.import_module("report.audit.attached")
        study: Path = attached.attached_study(report, place)
        return study
    if not (report.parent / "study.json").is_file():
        raise StudyError(
            f"{report} carries no records, and no study lies beside it.",
            "Name its report.pdf, which carries them, or the study’s folder.",
        )
    return report.parent


def _print_json(place: str, found: "Reproduction") -> None:
    plain = {
        "study": place,
        "folder": str(found.folder),
        "seed": found.seed,
        "n_records": found.n_records,
        "answers": found.answers,
    }
    click.echo(msgspec.json.format(msgspec.json.encode(plain), indent=1).decode())


def _printable(line: str) -> str:
    """Keep what others wrote into their records from steering the terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line
    )


def _said(place: str, found: "Reproduction") -> Iterator[str]:
    checked = [answer for answer in found.answers if answer.verdict != "not checked"]
    for answer in checked:
        yield from _lines(answer)
    reasons = defaultdict(list)
    for answer in found.answers:
        if answer.verdict == "not checked":
            reasons[answer.reason].append(_name(answer))
    for reason, names in reasons.items():
        more = f" and {counted(len(names) - 1, 'other')}" if len(names) > 1 else ""
        yield f"{names[0]}{more}: not checked: {reason}"
    counts = [
        f"{n} {said}"
        for verdict, said in VERDICTS.items()
        if verdict != "not checked" and (n := sum(a.verdict == verdict for a in checked))
    ]
    of = f"{len(checked)} of {counted(found.n_records, 'run')} of {place}"
    yield f"{of} made again: {', '.join(counts)}." if counts else f"{of} made again."
    if checked:
        yield f"The new records are in {found.folder}."


def _name(answer: "Answer") -> str:
    return f"{answer.id} (seed {answer.seed})" if answer.seed else answer.id


def _lines(answer: "Answer") -> Iterator[str]:
    """Say in words what became of a run."""
    tested = "" if answer.trained else ", only its kept network tested"
    yield f"{_name(answer)}{tested}: {VERDICTS[answer.verdict]}{_apart(answer)}"
    for difference in answer.differences:
        yield f"    {_what(difference)}"
    if answer.vague_from is not None:
        tested = ", nor was the test" if answer.test == "not checked" else ""
        yield (
            f"    from epoch {answer.vague_from} on rounding alone carries this run further than "
            f"could be told from invention: not checked from there on{tested}"
        )
    elif answer.test == "not checked":
        yield "    rounding made another epoch the best one here, so the test wasn’t checked"
    if answer.trained and answer.test == "kept network":
        yield "    tested with its kept network, because rounding trained other weights here"
    if answer.verdict == "same":
        return
    if answer.unlike:
        yield f"    {'; '.join(answer.unlike)}"
    else:
        yield "    device, threads, number format and versions are those recorded"


def _apart(answer: "Answer") -> str:
    """Say how far apart two runs are that are the same within rounding."""
    apart = answer.distance
    if apart is None or answer.verdict != "within rounding":
        return ""
    parts = []
    until = answer.vague_from and answer.vague_from - 1
    if answer.trained:
        upto = f" up to epoch {until}" if until else ""
        parts.append(f"losses to {max(apart.losses[:until]):.1e} of their value{upto}")
        parts.append(f"accuracies to {100 * max(apart.accuracies[:until]):.2g} points")
    if answer.test not in (None, "not checked"):
        parts.append(f"{100 * apart.predicted:.2g} % of the predictions differ")
    if answer.test not in (None, "not checked") and apart.scores > 0:
        parts.append(f"all probabilities {apart.scores:.1e} in the mean")
    return f" ({', '.join(parts)})"


def _what(difference: "Difference") -> str:
    where = f"{difference.file}, {difference.field}" if difference.field else difference.file
    epoch = f", from epoch {difference.epoch} on" if difference.epoch else ""
    most = difference.tolerance
    allowed = f" (rounding explains {most:.2g})" if most is not None else ""
    recorded, again = (_short(value) for value in (difference.recorded, difference.again))
    return f"{where}{epoch}: {recorded} recorded, {again} now{allowed}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

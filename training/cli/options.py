"""Options that several commands share, and the study they describe."""

import functools
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from training import __version__
from training.cli.completion import DEVICES, one_of, presets, studies
from training.cli.runs_path import RunsPath
from training.garbage import not_collecting
from training.records import StudyFolder, StudyRecord, find_studies, read
from training.records.remote import masked

F = TypeVar("F", bound=Callable[..., Any])


def _setting(flag: str, **options: Any) -> Callable[[F], F]:
    """Return an option that a variable may give, too: --batch-size, HOMEWORK_BATCH_SIZE."""
    variable = f"HOMEWORK_{flag.removeprefix('--').upper().replace('-', '_')}"
    return click.option(flag, envvar=variable, **options)


def _names(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Any:
    """Return names given one by one or with commas between them; None where none is given."""
    names = tuple(part.strip() for value in given for part in value.split(","))
    return tuple(filter(None, names)) or None


PICTURE_OPTIONS = (
    click.option(
        "--classes", metavar="A,B", multiple=True, callback=_names, help="Use only these classes."
    ),
    click.option(
        "--leave-out", metavar="CLASS", multiple=True, callback=_names,
        help="Leave out a class or folder; repeatable.",
    ),
    click.option(
        "--labels-from-name", metavar="REGEX",
        help="Find the class in file names: '^([a-z]+)' finds cat in cat.0.jpg.",
    ),
    click.option(
        "--split", metavar="70/15/15",
        help="Split at random within each class: shares of train, validation and test.",
    ),
    click.option(
        "--groups", metavar="FILE|REGEX",
        help="Keep groups in one split: a file of path,group, or an expression that paths match.",
    ),
    click.option(
        "--columns", metavar="path=A,label=B",
        help="Columns of a CSV file that hold path, label and split.",
    ),
    click.option(
        "--allow-unreadable", type=float, metavar="SHARE",
        help="Accept up to this share of unreadable images.  [default: 0.01, or 5 images]",
    ),
    click.option(
        "--duplicates", type=click.Choice(["keep", "drop-from-train", "refuse"]),
        help="What becomes of pictures that two splits have, identical or nearly.  "
        "[default: keep]",
    ),
)  # fmt: skip
"""What the user says about the images that the folder itself doesn't."""


def picture_options(command: F) -> F:
    """Add the options that say what the images' folder doesn't."""
    for option in reversed(PICTURE_OPTIONS):
        command = option(command)
    return command


PICTURE_SETTINGS = (
    "classes",
    "leave_out",
    "labels_from_name",
    "split",
    "groups",
    "columns",
    "allow_unreadable",
    "duplicates",
)

_STUDY_OPTIONS = (
    click.option(
        "--preset",
        envvar="HOMEWORK_PRESET",
        metavar="NAME",
        help="reference (default) or quick.",
        shell_complete=one_of(presets),
    ),
    click.option(
        "--study-file",
        "-f",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Settings, title and data from a TOML file (see `homework init`).",
    ),
    click.option(
        "--study",
        metavar="NAME",
        help="The study's folder below --runs. If it is there, its settings hold.  "
        "[default: the study file's name, else the preset]",
        shell_complete=studies,
    ),
    click.option(
        "--change",
        is_flag=True,
        help="Let the other options change the settings of the study that --study names.",
    ),
    click.option(
        "--runs",
        type=RunsPath(),
        default=Path("runs"),
        show_default=True,
        help="Where records are saved: a folder, or a URL such as s3://bucket/runs.",
    ),
    click.option(
        "--data",
        metavar="DIR",
        help="Images: a folder, CSV file, zip or tar, torchvision:NAME, caltech101 or sample.",
        shell_complete=one_of(("caltech101", "sample", "torchvision:"), files=True),
    ),
    click.option(
        "--weights",
        envvar="HOMEWORK_WEIGHTS",
        metavar="WHICH",
        help="Where pre-trained weights come from: imagenet (downloaded when needed), "
        "sample (stand-ins, trained here on drawn letters), or a file or folder of weights. "
        "Sections that train from scratch take none.  [default: the preset's]",
        shell_complete=one_of(("imagenet", "sample"), files=True),
    ),
    click.option(
        "--backbone",
        envvar="HOMEWORK_BACKBONE",
        metavar="MODEL",
        help="Network of every section but “Beyond AlexNet”: alexnet, vgg16, resnet18, "
        "torchvision:NAME, timm:NAME (pip install 'cnn-homework[timm]') or module:function, of a "
        "module in the current folder.  [default: alexnet]",
        shell_complete=one_of(("alexnet", "vgg16", "resnet18", "torchvision:", "timm:")),
    ),
    click.option(
        "--epochs", envvar="HOMEWORK_EPOCHS", type=int, help="Epochs of every experiment."
    ),
    click.option("--batch-size", envvar="HOMEWORK_BATCH_SIZE", type=int, help="Images in a batch."),
    click.option(
        "--image-size",
        envvar="HOMEWORK_IMAGE_SIZE",
        type=int,
        help="Side of the images in pixels.",
    ),
    click.option(
        "--max-per-class",
        envvar="HOMEWORK_MAX_PER_CLASS",
        type=int,
        help="Use at most this many images of a class.",
    ),
    click.option(
        "--width",
        envvar="HOMEWORK_WIDTH",
        type=float,
        help="Channel multiplier of alexnet, vgg16 and resnet18, such as 0.25 for a quarter of the "
        "channels; no other network has one, and imagenet weights fit 1 only.  [default: 1; "
        "quick: 0.25]",
    ),
    _setting("--seed", type=int, help="First random seed."),
    click.option(
        "--seeds", envvar="HOMEWORK_SEEDS", type=int, help="Number of seeds; each repeats all runs."
    ),
    click.option(
        "--folds",
        envvar="HOMEWORK_FOLDS",
        type=int,
        metavar="N",
        help="Cut train and validation pictures into N folds; each repeats all runs, with another "
        "fold for validation.",
    ),
    click.option(
        "--extras/--no-extras", default=None, help="Also run the experiments marked extra."
    ),
    *PICTURE_OPTIONS,
)

devices_option = click.option(
    "--devices",
    envvar="HOMEWORK_DEVICES",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Devices of this machine, or of as few as possible of a Ray cluster, that train each "
    "experiment together, each on its part of every batch: CUDA devices, or as many processes on "
    "the CPU.",
)

_WHERE_OPTIONS = (
    click.option(
        "--jobs",
        "-j",
        envvar="HOMEWORK_JOBS",
        type=click.IntRange(min=1),
        metavar="N",
        help="Number of experiments that run at once, each in its own process; they share a GPU.  "
        "[default: 1; on a Ray cluster, as many as fit]",
    ),
    click.option(
        "--threads",
        envvar="HOMEWORK_THREADS",
        type=click.IntRange(min=1),
        metavar="N",
        help="CPU threads of each experiment, of those at once; on a CPU, results depend on their "
        "number in the last digits.  [default: as many as torch takes, as a rule one a core, "
        "divided by --jobs; 1 on a Ray cluster]",
    ),
    devices_option,
    click.option(
        "--executor",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="This machine, or a Ray cluster (pip install 'cnn-homework[ray]').",
    ),
    click.option(
        "--address",
        metavar="ADDRESS",
        help="Address of the Ray cluster.  [default: RAY_ADDRESS, else one is started here]",
    ),
    click.option(
        "--gpus-per-run",
        type=click.FloatRange(min=0, min_open=True),
        metavar="F",
        help="Share of a GPU per experiment on a Ray cluster, such as 0.5.",
    ),
)

SETTINGS = (
    "backbone",
    "weights",
    "epochs",
    "batch_size",
    "image_size",
    "max_per_class",
    "width",
    "seed",
    "seeds",
    "folds",
    "extras",
    *PICTURE_SETTINGS,
)


def study_options(command: F, last: bool = False) -> F:
    """Add the options that describe a study; the command receives them as `study` and `folder`.

    Args:
        last: If none of them is given, use the study written last, if there is one.
    """

    @functools.wraps(command)
    def with_study(
        *,
        preset: str | None,
        study_file: Path | None,
        study: str | None,
        change: bool,
        runs: Path,
        data: str | None,
        **others: Any,
    ) -> Any:
        from training.study import described_study, read_study_file

        if change and study is None:
            raise click.UsageError("--change needs --study NAME.")
        overrides = {name: others.pop(name) for name in SETTINGS}
        given = (preset, study_file, study, data, *overrides.values())
        if last and all(value is None for value in given):
            found = next(iter(find_studies(runs).values()), None)
            if found is not None:
                kept = StudyFolder(found)
                return command(study=read(kept.study, StudyRecord), folder=kept, **others)
        file = read_study_file(study_file) if study_file else None
        with not_collecting():
            record = described_study(runs, preset, file, overrides, study, data, change)
        record = _with_command(record)
        return command(study=record, folder=StudyFolder(runs / record.name), **others)

    for option in reversed(_STUDY_OPTIONS):
        with_study = option(with_study)
    return with_study  # type: ignore[return-value]


def code_folders(ctx: click.Context) -> tuple[Path, ...]:
    """Return where a `module:function` is looked for, of a command with `study_options`.

    That is beside the study file, and, for one that --backbone names, in the current folder: a
    person's own word means their own code.
    """
    study_file: Path | None = ctx.params["study_file"]
    beside = () if study_file is None else (study_file.resolve().parent,)
    return beside if ctx.params["backbone"] is None else (*beside, Path.cwd())


def check_trusted_code(ctx: click.Context, study: StudyRecord) -> None:
    """Refuse code that the person hasn't named, of a command with `study_options` that trains."""
    from training.study import check_code

    check_code(study, ctx.params["study_file"] is not None, ctx.params["backbone"])


def _with_command(record: StudyRecord) -> StudyRecord:
    import msgspec

    command = masked(shlex.join(["homework", *sys.argv[1:]]))
    return msgspec.structs.replace(record, command=command, homework=__version__)


def device_option(command: F) -> F:
    return click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="NAME",
        help="auto, cpu, cuda, cuda:N or mps. auto takes CUDA where it is there, else mps (Apple), "
        "else the CPU; auto and cuda with --jobs take every CUDA device.",
        shell_complete=one_of(DEVICES),
    )(command)


def precision_option(command: F) -> F:
    return click.option(
        "--precision",
        type=click.Choice(["auto", "fp32", "tf32", "bf16", "fp16"]),
        default="auto",
        show_default=True,
        help="Number format of matrix products and convolutions. auto: bf16 where it is much "
        "faster, on CUDA devices that have it and, from 128 pixels on, CPUs with AMX or "
        "AVX512-BF16; fp16 on CUDA devices of compute capability 7, such as the T4; else fp32.",
    )(command)


def where_options(command: F) -> F:
    """Add the options that say where experiments run; `run_options` collects them."""
    for option in reversed(_WHERE_OPTIONS):
        command = option(command)
    return command


def talk_options(command: F) -> F:
    """Add --quiet and --verbose; the command receives them as `talk`, see `progress.Talk`."""

    @functools.wraps(command)
    def with_talk(*, quiet: bool, verbose: bool, **others: Any) -> Any:
        if quiet and verbose:
            raise click.UsageError("--quiet and --verbose can't be combined.")
        return command(talk="quiet" if quiet else "verbose" if verbose else "normal", **others)

    for option in (
        click.option("--verbose", "-v", is_flag=True, help="Print a line for each epoch."),
        click.option("--quiet", "-q", is_flag=True, help="Print only errors."),
    ):
        with_talk = option(with_talk)
    return with_talk  # type: ignore[return-value]


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)

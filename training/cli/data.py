"""`homework data`: fetch, check or draw a data set."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from training.byte_sizes import human_size
from training.cli.options import json_option, picture_options
from training.plurals import counted

if TYPE_CHECKING:
    from training.data.cache import Stage


@contextlib.contextmanager
def _stage() -> Iterator["Stage"]:
    """Show progress on the error stream: what is printed is the command's answer."""
    from training.cli.console import ConsoleProgress

    with ConsoleProgress(on_stderr=True) as progress:
        yield progress.stage


@click.group()
def data() -> None:
    """Fetch, check or draw a data set; clean the cache."""


@data.command()
@click.option("--url", help="Alternative URL of the archive.  [or HOMEWORK_DATA_URL]")
@click.option("--md5", help="MD5 checksum of the archive.  [or HOMEWORK_DATA_MD5]")
def fetch(url: str | None, md5: str | None) -> None:
    """Download Caltech-101 into the cache folder and print where it is.

    \b
    Examples:
        homework data fetch
        homework run-all --data "$(homework data fetch)"
    """
    from training.data.download import fetch_caltech101
    from training.folders import cache_folder

    with _stage() as stage:
        folder = fetch_caltech101(cache_folder(), url, md5, stage)
    click.echo(str(folder))


@data.command()
@click.argument("place", metavar="DIR")
@click.option(
    "--image-size", type=click.IntRange(min=1), default=224, show_default=True, metavar="PIXELS",
    help="Side at which images are measured; name the study's.",
)  # fmt: skip
@picture_options
@json_option
def check(place: str, image_size: int, as_json: bool, **settings: Any) -> None:
    """Show what a data set holds: a folder of images, a CSV file or an archive.

    Lists classes, splits, sizes, and everything unused with its reason. Writes nothing but an
    unpacked archive. Exit 1 if a study couldn't use the images.

    \b
    Examples:
        homework data check ~/flowers
        homework data check ~/flowers/pictures.csv --json
        homework data check ~/digits --image-size 64
        homework data check ~/dogs-vs-cats --labels-from-name '^(cat|dog)'
    """
    import json

    from training.data.check import check_folder, report_lines
    from training.data.locate import locate
    from training.records import Settings
    from training.study.choices import choices_of

    given = {name: value for name, value in settings.items() if value is not None}
    choices = choices_of(Settings(**given))
    with _stage() as stage:
        there = f"./{place}" if Path(place).exists() and not Path(place).is_absolute() else place
        found = check_folder(locate(there, stage), stage, choices, image_size)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1))
    else:
        click.echo("\n".join(report_lines(found)))
    if found.problem is not None:
        raise found.problem


@data.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--alphabet",
    type=click.Choice(["target", "source"]),
    default="target",
    show_default=True,
    help="target: the data set; source: the letters that stand-in weights are trained on.",
)
def sample(folder: Path, alphabet: Literal["target", "source"]) -> None:
    """Draw the embedded sample into DIR, laid out like Caltech-101.

    \b
    Examples:
        homework data sample letters
        homework run scratch --preset quick --data letters
    """
    from training.data.sample import write_sample

    with _stage() as stage:
        write_sample(folder, alphabet, stage)
    click.echo(str(folder))


@data.command()
@click.option(
    "--older-than", "days", type=click.FloatRange(min=0), default=30.0, show_default=True,
    metavar="DAYS", help="Remove files unused for this many days.",
)  # fmt: skip
@click.option(
    "--all", "everything", is_flag=True, help="Remove files however recently they were used."
)
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@json_option
def clean(days: float, everything: bool, dry_run: bool, as_json: bool) -> None:
    """Remove decoded images, features and figures not used recently.

    They are recreated when needed. Downloads, weights, records and mirrors of remote
    records are never touched.

    \b
    Examples:
        homework data clean --dry-run
        homework data clean --older-than 7
    """
    import json

    from training.data.clean import KINDS, kept_files, remove
    from training.folders import cache_folder

    found = list(kept_files(0.0 if everything else days))
    left = [] if dry_run else remove(found)
    gone = [item for item in found if item not in left]
    sizes = {kind: [item.n_bytes for item in gone if item.kind == kind] for kind in KINDS}
    if as_json:
        totals = {kind: {"files": len(n), "bytes": sum(n)} for kind, n in sizes.items()}
        answer = {"folder": str(cache_folder()), "removed": not dry_run, "kinds": totals,
                  "left": [str(item.file) for item in left]}  # fmt: skip
        click.echo(json.dumps(answer, indent=1))
        return
    for kind, n_bytes in sizes.items():
        click.echo(
            f"{KINDS[kind]:26} {counted(len(n_bytes), 'file'):>12} {human_size(sum(n_bytes)):>12}"
        )
    said = "would be removed from" if dry_run else "removed from"
    click.echo(f"{human_size(sum(map(sum, sizes.values())))} {said} {cache_folder()}")
    for item in left:
        click.echo(f"{item.file} is in use or can't be removed.", err=True)

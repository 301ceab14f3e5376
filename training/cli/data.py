"""`homework data`: fetch, check or draw a data set."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from training.cli.options import json_option

if TYPE_CHECKING:
    from training.data.cache import Stage


@contextlib.contextmanager
def _stage() -> Iterator["Stage"]:
    """Show progress on the error stream: what is printed is the command's answer."""
    from training.cli.progress import ConsoleProgress

    with ConsoleProgress(on_stderr=True) as progress:
        yield progress.stage


@click.group()
def data() -> None:
    """Fetch, check or draw a data set."""


@data.command()
@click.option("--url", help="Another address of the archive.  [or HOMEWORK_DATA_URL]")
@click.option("--md5", help="Its checksum.  [or HOMEWORK_DATA_MD5]")
def fetch(url: str | None, md5: str | None) -> None:
    """Download Caltech-101 into the cache folder and print where it is.

    \b
    Examples:
        homework data fetch
        homework run-all --data "$(homework data fetch)"
    """
    from training.data.cache import cache_folder
    from training.data.download import fetch_caltech101

    with _stage() as stage:
        folder = fetch_caltech101(cache_folder(), url, md5, stage)
    click.echo(str(folder))


@data.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def check(folder: Path, as_json: bool) -> None:
    """Say what a folder of pictures holds, or a CSV file names.

    Classes, splits, sizes and unreadable files; exit 1 where a study couldn't use them.

    \b
    Examples:
        homework data check ~/flowers
        homework data check ~/flowers/pictures.csv --json
    """
    import json

    from training.data.check import check_folder, report_lines

    with _stage() as stage:
        found = check_folder(folder, stage)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1))
    else:
        click.echo("\n".join(report_lines(found)))


@data.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--alphabet",
    type=click.Choice(["target", "source"]),
    default="target",
    show_default=True,
    help="target: the data set; source: what the stand-in weights are trained on.",
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

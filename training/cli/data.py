"""`homework data`: fetch, check or draw a data set."""

from pathlib import Path
from typing import Literal

import click

from training.cli.options import json_option
from training.errors import DataError


@click.group()
def data() -> None:
    """Fetch, check or draw a data set."""


@data.command()
@click.option("--url", help="Another address of the archive.  [or HOMEWORK_DATA_URL]")
@click.option("--md5", help="Its checksum.  [or HOMEWORK_DATA_MD5]")
def fetch(url: str | None, md5: str | None) -> None:
    """Download Caltech-101 into the cache folder and print where it is."""
    from training.cli.progress import ConsoleProgress
    from training.data.cache import cache_folder
    from training.data.download import fetch_caltech101

    with ConsoleProgress() as progress:
        folder = fetch_caltech101(cache_folder(), url, md5, progress.stage)
    click.echo(str(folder))


@data.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def check(folder: Path, as_json: bool) -> None:
    """Say what a folder of pictures holds: classes, splits, sizes, unreadable files."""
    import json

    from training.cli.progress import ConsoleProgress
    from training.data.check import check_folder, report_lines

    with ConsoleProgress() as progress:
        found = check_folder(folder, progress.stage)
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
    """Draw the embedded sample into DIR, laid out like Caltech-101."""
    from training.cli.progress import ConsoleProgress
    from training.data.sample import is_sample, write_sample

    if folder.is_dir() and any(folder.iterdir()) and not is_sample(folder):
        raise DataError(f"{folder} isn't empty.", "Name a new folder.")
    with ConsoleProgress() as progress:
        write_sample(folder, alphabet, progress.stage)
    click.echo(str(folder))

"""`homework export`. What a format needs is imported when it runs."""

from pathlib import Path

import click

from training.cli.completion import studies
from training.cli.runs_path import RunsPath

_FORMATS = ("csv", "parquet", "latex", "jsonl", "tensorboard", "mlflow", "model-card")
"""The names in `formats.FORMATS`, repeated so that help answers without loading records."""


@click.command()
@click.argument("format_name", type=click.Choice(_FORMATS), metavar="FORMAT")
@click.option(
    "--runs",
    type=RunsPath(),
    default=Path("runs"),
    show_default=True,
    help="Folder of records, or a URL.",
)
@click.option(
    "--study",
    metavar="NAME",
    help="Name of a study below --runs.  [default: the most recent]",
    shell_complete=studies,
)
@click.option(
    "--output",
    metavar="PATH",
    help="File or folder; “-” prints text formats; for mlflow also a tracking URI.  "
    "[default: a file or folder in exports/ in the study's folder]",
)
def export(format_name: str, runs: Path, study: str | None, output: str | None) -> None:
    """Write the records for other tools: exact values, with units in the names.

    \b
    FORMAT is one of
        csv, parquet   a table of all runs: settings, accuracies, counts, times
        latex          the test accuracies with their 95 % intervals (booktabs)
        jsonl          all curves, one line per epoch
        tensorboard    event files, one folder per run
        mlflow         runs in an SQLite store, or in MLFLOW_TRACKING_URI
        model-card     Markdown with the metadata of the Hugging Face Hub
    Parquet, TensorBoard and MLflow need extras:
        pip install 'cnn-homework[parquet,tensorboard,mlflow]'

    \b
    Examples:
        homework export csv
        homework export latex --study quick --output paper/accuracies.tex
        homework export jsonl --output - | head
    """
    from report.evidence.choose import choose_study
    from report.evidence.load import load_study
    from report.export.formats import export_study, printed

    view = load_study(choose_study(runs, study))
    if output == "-":
        click.echo(printed(view, format_name), nl=False)
        return
    done = export_study(view, format_name, output, lambda text: click.echo(text, err=True))
    for remark in done.remarks:
        click.echo(remark, err=True)
    click.echo(done.place)

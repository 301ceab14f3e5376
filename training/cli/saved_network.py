"""`homework predict` and `homework export-model`: use a saved network."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from training.byte_names import escaped
from training.cli.completion import saved_networks
from training.cli.options import json_option
from training.cli.runs_path import RunsPath
from training.errors import StudyError
from training.records import Metrics, StudyFolder, StudyRecord, rank, read, read_if_there

if TYPE_CHECKING:
    from training.weights.saved_network import Guess, Kept

_network = click.argument(
    "network", metavar="STUDY[/EXPERIMENT]|FILE", shell_complete=saved_networks
)
_runs = click.option(
    "--runs", type=RunsPath(), default=Path("runs"), show_default=True,
    help="Folder of records, or a URL.",
)  # fmt: skip
_seed = click.option("--seed", type=int, help="Seed of the run.  [default: the first one saved]")
_study_file = click.option(
    "--study-file", "-f", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Import a module:function model from beside this file.",
)  # fmt: skip


@click.command()
@_network
@click.argument(
    "pictures", nargs=-1, required=True, metavar="IMAGE|FOLDER…", type=click.Path(path_type=Path)
)
@_runs
@_seed
@_study_file
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Number of classes to print.",
)
@json_option
@click.pass_context
def predict(
    ctx: click.Context,
    network: str,
    pictures: tuple[Path, ...],
    runs: Path,
    seed: int | None,
    study_file: Path | None,
    top: int,
    as_json: bool,
) -> None:
    """Classify images with a network that a study has kept.

    STUDY alone stands for the tested network with the highest validation accuracy, which its
    report chooses, too.
    Tested networks are kept up to 100 MB each; `homework run … --keep-weights` keeps larger ones.
    A folder stands for all images in it. Exit 1 if an image can't be read.

    \b
    Examples:
        homework predict quick photo.jpg holiday/
        homework predict quick/transfer/best photo.jpg
        homework run transfer/best --keep-weights
        homework predict reference/transfer/best photo.jpg
    """
    from training.weights.saved_network import classify

    kept = _load(network, runs, seed, study_file)
    unreadable = 0
    for guess in classify(kept, _files(pictures), top):
        unreadable += bool(guess.problem)
        click.echo(_as_json(guess) if as_json else _as_line(guess))
    ctx.exit(1 if unreadable else 0)


@click.command("export-model")
@_network
@click.option(
    "--format", "form", type=click.Choice(["onnx", "safetensors"]), default="onnx",
    show_default=True, help="File format.",
)  # fmt: skip
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Output file.  [default: SECTION-EXPERIMENT.FORMAT]",
)
@_runs
@_seed
@_study_file
def export_model(
    network: str,
    form: Literal["onnx", "safetensors"],
    output: Path | None,
    runs: Path,
    seed: int | None,
    study_file: Path | None,
) -> None:
    """Export a network that a study has kept, for other programs; see `homework predict`.

    ONNX takes images (n, 3, height, width), or (n, 1, height, width) where the network sees grey,
    with values from 0 to 1 and gives probabilities; safetensors holds the state dict. Class names,
    sizes and how to prepare an image (its orientation, resizing and crop) are in the file's
    metadata; docs/using-elsewhere.md has an example.

    \b
    Examples:
        homework export-model reference/transfer/best -o alexnet.onnx
    """
    from training.weights.export import to_onnx, to_safetensors

    kept = _load(network, runs, seed, study_file)
    file = output or Path(f"{kept.about.id.replace('/', '-')}.{form}")
    (to_onnx if form == "onnx" else to_safetensors)(kept, file)
    click.echo(str(file))


def _load(network: str, runs: Path, seed: int | None, study_file: Path | None) -> "Kept":
    from training.weights.saved_network import load_kept

    place = Path(network)
    file = place if place.is_file() else _kept_file(network, runs, seed)
    return load_kept(file, study_file.resolve().parent if study_file else None)


def _kept_file(network: str, runs: Path, seed: int | None) -> Path:
    study, slash, experiment = network.partition("/")
    if not slash and StudyFolder(runs / study).study.is_file():
        experiment = _chosen(StudyFolder(runs / study))
        click.echo(f"{study}/{experiment}, chosen by its validation accuracy", err=True)
    if experiment.count("/") != 1:
        raise StudyError(
            f"“{network}” isn't the name of a network.",
            "Write STUDY, for the one that its report chooses, STUDY/SECTION/EXPERIMENT, as in "
            "reference/transfer/best, or a file’s path.",
        )
    folder = StudyFolder(runs / study)
    if seed is not None:
        found = [folder.model(experiment, seed)]
    else:
        run = folder.run(experiment, 0).parent
        found = sorted(run.glob("seed-*/model.pt"), key=lambda file: int(file.parent.name[5:]))
    if not found or not found[0].is_file():
        elsewhere = "" if runs == Path("runs") else f" --runs {shlex.quote(str(runs))}"
        raise StudyError(
            f"There is no saved network of {experiment} in {folder.path}.",
            f"Keep it: homework run {experiment} --study {study} --keep-weights{elsewhere}. That "
            "trains this network again, if it has run, and nothing else.",
        )
    return found[0]


def _chosen(folder: StudyFolder) -> str:
    """Return the tested experiment with the highest validation accuracy, see `records.rank`."""
    study = read(folder.study, StudyRecord)
    seeds = study.settings.run_seeds
    tested: dict[str, list[Metrics]] = {}
    for experiment in study.experiments:
        for seed in seeds:
            record = read_if_there(folder.metrics(experiment.id, seed), Metrics)
            if record is not None and record.test is not None and record.validation is not None:
                tested.setdefault(experiment.id, []).append(record)
    if not tested:
        raise StudyError(
            f"No network of {folder.path} has been tested yet.",
            f"Run the study: homework run-all --study {folder.path.name}.",
        )
    return min(tested, key=lambda name: rank(tested[name]))


def _files(places: tuple[Path, ...]) -> list[Path]:
    """Replace folders by the images in them."""
    from training.data.tree import read_tree

    files: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = sorted(place / path for path in read_tree(place).all_pictures())
            if not inside:
                raise StudyError(f"There is no image in {place}.")
            files += inside
        else:
            files.append(place)
    return files


def _as_json(guess: "Guess") -> str:
    plain: dict[str, Any] = {"picture": escaped(str(guess.picture))}
    if guess.problem:
        plain["problem"] = guess.problem
    else:
        pairs = zip(guess.classes, guess.probabilities, strict=True)
        plain["classes"] = [{"class": name, "probability": p} for name, p in pairs]
    return json.dumps(plain, ensure_ascii=not (sys.stdout.encoding or "").lower().startswith("utf"))


def _as_line(guess: "Guess") -> str:
    if guess.problem:
        return f"{escaped(str(guess.picture))}: can’t be read: {guess.problem}"
    pairs = zip(guess.classes, guess.probabilities, strict=True)
    return f"{escaped(str(guess.picture))}: " + ", ".join(
        f"{name} {100 * p:.1f} %" for name, p in pairs
    )

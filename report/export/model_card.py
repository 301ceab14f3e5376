"""A model card in the form of the Hugging Face Hub: metadata in YAML, then Markdown.

All of it comes from the records. What they don't know (a licence, intended use, who made the
pictures) is left for a person to add; the card says so.
"""

import json
import re
from collections.abc import Iterator

from report.errors import ReportError
from report.evidence.accuracy import Tested, all_tested
from report.evidence.display_names import model_name, weights_name
from report.evidence.load import StudyView
from report.evidence.numbers import integer, percentage
from report.evidence.run import Run
from report.export.latex import right_of
from report.findings.chosen import Chosen, chosen, chosen_model
from report.findings.data import extent, kind
from report.findings.notices import data_notices, uses_sample_data
from training.records import Dataset, Environment
from training.records.spec_fields import spec_values

_UNKNOWN = (
    "The records say nothing of licence, intended use or the people in the pictures: add what you "
    "know before you publish a model."
)

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def model_card(view: StudyView) -> str:
    """Return the card of all models of a study that were tested.

    Raises:
        ReportError: None was, or there is no record of the data set.
    """
    tested, dataset, choice = all_tested(view), view.dataset, chosen_model(view)
    if not tested or dataset is None:
        raise ReportError(
            f"No run of {view.folder.path} has test scores, so there is no model to describe.",
            "Run an experiment that is tested; `homework plan` shows what is left to run.",
        )
    parts = [
        "---\n" + "\n".join(_yaml(_metadata(view, dataset, tested))) + "\n---\n",
        f"# {escape(view.study.title)}\n",
        *([f"{escape(view.study.abstract)}\n"] if view.study.abstract else []),
        _data(view, dataset),
        _chosen(view),
        _results(tested, choice),
        _use(view, choice.model if choice else tested[0]),
        _training(tested),
        _caveats(tested),
    ]
    return "\n".join(part for part in parts if part)


def escape(text: str) -> str:
    """Make a text print as it is in Markdown, on one line."""
    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    marked = re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", one_line)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _metadata(view: StudyView, dataset: Dataset, tested: list[Tested]) -> dict[str, Plain]:
    runs = [run for item in tested for run in item.runs]
    result: dict[str, Plain] = {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {"name": dataset.name, "type": dataset.kind, "split": "test"},
        "metrics": [_metric(run, dataset) for run in runs],
    }
    models = dict.fromkeys(run.metrics.spec.model for run in runs if run.metrics.spec)
    return {
        "pipeline_tag": "image-classification",
        "library_name": "pytorch",
        "tags": ["image-classification", *models],
        "metrics": ["accuracy"],
        "model-index": [{"name": view.study.name, "results": [result]}],
    }


def _metric(run: Run, dataset: Dataset) -> Plain:
    test = run.metrics.test
    assert test is not None
    return {
        "type": "accuracy",
        "name": f"Test accuracy, {run.id}, seed {run.metrics.seed}",
        "value": test.accuracy,
        "args": {
            "experiment": run.id,
            "seed": run.metrics.seed,
            "n_correct": test.n_correct,
            "n_images": test.n_images,
            "spec_hash": run.metrics.spec_hash,
            "dataset_fingerprint": dataset.fingerprint,
        },
    }


def _yaml(value: Plain, indent: str = "") -> Iterator[str]:
    """Give the lines of a mapping or list; scalars as JSON, which YAML takes as they are."""
    items: list[tuple[str, Plain]]
    if isinstance(value, dict):
        items = [(f"{key}:", item) for key, item in value.items()]
    else:
        assert isinstance(value, list)
        items = [("-", item) for item in value]
    for mark, item in items:
        if isinstance(item, dict | list) and item:
            yield indent + mark
            yield from _yaml(item, indent + "  ")
        else:
            yield f"{indent}{mark} {_scalar(item)}"


def _scalar(value: Plain) -> str:
    """Write a scalar as JSON; YAML 1.1 takes 1e-05 for a text, but not 1.0e-05."""
    text = json.dumps(value)
    return text.replace("e", ".0e", 1) if re.fullmatch(r"-?\d+e.*", text) else text


def _data(view: StudyView, dataset: Dataset) -> str:
    """Say what the pictures and the starting weights were, from where the report says it."""
    known = () if uses_sample_data(view) else kind(view)  # else a notice says it
    said = " ".join(escape(str(s)) for s in (*extent(view), *known, *data_notices(view)))
    starts = dict.fromkeys(
        weights_name(view, run.metrics.spec.weights)
        for item in all_tested(view)
        for run in item.runs
        if run.metrics.spec is not None
    )
    return (
        f"## Data and starting weights\n\n{said} Starting weights of the models below: "
        f"{escape(', '.join(starts) or 'not recorded')}.\n\n"
        f"{dataset.n_train} pictures for training, {dataset.n_validation} for validation"
        f"{_of_folds(dataset)}, {dataset.n_test} for testing. Fingerprint of pictures and split: "
        f"{_code(dataset.fingerprint)}.\n"
    )


def _of_folds(dataset: Dataset) -> str:
    return f" in the first of {len(dataset.folds)} folds" if dataset.folds else ""


def _chosen(view: StudyView) -> str:
    """Say which model validation chose, and which can't be told from it."""
    said = " ".join(escape(str(sentence)) for sentence in chosen(view))
    heading = "The chosen model" if chosen_model(view) else "The tested model"
    return f"## {heading}\n\n{said}\n" if said else ""


def _use(view: StudyView, tested: Tested) -> str:
    """Say how the chosen model, or the only one, is used."""
    run = next((run for run in tested.runs if run.metrics.network), None)
    experiment, study = tested.experiment.id, view.folder.name
    name = f"{study}/{experiment}"
    predict = _code(f"homework predict {name} photo.jpg")
    if run is None:
        again = _code(f"homework run {experiment} --study {study} --keep-weights")
        return (
            f"## How to use it\n\nThe network of {_code(experiment)} wasn’t kept with its record. "
            f"{again} trains it again and keeps it; then {predict} names a picture.\n"
        )
    export = _code(f"homework export-model {name} -o network.onnx")
    place = _code(f"{run.path}/{run.metrics.network}")
    return (
        f"## How to use it\n\n{predict} names a picture, prepared as in training. {export} writes "
        f"the network for other programs. It is kept as {place} in the study’s folder.\n"
    )


def _results(tested: list[Tested], choice: Chosen | None) -> str:
    rows = [
        "| experiment | network | test accuracy (%) | 95 % interval (%) | right |",
        "|---|---|---:|---:|---:|",
    ]
    for item in tested:
        spec = item.runs[0].metrics.spec
        network = escape(model_name(spec.model)) if spec else ""
        star = " ★" if choice and choice.is_marked(item.experiment.id) else ""
        rows.append(
            f"| {escape(item.name)} (`{item.experiment.id}`){star} "
            f"| {network} "
            f"| {percentage(item.accuracy).text} "
            f"| {percentage(item.low).text}–{percentage(item.high).text} | {right_of(item)} |"
        )
    stars = (
        " Stars mark the chosen model and those that can’t be told from it on the same pictures."
        if choice
        else ""
    )
    method = "Wilson’s"
    if any(item.over_folds for item in tested):
        method = "Wilson’s, joined with the corrected t interval over folds"
    elif any(item.over_seeds for item in tested):
        method = "Wilson’s, from three seeds on joined with Student’s over seeds"
    return (
        "## Results\n\n"
        "Top-1 accuracy on the test pictures, of the weights with the best validation accuracy; "
        f"choices between settings were made by validation accuracy. Intervals are {method}."
        f"{stars}\n\n" + "\n".join(rows) + "\n"
    )


def _training(tested: list[Tested]) -> str:
    blocks = ["## Training\n"]
    for run in (item.runs[0] for item in tested):
        metrics = run.metrics
        if metrics.spec is None:
            continue
        recipe = json.dumps(spec_values(metrics.spec), ensure_ascii=False)
        said = [f"- `{metrics.id}`: {_counts(run)}"]
        if metrics.selected is not None:
            chosen = metrics.selected
            said.append(f"  Chosen from {_code(chosen.grid)} by validation accuracy: rank "
                        f"{chosen.rank}, {_code(chosen.id)}.")  # fmt: skip
        said.append(f"  Recipe: {_code(recipe)}")
        blocks += said
    environments = {
        f"homework {e.homework}, Python {e.python}, torch {e.torch}, torchvision {e.torchvision}, "
        f"{e.precision} on {_devices(e)} ({e.device_name})"
        for item in tested for run in item.runs if (e := run.metrics.environment)
    }  # fmt: skip
    said_where = [f"\nTrained with {escape(text)}." for text in sorted(environments)]
    return "\n".join([*blocks, *said_where]) + "\n"


def _devices(environment: Environment) -> str:
    n, machines = environment.n_devices, environment.n_machines
    where = f" of {machines} machines" if machines > 1 else ""
    return environment.device if n == 1 else f"{n} devices{where}, the first {environment.device}"


def _counts(run: Run) -> str:
    metrics, said = run.metrics, []
    if run.parameters is not None:
        trainable = integer(run.number("/parameters/trainable")).text
        said.append(f"{trainable} of {integer(run.number('/parameters/total')).text} parameters "
                    "were trained")  # fmt: skip
    said.append(f"best epoch {metrics.best_epoch} of {metrics.epochs_run}")
    said.append(f"{metrics.train_seconds:.1f} s")
    return ", ".join(said) + "."


def _code(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence}{text}{fence}" if longest == 0 else f"{fence} {text} {fence}"


def _caveats(tested: list[Tested]) -> str:
    notes = dict.fromkeys(
        f"- `{run.id}`: {escape(note)}"
        for item in tested for run in item.runs for note in run.metrics.notes
    )  # fmt: skip
    lines = [
        "## Limits\n",
        _UNKNOWN,
        *(["", *notes] if notes else []),
    ]
    return "\n".join(lines) + "\n"

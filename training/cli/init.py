"""`homework init`: write an annotated study file."""

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from training.cli.completion import one_of, presets, templates
from training.errors import StudyError
from training.folders import expanded
from training.records import write_bytes
from training.study.toml_text import escaped

if TYPE_CHECKING:
    from training.data.advice import Advice
    from training.records import Settings

SCHEMA = "study-file.schema.json"
"""The JSON Schema beside a study file, which its first line names for editors."""

KNOWN = ("caltech101", "sample")
"""Data sets by name, which the presets suit as they are."""

TEMPLATE = """\
# A study file: title, data and overrides. Use it with
#     homework run-all -f {name}
# Every line that starts with "#" shows a default or an example; remove the "#" to change it.
# The command line overrides this file, and this file overrides the preset.

{study:32} # its folder below runs/
title = "{title}"
author = "{author}"
course = "{course}"
# abstract = "One paragraph that opens the report."

preset = "{preset}"              # reference: the homework as given; quick: minutes on a laptop
{data}

# Further pictures; an experiment with test_on = ["sketches"] is tested on them, too.
# [pictures.sketches]
# data = "sketches"              # a folder; its classes are matched by their names

# The report: its sections, their order (`homework render --list-sections`), and sections of your
# own. Those hold Markdown, and the report marks them as unchecked.
# [report]
# sections = ["introduction", "mistakes"]   # these first; the others follow in their usual order
# leave_out = ["augmentation"]
#
# [[report.extra]]
# title = "What I learned"
# after = "conclusion"
# file = "notes.md"              # beside this file; or: markdown = "Some *text*."

[settings]
# backbone = "alexnet"           # or vgg16, resnet18, torchvision:NAME, timm:NAME, module:function
{epochs:32} # for every experiment
{sizes}
# learning_rates = [1e-2, 1e-3, 1e-5]
# optimizers = ["sgd", "adam", "rmsprop"]   # or adamw, nadam, adagrad … as torch.optim has them
# optimizer_options = {{betas = [0.9, 0.95]}}   # by torch's names, for those that have them
# momentum = 0.9                 # for sgd; rmsprop has none
# weight_decay = 5e-5
{step_size:32} # epochs between steps of the learning rate
# gamma = 0.1                    # factor of each step
# schedule = "step"              # or constant, linear, cosine, one-cycle, module:function
# channels = 3                   # 1: networks see pictures in grey
# loss = "cross-entropy"         # what training makes small; or module:function
# warm_up = 0                    # epochs over which the learning rate rises at first
# label_smoothing = 0.0          # share of a label that is spread over all classes
# clip_gradient = 0.0            # largest norm of the gradient; 0: as it comes
# mixup = 0.0                    # 0.2: images of a batch are added in pairs; labels, too
# cutmix = 0.0                   # 1.0: a rectangle of one is pasted into another
# layer_decay = 1.0              # 0.75: each block's learning rate is so much of the next one's
# head_learning_rate = 0.0       # of the new head; 0: that of the others
# two_phase = 0                  # 3: train the new head alone for so many epochs, then everything
# ema = 0.0                      # 0.999: validate and keep a moving average of the weights
# balance = "none"               # loss weighs images by class, sampling draws them
# early_stopping = 0             # end after so many epochs without a better one; 0: never
# early_stopping_by = "accuracy" # or loss: what has to get better, of validation
{width:32} # channel multiplier of alexnet, vgg16 and resnet18
{weights:32} # imagenet, sample, a weights file, or a folder of them
# seed = 0
# seeds = 1                      # repetitions, for mean and standard deviation
# folds = 0                      # cross-validation: 5 cuts train and validation into 5 folds
{limit}
# extras = false
# classes = []                   # use only these, as in ["cat", "dog"]
# leave_out = []                 # classes or folders that aren't used
# labels_from_name = ""          # finds the class in file names: '^([a-z]+)' for cat.0.jpg
# split = ""                     # shares of train, validation and test: "70/15/15"
# groups = ""                    # kept in one split: a file of path,group, or '^(patient\\d+)'
# columns = ""                   # of a CSV file: "path=file,label=species"
# allow_unreadable = 0.01        # share of images that may be unreadable
# duplicates = "keep"            # of what two splits have; or "drop-from-train", "refuse"
# feature_map = "pca"            # how features are laid out; or "t-sne", by scikit-learn

# Change one experiment (see `homework list` for the names):
# [experiments."scratch/baseline"]
# epochs = 10

# Sections, grids and comparisons of your own (docs/experiments.md):
# extends = "homework"           # at the top of the file; else they stand in its place
# [sections.decay]
# question = "How much weight decay?"
# [grids."decay/grid"]
# weight_decay = [0.0, 1e-4, 1e-2]
# learning_rate = [1e-2, 1e-3]
# [experiments."decay/best"]
# from = "best of decay/grid"
# test = true

# Add a model: torchvision:NAME, timm:NAME or module:function (a module beside this file):
# [experiments."beyond/mobilenet"]
# model = "torchvision:mobilenet_v3_small"
# weights = "pretrained"
# freeze = "backbone"
# optimizer = "adam"
# learning_rate = 1e-3
# epochs = 20
# test = true
"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("study.toml"))
@click.option(
    "--title", help="Title of the study.  [default: My study, or one that names the data]"
)
@click.option("--author", default="", help="Your name.")
@click.option("--course", default="", help="Course, for the cover.")
@click.option(
    "--preset", default="reference", show_default=True, metavar="NAME",
    help="Settings to start from: reference or quick.", shell_complete=one_of(presets),
)  # fmt: skip
@click.option("--data", metavar="DIR", help="Your images; sizes are chosen to suit them.")
@click.option(
    "--template", metavar="NAME",
    help="A ready study: homework, own-pictures, backbones, augmentation, robustness or "
    "data-efficiency.",
    shell_complete=one_of(templates),
)  # fmt: skip
@click.option(
    "--schema/--no-schema", default=True,
    help=f"Write {SCHEMA} beside it, by which editors complete and check it.  [default: schema]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the file.")
def init(
    file: Path,
    template: str | None,
    title: str | None,
    author: str,
    course: str,
    preset: str,
    data: str | None,
    schema: bool,
    force: bool,
) -> None:
    """Write an annotated study file to start from, or, with --template, a ready one.

    With --data, sizes, batch size and title are chosen to suit the images (a folder, a CSV file,
    torchvision:NAME).

    \b
    Examples:
        homework init study.toml --data ~/flowers --author "A. Student"
        homework init study.toml --template own-pictures --data ~/flowers
        homework run-all -f study.toml --render both
    """
    from training.lookup import look_up
    from training.study import PRESETS
    from training.study.ready import TEMPLATES, ready_file

    if template is not None:
        look_up("template", template, TEMPLATES)
    look_up("preset", preset, PRESETS)
    if file.exists() and not force:
        raise StudyError(
            f"{file} already exists.", "Choose another name, or overwrite it with --force."
        )
    if schema:
        _check_schema(file.with_name(SCHEMA))
    advice = _look(data) if data else None
    if template is not None:
        values = _values(file, title, author, course, preset, data, advice)
        _write(file, ready_file(template, file.name, values), advice, schema)
        return
    if title is None:
        title = f"Convolutional networks on {advice.name}" if advice else "My study"
    settings = PRESETS[preset].settings
    text = TEMPLATE.format(
        study=f'name = "{_study_name(advice.name)}"' if advice else f'# name = "{preset}"',
        epochs=f"# epochs = {settings.epochs or 30}",
        step_size=f"# step_size = {settings.step_size}",
        width=f"# width = {settings.width}",
        weights=f'# weights = "{settings.weights}"',
        sizes=_sizes(advice, settings),
        limit=f"max_per_class = {advice.max_per_class}             # a first try; remove it for all"
        if advice and advice.max_per_class
        else "# max_per_class = 40",
        name=file.name,
        title=escaped(title),
        author=escaped(author),
        course=escaped(course),
        preset=preset,
        data=f'data = "{escaped(_from_file(data, file))}"'
        if data
        else '# data = "images"            # a folder',
    )
    _write(file, text, advice, schema)


def _check_schema(file: Path) -> None:
    """Refuse to replace a file that isn't a schema of study files."""
    from training.study.file_schema import ID

    if file.exists() and f'"{ID}"'.encode() not in file.read_bytes():
        raise StudyError(
            f"{file} already exists, and isn't the schema of study files.",
            "Move it away, or do without the schema with --no-schema.",
        )


def _write(file: Path, text: str, advice: "Advice | None", schema: bool) -> None:
    beside = file.with_name(SCHEMA)
    is_new = schema and not beside.exists()
    if schema:
        from training.study.file_schema import study_file_schema

        write_bytes(beside, json.dumps(study_file_schema(), indent=1).encode())
        text = f"#:schema ./{SCHEMA}\n{text}"
    write_bytes(file, text.encode())
    click.echo(str(file))
    if is_new:
        click.echo(f"{beside}: by it, editors complete and check {file.name}", err=True)
    for line in advice.seen if advice else ():
        click.echo(line, err=True)


def _values(
    file: Path,
    title: str | None,
    author: str,
    course: str,
    preset: str,
    data: str | None,
    advice: "Advice | None",
) -> dict[str, str]:
    """Return the lines of a ready study file that a person's options decide."""
    from training.study import PRESETS

    said = {"title": title, "author": author, "course": course,
            "data": _from_file(data, file) if data else None}  # fmt: skip
    values = {key: f'"{escaped(value)}"' for key, value in said.items() if value}
    if preset != "reference":
        values["preset"] = f'"{preset}"'
    if advice:
        values["name"] = f'"{_study_name(advice.name)}"'
        batch, size = _advised(advice, PRESETS[preset].settings)
        values |= {"batch_size": str(batch), "image_size": str(size)}
        if advice.max_per_class:
            values["max_per_class"] = f"{advice.max_per_class}             # a first try"
    return values


def _look(data: str) -> "Advice | None":
    """Look at images; not at those that the presets are made for."""
    from training.data.advice import advise
    from training.data.locate import locate

    return None if data in KNOWN else advise(locate(data))


def _study_name(name: str) -> str:
    """Turn a data set's name into that of a folder."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "pictures"


def _from_file(data: str, file: Path) -> str:
    """Return a path as the study file must name it: a relative one from the file's folder."""
    if data in KNOWN or data.startswith("torchvision:"):
        return data
    place = expanded(data)
    return str(place) if place.is_absolute() else os.path.relpath(place, file.parent)


def _sizes(advice: "Advice | None", preset: "Settings") -> str:
    """Return the lines on sizes: what suits the images, and never more than the preset has."""
    batch, size = _advised(advice, preset) if advice else (preset.batch_size, preset.image_size)
    mark = "" if advice else "# "
    batch_line = f"{mark}batch_size = {batch}"
    size_line = f"{mark}image_size = {size}"
    return f"{batch_line}\n{size_line:32} # pixels; resized to 256/224 of it, then cropped"


def _advised(advice: "Advice", preset: "Settings") -> tuple[int, int]:
    """Return batch and image size that suit the images, never more than the preset has."""
    return min(preset.batch_size, advice.batch_size), min(preset.image_size, advice.image_size)

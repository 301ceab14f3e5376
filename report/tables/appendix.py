"""The appendix: what every experiment was, and what it took."""

from collections.abc import Iterator, Sequence

from report.evidence.display_names import model_name, optimizer_name
from report.evidence.load import StudyView
from report.evidence.numbers import duration, integer, mebibytes, plain, rate
from report.evidence.repeats import repeat_number, which_column
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Parts, parts
from report.evidence.very_many import listed_in_tables, unlisted_note
from report.tables.cells import number_column, row, shown
from report.tables.provenance import environment_keys, environment_of, in_each_environment
from report.tables.transforms import augmentation_in_words
from report.tables.views import Column, Row, Table
from training.records import Experiment
from training.records.spec_fields import SPEC_FIELDS, kind_of

FREEZES = {
    "none": "nothing",
    "features": "convolutions",
    "classifier": "fully connected layers",
    "classifier-but-head": "fully connected layers but the last",
    "backbone": "all but the head",
    "head": "the head",
}

LISTED = tuple(
    field for field, how in SPEC_FIELDS.items() if how.in_list and field not in ("seed", "fold")
)
"""Fields of a spec that the table of experiments shows; an experiment has many seeds or folds."""

STARTS = {"none": "random", "imagenet": "ImageNet", "sample": "drawn glyphs"}


def specifications(view: StudyView) -> Table:
    """Say what every experiment was, one row each."""
    columns = (
        Column("Experiment"),
        Column("Outcome"),
        *map(_spec_column, LISTED),
    )
    rows = tuple(_specification(view, experiment) for experiment in listed_in_tables(view))
    caption = parts("What every experiment was. Rows without settings have not been run.")
    return Table("specifications", caption, columns, rows, unlisted_note(view))


def _specification(view: StudyView, experiment: Experiment) -> Row:
    runs = view.runs(experiment.id)
    run = next((r for r in runs if r.metrics.spec is not None), None)
    outcome = ", ".join(dict.fromkeys(r.metrics.status for r in runs)) or "not run yet"
    cells = _spec_cells(run) if run else {}
    return row(
        parts(Code(experiment.id)), parts(outcome), *(cells.get(field, ()) for field in LISTED)
    )


def _spec_column(field: str) -> Column:
    label = SPEC_FIELDS[field].label
    if kind_of(field) == "text":
        return Column(label)
    return number_column(label, "pictures" if field == "batch_size" else "")


def _spec_cells(run: Run) -> dict[str, Parts]:
    spec = run.metrics.spec
    assert spec is not None
    return {
        "model": parts(Name(model_name(spec.model))),
        "weights": parts(Name(STARTS.get(spec.weights, spec.weights.removeprefix("file:")))),
        "freeze": _frozen(spec.freeze),
        "augmentation": augmentation_in_words(run),
        "optimizer": parts(Name(optimizer_name(spec.optimizer))),
        "learning_rate": parts(rate(run.number("/spec/learning_rate"))),
        "epochs": parts(integer(run.number("/spec/epochs"))),
        "batch_size": parts(integer(run.number("/spec/batch_size"))),
    }


def _frozen(freeze: str) -> Parts:
    kind, _, what = freeze.partition(":")
    if kind == "first":
        return parts(Name("first block" if what == "1" else f"first {what} blocks"))
    return parts(Code(what)) if kind == "pattern" else parts(FREEZES[freeze])


def costs(view: StudyView) -> Table:
    """Say what every run took, and where it ran, one row a seed."""
    columns = (
        Column("Experiment"),
        number_column(which_column(view)),
        number_column("Best epoch"),
        number_column("Training time", exact="s"),
        number_column("Speed", "pictures/s"),
        number_column("Peak memory", exact="bytes"),
        Column("Device"),
        Column("Record"),
    )
    listed = listed_in_tables(view)
    runs = [r for experiment in listed for r in view.runs(experiment.id) if r.finished]
    caption = parts(
        "What every run took. A reused record repeats another run’s training, so its time was not "
        f"spent again.{_memory(runs)}"
    )
    return Table("costs", caption, columns, tuple(map(_cost, runs)), unlisted_note(view))


def _memory(runs: Sequence[Run]) -> str:
    """Say what peak memory is the peak of; runs on the CPU may not know their own."""
    measured = [run.metrics for run in runs if run.metrics.peak_memory_bytes is not None]
    on_cuda = [m for m in measured if m.environment and m.environment.device.startswith("cuda")]
    others = [metrics for metrics in measured if metrics not in on_cuda]
    said = " Peak memory is what the run took of the device’s." if on_cuda else ""
    if not others:
        return said
    subject = "Elsewhere it" if on_cuda else "Peak memory"
    own = [metrics for metrics in others if metrics.peak_memory_of == "run"]
    if len(own) == len(others):
        return f"{said} {subject} is the whole process’s during the run."
    if own:
        return (
            f"{said} {subject} is the whole process’s, during the run or, where that wasn’t "
            "measured, up to its end, runs before it in the same process included."
        )
    return (
        f"{said} {subject} is the whole process’s up to the end of the run, runs before it in the "
        "same process included."
    )


def _cost(run: Run) -> Row:
    environment = run.metrics.environment
    reused = run.metrics.reused_from
    return row(
        parts(Code(run.id)),
        parts(plain(repeat_number(run))),
        shown(run.number("/best_epoch"), integer),
        parts(duration(run.training_time)),
        shown(run.number("/images_per_second"), integer),
        shown(run.number("/peak_memory_bytes"), mebibytes),
        parts(Name(environment.device_name)) if environment else (),
        parts("reused from ", Code(reused)) if reused else parts("ran"),
    )


def environments(view: StudyView) -> Table | None:
    """List the distinct places where runs happened; None where no record names one."""
    known = [run.metrics.environment for run in view.all_runs()]
    several = any(e is not None and e.n_devices > 1 for e in known)
    machines = any(e is not None and e.n_machines > 1 for e in known)
    found = list(_environments(view, several, machines))
    if not found:
        return None
    columns = (
        Column("Key"),
        Column("Device"),
        Column("Platform"),
        *[number_column("Devices")] * several,
        *[number_column("Machines")] * machines,
        number_column("Threads"),
        Column("Python"),
        Column("torch"),
        Column("torchvision"),
        Column("homework"),
        Column("Commit"),
    )
    caption = parts(
        "Where the experiments ran, and with which versions.",
        *[" Several devices each computed a part of every batch; threads are those of each."]
        * several,
    )
    return Table("environments", caption, columns, tuple(found))


def _environments(view: StudyView, several: bool, machines: bool) -> Iterator[Row]:
    keys, seen = environment_keys(view), set()
    for run in in_each_environment(view):
        key, e = keys.get(environment_of(run)), run.metrics.environment
        if key is None or e is None or key in seen:
            continue
        seen.add(key)
        threads = parts(plain(run.number("/environment/n_threads")))
        versions = (e.python, e.torch, e.torchvision, e.homework, e.git_commit)
        yield row(
            parts(Name(key)),
            parts(Name(e.device_name)),
            parts(Name(e.platform)),
            *[parts(plain(run.number("/environment/n_devices")))] * several,
            *[parts(plain(run.number("/environment/n_machines")))] * machines,
            threads,
            *(parts(Name(version)) if version else () for version in versions),
        )

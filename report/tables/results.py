"""Tables of accuracies, parameters and costs."""

from collections.abc import Sequence
from dataclasses import replace

from report.evidence.accuracy import Tested, all_tested, tested_accuracy
from report.evidence.display_names import INTERVAL as INTERVAL_NAME
from report.evidence.display_names import model_name
from report.evidence.load import StudyView
from report.evidence.numbers import (
    derive,
    integer,
    mean_of,
    millions,
    percentage,
    signed_points,
)
from report.evidence.reference import (
    is_comparable,
    reference_note,
    reference_number,
)
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, parts
from report.findings import duplicates
from report.findings.scored import mean_over_classes
from report.tables.cells import (
    DIFFERENCE,
    INTERVAL,
    difference_cells,
    epoch_cell,
    interval_cell,
    is_marked,
    name_cell,
    number_column,
    row,
    shown,
    test_and_interval_cell,
    test_cell,
    time_cell,
    train_cell,
    validation_cell,
)
from report.tables.views import Column, Table
from training.records import Experiment

SEEDS_NOTE = parts(
    "Accuracies and times are means over the seeds; what follows ± is the standard deviation over "
    "them, n how many there are. Epochs are those of the first seed. From three seeds on the ",
    INTERVAL_NAME,
    " and p are about other random starts and other test pictures at once; for fewer the interval "
    "is Wilson’s of the mean.",
)

FOLDS_NOTE = parts(
    "Accuracies and times are means over the folds; what follows ± is the standard deviation over "
    "them, n how many there are. Epochs are those of the first fold. From three folds on the ",
    INTERVAL_NAME,
    " and p are about other train pictures, random starts and test pictures at once; for fewer "
    "the interval is Wilson’s of the mean.",
)


def comparison(
    view: StudyView, slug: str, experiments: Sequence[Experiment], caption: Parts, base: str = ""
) -> Table:
    """Hold some experiments against each other: accuracies and epoch, and differences or times.

    Args:
        base: Id of the one that the others' test accuracies are held against; its row has no
            difference.
    """
    tested = {e.id: tested_accuracy(view, e.id) for e in experiments}
    against = tested.get(base)
    columns = (
        Column("Experiment"),
        number_column("Test", "%"),
        *([INTERVAL] if against is None else [DIFFERENCE, number_column("p")]),
        number_column("Validation", "%"),
        number_column("Train", "%"),
        number_column("Best epoch"),
        *([number_column("Training time", exact="s")] if against is None else []),
    )
    rows = tuple(
        row(
            name_cell(view.name(experiment.id)),
            *_test_cells(tested[experiment.id], against),
            validation_cell(view, experiment.id),
            train_cell(view, experiment.id),
            epoch_cell(view.run(experiment.id)),
            *([time_cell(view.finished(experiment.id))] if against is None else []),
            best=is_marked(view, experiment),
        )
        for experiment in experiments
    )
    return Table(slug, caption, columns, rows)


def _test_cells(tested: Tested | None, against: Tested | None) -> tuple[Parts, ...]:
    """Print a test accuracy with its interval, and how far it lies from another, if any."""
    if against is None:
        return test_cell(tested), interval_cell(tested)
    return test_and_interval_cell(tested), *difference_cells(tested, against)


def seed_notes(view: StudyView) -> tuple[Parts, ...]:
    """Explain means and deviations where there are several seeds or folds."""
    if view.study.settings.folds:
        return (FOLDS_NOTE,)
    return (SEEDS_NOTE,) if view.study.settings.seeds > 1 else ()


def summary(view: StudyView) -> Table:
    """Sum the study up: every experiment that is tested."""
    experiments = [e for e in view.listed if e.test]
    caption = parts(
        "Every model that is tested. Test and validation accuracy are those of the same weights, "
        "the ones of the best validation epoch. Stars mark the model with the highest validation "
        "accuracy and those that can’t be told from it on the test pictures."
    )
    table = comparison(view, "summary", experiments, caption)
    return replace(table, notes=seed_notes(view))


def accuracies_beside_reference(view: StudyView) -> Table:
    """List all test accuracies with the reference report's values beside them."""
    tested = all_tested(view)
    one_seed = all(len(item.runs) == 1 for item in tested)
    means = {item.experiment.id: mean_over_classes(view, item) for item in tested}
    by_class = any(mean is not None for mean in means.values())
    columns = (
        Column("Model"),
        *([number_column("Right", "pictures")] if one_seed else []),
        number_column("Test", "%"),
        INTERVAL,
        *([number_column("Mean over classes", "%")] if by_class else []),
        number_column("Validation", "%"),
        *([number_column("Reference report", "%")] if is_comparable(view) else []),
    )
    rows = tuple(
        row(
            name_cell(item.name),
            *([_right(item)] if one_seed else []),
            test_cell(item),
            interval_cell(item),
            *([shown(means[item.experiment.id], percentage)] if by_class else []),
            validation_cell(view, item.experiment.id),
            *_reference_cells(view, item.experiment.id),
            best=is_marked(view, item.experiment),
        )
        for item in tested
    )
    notes = (*_reference_notes(view, tested), *seed_notes(view))
    return Table("test-accuracies", _accuracies_caption(view), columns, rows, notes)


def without_duplicates(view: StudyView) -> dict[str, Table]:
    """Hold each test accuracy against that without the pictures that train or validation share."""
    answered = [(e, runs) for e in view.listed if (runs := duplicates.runs_with_answers(view, e))]
    if not answered:
        return {}
    columns = (
        Column("Model"),
        number_column("All test pictures", "%"),
        number_column("Without those with a twin", "%"),
        number_column("Change", "points", exact="fraction"),
    )
    rows = tuple(
        row(
            name_cell(view.name(experiment.id)),
            parts(percentage(mean_of([run.number("/test/accuracy") for run in runs]))),
            parts(percentage(duplicates.accuracy_without(view, runs))),
            parts(signed_points(duplicates.change_without(view, runs))),
        )
        for experiment, runs in answered
    )
    caption = parts(
        "Test accuracies with and without the test pictures that have an identical or nearly "
        "identical twin in train or validation."
    )
    table = Table("without-duplicates", caption, columns, rows)
    return {"without_duplicates": table}


def _reference_cells(view: StudyView, experiment_id: str) -> list[Parts]:
    """Return the cell of the reference's value where the table has that column."""
    if not is_comparable(view):
        return []
    return [shown(reference_number(view, experiment_id, "test_accuracy"), percentage)]


def _accuracies_caption(view: StudyView) -> Parts:
    if not is_comparable(view):
        return parts("All test accuracies, with 95 % intervals.")
    return parts(
        "All test accuracies, with 95 % intervals, beside those of the reference report, somebody "
        "else’s hand-made run of the same homework."
    )


def _right(tested: Tested) -> Parts:
    run = tested.runs[0]
    return parts(
        integer(run.number("/test/n_correct")), " of ", integer(run.number("/test/n_images"))
    )  # fmt: skip


def _reference_notes(view: StudyView, tested: Sequence[Tested]) -> list[Parts]:
    return [
        parts(Name(item.name), ": ", note)
        for item in tested
        if (note := reference_note(view, item.experiment.id))
    ]


def freeze_counts(view: StudyView, experiments: Sequence[Experiment]) -> Table:
    """Count what each freeze strategy trains and holds still, with what it leads to."""
    tested = {e.id: tested_accuracy(view, e.id) for e in experiments}
    columns = (
        Column("Strategy"),
        number_column("Total", "parameters"),
        number_column("Trainable", "parameters"),
        number_column("Frozen", "parameters"),
        number_column("Trainable", "%"),
        number_column("Test", "%"),
    )
    rows = tuple(
        row(
            name_cell(view.name(experiment.id)),
            *_counts(view.run(experiment.id)),
            test_cell(tested[experiment.id]),
            best=is_marked(view, experiment),
        )
        for experiment in experiments
    )
    caption = parts(
        "Parameters that training may change and those held still, and the test accuracy reached."
    )
    return Table("freeze-counts", caption, columns, rows, seed_notes(view))


def _counts(run: Run | None) -> tuple[Parts, ...]:
    if run is None or run.parameters is None:
        return (), (), (), ()
    total, trainable, frozen = (
        run.number(f"/parameters/{name}") for name in ("total", "trainable", "frozen")
    )
    share = derive("ratio", trainable, total)
    return (*(parts(integer(n)) for n in (total, trainable, frozen)), parts(percentage(share)))


def sizes(view: StudyView, experiments: Sequence[Experiment]) -> Table:
    """Hold models against each other by size, throughput and accuracy."""
    tested = {e.id: tested_accuracy(view, e.id) for e in experiments}
    columns = (
        Column("Experiment"),
        Column("Network"),
        number_column("Parameters", "millions"),
        number_column("Trainable", "millions"),
        number_column("Speed", "pictures/s"),
        number_column("Training time", exact="s"),
        number_column("Test", "%"),
    )
    rows = tuple(
        row(
            name_cell(view.name(experiment.id)),
            parts(Name(model_name(experiment.model))),
            *_size_cells(view.run(experiment.id)),
            time_cell(view.finished(experiment.id)),
            test_cell(tested[experiment.id]),
            best=is_marked(view, experiment),
        )
        for experiment in experiments
    )
    caption = parts(
        "What each network holds and costs. Speed counts train pictures a second of training; with "
        "a frozen part computed once, it is that of the rest alone."
    )
    return Table("model-sizes", caption, columns, rows, seed_notes(view))


def _size_cells(run: Run | None) -> tuple[Parts, Parts, Parts]:
    if run is None:
        return (), (), ()
    counts = run.parameters is not None
    return (
        shown(run.number("/parameters/total") if counts else None, millions),
        shown(run.number("/parameters/trainable") if counts else None, millions),
        shown(run.number("/images_per_second"), integer),
    )

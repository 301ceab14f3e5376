"""Tables of two studies: accuracies side by side, choices, and settings that differ."""

from collections.abc import Sequence
from typing import Any

from report.comparison.pairs import SIDES, Pair, Test
from report.evidence.display_names import pair as pair_of
from report.evidence.load import StudyView
from report.evidence.numbers import p_value, percentage, plain, signed_points
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Parts, listing, parts
from report.evidence.study_sections import all_grids
from report.tables.cells import interval_cell, name_cell, number_column, row, test_cell
from report.tables.optimizer_options import options_in_words
from report.tables.transforms import augmentation_in_words
from report.tables.views import Column, Row, Table
from training.records import OptimizerOptions
from training.records.spec_fields import SPEC_FIELDS


def accuracies(pairs: Sequence[Pair]) -> Table:
    """List all test accuracies of both, the difference, and whether it is one."""
    a, b = SIDES
    columns = (
        Column("Experiment"),
        number_column(f"Test, {a}", "%"),
        number_column("95\u00a0% interval", "%"),
        number_column(f"Test, {b}", "%"),
        number_column("95\u00a0% interval", "%"),
        number_column(f"{a} minus {b}", "points", "fraction"),
        number_column("p"),
        Column("Verdict"),
    )
    over_folds = any(side is not None and side.over_folds for p in pairs for side in (p.a, p.b))
    test = "the exact McNemar test decides, from three seeds on the paired t test and min F′"
    if over_folds:
        test = "the corrected resampled t test over folds and min F′ have to find a difference"
    caption = parts(
        f"Test accuracies of both studies. Where both were asked about the same pictures {test}; "
        "where not, Newcombe’s 95 % interval of the difference decides."
    )
    return Table("compared-accuracies", caption, columns, tuple(map(_row, pairs)))


def _row(item: Pair) -> Row:
    test = item.test
    return row(
        name_cell(item.name),
        test_cell(item.a),
        interval_cell(item.a),
        test_cell(item.b),
        interval_cell(item.b),
        parts(signed_points(test.gain)) if test else (),
        parts(p_value(test.p)) if test and test.p is not None else (),
        parts(verdict(item, test)),
    )


def verdict(item: Pair, test: Test | None) -> str:
    """Say in few words what a test gave."""
    if test is None:
        return "one side only" if None in (item.a, item.b) else "not compared"
    if test.identical:
        return "identical answers"
    pictures = "" if test.p is not None else ", on other pictures"
    if not test.differs:
        return f"none measurable{pictures}"
    return f"{SIDES[0] if test.gain.value > 0 else SIDES[1]} better{pictures}"


def choices(a: StudyView, b: StudyView) -> Table | None:
    """List the pairs that each study's grids chose, with their validation accuracies."""
    word = "setting" if any(view.study.grids for view in (a, b)) else "pair"
    columns = (
        Column("Grid"),
        Column(f"Best {word}, {SIDES[0]}"),
        number_column("Validation", "%"),
        Column(f"Best {word}, {SIDES[1]}"),
        number_column("Validation", "%"),
    )
    rows = []
    for grid in dict.fromkeys((*all_grids(a), *all_grids(b))):
        best = [next(iter(view.ranked(grid)), None) for view in (a, b)]
        if any(best):
            rows.append(row(parts(Code(grid)), *(cell for run in best for cell in _choice(run))))
    caption = parts("What each grid chose, by the best epoch’s validation accuracy.")
    return Table("compared-choices", caption, columns, tuple(rows)) if rows else None


def _choice(run: Run | None) -> tuple[Parts, Parts]:
    if run is None:
        return (), ()
    return pair_of(run), parts(percentage(run.number("/validation/accuracy")))


def differing_settings(a: StudyView, b: StudyView) -> Table | None:
    """List every field in which the specs of an experiment differ; None where none does.

    Experiments in which a field differs in the same way share a line.
    """
    both = [
        (runs[0][0], runs[1][0])
        for experiment in a.listed
        if all(runs := [view.runs(experiment.id)[:1] for view in (a, b)])
        and all(side[0].metrics.spec for side in runs)
    ]
    different = [pair for pair in both if pair[0].metrics.spec != pair[1].metrics.spec]
    lines: dict[tuple[str, str], list[tuple[Run, Run]]] = {}
    for field in SPEC_FIELDS:
        for pair in different:
            values = [getattr(run.metrics.spec, field) for run in pair]
            if values[0] != values[1]:
                lines.setdefault((field, repr(values)), []).append(pair)
    if not lines:
        return None
    rows = tuple(
        row(
            parts("all that both have run") if len(pairs) == len(both) > 1
            else listing(Code(first.id) for first, _ in pairs),
            parts(SPEC_FIELDS[field].label),
            *(_value(run, field) for run in pairs[0]),
        )
        for (field, _), pairs in lines.items()
    )  # fmt: skip
    columns = (Column("Experiment"), Column("Setting"), Column(SIDES[0]), Column(SIDES[1]))
    caption = parts("Settings that differ. What isn’t listed is the same in both.")
    return Table("compared-settings", caption, columns, rows)


def _value(run: Run, field: str) -> Parts:
    value: Any = getattr(run.metrics.spec, field)
    if field == "augmentation":
        return augmentation_in_words(run)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parts(plain(run.number(f"/spec/{field}")))
    if isinstance(value, OptimizerOptions):
        return options_in_words(value, run.number, f"/spec/{field}")
    if isinstance(value, tuple):
        numbers = [plain(run.number(f"/spec/{field}/{i}")) for i in range(len(value))]
        return tuple(part for i, n in enumerate(numbers) for part in parts(", " if i else "", n))
    return parts(Name(str(value)[:40])) if value else ()

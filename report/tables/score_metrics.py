"""The metrics of all tested models, from their scores."""

from report.evidence.display_names import INTERVAL as INTERVAL_NAME
from report.evidence.load import StudyView
from report.evidence.numbers import Number, decimal, integer, percentage
from report.evidence.repeats import has_several, repeat_number, repeat_word
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, parts
from report.findings.scored import Metric, scored_runs, test_metric
from report.tables.cells import is_marked, number_column, row
from report.tables.views import Column, Table

COLUMNS = {
    "mean_class_accuracy": "Mean over classes",
    "top5": "Top-5",
    "nll": "Loss",
    "brier": "Brier score",
    "macro_precision": "Precision",
    "macro_f1": "F1",
    "roc_auc": "ROC area",
    "average_precision": "Average precision",
}
"""Metrics in their order, and how they are headed. Macro recall is the mean over classes."""

LOSSES = ("nll", "brier")
"""Those that aren’t printed in per cent."""

MEANINGS = {
    "mean_class_accuracy": "Mean over classes: the mean of the classes’ shares of right answers, "
    "which is macro recall.",
    "top5": "Top-5: the share of pictures whose class is among the five likeliest.",
    "nll": "Loss: the mean negative log-likelihood of the right class, in nats.",
    "brier": "Brier score: the squared distance of the probabilities from one for the right class "
    "and zero for all others, summed over classes, mean over pictures.",
    "macro_precision": "Precision: of the pictures given an answer, the share for which it is "
    "right, mean over classes.",
    "macro_f1": "F1: the harmonic mean of precision and recall, mean over classes.",
    "roc_auc": "ROC area: how often a picture of the second class has a higher score for it than "
    "one of the first.",
    "average_precision": "Average precision: that of the second class, over all thresholds, "
    "weighted by the gain in recall.",
}


def score_metrics(view: StudyView) -> Table | None:
    """List the metrics of every tested run, each with its interval; None without scores."""
    runs = scored_runs(view)
    if not runs:
        return None
    found = {run.path: {name: test_metric(run, name) for name in COLUMNS} for run in runs}
    names = [name for name in COLUMNS if any(metrics[name] for metrics in found.values())]
    columns = (
        Column("Model"),
        *(number_column(COLUMNS[name], "" if name in LOSSES else "%") for name in names),
    )
    rows = tuple(
        row(
            _model(view, run),
            *(_cell(name, found[run.path][name]) for name in names),
            best=is_marked(view, run.experiment),
        )
        for run in runs
    )
    caption = parts("More measures of every tested model on the test pictures.")
    rule = parts(
        "In brackets: the ", INTERVAL_NAME, ", from a thousand samples drawn with replacement "
        "from each class’s pictures; none where every sample gives the same.",
    )  # fmt: skip
    meanings = parts(" ".join(MEANINGS[name] for name in names))
    return Table("score-metrics", caption, columns, rows, (meanings, rule))


def _model(view: StudyView, run: Run) -> Parts:
    name = Name(run.name)
    if not has_several(view):
        return parts(name)
    return parts(name, f", {repeat_word(run)} ", integer(repeat_number(run)))


def _cell(name: str, metric: Metric | None) -> Parts:
    if metric is None:
        return ()
    if not metric.has_width:
        return parts(_number(name, metric, "value"))
    low, high = _number(name, metric, "low"), _number(name, metric, "high")
    return parts(_number(name, metric, "value"), " (", low, "–", high, ")")


def _number(name: str, metric: Metric, which: str) -> Number:
    quantity = getattr(metric, which)
    return decimal(quantity) if name in LOSSES else percentage(quantity)

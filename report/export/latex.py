"""The test accuracies as a LaTeX table in the manner of booktabs."""

from report.errors import ReportError
from report.evidence.accuracy import Tested, all_tested
from report.evidence.display_names import data_set_name
from report.evidence.load import StudyView
from report.evidence.numbers import integer, percentage
from report.findings.chosen import Chosen, chosen_model

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "±": r"$\pm$",
    "×": r"$\times$",
    "\u2212": "$-$",
    "–": "--",
    "’": "'",
    "“": "``",
    "”": "''",
    **{sign: rf"\{sign}" for sign in "#$%&_"},
}


def escape(text: str) -> str:
    """Make a text print as it is; control characters and line breaks become spaces."""
    return "".join(_SPECIAL.get(c, c if c.isprintable() else " ") for c in text)


def latex_table(view: StudyView) -> str:
    r"""Return a `table` to `\input`; a comment after each row names the records behind it.

    Raises:
        ReportError: No experiment has read the test set.
    """
    tested, choice = all_tested(view), chosen_model(view)
    if not tested:
        raise ReportError(
            f"No run of {view.folder.path} has test scores, so there is nothing to tabulate.",
            "Run an experiment that is tested; `homework plan` shows what is left to run.",
        )
    lines = [
        r"% Needs \usepackage{booktabs}. Rounded; exact values: homework export csv",
        r"\begin{table}",
        r"  \centering\small",
        rf"  \caption{{{_caption(view, tested, choice)}}}",
        rf"  \label{{tab:{_label(view.folder.name)}-test-accuracies}}",
        r"  \begin{tabular}{@{}p{0.28\linewidth}rrr@{--}lr@{}}"
        if choice
        else r"  \begin{tabular}{@{}p{0.45\linewidth}rrr@{--}l@{}}",
        r"    \toprule",
        r"    Experiment & Right & Accuracy & \multicolumn{2}{c}{95\,\% interval}"
        + (" & $p$" if choice else "")
        + r" \\",
        r"    \midrule",
        *(_row(item, choice) for item in tested),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(item: Tested, choice: Chosen | None) -> str:
    cells = [
        item.name,
        right_of(item),
        _accuracy(item),
        percentage(item.low).text,
        percentage(item.high).text,
    ]
    row = " & ".join(escape(cell) for cell in cells)
    if choice is not None:
        first, others = row.split(" & ", 1)
        mark = r"~$\star$" if choice.is_marked(item.experiment.id) else ""
        row = f"{first}{mark} & {others} & {_against(item, choice)}"
    return rf"    {row} \\ % {', '.join(run.path for run in item.runs)}"


def _against(item: Tested, choice: Chosen) -> str:
    """Write the p-value of the test against the chosen model."""
    if item is choice.model or item.experiment.id == choice.model.experiment.id:
        return "chosen"
    p = choice.p_values.get(item.experiment.id)
    if p is None:
        return ""
    return "$<$0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def right_of(item: Tested) -> str:
    """Write how many pictures were named rightly; nothing for several seeds."""
    if len(item.runs) > 1:
        return ""
    run = item.runs[0]
    n_correct, n_images = run.number("/test/n_correct"), run.number("/test/n_images")
    return f"{integer(n_correct).text} of {integer(n_images).text}"


def _accuracy(item: Tested) -> str:
    shown = percentage(item.accuracy).text
    if item.std is None:
        return shown
    return f"{shown} ± {percentage(item.std).text} (n = {item.n_seeds.value})"


def _caption(view: StudyView, tested: list[Tested], choice: Chosen | None) -> str:
    data = f", {data_set_name(view)}" if view.dataset is not None else ""
    kinds = sorted({item.over_seeds for item in tested})
    over_folds = any(item.over_folds for item in tested)
    method = {
        (False,): "Wilson’s, for the number of test pictures",
        (True,): "Wilson’s for the number of test pictures, joined with Student’s over seeds",
        (False, True): "Wilson’s for the number of test pictures, from three seeds on joined with "
        "Student’s over seeds",
    }[tuple(kinds)]
    if over_folds:
        method = "Wilson’s, joined with the corrected t interval over folds"
    text = (
        f"{view.study.title}{data}: top-1 accuracy on the test pictures, in per cent, of the "
        f"weights of the best validation epoch. Intervals are {method}."
    )
    if choice is not None:
        test = "exact McNemar tests"
        if choice.model.over_folds:
            test = "corrected resampled t tests over folds and of min F′"
        elif choice.model.over_seeds:
            test = "paired t tests over seeds and of min F′"
        text += (
            f" Chosen by validation accuracy: {choice.model.name}. p is that"
            f" of {test} against it on the same pictures, corrected for their number by Holm; stars"
            " mark the chosen model and those that can’t be told from it at 0.05."
        )
    if any(item.std is not None for item in tested):
        what = "folds" if over_folds else "seeds"
        text += f" What follows ± is the standard deviation over n {what}."
    return escape(text)


def _label(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name)

"""Train pictures whose labels may be wrong."""

from report.evidence.load import StudyView
from report.evidence.sentences import parts
from report.figures.near_figures import gallery_of, row_of
from report.figures.pictures import picture
from report.figures.views import Figure
from report.findings.mistakes import class_name
from report.findings.nearest import nearest_to_suspect
from report.findings.suspects import suspects

SHOWN = 12


def suspect_gallery(view: StudyView) -> dict[str, Figure]:
    """Show the train pictures whose labels are contradicted most, if any are."""
    found = suspects(view)
    if found is None:
        return {}
    shown = []
    for _, item in found[1][:SHOWN]:
        note = parts(
            class_name(view, item.label), ", by its features ", class_name(view, item.answer)
        )
        size = item.width, item.height
        copy = picture(view.folder.path, item.file, "Train picture", "", size, note)
        if copy is not None:
            shown.append(row_of(view, copy, nearest_to_suspect(view, item)))
    if not shown:
        return {}
    caption = (
        "Train pictures whose labels are contradicted most: the label, and the class that they are "
        "taken for by their features."
    )
    beside = (
        "Beside each the other train pictures nearest to it in the same features, the nearest "
        "first, and their labels."
    )
    return {"suspects": gallery_of("label-suspects-shown", shown, caption, beside)}

"""The pictures: how many, of what, how large."""

from report.figures.data_figures import class_counts, picture_sizes
from report.figures.pictures import sample_gallery
from report.findings import data
from report.findings.notices import brief_data_notices
from report.load import StudyView
from report.sections import SECTIONS
from report.text import Code, Name, Parts, parts, say
from report.view import SectionView


def build(view: StudyView) -> SectionView:
    """Make the section on the data set."""
    missing = (
        ()
        if view.dataset is not None
        else (
            say(
                "The data set has not been read yet. The first experiment does so: ",
                Code("homework run-all"), ".", strength="gap",
            ),
        )
    )  # fmt: skip
    return SectionView(
        slug="data",
        title=SECTIONS["data"].title,
        notices=(*brief_data_notices(view, []), *missing),
        facts=_facts(view),
        findings={
            "extent": tuple(data.extent(view)),
            "kind": tuple(data.kind(view)),
            "classes": tuple(data.imbalance(view)),
            "sizes": tuple(data.picture_sizes(view)),
            "left_out": tuple(data.left_out(view)),
        },
        figures={
            "class_counts": class_counts(view),
            "samples": sample_gallery(view),
            "sizes": picture_sizes(view),
        },
    )


def _facts(view: StudyView) -> dict[str, Parts]:
    """Return the data set's name as `own` where the homework's pictures aren't used."""
    if view.dataset is None or view.dataset.kind != "folder":
        return {}
    return {"own": parts(Name(view.dataset.name))}

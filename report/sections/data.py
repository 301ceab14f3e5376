"""The pictures: how many, of what, how large."""

from report.evidence.load import StudyView
from report.evidence.sentences import Code, Name, Parts, parts, say
from report.figures.data_figures import class_counts
from report.figures.enough_figures import learning_curve
from report.figures.pictures import duplicate_pairs, sample_gallery
from report.findings import data, duplicates
from report.findings.enough import enough
from report.findings.further_pictures import further_pictures
from report.findings.looks import worth_a_word
from report.sections import SECTIONS
from report.sections.view import SectionView
from training.records import SPLITS


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
        notices=missing,
        facts=_facts(view),
        findings={
            "extent": tuple(data.extent(view)),
            "kind": (*data.kind(view), *worth_a_word(view)),
            "classes": tuple(data.imbalance(view)),
            "duplicates": tuple(duplicates.found(view)),
            "enough": tuple(enough(view)),
            "further": tuple(further_pictures(view)),
            "left_out": (*data.left_out(view), *data.lost_in_conversion(view)),
        },
        figures={
            "class_counts": class_counts(view),
            "samples": sample_gallery(view),
            **duplicate_pairs(view),
            **learning_curve(view),
        },
    )


def _facts(view: StudyView) -> dict[str, Parts]:
    """Return what the explanatory text depends on.

    `own` is the data set's name where the homework's pictures aren't used; `caltech` is there where
    they are; `even` is there where
    every class of every split has as many pictures as the others.
    """
    dataset = view.dataset
    if dataset is None:
        return {}
    facts = {}
    if dataset.kind == "caltech101":
        facts["caltech"] = parts("caltech")
    if dataset.kind == "folder":
        facts["own"] = parts(Name(dataset.name))
    if all(len(set(getattr(dataset.counts, split))) == 1 for split in SPLITS):
        facts["even"] = parts("even")
    return facts

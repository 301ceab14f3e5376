"""Rows of pictures: one whose label a person should look at, and what lies nearest to it."""

from collections.abc import Sequence
from pathlib import Path

from report.evidence.load import StudyView
from report.evidence.sentences import Parts, parts
from report.figures.pictures import picture
from report.figures.views import Gallery, Picture, PictureRow, RowGallery
from report.findings.nearest import their_labels
from training.records import NearImage


def row_of(view: StudyView, first: Picture, near: Sequence[NearImage]) -> PictureRow:
    """Put the nearest train pictures beside one, and their labels behind what is said of it."""
    shown = [(image, copy) for image in near if (copy := _copy(view.folder.path, image))]
    said: Parts = first.note
    if shown:
        labels = their_labels(view, [image for image, _ in shown])
        said = parts(said, "; nearest: ", *labels)
    return PictureRow((first, *(copy for _, copy in shown)), said)


def _copy(study: Path, image: NearImage) -> Picture | None:
    size = image.width, image.height
    return picture(study, image.file, "A train picture near to it", "", size)


def gallery_of(
    slug: str, rows: Sequence[PictureRow], caption: str, beside: str
) -> Gallery | RowGallery:
    """Return rows where any picture has others beside it, else the pictures alone.

    Args:
        beside: What the caption says of the others.
    """
    if any(len(row.pictures) > 1 for row in rows):
        return RowGallery(slug, tuple(rows), parts(caption, " ", beside))
    return Gallery(slug, tuple(row.pictures[0] for row in rows), parts(caption))

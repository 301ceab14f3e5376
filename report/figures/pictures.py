"""Galleries of the thumbnails that lie in the study's folder."""

from pathlib import Path
from typing import Literal

import msgspec

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import Parts, parts
from report.evidence.thumbnails import read_thumbnail
from report.figures.canvas import gap
from report.figures.save import data_uri
from report.figures.views import Gallery, Gap, PairGallery, Picture, PicturePair
from training.natural_order import natural_key
from training.records import Thumbnail

N_SAMPLES = 12

HOW_ALIKE = {"identical": "Identical", "near": "Nearly identical"}

MEDIA_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""By the first bytes of a file, whatever its name."""

SOME_MISSING = " Some of its pictures can’t be read and are left out."

Group = Literal["samples", "steps", "augmentation"]

ALTS: dict[Group, str] = {
    "samples": "Train picture",
    "steps": "The picture at this step",
    "augmentation": "The picture after this transformation",
}
"""What each picture of a group is; the label below it says which."""


def sample_gallery(view: StudyView) -> Gallery | Gap:
    """Show one train picture each of some classes, spread over the list."""
    n_classes = len(view.dataset.classes) if view.dataset is not None else 0
    which = "each class" if n_classes <= N_SAMPLES else "some of the classes"
    caption = parts(f"One train picture of {which}, as the network sees it.")
    return _gallery(view, "samples", "sample-grid", caption, limit=N_SAMPLES)


def preprocessing_steps(view: StudyView) -> Gallery | Gap:
    """Show one picture on its way from the file to the network."""
    caption = parts(
        "One picture on its way into the network: as it is stored, its shorter side resized, its "
        "centre cropped, and each channel normalised. Normalised values can be negative and have "
        "been shifted and scaled to be shown."
    )
    return _gallery(view, "steps", "preprocessing-steps", caption, steps=True)


def augmentation_gallery(view: StudyView) -> Gallery | Gap:
    """Show what each transformation makes of one picture."""
    caption = parts(
        "One train picture and what each transformation makes of it; the angle of a rotation is "
        "drawn anew every time."
    )
    return _gallery(view, "augmentation", "augmentation-gallery", caption)


def altered_pictures(view: StudyView) -> Gallery | None:
    """Show what lists of transforms make of a train picture; None where no run has one."""
    runs: dict[object, Run] = {}
    for run in view.all_runs():
        if run.metrics.spec is not None and _thumbnails(run):
            runs.setdefault(run.metrics.spec.augmentation, run)
    shown = [
        found
        for run in runs.values()
        for thumbnail in _thumbnails(run)
        if (found := _altered(view.folder.path, run, thumbnail)) is not None
    ]
    if not shown:
        return None
    caption = parts(
        "A train picture as it is, and in some draws of what alters it in training. Each list of "
        "transforms is named by an experiment that has it."
    )
    return Gallery("altered-pictures", tuple(shown), caption)


def _thumbnails(run: Run) -> tuple[Thumbnail, ...]:
    return () if run.metrics.altered is msgspec.UNSET else run.metrics.altered


def _altered(study: Path, run: Run, thumbnail: Thumbnail) -> Picture | None:
    label = f"{run.id}, {thumbnail.label}"
    size = (thumbnail.width, thumbnail.height)
    return picture(study, thumbnail.file, ALTS["augmentation"], label, size)


def duplicate_pairs(view: StudyView) -> dict[str, PairGallery]:
    """Show pictures that two splits share, as far as the study's folder has them."""
    dataset = view.dataset
    if dataset is None or dataset.duplicates is None:
        return {}
    kept = {t.label: t for t in dataset.thumbnails if t.group == "duplicates"}
    shown = []
    for pair in dataset.duplicates.pairs:
        both = [
            _duplicate(view.folder.path, kept[path], split)
            for path, split in zip(pair.paths, pair.splits, strict=True)
            if path in kept
        ]
        if len(both) == 2 and both[0] is not None and both[1] is not None:
            note = parts(HOW_ALIKE[pair.kind], ", ", f"{pair.splits[0]} and {pair.splits[1]}")
            shown.append(PicturePair(both[0], both[1], note))
    if not shown:
        return {}
    caption = parts("Pictures that two splits share, as the network sees them: the first pairs.")
    return {"duplicates": PairGallery("duplicates", tuple(shown), caption)}


def _duplicate(study: Path, thumbnail: Thumbnail, split: str) -> Picture | None:
    """Return one picture of a pair."""
    size = (thumbnail.width, thumbnail.height)
    return picture(study, thumbnail.file, f"Picture of the {split} split", "", size)


def _gallery(
    view: StudyView,
    group: Group,
    slug: str,
    caption: Parts,
    *,
    limit: int | None = None,
    steps: bool = False,
) -> Gallery | Gap:
    if view.dataset is None:
        return gap(slug, "The data set hasn’t been read yet, so there are no pictures to show.")
    wanted = _spread([t for t in view.dataset.thumbnails if t.group == group], limit)
    if group == "samples":
        wanted.sort(key=lambda thumbnail: natural_key(thumbnail.label))
    found = [shown for t in wanted if (shown := _picture(view.folder.path, t, group)) is not None]
    if not found:
        return gap(slug, "The study’s folder has no pictures for this figure.")
    if len(found) < len(wanted):
        caption = parts(caption, SOME_MISSING)
    return Gallery(slug, tuple(found), caption, steps)


def _spread(thumbnails: list[Thumbnail], limit: int | None) -> list[Thumbnail]:
    """Pick at most `limit`, evenly spaced."""
    n = len(thumbnails)
    if limit is None or n <= limit:
        return list(thumbnails)
    return [thumbnails[i * n // limit] for i in range(limit)]


def _picture(study: Path, thumbnail: Thumbnail, group: Group) -> Picture | None:
    label = thumbnail.label.replace("_", " ")
    size = (thumbnail.width, thumbnail.height)
    return picture(study, thumbnail.file, ALTS[group], label, size)


def picture(
    study: Path, file: str, alt: str, label: str, size: tuple[int, int], note: Parts = ()
) -> Picture | None:
    """Return a picture of the study's folder; None if it can't be shown."""
    content = read_thumbnail(study, file)
    media_type = content and _media_type(content)
    if not content or not media_type:
        return None
    width, height = (max(1, side) for side in size)
    return Picture(data_uri(content, media_type), alt, label, width, height, note)


def _media_type(content: bytes) -> str | None:
    return next((name for head, name in MEDIA_TYPES.items() if content.startswith(head)), None)

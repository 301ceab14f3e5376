"""The train pictures that lie nearest to pictures whose labels a person should look at."""

from collections.abc import Sequence

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import Parts, parts
from report.findings.mistakes import class_name
from training.records import LabelSuspect, NearImage


def nearest_to_test(view: StudyView, runs: Sequence[Run], index: int) -> list[NearImage]:
    """Return the train pictures nearest to a test picture, by the first model that keeps them.

    Args:
        runs: Of the same test pictures, the best by validation first.
    """
    for run in runs:
        record = run.predictions
        for item in (record.nearest_train or ()) if record is not None else ():
            if item.index == index and item.nearest:
                return _known(view, item.nearest)
    return []


def nearest_to_suspect(view: StudyView, suspect: LabelSuspect) -> list[NearImage]:
    """Return the train pictures nearest to one whose label is contradicted."""
    return _known(view, suspect.nearest)


def _known(view: StudyView, images: Sequence[NearImage]) -> list[NearImage]:
    """Return the pictures of which the record names a class that there is."""
    n_classes = len(view.dataset.classes) if view.dataset is not None else 0
    return [image for image in images if image.label < n_classes]


def their_labels(view: StudyView, images: Sequence[NearImage]) -> Parts:
    """Name the labels of pictures, in their order."""
    named = [class_name(view, image.label) for image in images]
    return parts(*(part for name in named for part in (", ", name)))[1:] if named else ()

"""Test pictures whose labels a person should look at."""

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import parts
from report.figures.near_figures import gallery_of, row_of
from report.figures.pictures import picture
from report.figures.views import Figure, Picture, PictureRow
from report.findings.mistakes import class_name
from report.findings.nearest import nearest_to_test
from report.findings.shared_mistakes import places_all_get_wrong

SHOWN = 12


def label_gallery(view: StudyView) -> dict[str, Figure]:
    """Show the test pictures that every model that learned takes for the same other class.

    Only those of which a record keeps a copy can be shown.
    """
    runs, places = places_all_get_wrong(view)
    if not places:
        return {}
    first = runs[0].predictions
    assert first is not None
    places = sorted(places, key=lambda i: (-first.probability[i], i))
    found = [shown for i in places if (shown := _shown(view, runs, i)) is not None][:SHOWN]
    if not found:
        return {}
    caption = (
        "Test pictures that every model that learned takes for the same other class: label and "
        "answer. Those of which the records keep a copy are shown."
    )
    beside = (
        "Beside each the train pictures nearest to it in the features of a network, the nearest "
        "first, and their labels."
    )
    return {"labels": gallery_of("likely-labels-shown", found, caption, beside)}


def _shown(view: StudyView, runs: list[Run], index: int) -> PictureRow | None:
    first = _picture(view, runs, index)
    return None if first is None else row_of(view, first, nearest_to_test(view, runs, index))


def _picture(view: StudyView, runs: list[Run], index: int) -> Picture | None:
    for run in runs:
        assert run.predictions is not None
        for kept in run.predictions.examples:
            if kept.index == index:
                true, guess = run.predictions.label[index], run.predictions.predicted[index]
                note = parts(
                    class_name(view, true), ", called ", class_name(view, guess), " by all"
                )
                size = kept.width, kept.height
                shown = picture(view.folder.path, kept.file, "Test picture", "", size, note)
                if shown is not None:
                    return shown
    return None

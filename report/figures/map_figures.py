"""Pictures of what speaks for a network's answers."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.run import Run
from report.evidence.sentences import parts
from report.figures.pictures import SOME_MISSING, picture
from report.figures.views import Gallery, Picture
from report.findings.maps import depend_on_weights, kept_maps
from report.findings.mistakes import class_name
from training.records import HeatMap

METHODS = {
    "grad-cam": "Grad-CAM",
    "attention": "attention rollout weighted by gradients",
}


def map_gallery(view: StudyView, run: Run) -> Gallery | None:
    """Show where the network looked; None without maps, or where they don't see the weights."""
    found, record = kept_maps(run), run.predictions
    if found is None or record is None or not depend_on_weights(run):
        return None
    shown = [shown for kept in found.maps if (shown := _map(view, run, kept)) is not None]
    if not shown:
        return None
    side = integer(run.prediction("/heat_maps/side"))
    caption = parts(
        f"Where it looks ({METHODS[found.method]}): bright places speak for its answer, dark ones "
        "don’t. First its surest mistakes, then right answers. A map has ", side, " × ", side,
        " places, drawn smooth." + (SOME_MISSING if len(shown) < len(found.maps) else ""),
    )  # fmt: skip
    return Gallery("where-it-looks", tuple(shown), caption)


def _map(view: StudyView, run: Run, kept: HeatMap) -> Picture | None:
    assert run.predictions is not None
    true, guess = run.predictions.label[kept.index], run.predictions.predicted[kept.index]
    name = class_name(view, true)
    note = (
        parts(name, " taken for ", class_name(view, guess))
        if true != guess
        else parts(name, ", right")
    )
    size = (kept.width, kept.height)
    alt = "Test picture, darkened where nothing speaks for the answer"
    return picture(view.folder.path, kept.file, alt, "", size, note)

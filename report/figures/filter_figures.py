"""The first layer's filters, before and after training."""

from report.evidence.load import StudyView
from report.evidence.numbers import decimal, integer
from report.evidence.run import Run
from report.evidence.sentences import Loose, Parts, counted, listing, parts
from report.evidence.study_sections import is_homework
from report.figures.canvas import gap
from report.figures.pictures import picture
from report.figures.views import Gallery, Gap, Picture
from report.findings.first_layer import first_layers, is_pretrained

READING = (
    " Each small square is one filter, each of its pixels the weights for red, green and blue at "
    "that place: mid-grey is a weight of zero, a brighter or darker channel a positive or a "
    "negative one. A filter answers most to the part of a picture that looks like it: stripes to "
    "an edge of that direction, a blot to a patch of that colour. Random weights look like noise, "
    "and answer to nothing in particular."
)


def filter_gallery(view: StudyView) -> Gallery | Gap:
    """Show the filters of each grid's best run at the start and at the best epoch."""
    slug = "first-layer"
    runs = [run for run in first_layers(view) if _pictures_of(view, run)]
    if not runs:
        return gap(
            slug,
            "The records hold no pictures of the first layer’s filters; running the best pair of "
            "a grid again with a newer version of the program keeps them.",
        )
    shown = [shown for run in runs for shown in _pictures_of(view, run)]
    return Gallery(slug, tuple(shown), _caption(view, runs), pixels=True)


def _pictures_of(view: StudyView, run: Run) -> list[Picture]:
    """Return two pictures, before and after; none if one of them can't be shown."""
    layer = run.metrics.first_layer
    if layer is None or layer.pictures is None:
        return []
    kept = layer.pictures
    labels = (
        ("pre-trained", "fine-tuned")
        if is_pretrained(run)
        else ("random start", "trained from the random start")
    )
    size = (kept.width, kept.height)
    height, width = layer.kernel[:2]
    alt = f"{counted(kept.n_shown, 'filter')} as squares of {height} × {width} coloured pixels"
    found = [
        picture(view.folder.path, file, alt, label, size)
        for file, label in zip((kept.start, kept.end), labels, strict=True)
    ]
    return [shown for shown in found if shown is not None] if all(found) else []


def _caption(view: StudyView, runs: list[Run]) -> Parts:
    whose = "the best pair of each grid" if is_homework(view) else "the chosen network"
    scales = listing(_scale(run) for run in runs)
    return parts(
        _extent(runs[0]), f", before and after training, of {whose}.", READING,
        " The two pictures of a network share one scale, which ends at weights of ", scales,
        "; the few beyond are drawn as if they were at the end.",
    )  # fmt: skip


def _extent(run: Run) -> Parts:
    layer = run.metrics.first_layer
    assert layer is not None
    assert layer.pictures is not None
    shown = integer(run.number("/first_layer/pictures/n_shown"))
    n_filters = integer(run.number("/first_layer/n_filters"))
    height, width = (integer(run.number(f"/first_layer/kernel/{side}")) for side in (0, 1))
    count: Loose = (
        parts("The ", n_filters)
        if layer.pictures.n_shown == layer.n_filters
        else parts("The first ", shown, " of ", n_filters)
    )
    return parts(count, " filters of the first layer, ", height, " × ", width, " pixels each")


def _scale(run: Run) -> Parts:
    start = "pre-trained" if is_pretrained(run) else "random start"
    return parts("±", decimal(run.number("/first_layer/pictures/limit")), f" ({start})")

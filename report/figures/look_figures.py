"""Pictures that stand out from the data set."""

from report.evidence.load import StudyView
from report.evidence.numbers import Number, Quantity, decimal, integer
from report.evidence.sentences import Name, parts
from report.figures.pictures import picture
from report.figures.views import Figure, Gallery, Picture
from training.records import Outstanding, OutstandingKind

WORDS: dict[OutstandingKind, str] = {
    "dark": "brightness ", "bright": "brightness ", "blurred": "sharpness ", "tiny": "",
    "long": "width by height ",
}  # fmt: skip


def outstanding_pictures(view: StudyView) -> dict[str, Figure]:
    """Show the pictures that lie farthest from the others by a feature, if any do."""
    looks = view.dataset.looks if view.dataset is not None else None
    if looks is None:
        return {}
    shown = [p for i, item in enumerate(looks.outstanding) if (p := _picture(view, i, item))]
    if not shown:
        return {}
    caption = parts(
        "Pictures that stand out: by the named feature each lies farther beyond the quartiles of "
        "all pictures than one and a half times their distance. Of each kind the farthest are "
        "shown."
    )
    return {"outstanding": Gallery("outstanding", tuple(shown), caption)}


def _picture(view: StudyView, place: int, item: Outstanding) -> Picture | None:
    if not item.file:
        return None
    value = view.dataset_number(f"/looks/outstanding/{place}/value")
    end = f" {'pixel' if value.value == 1 else 'pixels'}" if item.kind == "tiny" else ""
    note = parts(item.kind.capitalize(), ": ", WORDS[item.kind], _number(item.kind, value), end,
                 ", ", Name(item.path))  # fmt: skip
    size = item.width, item.height
    return picture(view.folder.path, item.file, "A picture that stands out", "", size, note)


def _number(kind: OutstandingKind, value: Quantity) -> Number:
    return integer(value) if kind == "tiny" else decimal(value, 2)

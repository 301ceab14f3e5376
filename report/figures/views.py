"""What a template needs to show a figure."""

from dataclasses import dataclass
from typing import ClassVar

from report.evidence.sentences import Parts, Sentence
from report.figures.drawing import Drawing
from report.tables.views import FigureData


@dataclass(frozen=True)
class Plot:
    """A drawn figure.

    Attributes:
        drawing: What is to be drawn.
        alt: What it shows, for those who can't see it.
        width: In CSS pixels.
        height: In CSS pixels.
        data: What it shows, to be read as a table below it.
    """

    kind: ClassVar[str] = "plot"
    slug: str
    drawing: Drawing
    alt: str
    caption: Parts
    width: int
    height: int
    data: FigureData | None = None

    @property
    def source(self) -> str:
        """What `fill` puts the picture in place of."""
        return f"figure:{self.drawing.key}"


@dataclass(frozen=True)
class Picture:
    """A thumbnail with its label.

    Attributes:
        alt: What it is, for those who can't see it; the label says the rest.
        label: Printed below it.
        note: Printed in place of the label.
    """

    source: str
    alt: str
    label: str
    width: int
    height: int
    note: Parts = ()


@dataclass(frozen=True)
class Gallery:
    """Thumbnails in a row or a grid.

    Attributes:
        steps: Puts an arrow between them.
        pixels: They are enlarged without smoothing: a pixel means something.
    """

    kind: ClassVar[str] = "gallery"
    slug: str
    pictures: tuple[Picture, ...]
    caption: Parts
    steps: bool = False
    pixels: bool = False


@dataclass(frozen=True)
class PicturePair:
    """Two pictures to be compared, and what the comparison shows."""

    left: Picture
    right: Picture
    note: Parts


@dataclass(frozen=True)
class PairGallery:
    """Pairs of pictures in a grid."""

    kind: ClassVar[str] = "pairs"
    slug: str
    pairs: tuple[PicturePair, ...]
    caption: Parts


@dataclass(frozen=True)
class PictureRow:
    """A picture, others beside it, and what is said of them."""

    pictures: tuple[Picture, ...]
    note: Parts


@dataclass(frozen=True)
class RowGallery:
    """Rows of pictures, each with one note."""

    kind: ClassVar[str] = "rows"
    slug: str
    rows: tuple[PictureRow, ...]
    caption: Parts


@dataclass(frozen=True)
class Gap:
    """A figure that can't be drawn yet, and why."""

    kind: ClassVar[str] = "gap"
    slug: str
    reason: Sentence


Figure = Plot | Gallery | PairGallery | RowGallery | Gap

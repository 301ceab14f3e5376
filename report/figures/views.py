"""What a template needs to show a figure."""

from dataclasses import dataclass
from typing import ClassVar

from report.text import Parts, Sentence


@dataclass(frozen=True)
class Plot:
    """A drawn figure.

    Attributes:
        source: The picture as a `data:` URI.
        alt: What it shows, for those who can't see it.
        width: In CSS pixels.
        height: In CSS pixels.
    """

    kind: ClassVar[str] = "plot"
    slug: str
    source: str
    alt: str
    caption: Parts
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A thumbnail with its label."""

    source: str
    label: str
    width: int
    height: int


@dataclass(frozen=True)
class Gallery:
    """Thumbnails in a row or a grid; `steps` puts an arrow between them."""

    kind: ClassVar[str] = "gallery"
    slug: str
    pictures: tuple[Picture, ...]
    caption: Parts
    steps: bool = False


@dataclass(frozen=True)
class Gap:
    """A figure that can't be drawn yet, and why."""

    kind: ClassVar[str] = "gap"
    slug: str
    reason: Sentence


Figure = Plot | Gallery | Gap

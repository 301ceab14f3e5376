"""Sentences as parts, so that a template can print each kind its own way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from report.evidence.numbers import Number


@dataclass(frozen=True)
class Text:
    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Name:
    """A proper name, such as VGG16, or a label that names an experiment."""

    kind: ClassVar[str] = "name"
    text: str


@dataclass(frozen=True)
class Code:
    """Something a person types: a command, an id, a file."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Link:
    """A jump inside the report."""

    kind: ClassVar[str] = "link"
    text: str
    target: str


@dataclass(frozen=True)
class Quote:
    """What a record says in words, with the place where it says so."""

    kind: ClassVar[str] = "quote"
    text: str
    source: str


Part = Text | Name | Code | Link | Quote | Number
Parts = tuple[Part, ...]
Loose = str | Part | Parts
"""What `parts` takes: plain strings become `Text`."""

Strength = Literal["fact", "strong", "weak", "gap"]
"""`fact`: read off a record. `strong`: carried by a test. `weak`: within noise. `gap`: missing."""


@dataclass(frozen=True)
class Sentence:
    """A statement with its evidence inside, as numbers that know their source."""

    parts: Parts
    strength: Strength = "fact"

    def __str__(self) -> str:
        return plain_text(self.parts)


def parts(*items: Loose) -> Parts:
    """Flatten strings and parts into one sequence."""
    flat: list[Part] = []
    for item in items:
        if isinstance(item, str):
            flat.append(Text(item))
        elif isinstance(item, tuple):
            flat.extend(item)
        else:
            flat.append(item)
    return tuple(flat)


def say(*items: Loose, strength: Strength = "fact") -> Sentence:
    """Build a sentence from strings and parts."""
    return Sentence(parts(*items), strength)


def counted(n: int, one: str, many: str = "") -> str:
    """Write a count with its noun: “1 image”, “2 images”.

    Args:
        n: The count.
        one: The noun for one.
        many: The noun for any other count; by default the first with an s.
    """
    return f"{n} {one if n == 1 else many or f'{one}s'}"


def numbered(number: Number, one: str, many: str = "") -> Parts:
    """Write a number whose source is known with its noun, as `counted` does."""
    return parts(number, f" {one if number.value == 1 else many or f'{one}s'}")


def plain_text(items: Parts) -> str:
    return "".join(item.text for item in items)


def listing(items: Iterable[Loose], last: str = " and ") -> Parts:
    """Join items as prose does: a, b and c."""
    pieces = [parts(item) for item in items]
    joined: list[Loose] = []
    for position, piece in enumerate(pieces):
        if position:
            joined.append(last if position == len(pieces) - 1 else ", ")
        joined.append(piece)
    return parts(*joined)

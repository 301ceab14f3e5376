"""Which classes of a further data set are the study's, by their names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.byte_names import escaped
from training.data.class_names import composed, looks
from training.errors import DataError
from training.natural_order import in_natural_order
from training.plurals import counted

SHOWN = 5
"""Classes that a message names; the rest is counted."""


@dataclass(frozen=True)
class InCommon:
    """The classes of two data sets, matched by their names.

    Attributes:
        number: The study's number of each class of the further set that both have.
        unknown: Classes that only the further set has.
        lacking: Classes that only the study has.
    """

    number: dict[str, int]
    unknown: tuple[str, ...]
    lacking: tuple[str, ...]


def in_common(name: str, there: Sequence[str], here: Sequence[str], places: str) -> InCommon:
    """Match classes by their names, however Unicode spells these.

    Args:
        name: What the study calls the further set.
        there: Its classes.
        here: The study's classes, in the order of their numbers.
        places: Both sets' places, for the message.

    Raises:
        DataError: They have none in common.
    """
    numbers = {composed(known): i for i, known in enumerate(here)}
    found = {each: numbers[composed(each)] for each in there if composed(each) in numbers}
    if not found:
        raise DataError(
            f"The pictures “{name}” and the study’s have no class in common ({places}): there "
            f"{_named(there)}, here {_named(here)}.",
            "Classes are matched by their names: give the folders of pictures of the same thing "
            "the same name.",
        )
    reached = set(found.values())
    return InCommon(
        found,
        tuple(in_natural_order(each for each in there if each not in found)),
        tuple(in_natural_order(each for i, each in enumerate(here) if i not in reached)),
    )


def words(name: str, common: InCommon, n_here: int) -> list[str]:
    """Say what two data sets have in common, and what only one of them has.

    Args:
        n_here: The study's classes.
    """
    n = len(set(common.number.values()))
    said = [f"{name}: {n} of the study’s {counted(n_here, 'class')} in common."]
    if common.lacking:
        said.append(f"{name} lacks {_named(common.lacking)}: nothing is tested of them there.")
    if common.unknown:
        said.append(f"{name}: left out, for the study doesn’t know them: {_named(common.unknown)}.")
    alike = {looks(each): each for each in common.lacking}
    for each in common.unknown:
        if looks(each) in alike:
            said.append(
                f"{name}: “{escaped(each)}” looks like the study’s “{escaped(alike[looks(each)])}”;"
                " if they are one class, give its folder that name."
            )
    return said


def _named(names: Iterable[str]) -> str:
    listed = [escaped(each) for each in names]
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"{', '.join(listed[:SHOWN])}{more}"

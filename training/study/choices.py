"""What a person says about their images that the folder itself doesn't."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from training.errors import StudyError
from training.records import DuplicatesChoice, Settings

COLUMN_ROLES = ("path", "label", "split")


@dataclass(frozen=True)
class Choices:
    """The settings that decide which images are used, under which class, in which split.

    Attributes:
        leave_out: Classes or folders that aren't used.
        classes: The only classes that are used, if any are named.
        labels_from_name: Finds the class in a file's name: its first group, else all it matches.
        shares: Of train, validation and test, in [0, 1]; None for the data set's own division.
        groups: A table of path and group, or an expression that finds the group in a path.
        columns: Which column of a table is which.
        allow_unreadable: Largest share of images that may be unreadable, in [0, 1]; None for
            one in a hundred, or five.
        duplicates: What becomes of pictures that two splits have.
        folds: Into how many train and validation pictures are cut together; 0: into none.
    """

    leave_out: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    labels_from_name: re.Pattern[str] | None = None
    shares: tuple[float, float, float] | None = None
    groups: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    allow_unreadable: float | None = None
    duplicates: DuplicatesChoice = "keep"
    folds: int = 0


NONE = Choices()
"""A data set as it is."""


def choices_of(settings: Settings) -> Choices:
    """Return the choices that a study's settings hold.

    Raises:
        StudyError: One can't be understood.
    """
    return Choices(
        leave_out=settings.leave_out,
        classes=settings.classes,
        labels_from_name=_expression(settings.labels_from_name, "labels_from_name"),
        shares=_shares(settings.split),
        groups=settings.groups,
        columns=_columns(settings.columns),
        allow_unreadable=_share(settings.allow_unreadable),
        duplicates=settings.duplicates,
        folds=settings.folds,
    )


def _expression(text: str, setting: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise StudyError(
            f"{setting} is not a regular expression: {error}; found {text!r}.",
            r"For cat.0.jpg and dog.7.jpg write '^(\w+)\.'; the group in parentheses is the class.",
        ) from error


def _shares(text: str) -> tuple[float, float, float] | None:
    if not text:
        return None
    try:
        train, validation, test = (float(part) for part in text.split("/"))
    except ValueError:
        train = validation = test = 0.0
    total = train + validation + test
    if min(train, validation, test) <= 0 or not total < float("inf"):
        raise StudyError(
            f"split must be three shares above 0; found {text!r}.",
            "Write train/validation/test, as in 70/15/15.",
        )
    return train / total, validation / total, test / total


def _columns(text: str) -> dict[str, str]:
    """Read `path=file,label=species`."""
    found: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        role, equals, column = part.partition("=")
        if role.strip() not in COLUMN_ROLES or not equals or not column.strip():
            raise StudyError(
                f"columns isn't in the form path=COLUMN,label=COLUMN; found {text!r}.",
                "Write path=COLUMN,label=COLUMN and, if there is one, split=COLUMN.",
            )
        found[role.strip()] = column.strip()
    return found


def _share(value: float | None) -> float | None:
    if value is not None and not 0 <= value < 1:
        raise StudyError(
            f"allow_unreadable must be a share from 0 to below 1; found {value:g}.",
            "0.05 allows five images in a hundred.",
        )
    return value

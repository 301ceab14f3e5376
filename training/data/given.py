"""Divisions that come with the pictures: what a folder or a table calls them."""

from dataclasses import dataclass
from typing import Literal

from training.records import Split

NAMES: dict[str, Split] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What people call the splits, in lower case."""


@dataclass(frozen=True)
class Given:
    """Which split each picture of a data set belongs to, by the data set's own word.

    Attributes:
        source: `folders` (`train/<class>/…`) or `table` (a column of a CSV file).
        splits: One a picture.
    """

    source: Literal["folders", "table"]
    splits: tuple[Split, ...]

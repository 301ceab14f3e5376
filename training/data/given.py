"""Divisions that come with the images: what folders, lists or a table say."""

from dataclasses import dataclass
from typing import Literal

from training.records import Split


@dataclass(frozen=True)
class Given:
    """Which split each image of a data set belongs to, by the data set's own word.

    Attributes:
        source: `folders` (`train/<class>/…`), `table` (a column of a CSV file) or `all lists`
            (lists that name each image's class).
        splits: One an image.
    """

    source: Literal["folders", "table", "all lists"]
    splits: tuple[Split, ...]

"""Find the images of a data set in any of the layouts that are accepted."""

from pathlib import Path

from training.data.index import Index, index_folder
from training.data.table import index_table
from training.errors import StudyError
from training.study.choices import NONE, Choices

TABLES = (".csv", ".tsv")


def is_table(place: Path) -> bool:
    """Tell whether a path names a table of images."""
    return place.suffix.lower() in TABLES


def index_pictures(place: Path, choices: Choices = NONE) -> Index:
    """List a data set: a table, a folder that is divided already, or one folder a class.

    Raises:
        DataError: It is missing, empty, laid out in another way, or can be read in two ways.
    """
    if place.is_file() and is_table(place):
        if choices.labels_from_name:
            raise StudyError(
                f"{place} is a table; its rows name the classes.",
                "Drop --labels-from-name, or name the folder of the images.",
            )
        return index_table(place, choices)
    if choices.columns:
        raise StudyError(
            f"{place} is not a table, so it has no columns.",
            "Drop --columns, or name a CSV file.",
        )
    return index_folder(place, choices)

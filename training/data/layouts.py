"""Find the pictures of a data set in any of the layouts that are accepted."""

from pathlib import Path

from training.data.index import Index, index_folder
from training.data.split_folders import index_split_folders, split_folders
from training.data.table import index_table

TABLE = ".csv"


def index_pictures(place: Path) -> Index:
    """List a data set: a CSV file, a folder that is divided already, or one folder a class.

    Raises:
        DataError: It is missing, empty, or laid out in another way.
    """
    if place.is_file() and place.suffix.lower() == TABLE:
        return index_table(place)
    if place.is_dir():
        places = split_folders(place)
        if places:
            return index_split_folders(place, places)
    return index_folder(place)

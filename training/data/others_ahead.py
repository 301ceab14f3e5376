"""What a study's further data sets have in common with it, said before anything is decoded."""

from pathlib import Path

from training.data.classes_in_common import in_common, words
from training.data.layouts import index_pictures
from training.data.locate import check_others_located, place_if_here
from training.records import StudyRecord
from training.study.choices import choices_of
from training.study.other_pictures import sets_of


def others_in_words(study: StudyRecord) -> list[str]:
    """Say which classes of each further data set are the study's; nothing is fetched for it.

    Raises:
        DataError: One isn't there, can't be read, or has no class in common with the study.
    """
    sets = sets_of(study)
    if not sets:
        return []
    check_others_located(study)
    place = place_if_here(study.data)
    if place is None:
        names = ", ".join(each.name for each in sets)
        return [f"Classes in common with {names} are named once the study’s images are here."]
    here = index_pictures(place, choices_of(study.settings)).classes
    said = []
    for each in sets:
        there = place_if_here(each.data)
        said += (
            [f"{each.name}: classes in common with it are named once its images are here."]
            if there is None
            else _said(each.name, there, place, here)
        )
    return said


def _said(name: str, there: Path, place: Path, here: tuple[str, ...]) -> list[str]:
    common = in_common(name, index_pictures(there).classes, here, f"{there} and {place}")
    return words(name, common, len(here))

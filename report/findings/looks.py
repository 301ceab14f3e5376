"""How the pictures look: what splits differ in, and what gives classes away without a network.

The measures and tests stand in `dataset.json`; which are worth a word is decided here.
"""

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, decimal, derive, integer, percent
from report.evidence.sentences import Parts, Sentence, parts, say
from report.evidence.statistics import SIGNIFICANCE
from report.findings.mistakes import class_name
from report.findings.scores import p_parts
from training.records import Feature, FeatureLooks

LARGE = 0.1
"""Distance of two distributions from which a difference is worth a word; and the part of the way
from guessing to certainty from which a feature that tells classes is."""

NAMES: dict[Feature, str] = {
    "brightness": "brightness", "contrast": "contrast", "sharpness": "sharpness",
    "red": "mean red", "green": "mean green", "blue": "mean blue",
    "border": "brightness of the border", "border_contrast": "contrast of the border",
    "aspect_ratio": "aspect ratio", "pixels": "number of pixels", "file_bytes": "file size",
}  # fmt: skip


def looks(view: StudyView) -> list[tuple[int, FeatureLooks]]:
    """Return the features with their places in the record; none of an older record."""
    if view.dataset is None or view.dataset.looks is None:
        return []
    return list(enumerate(view.dataset.looks.features))


def number_of(view: StudyView, place: int, name: str) -> Quantity:
    return view.dataset_number(f"/looks/features/{place}/{name}")


def worth_a_word(view: StudyView) -> list[Sentence]:
    """Say in at most two sentences what splits differ in, and what gives classes away."""
    return [*drift(view), *given_away(view)]


def drift(view: StudyView) -> list[Sentence]:
    """Name the feature by which validation or test differs most from train, where one does.

    By Kolmogorov and Smirnov's test of two samples, corrected by Holm for all features and both
    splits, and by a distance of at least `LARGE`.
    """
    found = []
    for place, item in looks(view):
        for split, p, distance in (
            ("validation", item.validation_p, item.validation_distance),
            ("test", item.test_p, item.test_distance),
        ):
            if p < SIGNIFICANCE and distance >= LARGE:
                found.append((-distance, place, split))
    if not found:
        return []
    _, place, split = min(found)
    feature = looks(view)[place][1].feature
    apart = number_of(view, place, f"{split}_distance")
    of_test = number_of(view, place, f"{split}_p")
    other = f"{split.capitalize()} pictures differ from train pictures in "
    more = {place for _, place, _ in found}
    among: Parts = ()
    if len(more) > 1:
        names = (number_of(view, place, "feature") for place in sorted(more))
        among = parts(", most of ", integer(derive("count", *names)), " features")
    return [
        say(other, NAMES[feature], among, " (distance ", decimal(apart, 2), ", p\u00a0",
            p_parts(of_test), ").", strength="strong")
    ]  # fmt: skip


def tells(view: StudyView, item: FeatureLooks) -> bool:
    """Tell whether a feature alone tells classes: by more than chance, and enough to mind."""
    assert view.dataset is not None
    chance = 1 / max(1, sum(n > 0 for n in view.dataset.counts.validation))
    return item.class_accuracy > max(item.limit, chance + LARGE * (1 - chance))


def given_away(view: StudyView) -> list[Sentence]:
    """Say which feature alone tells the classes best, where one tells them well enough."""
    found = [(-item.class_accuracy, place) for place, item in looks(view) if tells(view, item)]
    if not found:
        return _class_given_away(view)
    assert view.dataset is not None
    _, place = min(found)
    item = looks(view)[place][1]
    accuracy = number_of(view, place, "class_accuracy")
    chance = derive("even_share", view.dataset_number("/counts/validation"))
    told: Parts = ()
    if item.class_told is not None:
        told = parts(", and ", *_told(view, place, item))
    return [
        say(_capital(item), " alone tells the class of ", percent(accuracy), " of the "
            "validation pictures (the mean over classes; guessing tells ", percent(chance), ")",
            told, ": a network may use it, too.", strength="strong")
    ]  # fmt: skip


def _class_given_away(view: StudyView) -> list[Sentence]:
    """Name a class that a feature alone tells from all others, where one is."""
    found = [(-item.class_told_right, i) for i, item in looks(view) if item.class_told is not None]
    if not found:
        return []
    _, place = min(found)
    item = looks(view)[place][1]
    return [
        say(_capital(item), " alone tells ", *_told(view, place, item), " in validation: a network "
            "may use it, too.", strength="strong")
    ]  # fmt: skip


def _capital(item: FeatureLooks) -> str:
    name = NAMES[item.feature]
    return name[0].upper() + name[1:]


def _told(view: StudyView, place: int, item: FeatureLooks) -> Parts:
    """Count the pictures of the class that a feature tells: 67 of 68 of Leopards."""
    assert view.dataset is not None
    assert item.class_told is not None
    right, of = (number_of(view, place, f"class_told_{which}") for which in ("right", "of"))
    index = min(item.class_told, len(view.dataset.classes) - 1)
    return parts(integer(right), " of the ", integer(of), " pictures of ", class_name(view, index))

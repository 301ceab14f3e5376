"""How many train pictures are enough: linear heads on frozen features of parts of the split."""

from dataclasses import dataclass

from report.evidence.display_names import model_name
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, mean_of, percent
from report.evidence.run import Run
from report.evidence.sentences import Name, Sentence, say
from training.records import LearningCurve

FEWEST = 3
"""Numbers of pictures that a curve of three unknowns takes."""


@dataclass(frozen=True)
class Level:
    """What one number of train pictures a class gives.

    Attributes:
        per_class: The number.
        test: Test accuracies, one a draw.
        validation: Validation accuracies, likewise.
    """

    per_class: Quantity
    test: tuple[Quantity, ...]
    validation: tuple[Quantity, ...]


def curve_run(view: StudyView) -> Run | None:
    """Return the first run whose record has a learning curve of the pictures described here."""
    for run in (run for e in view.listed for run in view.finished(e.id)):
        curve = run.metrics.learning_curve
        fits = view.dataset and run.metrics.dataset_fingerprint == view.dataset.fingerprint
        if curve is not None and curve.points and fits and _adds_up(curve):
            return run
    return None


def _adds_up(curve: LearningCurve) -> bool:
    return curve.n_test > 0 < curve.n_validation and all(
        p.test_correct <= curve.n_test and p.validation_correct <= curve.n_validation
        for p in curve.points
    )


def levels(run: Run) -> list[Level]:
    """Return the curve's levels, by rising number of pictures."""
    curve = run.metrics.learning_curve
    assert curve is not None
    places: dict[int, list[int]] = {}
    for place, point in enumerate(curve.points):
        places.setdefault(point.per_class, []).append(place)
    return [
        Level(
            run.number(f"/learning_curve/points/{own[0]}/per_class"),
            tuple(_share(run, place, "test") for place in own),
            tuple(_share(run, place, "validation") for place in own),
        )
        for _, own in sorted(places.items())
    ]


def _share(run: Run, place: int, split: str) -> Quantity:
    right = run.number(f"/learning_curve/points/{place}/{split}_correct")
    return derive("ratio", right, run.number(f"/learning_curve/n_{split}"))


def fitted_at(found: list[Level], size: Quantity) -> Quantity:
    """Return what a power law through the levels’ mean test accuracies gives."""
    pairs = [item for level in found for item in (level.per_class, mean_of(level.test))]
    return derive("power_law_at", size, *pairs)


def ranges_at(found: list[Level], size: Quantity) -> tuple[Quantity, Quantity] | None:
    """Return the least and the most that power laws give; None for one draw.

    Those through the points of each draw, and that through the means.
    """
    n_draws = min(len(level.test) for level in found)
    if n_draws < 2:
        return None
    ends = [fitted_at(found, size)]
    for draw in range(n_draws):
        pairs = [item for level in found for item in (level.per_class, level.test[draw])]
        ends.append(derive("power_law_at", size, *pairs))
    return derive("minimum", *ends), derive("maximum", *ends)


def enough(view: StudyView) -> list[Sentence]:
    """Say what the fewest and the most pictures give, and what twice as many might."""
    run = curve_run(view)
    if run is None:
        return []
    found = levels(run)
    first, last = found[0], found[-1]
    network = Name(model_name(run.metrics.spec.model if run.metrics.spec else run.id))
    if len(found) < 2:
        return []
    said = [
        say("On frozen features of ", network, ", ", integer(first.per_class), " train pictures a "
            "class give ", percent(mean_of(first.test)), " of the test pictures, ",
            integer(last.per_class), " give ", percent(mean_of(last.test)), ".")
    ]  # fmt: skip
    if len(found) < FEWEST:
        return said
    double = derive("sum", last.per_class, last.per_class)
    ends = ranges_at(found, double)
    span = say(" (", percent(ends[0]), " to ", percent(ends[1]), " by draw)").parts if ends else ()
    return [
        *said,
        say("Extrapolated by a power law, not measured: ", integer(double), " might give ",
            percent(fitted_at(found, double)), span, ".", strength="weak"),
    ]  # fmt: skip

"""How the chosen network's features lay the classes out."""

from report.evidence.numbers import Quantity, derive, integer, percent
from report.evidence.run import Run
from report.evidence.sentences import Parts, Sentence, say
from training.records import FeatureMap, Projection


def feature_map(run: Run) -> FeatureMap | None:
    """Return where a run's test pictures lie, if its record says so without contradiction."""
    found = run.predictions.feature_map if run.predictions is not None else None
    if found is None or run.predictions is None:
        return None
    sides = [found.end, *([found.start] if found.start is not None else [])]
    whole = 3 <= found.n_images <= len(run.predictions.label)
    return found if whole and all(_fits(side, found) for side in sides) else None


def _fits(side: Projection, found: FeatureMap) -> bool:
    lengths = {len(side.x) / 3, len(side.y) / 3, len(side.same_class)}
    return lengths == {found.n_images} and int(max(side.same_class)) <= found.n_neighbours


def neighbours_of(run: Run, when: str) -> Quantity:
    """Return the mean share of neighbours that are of a picture's class, `start` or `end`."""
    return derive("purity", *counts_of(run, when))


def counts_of(run: Run, when: str) -> tuple[Quantity, Quantity]:
    """Return how many neighbours of each picture are of its class, and of how many."""
    return (
        run.prediction(f"/feature_map/{when}/same_class"),
        run.prediction("/feature_map/n_neighbours"),
    )


def neighbours(run: Run) -> list[Sentence]:
    """Say how many of the nearest neighbours in the features are of a picture's class."""
    found = feature_map(run)
    if found is None:
        return []
    n_shown = run.prediction("/feature_map/n_images")
    chance = derive("purity_by_chance", run.prediction("/label"), n_shown)
    before: Parts = ()
    if found.start is not None:
        before = say("; with the pre-trained weights, before fine-tuning, it was ",
                     percent(neighbours_of(run, "start"))).parts  # fmt: skip
    return [
        say(
            "In the features of the chosen network, the ",
            integer(run.prediction("/feature_map/n_features")),
            " values that its head is given, ", percent(neighbours_of(run, "end")),
            " of a test picture’s ", integer(run.prediction("/feature_map/n_neighbours")),
            " nearest neighbours are of its class", before,
            "; by chance it would be ", percent(chance), ".",
        )
    ]  # fmt: skip

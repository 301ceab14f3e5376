"""What speaks for the chosen network's answers, and whether its maps see the weights."""

from report.evidence.numbers import decimal, derive, integer
from report.evidence.run import Run
from report.evidence.sentences import Name, Sentence, say
from training.records import HeatMaps

ALIKE = 0.5
"""A mean rank correlation from which maps hardly depend on the last layer's weights."""


def kept_maps(run: Run) -> HeatMaps | None:
    """Return a run's maps, if its record has any and all are of its test pictures."""
    record = run.predictions
    found = record.heat_maps if record is not None else None
    if record is None or found is None or not found.maps:
        return None
    return found if all(kept.index < len(record.label) for kept in found.maps) else None


def depend_on_weights(run: Run) -> bool:
    """Tell whether random weights of the last layer give other maps."""
    found = kept_maps(run)
    known = [kept.randomised for kept in found.maps] if found is not None else []
    values = [value for value in known if value is not None]
    return bool(values) and sum(values) / len(values) < ALIKE


def about_maps(run: Run) -> list[Sentence]:
    """Say whether maps see the weights, or why there are none."""
    record = run.predictions
    if record is None or record.heat_maps is None:
        return []
    if record.heat_maps.reason:
        return [
            say("What speaks for the answers of ", Name(run.name),
                " isn’t shown: ", run.told("/heat_maps/reason"), ".", strength="gap")
        ]  # fmt: skip
    found = kept_maps(run)
    if found is None:
        return []
    known = [
        run.prediction(f"/heat_maps/maps/{i}/randomised")
        for i, kept in enumerate(found.maps)
        if kept.randomised is not None
    ]
    if not known:
        return []
    mean = derive("mean", *known)
    start = say(
        "A map that random weights leave as it is explains nothing. Held against maps of the same "
        "network with a random last layer, the ", integer(derive("count", *known)),
        " maps kept of its answers have a mean rank correlation of ", decimal(mean, 2),
    ).parts  # fmt: skip
    if depend_on_weights(run):
        return [say(start, ", below one half: they depend on what the last layer learned.")]
    return [
        say(start, ", not below one half: they hardly depend on what the last layer learned, and "
            "aren’t shown.")
    ]  # fmt: skip

"""Which tested models are worth their time: accuracy on validation against latency."""

from report.evidence.accuracy import Tested, validation_accuracy
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, milliseconds, percent
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.speed import comparable, latency, timed
from report.findings.guessing import never_learned

SAME_TIME = 1.15
"""Latencies up to this factor apart count as equal: those of equal networks differ by less."""


def not_beaten(view: StudyView) -> list[Tested]:
    """Return the models that no other one beats, by falling validation accuracy.

    One beats another if it is more accurate on validation and not slower, or faster and not less
    accurate.
    """
    models = worth_timing(view)
    known = {m.experiment.id: (_accuracy(view, m).value, _time(view, m).value) for m in models}
    found = [
        m for m in models
        if not any(_beats(other, known[m.experiment.id]) for other in known.values())
    ]  # fmt: skip
    return sorted(found, key=lambda m: -known[m.experiment.id][0])


def worth_timing(view: StudyView) -> list[Tested]:
    """Return the timed models that learned more than guessing."""
    return [m for m in timed(view) if not never_learned(view, m.runs[0])]


def _accuracy(view: StudyView, model: Tested) -> Quantity:
    accuracy = validation_accuracy(view, model.experiment.id)
    assert accuracy is not None
    return accuracy


def _time(view: StudyView, model: Tested) -> Quantity:
    """Return the latency of a model's network: the fastest of all tested models that have it."""
    alike = [latency(other) for other in timed(view) if _network(other) == _network(model)]
    return alike[0] if len(alike) == 1 else derive("minimum", *alike)


def _network(model: Tested) -> tuple[object, ...]:
    """Return what decides how long a network takes: not its weights, nor how it was trained."""
    spec = model.runs[0].metrics.spec
    if spec is None:
        return (model.experiment.id,)
    return spec.model, spec.head, spec.width, spec.image_size


def _beats(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Tell whether accuracy and seconds of `a` leave no reason to take `b`."""
    better, faster = a[0] > b[0], a[1] * SAME_TIME < b[1]
    worse, slower = a[0] < b[0], b[1] * SAME_TIME < a[1]
    return (better and not slower) or (faster and not worse)


def worth_their_time(view: StudyView) -> list[Sentence]:
    """Name the models between which accuracy on validation has to be weighed against latency."""
    models = worth_timing(view)
    if len(models) < 2 or not comparable(models):
        return []
    best = not_beaten(view)
    named = [_named(view, model) for model in best]
    if len(best) == 1:
        return [
            say("By accuracy on validation and latency, the time for one picture, ", *named[0],
                " is the whole Pareto set: no other model that learned is better in one of the two "
                "and not worse in the other.")
        ]  # fmt: skip
    others = (
        ": every other model that learned is beaten in one of the two, and no better in the other."
        if len(best) < len(models)
        else ", all that learned."
    )
    return [
        say("By accuracy on validation and latency, the time for one picture, the Pareto set is ",
            listing(named), others)
    ]  # fmt: skip


def _named(view: StudyView, model: Tested) -> Parts:
    return say(
        Name(model.name), " (", percent(_accuracy(view, model)), ", ",
        milliseconds(_time(view, model)), ")",
    ).parts  # fmt: skip

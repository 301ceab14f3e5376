"""How long the rest of a list will take, learned from its runs that are done."""

from collections import defaultdict
from collections.abc import Iterable
from statistics import fmean

from training.kinds import kind_of, likely_spec
from training.plan import PENDING, Plan, Step
from training.records import Metrics, Spec

Name = tuple[str, int]


class Remaining:
    """What is left of a list, and what an epoch of each kind of run takes.

    A kind that none has been done of yet is taken to be like the others on average.

    Args:
        steps: The list, as it stands before any of it runs.
        force: Everything will run, whatever its state.
    """

    def __init__(self, steps: Iterable[Step], plan: Plan, force: bool = False) -> None:
        self._left: dict[Name, Spec] = {}
        self._epoch_seconds: defaultdict[Spec, list[float]] = defaultdict(list)
        for step in steps:
            trains = step.experiment.role != "reuse" and (force or step.state in PENDING)
            spec = likely_spec(step, plan) if trains else None
            if spec is not None:
                self._left[step.experiment.id, step.seed] = spec

    def ended(self, name: Name, metrics: Metrics | None) -> None:
        """Take a run off the list.

        Args:
            name: Of the experiment, and its seed.
            metrics: Its new record; None if an older one answered it.
        """
        self._left.pop(name, None)
        if metrics is None or metrics.spec is None or not metrics.epochs_run:
            return
        if metrics.reused_from is None:
            seconds = metrics.train_seconds + metrics.feature_seconds
            self._epoch_seconds[kind_of(metrics.spec)].append(seconds / metrics.epochs_run)

    def seconds(self, running: int = 0, at_a_time: int = 1) -> float | None:
        """Estimate what all that is left will take; None as long as nothing is known.

        Args:
            running: How many of it have begun; they are taken to be half done.
            at_a_time: How many run side by side.
        """
        known = {kind: fmean(seconds) for kind, seconds in self._epoch_seconds.items()}
        if not known:
            return None
        usual = fmean(known.values())
        each = [spec.epochs * known.get(kind_of(spec), usual) for spec in self._left.values()]
        begun = running / 2 * (fmean(each) if each else 0.0)
        return max(0.0, sum(each) - begun) / max(1, at_a_time)

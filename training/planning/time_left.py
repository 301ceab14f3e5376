"""How long the rest of a list will take, learned from its runs that are done."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from statistics import fmean

from training.planning.plan import PENDING, Plan, Step
from training.planning.run_kinds import kind_of, likely_spec
from training.records import Metrics, Spec

Name = tuple[str, int]
Arithmetic = Callable[[Iterable[Spec]], Mapping[str, int]]
"""Returns the FLOP of training the stand-in weights that runs want and lack, by their digests."""


class Remaining:
    """What is left of a list, and what an epoch of each kind of run takes.

    A kind that none has been done of yet is taken to be like the others on average, and stand-in
    weights to be trained at as many FLOP a second as the runs.

    Args:
        steps: The list, as it stands before any of it runs.
        force: Everything will run, whatever its state.
        stand_ins: Counts the arithmetic of the stand-in weights that are missing; not before
            something has run, because counting loads much of torch.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        plan: Plan,
        force: bool = False,
        stand_ins: Arithmetic = lambda specs: {},
    ) -> None:
        self._left: dict[Name, Spec] = {}
        self._epoch_seconds: defaultdict[Spec, list[float]] = defaultdict(list)
        self._flop, self._seconds = 0, 0.0
        for step in steps:
            trains = step.experiment.role != "reuse" and (force or step.state in PENDING)
            spec = likely_spec(step, plan) if trains else None
            if spec is not None:
                self._left[step.experiment.id, step.seed] = spec
        self._count = stand_ins
        self._stand_ins: dict[str, int] | None = None

    def ended(self, name: Name, metrics: Metrics | None) -> None:
        """Take a run off the list.

        Args:
            name: Of the experiment, and its seed.
            metrics: Its new record; None if an older one answered it.
        """
        spec = self._left.pop(name, None)
        if spec is not None and self._stand_ins is not None:
            self._stand_ins.pop(spec.weights_digest, None)
        if metrics is None or metrics.spec is None or not metrics.epochs_run:
            return
        if metrics.reused_from is None:
            seconds = metrics.train_seconds + metrics.feature_seconds
            self._epoch_seconds[kind_of(metrics.spec)].append(seconds / metrics.epochs_run)
            if metrics.cost is not None and metrics.cost.training_flop is not None:
                self._flop += metrics.cost.training_flop + (metrics.cost.feature_flop or 0)
                self._seconds += seconds

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
        total = max(0.0, sum(each) - begun) + self._stand_in_seconds()
        return total / max(1, at_a_time)

    def _stand_in_seconds(self) -> float:
        if not self._flop:
            return 0.0
        if self._stand_ins is None:
            self._stand_ins = dict(self._count(self._left.values()))
        return sum(self._stand_ins.values()) * self._seconds / self._flop

"""How long the rest of a list will take, learned from its runs that are done."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from training.planning.plan import PENDING, Plan, Step
from training.planning.run_kinds import kind_of, likely_spec
from training.progress import TimeLeft
from training.records import Metrics, Spec

Name = tuple[str, int]
Arithmetic = Callable[[Iterable[Spec]], Mapping[str, int]]
"""Returns the FLOP of training the stand-in weights that runs want and lack, by their digests."""


LONG_SECONDS = 10.0
"""Training that takes less tells what a start costs, not how fast arithmetic is."""


class Remaining:
    """What is left of a list, what an epoch of each kind of run takes, and a run besides.

    A kind that none has been done of yet is taken to be like the others on average. Stand-in
    weights are taken to be trained at as many FLOP a second as others before them; before there
    are any, as the runs, if these are long.

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
        self._speed, self._stand_in_speed = _Speed(), _Speed()
        self._besides: list[float] = []
        self._started: set[str] = set()
        for step in steps:
            trains = step.experiment.role != "reuse" and (force or step.state in PENDING)
            spec = likely_spec(step, plan) if trains else None
            if spec is not None:
                self._left[step.experiment.id, step.seed] = spec
        self._count = stand_ins
        self._stand_ins: dict[str, int] | None = None

    def ended(self, name: Name, metrics: Metrics | None, wall: float | None = None) -> None:
        """Take a run off the list.

        Args:
            name: Of the experiment, and its seed.
            metrics: Its new record; None if an older one answered it.
            wall: Seconds from its start to its record, where that is known.
        """
        spec = self._left.pop(name, None)
        if metrics is not None:
            self._learn(metrics, wall)
        if spec is not None and self._stand_ins is not None:
            self._stand_ins.pop(spec.weights_digest, None)

    def _learn(self, metrics: Metrics, wall: float | None) -> None:
        spec = metrics.spec
        if spec is None or not metrics.epochs_run or metrics.reused_from is not None:
            return
        seconds = metrics.train_seconds + metrics.feature_seconds
        self._epoch_seconds[kind_of(spec)].append(seconds / metrics.epochs_run)
        cost = metrics.cost
        if cost is not None and cost.training_flop is not None and seconds >= LONG_SECONDS:
            self._speed.add(cost.training_flop + (cost.feature_flop or 0), seconds)
        if wall is not None:
            self._learn_besides(spec, wall - seconds)
        self._started.add(spec.weights_digest)

    def _learn_besides(self, spec: Spec, seconds: float) -> None:
        """Learn what a run takes beside its training; the first with stand-ins may train them."""
        if spec.weights != "sample" or spec.weights_digest in self._started:
            self._besides.append(max(0.0, seconds))
        elif self._stand_ins and spec.weights_digest in self._stand_ins:
            trained = max(0.0, seconds - self._beside())
            self._stand_in_speed.add(self._stand_ins[spec.weights_digest], trained)

    def _beside(self) -> float:
        return median(self._besides) if self._besides else 0.0

    def time_left(self, running: int = 0, at_a_time: int = 1) -> TimeLeft | None:
        """Estimate what is left, as `seconds`; say if stand-in weights aren't in that."""
        seconds = self.seconds(running, at_a_time)
        if seconds is None:
            return None
        stand_ins = self._stand_in_seconds() / max(1, at_a_time)
        unknown = bool(self._stand_ins) and not self._speed_of_stand_ins().seconds
        return TimeLeft(seconds, unknown, stand_ins)

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
        beside = self._beside()
        each = [
            beside + spec.epochs * known.get(kind_of(spec), usual) for spec in self._left.values()
        ]
        begun = running / 2 * (fmean(each) if each else 0.0)
        total = max(0.0, sum(each) - begun) + self._stand_in_seconds()
        return total / max(1, at_a_time)

    def _stand_in_seconds(self) -> float:
        if self._stand_ins is None:
            self._stand_ins = dict(self._count(self._left.values()))
        return self._speed_of_stand_ins().seconds_of(sum(self._stand_ins.values()))

    def _speed_of_stand_ins(self) -> "_Speed":
        return self._stand_in_speed if self._stand_in_speed.seconds else self._speed


@dataclass
class _Speed:
    """Arithmetic that was done, and the time that it took."""

    flop: int = 0
    seconds: float = 0.0

    def add(self, flop: int, seconds: float) -> None:
        self.flop += flop
        self.seconds += seconds

    def seconds_of(self, flop: int) -> float:
        """Return what more arithmetic would take; 0 where the speed isn't known."""
        return flop * self.seconds / self.flop if self.flop else 0.0

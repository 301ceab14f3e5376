"""What two studies have in common: experiments, and whether their answers can be paired."""

from collections.abc import Iterator
from dataclasses import dataclass

from report.evidence.accuracy import Tested, tested_accuracy
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive
from report.evidence.run import Run
from report.evidence.sentences import Parts
from report.findings.comparing import paired_test
from training.records import Experiment

SIDES = ("A", "B")
"""What the two studies are called, in the report and in the sources of its numbers."""


@dataclass(frozen=True)
class Test:
    """What may be said of a difference between two test accuracies.

    Attributes:
        gain: A's accuracy minus B's.
        differs: Whether the evidence carries a difference.
        low: Lower end of Newcombe's 95 % interval where the pictures differ, else None.
        high: Upper end.
        p: The p-value of the paired test where they are the same, else None.
        evidence: The words that name the test.
        identical: Whether every answer is the same in both, with the same probability.
    """

    gain: Quantity
    differs: bool
    p: Quantity | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    evidence: Parts = ()
    identical: bool = False


@dataclass(frozen=True)
class Pair:
    """An experiment of either study; a side that wasn't tested is None.

    Attributes:
        same_classes: Whether both studies tell the same classes apart.
    """

    experiment: Experiment
    a: Tested | None
    b: Tested | None
    same_classes: bool = True

    @property
    def name(self) -> str:
        """What the reports call the experiment."""
        tested = self.a or self.b
        assert tested is not None
        return tested.name

    @property
    def test(self) -> Test | None:
        """The test of the difference; None unless both sides were tested, on the same classes."""
        if self.a is None or self.b is None or not self.same_classes:
            return None
        gain = derive("difference", self.a.accuracy, self.b.accuracy)
        runs = paired_runs(self.a, self.b)
        if not runs:
            return _unpaired(self.a, self.b, gain)
        differs, p, evidence = paired_test(runs, _n_train(self.a, self.b))
        differs = differs and gain.value != 0
        identical = all(_same_answers(*pair) for pair in runs)
        return Test(gain, differs, p=p, evidence=evidence, identical=identical)


def same_classes(a: StudyView, b: StudyView) -> bool:
    """Tell whether two studies tell the same classes apart, as far as their records say."""
    return a.dataset is None or b.dataset is None or a.dataset.classes == b.dataset.classes


def tested_pairs(a: StudyView, b: StudyView) -> list[Pair]:
    """Pair up all experiments that at least one of the studies tested, in the list's order."""
    experiments = {e.id: e for view in (a, b) for e in view.listed}
    found = (
        Pair(e, tested_accuracy(a, e.id), tested_accuracy(b, e.id), same_classes(a, b))
        for e in experiments.values()
    )
    return [pair for pair in found if pair.a is not None or pair.b is not None]


def paired_runs(a: Tested, b: Tested) -> list[tuple[Run, Run]]:
    """Pair runs by rising seed; empty unless all were asked about the same pictures.

    The seeds needn't be equal: two studies may differ in nothing else.
    """
    if len(a.runs) != len(b.runs):
        return []
    pairs = list(zip(a.runs, b.runs, strict=True))
    return pairs if all(_asked_the_same(*pair) for pair in pairs) else []


def _n_train(a: Tested, b: Tested) -> Quantity | None:
    """Return what the corrected test over folds divides by; None where a study has no folds."""
    return None if a.n_train is None or b.n_train is None else a.n_train


def _asked_the_same(a: Run, b: Run) -> bool:
    first, second = a.predictions, b.predictions
    if first is None or second is None:
        return False
    same_pictures = a.metrics.dataset_fingerprint == b.metrics.dataset_fingerprint
    return same_pictures and first.label == second.label


def _same_answers(a: Run, b: Run) -> bool:
    first, second = a.predictions, b.predictions
    if first is None or second is None:
        return False
    return (first.predicted, first.probability) == (second.predicted, second.probability)


def _unpaired(a: Tested, b: Tested, gain: Quantity) -> Test:
    operands = [*_counts(a), *_counts(b)]
    low, high = derive("newcombe_low", *operands), derive("newcombe_high", *operands)
    return Test(gain, not low.value <= 0 <= high.value, low=low, high=high)


def _counts(tested: Tested) -> Iterator[Quantity]:
    """Yield how many pictures were right, and of how many; over seeds, as the mean says."""
    n = tested.runs[0].number("/test/n_images")
    one = len(tested.runs) == 1
    right = tested.runs[0].number("/test/n_correct") if one else None
    yield right or derive("rounded_product", tested.accuracy, n)
    yield n

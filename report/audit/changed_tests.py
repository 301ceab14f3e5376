"""Check the tests on changed pictures against contradictions."""

from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.run import Run
from report.evidence.sentences import counted
from report.evidence.statistics import right_bits
from training.records.changed_tests import LEVELS, strength_of

FOUR = 4
"""Pictures to a digit of `ChangedTest.right`."""


def changed_test_problems(run: Run) -> Iterator[Problem]:
    """Yield what can't be in the answers to changed test pictures."""
    metrics = run.metrics
    tests = metrics.changed_tests or ()
    if tests and metrics.test is None:
        yield wrong(run, counted(len(tests), "test"), "it wasn't tested", "/changed_tests")
        return
    yield from _missing(run)
    seen = set()
    for i, test in enumerate(tests):
        n = metrics.test.n_images if metrics.test is not None else 0
        here, named = f"/changed_tests/{i}", f"{test.change}, level {test.level}"
        if (test.change, test.level) in seen:
            yield wrong(run, named, "it is there twice", here)
        seen.add((test.change, test.level))
        if len(test.right) != -(-n // FOUR):
            problem = f"{counted(n, 'picture')} were tested"
            yield wrong(run, counted(len(test.right), "digit"), problem, f"{here}/right")
            continue
        bits = right_bits(test.right)
        if bits & ((1 << (FOUR * len(test.right) - n)) - 1):
            problem = f"a picture after the last of {n} is named rightly"
            yield wrong(run, test.right[-1:], problem, f"{here}/right")
        elif bits.bit_count() != test.n_correct:
            problem = f"{counted(bits.bit_count(), 'picture')} are marked as named rightly"
            yield wrong(run, str(test.n_correct), problem, f"{here}/n_correct")
        size = metrics.spec.image_size if metrics.spec is not None else None
        if size is not None and test.strength != strength_of(test.change, test.level, size):
            strength = strength_of(test.change, test.level, size)
            yield wrong(run, str(test.strength), f"{named} is {strength}", f"{here}/strength")


def _missing(run: Run) -> Iterator[Problem]:
    """A change is tested at all its levels, not at those that look well."""
    there = {(test.change, test.level) for test in run.metrics.changed_tests or ()}
    for change in dict.fromkeys(change for change, _ in there):
        lacking = [n for n in range(1, LEVELS + 1) if (change, n) not in there]
        if lacking:
            levels = ", ".join(map(str, lacking))
            yield wrong(run, change, f"level {levels} is missing", "/changed_tests")

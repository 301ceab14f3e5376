"""Check the tests on further pictures against contradictions."""

from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted
from training.records import OtherAnswers, OtherTest


def other_test_problems(view: StudyView, run: Run) -> Iterator[Problem]:
    """Yield what can't be in the scores and answers on further pictures."""
    metrics, record = run.metrics, run.predictions
    tests = metrics.other_tests or ()
    answers = record.others or () if record is not None else ()
    if tests and metrics.test is None:
        yield wrong(run, counted(len(tests), "test"), "it wasn't tested", "/other_tests")
        return
    if len(tests) != len(answers):
        problem = f"predictions.json has answers of {counted(len(answers), 'test')}"
        yield wrong(run, counted(len(tests), "test"), problem, "/other_tests")
        return
    names = [test.pictures for test in tests]
    for i, (test, given) in enumerate(zip(tests, answers, strict=True)):
        here = f"/other_tests/{i}"
        if names.index(test.pictures) != i:
            yield wrong(run, test.pictures, "it is there twice", f"{here}/pictures")
        yield from _scores(run, test, given, here)
        yield from _pictures(view, run, test, given, here)


def _scores(run: Run, test: OtherTest, given: OtherAnswers, here: str) -> Iterator[Problem]:
    if (test.pictures, test.fingerprint) != (given.pictures, given.fingerprint):
        problem = f"the answers are of {given.pictures}, {given.fingerprint[:12]}"
        yield wrong(run, f"{test.pictures}, {test.fingerprint[:12]}", problem, here)
        return
    lengths = {len(given.label), len(given.predicted), len(given.probability)}
    if lengths != {test.n_images}:
        said = ", ".join(map(str, sorted(lengths)))
        yield wrong(run, str(test.n_images), f"its answers are {said}", f"{here}/n_images")
        return
    right = sum(a == b for a, b in zip(given.label, given.predicted, strict=True))
    if right != test.n_correct:
        problem = f"{right} of {test.n_images} answers are correct"
        yield wrong(run, str(test.n_correct), problem, f"{here}/n_correct")
    if test.n_images and test.accuracy != test.n_correct / test.n_images:
        problem = f"{test.n_correct} of {test.n_images} is {test.n_correct / test.n_images}"
        yield wrong(run, str(test.accuracy), problem, f"{here}/accuracy")


def _pictures(
    view: StudyView, run: Run, test: OtherTest, given: OtherAnswers, here: str
) -> Iterator[Problem]:
    """Hold a test to the description of its pictures, where it is of the very same."""
    others = view.dataset.other_pictures or () if view.dataset is not None else ()
    key = test.pictures, test.fingerprint
    other = next((each for each in others if (each.name, each.fingerprint) == key), None)
    if other is None:
        return
    if len(other.images) != test.n_images:
        problem = f"dataset.json lists {counted(len(other.images), 'picture')} of {other.name}"
        yield wrong(run, str(test.n_images), problem, f"{here}/n_images")
    if extra := sorted(set(given.label) - set(other.classes)):
        problem = f"{other.name} has no picture of class {extra[0]}"
        yield wrong(run, counted(len(extra), "class", "classes"), problem, here)

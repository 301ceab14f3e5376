"""Hold a run's kept scores against its other records."""

from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.by_picture import same_numbers
from report.evidence.load import StudyView
from report.evidence.repeats import validated_by
from report.evidence.run import Run
from report.evidence.score_metrics import own_score, predicted
from report.evidence.sentences import counted
from training.records import HomeworkError, integers

NEAR = 0.002
"""By so much may probabilities and losses differ that were rounded to float16."""

FEW = 0.01
"""By so much may the accuracy of scores computed again differ from that of the epoch."""


def score_problems(view: StudyView, run: Run) -> Iterator[Problem]:
    """Yield where scores contradict predictions, losses, accuracies, or the data set."""
    kept, record = run.metrics.scores, run.predictions
    if kept is None:
        return
    try:
        scores = run.scores
    except HomeworkError as error:
        yield wrong(run, "scores.npy", error.message, "/scores")
        return
    if scores is None:
        yield wrong(run, "scores.npy", "the file is missing", "/scores")
        return
    if record is None or run.metrics.test is None:
        yield wrong(run, "scores.npy", "the run wasn’t tested", "/scores")
        return
    test, dataset = scores.test, view.dataset
    if dataset is not None and dataset.fingerprint == run.metrics.dataset_fingerprint:
        expected = dataset.n_test, validated_by(run, dataset)[0], len(dataset.classes)
        found = kept.n_test, kept.n_validation, kept.n_classes
        for n, of, noun in zip(
            found, expected, ("n_test", "n_validation", "n_classes"), strict=True
        ):
            if n != of:
                yield wrong(run, str(n), f"the data set has {of}", f"/scores/{noun}")
    if not same_numbers(test.label, record.label):
        problem = "the scores are of test pictures of other classes than the predictions"
        yield wrong(run, "scores.npy", problem, "/scores")
        return
    yield from _answers(run)
    yield from _losses(run)
    yield from _validation(run)


def _answers(run: Run) -> Iterator[Problem]:
    """The answer given must have the highest score, and its probability must be the one told."""
    assert run.scores is not None
    assert run.predictions is not None
    import numpy as np

    test, record = run.scores.test, run.predictions
    answers, told = integers(record.predicted), np.asarray(record.probability, np.float64)
    n_other = n_apart = start = 0
    for part in test.parts():
        here = slice(start, start := start + len(part.label))
        highest = part.log_probability.max(1)
        classes = np.arange(part.n_classes) if part.classes is None else part.classes
        ties = (part.log_probability == highest[:, None]) & (classes == answers[here, None])
        n_other += int((~ties.any(1)).sum())
        apart = np.abs(np.exp(highest.astype(np.float64)) - told[here])
        n_apart += int((apart > NEAR).sum())
    if n_other:
        verb = "doesn’t" if n_other == 1 else "don’t"
        problem = f"{counted(n_other, 'answer')} {verb} have the highest score"
        yield wrong(run, "scores.npy", problem, "/scores")
    if n_apart:
        verb = "isn’t" if n_apart == 1 else "aren’t"
        named = counted(n_apart, "probability", "probabilities")
        problem = f"{named} {verb} what predictions.json says"
        yield wrong(run, "scores.npy", problem, "/scores")


def _losses(run: Run) -> Iterator[Problem]:
    assert run.scores is not None
    assert run.metrics.test is not None
    told, found = run.metrics.test.loss, float(-own_score(run.scores.test).mean())
    if told is not None and abs(told - found) > NEAR * max(1.0, told):
        yield wrong(run, str(told), f"the scores give {found:.4f}", "/test/loss")


def _validation(run: Run) -> Iterator[Problem]:
    assert run.scores is not None
    split, told = run.scores.validation, run.metrics.validation
    if told is None or not len(split.label):
        return
    found = float((predicted(split) == split.label).mean())
    if abs(found - told.accuracy) > max(FEW, 1.5 / len(split.label)):
        problem = f"the scores of the validation pictures give {found:.4f}"
        yield wrong(run, str(told.accuracy), problem, "/validation/accuracy")

"""Check a study's records for contradictions."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

from report.audit.changed_tests import changed_test_problems
from report.audit.folds import fold_of_run_problems, fold_problems
from report.audit.freezing import freeze_problems
from report.audit.inspection import inspection_problems
from report.audit.looks import looks_problems
from report.audit.other_tests import other_test_problems
from report.audit.problems import Problem, wrong
from report.audit.scores import score_problems
from report.audit.searches import search_problems
from report.evidence.by_picture import same_length
from report.evidence.load import StudyView
from report.evidence.once import once
from report.evidence.repeats import fold_of, validated_by
from report.evidence.run import Run
from report.evidence.sentences import counted
from report.evidence.statistics import right_bits
from report.evidence.study_sections import is_homework
from training.records import Selected, ValidationAnswers, matches_group

__all__ = ["Problem", "audit_records", "audit_runs"]

TINY = 1e-9
"""Means of the same numbers may differ by this much."""


def audit_records(view: StudyView) -> list[Problem]:
    """Check the data set, searches, every finished run, and every choice from a grid."""
    choices = [problem for run in view.all_runs() for problem in _choice(view, run)]
    of_study = [*looks_problems(view), *fold_problems(view), *search_problems(view)]
    return [*of_study, *audit_runs(view), *choices]


def audit_runs(view: StudyView, runs: Iterable[Run] | None = None) -> list[Problem]:
    """Check finished runs, all of them or some, for contradictions.

    Hash, counts, scores against curves and predictions, a reused run against its source, a choice
    against its candidates, and that no candidate's record holds a reading of the test set.
    """
    return [
        problem
        for run in (view.all_runs() if runs is None else runs)
        if run.finished
        for problem in (
            *_spec(run),
            *fold_of_run_problems(view, run),
            *_counts(run),
            *freeze_problems(run, is_homework(view)),
            *_features(run),
            *_best_epoch(run),
            *_predictions(run),
            *inspection_problems(view, run),
            *_validation_answers(view, run),
            *score_problems(view, run),
            *changed_test_problems(run),
            *other_test_problems(view, run),
            *_reuse(view, run),
            *_selection(view, run),
            *_test_of_a_candidate(view, run),
        )
    ]


def _spec(run: Run) -> Iterator[Problem]:
    spec, known = run.metrics.spec, run.metrics.spec_hash
    if spec is not None and spec.digest() != known:
        yield wrong(run, known, f"the spec's hash is {spec.digest()}", "/spec_hash")


def _counts(run: Run) -> Iterator[Problem]:
    counts = run.metrics.parameters
    if counts is None:
        return
    total, trainable = counts.total, counts.trainable
    if (n := trainable + counts.frozen) != total:
        yield wrong(run, str(total), f"trainable plus frozen is {n}", "/parameters/total")
    if (n := sum(counts.parts.values())) != total:
        yield wrong(run, str(total), f"the parts add up to {n}", "/parameters/total")
    if (n := sum(counts.trainable_parts.values())) != trainable:
        problem = f"the trainable parts add up to {n}"
        yield wrong(run, str(trainable), problem, "/parameters/trainable")


def _features(run: Run) -> Iterator[Problem]:
    """What was computed once before all epochs took arithmetic only if something was."""
    cost = run.metrics.cost
    if cost is not None and cost.feature_flop and not run.metrics.cached_features:
        problem = "no features were computed before the epochs"
        yield wrong(run, str(cost.feature_flop), problem, "/cost/feature_flop")


def _best_epoch(run: Run) -> Iterator[Problem]:
    curves, metrics = run.curves, run.metrics
    if curves is None or metrics.best_epoch is None or metrics.validation is None:
        return
    accuracies = curves.validation_accuracy
    if not 1 <= metrics.best_epoch <= len(accuracies):
        problem = f"the curves have {counted(len(accuracies), 'epoch')}"
        yield wrong(run, str(metrics.best_epoch), problem, "/best_epoch")
        return
    at_best = accuracies[metrics.best_epoch - 1]
    if at_best != metrics.validation.accuracy:
        text, pointer = str(metrics.validation.accuracy), "/validation/accuracy"
        yield wrong(run, text, f"the curves say {at_best} at the best epoch", pointer)
    at_train = curves.train_accuracy[metrics.best_epoch - 1]
    if metrics.train is not None and at_train != metrics.train.accuracy:
        text, pointer = str(metrics.train.accuracy), "/train/accuracy"
        yield wrong(run, text, f"the curves say {at_train} at the best epoch", pointer)
    highest = _highest(run, accuracies)
    if at_best != highest:
        problem = f"its validation accuracy is {at_best}, that of the best epoch is {highest}"
        if highest is None:
            problem = "no epoch has finite losses"
        yield wrong(run, str(metrics.best_epoch), problem, "/best_epoch")


def _highest(run: Run, accuracies: Sequence[float]) -> float | None:
    """Return the accuracy that the best epoch must have; None where a run has no finite epoch."""
    curves, metrics = run.curves, run.metrics
    if curves is None or metrics.status != "diverged":
        return max(accuracies)
    losses = list(zip(curves.train_loss, curves.validation_loss, strict=True))
    finite = [a for a, both in zip(accuracies, losses, strict=True) if None not in both]
    before = finite[-1:] if metrics.format < 2 else finite  # then the last finite epoch counted
    return max(before, default=None)


def _predictions(run: Run) -> Iterator[Problem]:
    test = run.metrics.test
    if test is None:
        return
    if test.n_images and test.accuracy != test.n_correct / test.n_images:
        problem = f"{test.n_correct} of {test.n_images} is {test.n_correct / test.n_images}"
        yield wrong(run, str(test.accuracy), problem, "/test/accuracy")
    record = run.predictions
    if record is None:
        yield wrong(run, str(test.n_correct), "its predictions.json is missing", "/test")
        return
    label, predicted = same_length(record.label, record.predicted)
    n_correct = int((label == predicted).sum())
    if (n_correct, len(record.label)) != (test.n_correct, test.n_images):
        found = f"{n_correct} of {len(record.label)} predictions are correct"
        yield wrong(run, f"{test.n_correct} of {test.n_images}", found, "/test/n_correct")


def _validation_answers(view: StudyView, run: Run) -> Iterator[Problem]:
    """The answers kept must be as many as there are pictures, and as often right as the scores."""
    metrics, curves, dataset = run.metrics, run.curves, view.dataset
    if dataset is None or dataset.fingerprint != metrics.dataset_fingerprint:
        return
    last = curves.validation_accuracy[-1] if curves is not None else None
    best = metrics.validation.accuracy if metrics.validation is not None else None
    for name, accuracy in (("validation_answers", best), ("last_answers", last)):
        kept: ValidationAnswers | None = getattr(metrics, name)
        if kept is None or accuracy is None:
            continue
        n, n_right = validated_by(run, dataset)[0], right_bits(kept.right).bit_count()
        if len(kept.right) != -(-n // 4) or sum(kept.given) != n:
            where = f"fold {fold_of(run)}" if fold_of(run) else "the validation split"
            problem = f"{where} has {counted(n, 'picture')}"
            yield wrong(run, counted(sum(kept.given), "answer"), problem, f"/{name}")
        elif not n_right == sum(kept.right_in_class) == round(accuracy * n):
            problem = f"the accuracy says {round(accuracy * n)} right answers"
            yield wrong(run, counted(n_right, "right answer"), problem, f"/{name}/right")


def _reuse(view: StudyView, run: Run) -> Iterator[Problem]:
    """A reused record repeats its source; two best accuracies for one training can't both be."""
    name = run.metrics.reused_from
    if name is None:
        return
    source = next((r for r in view.runs(name) if r.metrics.seed == run.metrics.seed), None)
    if source is None or source.metrics.validation is None or run.metrics.validation is None:
        return
    mine, theirs = run.metrics.validation.accuracy, source.metrics.validation.accuracy
    if mine != theirs:
        problem = f"{source.path} is the same training and has {theirs}"
        yield wrong(run, str(mine), problem, "/validation/accuracy")
    if run.metrics.best_epoch != source.metrics.best_epoch:
        problem = f"{source.path} is the same training and has {source.metrics.best_epoch}"
        yield wrong(run, str(run.metrics.best_epoch), problem, "/best_epoch")
    cost, source_cost = run.metrics.cost, source.metrics.cost
    if cost and source_cost and cost.training_flop != source_cost.training_flop:
        problem = f"{source.path} is the same training and has {source_cost.training_flop}"
        yield wrong(run, str(cost.training_flop), problem, "/cost/training_flop")


def _selection(view: StudyView, run: Run) -> Iterator[Problem]:
    """What a choice says of its candidates must be what their records say."""
    chosen = run.metrics.selected
    if chosen is None:
        return
    if len(chosen.candidates) != len(chosen.validation_accuracy):
        n_accuracies = len(chosen.validation_accuracy)
        problem = (
            f"it has {counted(len(chosen.candidates), 'candidate')} "
            f"and {counted(n_accuracies, 'validation accuracy', 'validation accuracies')}"
        )
        yield wrong(run, chosen.id, problem, "/selected/candidates")
        return
    if not 1 <= chosen.rank <= len(chosen.candidates):
        problem = f"the number of candidates is {len(chosen.candidates)}"
        yield wrong(run, str(chosen.rank), problem, "/selected/rank")
    elif chosen.candidates[chosen.rank - 1] != chosen.id:
        ranked = chosen.candidates[chosen.rank - 1]
        problem = f"its list of candidates has {ranked} at rank {chosen.rank}"
        yield wrong(run, chosen.id, problem, "/selected/id")
    pairs = zip(chosen.candidates, chosen.validation_accuracy, strict=True)
    for i, (candidate, accuracy) in enumerate(pairs):
        runs = view.finished(candidate)
        scores = [r.metrics.validation.accuracy for r in runs if r.metrics.validation]
        if scores and abs(fmean(scores) - accuracy) > TINY:
            problem = f"the record of {candidate} says {fmean(scores)}"
            yield wrong(run, str(accuracy), problem, f"/selected/validation_accuracy/{i}")


def _test_of_a_candidate(view: StudyView, run: Run) -> Iterator[Problem]:
    """The test set is read for finalists, never for what a finalist is chosen from."""
    if not any(matches_group(run.id, grid) for grid in _chosen_from(view)):
        return
    if run.metrics.test is not None:
        text, problem = str(run.metrics.test.accuracy), "the test set was read for a candidate"
        yield wrong(run, text, problem, "/test/accuracy")
    elif run.predictions is not None:
        yield wrong(run, "predictions.json", "the test set was read for a candidate", "/test")


@once
def _chosen_from(view: StudyView) -> frozenset[str]:
    """Return the grids that something is chosen from."""
    return frozenset(e.choice.grid for e in view.study.experiments if e.choice is not None)


def _choice(view: StudyView, run: Run) -> Iterator[Problem]:
    chosen = run.metrics.selected
    if chosen is None or chosen.rank < 1:  # no rank: told with the candidates
        return
    ranked = view.ranked(chosen.grid)
    if len(ranked) < chosen.rank:
        n_ranked = counted(len(ranked), "finished run")
        yield wrong(run, chosen.id, f"{chosen.grid} has only {n_ranked}", "/selected/id")
    elif ranked[chosen.rank - 1].id != chosen.id:
        now = ranked[chosen.rank - 1].id
        problem = f"{chosen.grid} now chooses {now}{_by_test(ranked, chosen)}"
        yield wrong(run, chosen.id, problem, "/selected/id")


def _by_test(ranked: Sequence[Run], chosen: Selected) -> str:
    """Say so where a choice is what the test set, and not validation, would have chosen."""
    tested = [run for run in ranked if run.metrics.test is not None]
    tested.sort(key=lambda run: run.metrics.test.accuracy if run.metrics.test else 0, reverse=True)
    if len(tested) < chosen.rank or tested[chosen.rank - 1].id != chosen.id:
        return ""
    return "; only the test accuracies give the recorded choice"

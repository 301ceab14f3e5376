"""Each rule that records must keep: broken alone it is found, kept it is not."""

import re

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, validated

from report.audit.records import _validation_answers, audit_records, audit_runs
from training.records import Choice, Cost, Experiment, HeldOutScores, Parameters, Scores, Selected

GRID = "scratch/grid"
LABEL = [0, 0, 1, 1]


def found(*runs, **fields):
    """Return (record, pointer) of everything that the audit finds."""
    problems = audit_records(a_view(*runs, dataset=a_dataset(), **fields))
    assert all(p.source.startswith(f"{p.where}#/") for p in problems)
    return [(p.where.partition("/seed")[0], p.source.partition("#")[2]) for p in problems]


def pointers(run):
    return [pointer for _, pointer in found(run)]


def told(*runs, **fields):
    """Return what the one problem is about, and what is said of it."""
    (one,) = audit_records(a_view(*runs, **fields))
    return one.text, one.problem


def numbers(problem):
    return [float(number) for number in re.findall(r"(?<![-/\w])\d+(?:\.\d+)?(?![-/\w])", problem)]


def test_a_run_that_agrees_with_itself_is_left_alone():
    counts = Parameters(5, 5, 0, {"a": 3, "b": 2}, {"a": 3, "b": 2})
    curves = {"validation_accuracy": [0.3, 0.5, 0.5], "train_accuracy": [0.2, 0.4, 0.5]}
    run = a_run(answers=(LABEL, [0, 0, 1, 0]), parameters=counts, curves=curves, best_epoch=2,
                train=0.4, cost=Cost(training_flop=3, feature_flop=0))  # fmt: skip
    assert found(run) == []


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_runs_without_result_are_not_audited(status):
    assert found(a_run(spec_hash="other", status=status)) == []


def test_chosen_runs_alone_are_audited():
    runs = [a_run(name, spec_hash="other") for name in ("scratch/a", "scratch/b")]
    view = a_view(*runs)
    assert len(audit_runs(view)) == 2
    assert [p.where for p in audit_runs(view, runs[1:])] == ["scratch/b/seed-0/metrics.json"]
    assert audit_runs(view, []) == []


def test_a_hash_is_the_specs():
    assert pointers(a_run(spec_hash="other")) == ["/spec_hash"]
    assert pointers(a_run(spec=None, spec_hash="other")) == []


@pytest.mark.parametrize(
    ("counts", "where"),
    [
        ((5, 5, 1), ["/parameters/total"]), ((6, 5, 1), ["/parameters/total"]),
        ((5, 5, -1), ["/parameters/total"]), ((5, 4, 1), ["/parameters/trainable"]),
        ((5, 6, -1), ["/parameters/trainable"]),
        ((5, 5, 0), []),
    ],
)  # fmt: skip
def test_counts_add_up(counts, where):
    parameters = Parameters(*counts, {"a": 3, "b": 2}, {"a": 3, "b": 2})
    run = a_run(parameters=parameters, spec=a_spec(freeze="classifier-but-head"))
    assert pointers(run) == where


@pytest.mark.parametrize(
    ("flop", "cached", "wrong"), [(2, False, True), (2, True, False), (0, False, False),
                                  (None, False, False), (1, False, True)]
)  # fmt: skip
def test_features_took_arithmetic_only_where_they_were_computed(flop, cached, wrong):
    run = a_run(cost=Cost(training_flop=5, feature_flop=flop), cached_features=cached)
    assert pointers(run) == (["/cost/feature_flop"] if wrong else [])


def course(best=2, validation=0.7, train=0.6, status="done", **fields):
    curves = {"validation_accuracy": [0.5, 0.7, 0.6], "train_accuracy": [0.4, 0.6, 0.8]}
    return a_run(curves=curves, best_epoch=best, validation=validation, train=train,
                 status=status, **fields)  # fmt: skip


@pytest.mark.parametrize(
    ("run", "where"),
    [
        (course(), []),
        (course(validation=0.71), ["/validation/accuracy"]),
        (course(train=0.61), ["/train/accuracy"]),
        (course(train=None), []),
        (course(best=3, validation=0.6, train=0.8), ["/best_epoch"]),
        (course(best=1, validation=0.5, train=0.4), ["/best_epoch"]),
        (course(best=0), ["/best_epoch"]),
        (course(best=4), ["/best_epoch"]),
        (course(best=None), []),
        (a_run(best_epoch=99), []),
    ],
    ids=[
        "right",
        "validation",
        "train",
        "no train",
        "late",
        "early",
        "0",
        "4",
        "none",
        "no curves",
    ],
)
def test_scores_are_the_curves_at_the_best_epoch(run, where):
    assert pointers(run) == where


def test_the_first_and_the_last_epoch_can_be_the_best():
    for best, accuracies in ((1, [0.7, 0.5]), (2, [0.5, 0.7])):
        curves = {"validation_accuracy": accuracies}
        assert pointers(a_run(curves=curves, best_epoch=best, validation=0.7)) == []


def test_accuracies_of_the_curves_are_told():
    for run, text, there in ((course(train=0.61), "0.61", 0.6),
                             (course(validation=0.71), "0.71", 0.7)):  # fmt: skip
        found_text, words = told(run)
        assert (found_text, numbers(words)) == (text, [there])


@pytest.mark.parametrize(
    ("test", "where"),
    [
        (HeldOutScores(1.0, 0.75, 3, 4), []),
        (HeldOutScores(1.0, 0.7, 3, 4), ["/test/accuracy"]),
        (HeldOutScores(1.0, 0.8, 3, 4), ["/test/accuracy"]),
        (HeldOutScores(1.0, 0.5, 2, 4), ["/test/n_correct"]),
        (HeldOutScores(1.0, 0.6, 3, 5), ["/test/n_correct"]),
        (HeldOutScores(1.0, 0.0, 0, 0), ["/test/n_correct"]),
    ],
)
def test_the_test_accuracy_follows_from_the_predictions(test, where):
    assert pointers(a_run(answers=(LABEL, [0, 0, 1, 0]), test=test)) == where


def test_the_accuracy_that_follows_is_told():
    run = a_run(answers=(LABEL, [0, 0, 1, 0]), test=HeldOutScores(1.0, 0.7, 3, 4))
    text, words = told(run)
    assert (text, numbers(words)) == ("0.7", [3, 4, 0.75])
    run = a_run(answers=(LABEL, [0, 0, 1, 0]), test=HeldOutScores(1.0, 0.5, 2, 4))
    text, words = told(run)
    assert (text, numbers(words)) == ("2 of 4", [3, 4])


def test_a_test_accuracy_needs_its_predictions():
    assert pointers(a_run(tested=(3, 4))) == ["/test"]
    assert pointers(a_run()) == []


OF_CLASS = [0] * 50 + [1] * 50
KEPT = validated(OF_CLASS, [0] * 50 + [1] * 20 + [0] * 30, 2)


@pytest.mark.parametrize(
    ("change", "where"),
    [({}, []),
     ({"right": KEPT.right[:-1]}, ["/validation_answers"]),
     ({"given": [80, 21]}, ["/validation_answers"]),
     ({"right": "0" + KEPT.right[1:]}, ["/validation_answers/right"]),
     ({"right_in_class": [50, 19]}, ["/validation_answers/right"])],
    ids=str,
)  # fmt: skip
def test_answers_to_validation_are_as_often_right_as_the_scores_say(change, where):
    kept = msgspec.structs.replace(KEPT, **change)
    for name, curve in (("validation_answers", [0.1, 0.7]), ("last_answers", [0.9, 0.7])):
        best = 2 if name == "validation_answers" else 1
        fields = {name: kept, "validation": Scores(1.0, curve[best - 1]), "best_epoch": best}
        run = a_run("a/b", curves={"validation_accuracy": curve}, train=None, **fields)
        problems = [*_validation_answers(a_view(run, dataset=a_dataset()), run)]
        assert [p.source.partition("#")[2] for p in problems] == [
            pointer.replace("validation_answers", name) for pointer in where
        ]
        other = msgspec.structs.replace(a_dataset(), fingerprint="others")
        assert [*_validation_answers(a_view(run, dataset=other), run)] == []


def repeated(source=None, *, seed=0, **fields):
    """Return what is found of a run that repeats another, made from these fields."""
    mine = {"validation": 0.5, "best_epoch": 10, "cost": Cost(training_flop=7)}
    theirs = a_run(f"{GRID}-a", seed=seed, **(mine | (source or {})))
    run = a_run("scratch/best", **(mine | {"reused_from": f"{GRID}-a"} | fields))
    return found(theirs, run, settings={"seeds": 2})


@pytest.mark.parametrize(
    ("source", "fields", "where"),
    [
        ({}, {}, []),
        ({}, {"validation": 0.6}, "/validation/accuracy"),
        ({}, {"validation": 0.4}, "/validation/accuracy"),
        ({"best_epoch": 9}, {}, "/best_epoch"),
        ({"best_epoch": 11}, {}, "/best_epoch"),
        ({}, {"cost": Cost(training_flop=8)}, "/cost/training_flop"),
        ({}, {"cost": Cost(training_flop=6)}, "/cost/training_flop"),
        ({}, {"cost": None}, []),
        ({"cost": None}, {}, []),
        ({"validation": None, "status": "failed"}, {"validation": 0.6}, []),
        ({}, {"reused_from": f"{GRID}-gone", "validation": 0.6}, []),
        ({}, {"reused_from": None, "validation": 0.6}, []),
    ],
)
def test_a_repeated_run_says_what_its_source_says(source, fields, where):
    assert repeated(source, **fields) == ([("scratch/best", where)] if where else [])


def test_the_source_is_that_of_the_same_seed():
    assert repeated({"validation": 0.6}, seed=1) == []
    runs = [a_run(f"{GRID}-a", seed=s, validation=v) for s, v in ((0, 0.4), (1, 0.5))]
    mine = [a_run("scratch/best", seed=s, validation=0.5, reused_from=f"{GRID}-a") for s in (0, 1)]
    assert found(*runs, *mine) == [("scratch/best", "/validation/accuracy")]
    text, words = told(*runs, *mine)
    assert (text, numbers(words)) == ("0.5", [0.4])
    assert f"{GRID}-a/seed-0" in words


def choice(name="a", rank=1, candidates=("a", "b"), accuracies=(0.9, 0.8), loss=1.0, **fields):
    """Return a grid of three pairs that reached 0.9, 0.8 and 0.7, and a choice from them."""
    grid = [a_run(f"{GRID}-{n}", validation=Scores(1.0, a)) for n, a in
            (("c", 0.7), ("a", 0.9), ("b", 0.8))]  # fmt: skip
    selected = Selected(
        GRID, f"{GRID}-{name}", rank, [f"{GRID}-{n}" for n in candidates], list(accuracies)
    )
    return [*grid, a_run("scratch/best", selected=selected, **fields)]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({}, []),
        ({"name": "b", "rank": 2}, []),
        ({"accuracies": (0.9,)}, ["/selected/candidates"]),
        ({"rank": 0}, ["/selected/rank"]),
        ({"rank": 3, "name": "c"}, ["/selected/rank"]),
        ({"rank": 4}, ["/selected/rank", "/selected/id"]),
        ({"name": "b"}, ["/selected/id", "/selected/id"]),
        ({"candidates": ("b", "a"), "accuracies": (0.8, 0.9)}, ["/selected/id"]),
        ({"candidates": ("b", "a"), "accuracies": (0.8, 0.9), "name": "b"}, ["/selected/id"]),
        ({"accuracies": (0.9, 0.81)}, ["/selected/validation_accuracy/1"]),
        ({"accuracies": (0.9 + 1e-8, 0.8)}, ["/selected/validation_accuracy/0"]),
        ({"accuracies": (0.9 - 1e-8, 0.8)}, ["/selected/validation_accuracy/0"]),
        ({"accuracies": (0.9 + 1e-10, 0.8)}, []),
        ({"candidates": ("a", "gone")}, []),
    ],
    ids=str,
)
def test_a_choice_is_what_its_candidates_records_say(fields, where):
    assert found(*choice(**fields)) == [("scratch/best", pointer) for pointer in where]


@pytest.mark.parametrize(("rank", "now"), [(1, "a"), (2, "b"), (3, "c")])
def test_what_a_rank_chooses_now_is_told(rank, now):
    """The grid has a, b and c, in this order; the record has them in another."""
    others = [name for name in "abc" if name != now]
    candidates = [*others[: rank - 1], "x", *others[rank - 1 :]]
    runs = choice("x", rank, candidates, [{"a": 0.9, "b": 0.8, "c": 0.7}.get(n, 0.5)
                                          for n in candidates])  # fmt: skip
    assert told(*runs) == (f"{GRID}-x", f"{GRID} now chooses {GRID}-{now}")


def test_who_stands_at_the_rank_is_told():
    problems = audit_records(a_view(*choice("b")))
    assert f"{GRID}-a at rank 1" in problems[0].problem


@pytest.mark.parametrize(
    ("number", "best", "right"),
    [(1, 3, True), (1, 2, False), (1, 1, False), (2, 2, True), (2, 3, False), (2, 1, False)],
)
def test_of_a_run_that_diverged_the_last_finite_epoch_counted_once_and_now_the_best(
    number, best, right
):
    accuracies, losses = [0.5, 0.7, 0.6, 0.9], [1.0, 1.0, 1.0, None]
    run = a_run(
        curves={"validation_accuracy": accuracies, "train_loss": losses, "validation_loss": losses},
        status="diverged", format=number, best_epoch=best, validation=accuracies[best - 1],
    )  # fmt: skip
    assert pointers(run) == ([] if right else ["/best_epoch"])


def test_candidates_count_by_the_mean_over_seeds():
    grid = [a_run(f"{GRID}-a", seed=s, validation=v) for s, v in ((0, 0.4), (1, 0.6))]
    chosen = Selected(GRID, f"{GRID}-a", 1, [f"{GRID}-a"], [0.5])
    assert found(*grid, a_run("scratch/best", selected=chosen)) == []


def test_a_choice_from_fewer_runs_than_its_rank_is_told():
    chosen = Selected(GRID, f"{GRID}-b", 2, [f"{GRID}-a", f"{GRID}-b"], [0.9, 0.8])
    runs = [a_run(f"{GRID}-a", validation=0.9), a_run("scratch/best", selected=chosen)]
    text, words = told(*runs)
    assert text == f"{GRID}-b"
    assert "now chooses" not in words


@pytest.mark.parametrize(("tested", "by_test"), [((3, 9, 5), True), ((9, 3, 5), False)])
def test_a_choice_that_only_the_test_set_would_make_is_told(tested, by_test):
    """By validation the order is a, b, c; chosen was b."""
    grid = [
        a_run(f"{GRID}-{n}", validation=v, tested=(right, 10),
              answers=([0] * 10, [0] * right + [1] * (10 - right)))
        for n, v, right in zip("abc", (0.9, 0.8, 0.7), tested, strict=True)
    ]  # fmt: skip
    chosen = Selected(GRID, f"{GRID}-b", 1, [f"{GRID}-b"], [0.8])
    (last,) = audit_records(a_view(*grid, a_run("scratch/best", selected=chosen)))
    assert f"{GRID} now chooses {GRID}-a" in last.problem
    assert ("test" in last.problem) == by_test


def test_runs_that_were_not_tested_have_no_order_on_the_test_set():
    runs = choice(name="b", candidates=("b",), accuracies=(0.8,))
    assert told(*runs) == (f"{GRID}-b", f"{GRID} now chooses {GRID}-a")


@pytest.mark.parametrize(
    ("member", "where"),
    [({}, "/test/accuracy"), ({"test": None}, "/test"), (None, None)],
    ids=["scores", "predictions", "neither"],
)
def test_the_test_set_is_not_read_for_a_candidate(member, where):
    experiment = Experiment(id="scratch/best", question="?", choice=Choice(GRID))
    answers = None if member is None else (LABEL, [0, 0, 1, 0])
    run = a_run(f"{GRID}-a", answers=answers, **(member or {}))
    wanted = [] if where is None else [(f"{GRID}-a", where)]
    assert found(run, experiments=[experiment]) == wanted
    elsewhere = Experiment(id="scratch/best", question="?", choice=Choice("transfer/grid"))
    assert found(run, experiments=[elsewhere]) == []
    assert found(run) == []

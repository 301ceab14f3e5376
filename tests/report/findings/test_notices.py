"""What a reader must know before a section: made-up data, gaps, stale records."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.findings import notices
from training.records import Experiment, Scores, Selected

GRID = "scratch/grid"


def an_experiment(name, **fields):
    return Experiment(id=name, question="?", **fields)


A, B, C = (an_experiment(f"scratch/{name}") for name in "abc")


def without(name, status="failed", **fields):
    return a_run(name, status=status, validation=None, train=None, spec=None, **fields)


@pytest.mark.parametrize(
    ("dataset", "data", "told"),
    [(a_dataset(kind="sample"), "", True), (a_dataset(), "sample", False), (None, "sample", True),
     (None, "", False)],
)  # fmt: skip
def test_the_sample_is_announced(dataset, data, told):
    view = a_view(dataset=dataset, data=data)
    assert ("These are not Caltech-101 pictures" in said(notices.data_notices(view))) == told


@pytest.mark.parametrize(
    ("used", "asked", "setting", "told"),
    [("sample", "none", "imagenet", True), ("imagenet", "pretrained", "sample", False),
     (None, "pretrained", "sample", True), (None, "none", "sample", False),
     (None, "pretrained", "imagenet", False)],
)  # fmt: skip
def test_stand_in_weights_are_announced_where_they_were_or_would_be_used(
    used, asked, setting, told
):
    experiment = an_experiment("transfer/a", weights=asked)
    runs = [a_run("transfer/a", experiment=experiment, spec=a_spec(weights=used))] if used else []
    view = a_view(*runs, experiments=[experiment], settings={"weights": setting})
    assert ("not ImageNet’s" in said(notices.data_notices(view))) == told


def test_a_record_without_spec_says_nothing_of_weights():
    experiment = an_experiment("transfer/a", weights="pretrained")
    run = without("transfer/a", experiment=experiment)
    view = a_view(run, settings={"weights": "sample"})
    assert notices.uses_sample_weights(view, experiment)


def test_experiments_without_record_are_counted():
    view = a_view(a_run("scratch/a"), experiments=[B, C])
    assert notices.gap_notices(view, [A]) == []
    assert "1 experiment has no record yet: scratch/b." in said(notices.gap_notices(view, [A, B]))
    text = said(notices.gap_notices(view, [B, C]))
    assert "2 experiments have no record yet: scratch/b and scratch/c." in text


def test_runs_without_success_are_told_once_for_each_reason():
    runs = [
        without("scratch/a", error="No memory."), without("scratch/b", error="No memory."),
        without("scratch/c", "skipped", error="No memory."), without("scratch/d"),
    ]  # fmt: skip
    view = a_view(*runs, a_run("scratch/e"))
    found = notices.gap_notices(view, view.listed)
    assert said(found[:1]) == "Failed: scratch/a and scratch/b. No memory."
    assert said(found[1:2]) == "Skipped: scratch/c. No memory."
    assert said(found[2:]) == "Failed: scratch/d. no reason was recorded"


@pytest.mark.parametrize(
    ("seeds", "words"),
    [((0,), "scratch/a (seed 0)."), ((0, 2), "scratch/a (seeds 0 and 2)."),
     ((0, 1, 2), "scratch/a. no")],
)  # fmt: skip
def test_seeds_are_named_where_others_finished(seeds, words):
    runs = [
        without("scratch/a", seed=s) if s in seeds else a_run("scratch/a", seed=s) for s in range(3)
    ]
    view = a_view(*runs)
    assert words in said(notices.gap_notices(view, view.listed))


@pytest.mark.parametrize(("n", "told"), [(0, False), (1, True), (2, True), (3, False)])
def test_means_over_fewer_seeds_are_admitted(n, told):
    runs = [a_run("scratch/a", seed=s) if s < n else without("scratch/a", seed=s) for s in range(3)]
    view = a_view(*runs)
    found = notices.seed_notices(view, view.listed)
    assert bool(found) == told
    words = f"of the 3 seeds have a result; means are over those that have: scratch/a {n}."
    assert not told or words in said(found)


def chosen(rank=1, name="sgd-1e-3", accuracies=(0.9, 0.8, 0.7)):
    """Return a view of a grid of three and of what was chosen from it."""
    grid = [
        a_run(f"{GRID}-sgd-{label}", validation=Scores(1.0, accuracy),
              spec=a_spec(learning_rate=rate))
        for label, rate, accuracy in zip(("1e-2", "1e-3", "1e-5"), (1e-2, 1e-3, 1e-5), accuracies,
                                         strict=True)
    ]  # fmt: skip
    selected = Selected(GRID, f"{GRID}-{name}", rank, [], [])
    return a_view(*grid, a_run("scratch/best", selected=selected), a_run("scratch/a"))


@pytest.mark.parametrize(
    ("rank", "name", "now"),
    [(1, "sgd-1e-2", None), (1, "sgd-1e-3", "SGD at 1e-2"), (2, "sgd-1e-3", None),
     (2, "sgd-1e-2", "SGD at 1e-3"), (3, "sgd-1e-2", "SGD at 1e-5"), (3, "sgd-1e-5", None),
     (4, "sgd-1e-2", None), (0, "sgd-1e-2", None)],
)  # fmt: skip
def test_a_choice_is_stale_where_its_rank_is_anothers_now(rank, name, now):
    view = chosen(rank, name)
    text = said(notices.choice_notices(view, view.listed))
    assert (f"scratch/best used a pair that its grid no longer chooses; now it would be {now}"
            in text) if now else text == ""  # fmt: skip


def test_records_of_other_pictures_are_stale():
    run = a_run("scratch/a", dataset_fingerprint="other")
    failed = without("scratch/b", dataset_fingerprint="other")
    view = a_view(run, failed, a_run("scratch/c"), dataset=a_dataset())
    (sentence,) = notices.fingerprint_notices(view, view.listed)
    assert str(sentence).startswith("Stale: scratch/a ran on other pictures")
    assert notices.fingerprint_notices(view, view.listed[1:]) == []
    assert notices.fingerprint_notices(a_view(run), [A]) == []


def test_a_complete_study_says_nothing_of_its_progress():
    view = a_view(a_run("scratch/a"), a_run("scratch/b"))
    assert notices.progress(view) == []


def test_progress_counts_what_is_there_and_why_the_rest_is_not():
    runs = [a_run("scratch/a"), without("scratch/b"), without("scratch/d", "skipped"),
            without("scratch/e", "diverged")]  # fmt: skip
    view = a_view(*runs, experiments=[C])
    (sentence,) = notices.progress(view)
    text = said([sentence])
    assert "not complete: 1 of 5 experiments has a result" in text
    assert "1 failed, 1 skipped, 1 without scores and 1 not run yet." in text
    more = a_view(*runs, a_run("scratch/f"))
    assert "2 of 5 experiments have a result" in said(notices.progress(more))


@pytest.mark.parametrize("complete", [True, False])
def test_fewer_seeds_belong_to_the_progress(complete):
    runs = [a_run("scratch/a"), without("scratch/a", seed=1)]
    if not complete:
        runs.append(without("scratch/b"))
    text = said(notices.progress(a_view(*runs)))
    assert "means are over those that have" in text
    assert ("not complete" in text) != complete


def test_a_section_says_all_of_it():
    selected = Selected(GRID, f"{GRID}-sgd-1e-3", 1, [f"{GRID}-sgd-1e-3"], [0.5])
    runs = [
        a_run(f"{GRID}-sgd-1e-2", validation=0.9),
        a_run("scratch/best", selected=selected, spec=a_spec(batch_size=7), spec_hash="other"),
        a_run("scratch/a", dataset_fingerprint="other"), without("scratch/b"),
        without("scratch/a", seed=1),
    ]  # fmt: skip
    view = a_view(*runs, dataset=a_dataset(kind="sample"))
    text = said(notices.notices(view, view.listed))
    for words in ("Failed: scratch/a", "means are over", "contradict themselves",
                  "other settings", "no longer chooses", "other pictures"):  # fmt: skip
        assert words in text

"""What is said of a grid: who leads and whether that means anything, who learned, who didn't."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said, validated

from report.findings import grid
from training.records import Experiment, Scores, Selected

GRID = "scratch/grid"


def member(optimizer, rate, accuracy, *, loss=1.0, seed=0, **fields):
    rates = {1e-2: "1e-2", 1e-3: "1e-3", 1e-5: "1e-5"}
    scores = None if accuracy is None else Scores(loss, accuracy)
    spec = a_spec(optimizer=optimizer, learning_rate=rate)
    fields = {"validation": scores, "spec": spec} | fields
    return a_run(f"{GRID}-{optimizer}-{rates[rate]}", seed=seed, **fields)


def view_of(*runs, dataset=None, **fields):
    return a_view(*runs, dataset=dataset or a_dataset(), **fields)


def test_an_empty_grid_has_no_best_pair():
    assert grid.best_pair(view_of(a_run()), GRID) == []


def test_a_pair_alone_leads_nobody():
    (sentence,) = grid.best_pair(view_of(member("sgd", 1e-2, 0.6)), GRID)
    assert "Of 1 pair with a result, SGD at 1e-2" in said([sentence])
    assert "60.0 % in epoch 10 of 10." in said([sentence])


def test_where_none_learned_nobody_is_praised():
    runs = member("sgd", 1e-2, 0.5), member("adam", 1e-2, 0.49)
    text = said(grid.best_pair(view_of(*runs), GRID))
    assert text == (
        "Of 2 pairs with a result none is measurably better than naming the most frequent class "
        "every time; first by validation accuracy is SGD at 1e-2: 50.0 % in epoch 10 of 10."
    )
    assert "reached the highest" in said(
        grid.best_pair(view_of(*runs, member("sgd", 1e-3, 0.9)), GRID)
    )


def test_without_a_data_set_no_lead_is_measured():
    runs = member("sgd", 1e-2, 0.6), member("adam", 1e-2, 0.5)
    assert len(grid.best_pair(a_view(*runs), GRID)) == 1
    assert len(grid.best_pair(view_of(*runs), GRID)) == 2


@pytest.mark.parametrize(
    ("second", "words", "strength"),
    [(0.45, "lies above zero", "strong"), (0.46, "includes zero", "weak"),
     (0.59, "includes zero", "weak"), (0.6, "exactly the same", "weak")],
)  # fmt: skip
def test_a_lead_means_something_where_its_interval_is_above_zero(second, words, strength):
    runs = member("sgd", 1e-2, 0.6, loss=0.5), member("adam", 1e-2, second)
    lead = grid.best_pair(view_of(*runs), GRID)[1]
    assert words in str(lead)
    assert lead.strength == strength
    if second < 0.6:
        n = round(100 * (0.6 - second))
        assert f"It leads Adam at 1e-2 by {n}.0 percentage points, {n} of 100 pictures" in said(
            [lead]
        )


@pytest.mark.parametrize(("n", "strength"), [(100, "weak"), (1000, "strong")])
def test_a_lead_is_measured_by_the_number_of_validation_pictures(n, strength):
    runs = member("sgd", 1e-2, 0.6), member("adam", 1e-2, 0.55)
    view = view_of(*runs, dataset=a_dataset(validation=(n // 2, n // 2)))
    assert grid.best_pair(view, GRID)[1].strength == strength


def answering(optimizer, right, wrong=0, seed=0, **fields):
    """Return a member that names the first pictures of 100 rightly, but for some at the start."""
    label = [0] * 50 + [1] * 50
    named = [t if wrong <= i < wrong + right else 1 - t for i, t in enumerate(label)]
    answers = {"validation_answers": validated(label, named, 2)}
    return member(optimizer, 1e-2, right / 100, seed=seed, **(answers | fields))


@pytest.mark.parametrize(
    ("second", "wrong", "words", "strength"),
    [(54, 0, "so the lead is more than the luck", "strong"),
     (55, 0, "the order of these two may be luck", "weak"),
     (54, 40, "the order of these two may be luck", "weak")],
)  # fmt: skip
def test_pairs_are_held_against_each_other_picture_by_picture(second, wrong, words, strength):
    """Of 60 and 54 right pictures that are the same six remain, all the first's: p = 0.03."""
    runs = answering("sgd", 60), answering("adam", second, wrong)
    lead = grid.best_pair(view_of(*runs), GRID)[1]
    assert words in str(lead)
    assert lead.strength == strength
    if second == 54 and not wrong:
        assert said([lead]) == (
            "It leads Adam at 1e-2 by 6.0 percentage points, 6 of 100 pictures (95 % interval +0.6 "
            "to +11.2 points); 6 only it gets right, 0 only the other; exact McNemar test, "
            "p = 0.031, so the lead is more than the luck of which pictures were drawn."
        )


@pytest.mark.parametrize("older", [0, 1])
def test_a_record_without_answers_is_compared_as_if_of_other_pictures(older):
    runs = [answering("sgd", 60), answering("adam", 54)]
    kept = {"validation_answers": None}
    runs[older] = answering(("sgd", "adam")[older], (60, 54)[older], **kept)
    lead = said(grid.best_pair(view_of(*runs), GRID)[1:])
    assert "McNemar" not in lead
    assert "includes zero" in lead


def lead_over_seeds(first, second, **fields):
    """Return what is said of the lead of one pair's right answers over another's, a seed each."""
    runs = [answering("sgd", n, seed=s, **fields) for s, n in enumerate(first)]
    runs += [answering("adam", n, seed=s, **fields) for s, n in enumerate(second)]
    return grid.best_pair(view_of(*runs), GRID)[1]


@pytest.mark.parametrize(
    ("first", "second", "words", "strength"),
    [((60, 60), (54, 54), "largest p = 0.031, so the lead is more than the luck", "strong"),
     ((60, 60), (54, 55), "largest p = 0.062, so the order of these two may be luck", "weak"),
     ((80, 54), (54, 60), "largest p = 0.031, so the order of these two may be luck", "weak")],
)  # fmt: skip
def test_over_two_seeds_pairs_are_held_against_each_other_within_each(
    first, second, words, strength
):
    lead = lead_over_seeds(first, second)
    assert f"; exact McNemar test for each seed, {words}" in said([lead])
    assert lead.strength == strength


@pytest.mark.parametrize(
    ("second", "kept", "words"),
    [((49, 50, 50), True, "so the lead is more than the luck of seeds and pictures."),
     ((57, 58, 58), True, "so the order of these two may be luck."),
     ((57, 58, 58), False, "so the lead is more than the luck of the seeds."),
     ((50, 62, 50), True, "so the order of these two may be luck."),
     ((50, 62, 50), False, "so the order of these two may be luck.")],
)  # fmt: skip
def test_from_three_seeds_on_their_luck_and_that_of_pictures_decide(second, kept, words):
    fields = {} if kept else {"validation_answers": None}
    lead = lead_over_seeds((60, 61, 62), second, **fields)
    assert "; paired t test over 3 seeds, p" in said([lead])
    assert ("; min F′ over seeds and pictures, p" in said([lead])) == kept
    assert said([lead]).endswith(words)
    assert lead.strength == ("strong" if "more than" in words else "weak")


def test_pairs_of_other_seeds_are_compared_as_if_of_other_pictures():
    runs = [answering("sgd", 60, seed=s) for s in (0, 1, 2)]
    runs += [answering("adam", 54, seed=s) for s in (1, 2, 3)]
    lead = said(grid.best_pair(view_of(*runs), GRID)[1:])
    assert "paired t" not in lead
    assert "includes zero" in lead


def test_of_several_seeds_the_mean_leads():
    runs = [member("sgd", 1e-2, a, seed=s) for s, a in enumerate((0.4, 0.8))]
    runs += [member("adam", 1e-2, a, seed=s) for s, a in enumerate((0.5, 0.5))]
    first, lead = grid.best_pair(view_of(*runs), GRID)
    assert "60.0 %, the mean over 2 seeds" in said([first])
    assert "10.0 percentage points" in said([lead])


def test_rates_are_compared_for_optimizers_that_tried_several():
    runs = [member("sgd", 1e-2, 0.9), member("sgd", 1e-3, 0.7), member("adam", 1e-2, 0.8)]
    text = said(grid.sensitivity(view_of(*runs), GRID))
    assert text == "The best rate of each optimizer: SGD at 1e-2 (90.0 %)."
    assert grid.sensitivity(view_of(*runs[1:]), GRID) == []


def test_the_widest_range_and_the_narrowest_are_told():
    ranges = {"sgd": (0.9, 0.89, 0.7), "adam": (0.8, 0.7), "rmsprop": (0.95, 0.94, 0.65)}
    runs = [
        member(name, rate, accuracy)
        for name, pair in ranges.items()
        for rate, accuracy in zip((1e-2, 1e-3, 1e-5), pair, strict=False)
    ]
    text = said(grid.sensitivity(view_of(*runs), GRID))
    assert "matters most for RMSprop, from 65.0 % at 1e-5 to 95.0 % at 1e-2" in text
    assert "a range of 30.0 percentage points, and least for Adam, from 70.0 %" in text
    assert "a range of 10.0 percentage points." in text


def test_a_range_is_from_the_best_rate_to_the_worst():
    ranges = {"sgd": (0.9, 0.6, 0.6), "rmsprop": (0.8, 0.8, 0.6)}
    runs = [
        member(name, rate, accuracy)
        for name, accuracies in ranges.items()
        for rate, accuracy in zip((1e-2, 1e-3, 1e-5), accuracies, strict=True)
    ]
    text = said(grid.sensitivity(view_of(*runs), GRID))
    assert "matters most for SGD, from 60.0 %" in text
    assert "least for RMSprop, from 60.0 %" in text


@pytest.mark.parametrize(("best", "learned"), [(0.59, False), (0.6, True)])
def test_an_optimizer_that_never_learned_has_no_best_rate(best, learned):
    runs = [member("sgd", 1e-2, 0.9), member("sgd", 1e-3, 0.7)]
    runs += [member("adam", 1e-2, 0.5), member("adam", 1e-3, best)]
    text = said(grid.sensitivity(view_of(*runs), GRID))
    assert ("Adam at 1e-3 (60.0 %)" in text) == learned
    assert (
        "was Adam measurably better than naming the most frequent class every time; its highest "
        "validation accuracy is 59.0 % at 1e-3" in text
    ) != learned
    assert ("matters most" in text) == learned


def test_pairs_without_a_spec_belong_to_no_optimizer():
    runs = [member("sgd", 1e-2, 0.9, spec=None), member("sgd", 1e-3, 0.7)]
    assert grid.sensitivity(view_of(*runs), GRID) == []


@pytest.mark.parametrize(
    ("accuracy", "n", "never"),
    [(0.0, 100, True), (0.5, 100, True), (0.59, 100, True), (0.6, 100, False), (0.59, 1000, False)],
)
def test_a_run_has_learned_where_its_intervals_lower_end_beats_one_class(accuracy, n, never):
    run = member("sgd", 1e-2, accuracy)
    view = view_of(run, dataset=a_dataset(validation=(n // 2, n // 2)))
    assert grid.never_learned(view, run) == never


def test_it_is_the_largest_class_of_validation_and_the_mean_over_seeds():
    runs = [member("sgd", 1e-2, a, seed=s) for s, a in enumerate((0.2, 1.0))]
    even, skewed = a_dataset(), a_dataset(train=(50, 50), validation=(51, 49), test=(50, 50))
    assert not grid.never_learned(view_of(*runs, dataset=even), runs[0])
    assert grid.never_learned(view_of(*runs, dataset=skewed), runs[0])


def test_without_data_set_or_scores_nobody_is_said_not_to_learn():
    run = member("sgd", 1e-2, 0.0)
    assert not grid.never_learned(a_view(run), run)
    without = member("sgd", 1e-2, None)
    assert not grid.never_learned(view_of(without), without)


def test_a_grid_without_trouble_is_said_to_have_none():
    view = view_of(member("sgd", 1e-2, 0.9), member("adam", 1e-2, 0.8))
    assert said(grid.troubled_pairs(view, GRID)).startswith("No pair diverged, and each is")


@pytest.mark.parametrize(
    "run",
    [member("sgd", 1e-2, 0.5), member("sgd", 1e-2, 0.9, status="diverged"),
     member("sgd", 1e-2, None, status="diverged")],
    ids=["never learned", "diverged", "diverged at once"],
)  # fmt: skip
def test_with_one_in_trouble_it_is_not(run):
    assert "No pair diverged" not in said(
        grid.troubled_pairs(view_of(run, member("adam", 1e-2, 0.9)), GRID)
    )


def test_with_no_result_at_all_nothing_is_said():
    assert grid.troubled_pairs(view_of(a_run()), GRID) == []
    listed = [Experiment(id=f"{GRID}-sgd-1e-2", question="?")]
    assert grid.troubled_pairs(view_of(a_run(), experiments=listed), GRID) == []


def test_a_pair_that_diverged_counts_with_what_it_had_or_has_nothing():
    runs = [member("sgd", 1e-2, 0.9, status="diverged", best_epoch=7),
            member("adam", 1e-2, None, status="diverged")]  # fmt: skip
    with_scores, without = grid.troubled_pairs(view_of(*runs), GRID)
    assert "SGD at 1e-2 diverged" in said([with_scores])
    assert "epoch 7" in said([with_scores])
    assert "90.0 %" in said([with_scores])
    assert "Adam at 1e-2 diverged: its loss was not finite in the first epoch" in said([without])


def test_a_pair_that_diverged_is_not_also_said_not_to_learn():
    runs = [member("sgd", 1e-2, 0.1, status="diverged"), member("adam", 1e-2, 0.9)]
    assert "most frequent class" not in said(grid.troubled_pairs(view_of(*runs), GRID))


def test_those_that_never_learned_are_named_together():
    bad = [member("sgd", 1e-2, 0.5), member("adam", 1e-2, 0.4)]
    text = said(grid.troubled_pairs(view_of(*bad, member("rmsprop", 1e-2, 0.9)), GRID))
    assert "SGD at 1e-2 (50.0 %) and Adam at 1e-2 (40.0 %) can’t be told from naming" in text
    assert "right for 50.0 % of the validation pictures" in text
    (one,) = grid.troubled_pairs(view_of(bad[0], member("rmsprop", 1e-2, 0.9)), GRID)
    assert "can’t be told from naming the most frequent class" in str(one)
    assert one.strength == "strong"


def test_the_choice_is_told_with_its_rank():
    assert grid.selection(view_of(a_run()), a_run()) == []
    ids = [f"{GRID}-sgd-1e-2", f"{GRID}-adam-1e-2", f"{GRID}-sgd-1e-3"]
    for rank, words in ((1, "the best of 3 pairs"), (2, "number 2 of 3 pairs")):
        chosen = Selected(GRID, ids[rank - 1], rank, ids, [0.9, 0.8, 0.7])
        run = a_run("scratch/best", selected=chosen)
        assert f"The pair, SGD at 1e-3, is {words} in" in said(grid.selection(view_of(run), run))


STARTS = {GRID: "from a random start", "transfer/grid": "from pre-trained weights"}


def elsewhere(run):
    """Return a run of the other grid."""
    return a_run(
        run.id.replace("scratch", "transfer"), spec=run.metrics.spec,
        validation=run.metrics.validation,
    )  # fmt: skip


def test_the_leads_of_all_grids_are_one_sentence():
    clear = member("sgd", 1e-2, 0.9, loss=0.5), member("adam", 1e-2, 0.6)
    close = map(elsewhere, (member("adam", 1e-3, 0.82), member("sgd", 1e-2, 0.8)))
    assert said(grid.leads(view_of(*clear, *close), STARTS)) == (
        "From a random start SGD at 1e-2 leads Adam at 1e-2 by 30.0 points, more than luck "
        "explains; from pre-trained weights Adam at 1e-3 leads SGD at 1e-2 by 2.0 points, which "
        "may be luck."
    )


@pytest.mark.parametrize("shares", [(0.9,), (0.9, 0.9), (0.5, 0.49)])
def test_alone_level_or_guessing_nobody_leads(shares):
    runs = [member(o, 1e-2, s) for o, s in zip(("sgd", "adam"), shares, strict=False)]
    assert grid.leads(view_of(*runs), STARTS) == []


def test_pairs_that_never_learned_are_counted_for_all_grids():
    runs = member("sgd", 1e-2, 0.9), member("adam", 1e-2, 0.5), member("adam", 1e-3, 0.5)
    others = map(elsewhere, (member("sgd", 1e-2, 0.9), member("adam", 1e-2, 0.5)))
    assert said(grid.without_success(view_of(*runs, *others), STARTS)) == (
        "2 of 3 pairs from a random start and 1 of 2 pairs from pre-trained weights aren’t "
        "measurably better than naming the most frequent class every time."
    )
    assert "1 of 2 pairs from a random start isn’t" in said(
        grid.without_success(view_of(*runs[:2]), STARTS)
    )
    assert grid.without_success(view_of(runs[0]), STARTS) == []

"""When two accuracies count as different, at and beside the numbers of pictures that decide."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.evidence import accuracy
from report.findings import comparing
from training.records.transforms import Transform

A, B = "transfer/best", "scratch/best"


def pair(only_first, only_second, both=10, seed=0, **fields):
    """Return two runs that agree on `both` pictures, and of the others only one is right."""
    n = both + only_first + only_second
    first = [0] * (both + only_first) + [1] * only_second
    second = [0] * both + [1] * only_first + [0] * only_second
    return (
        a_run(A, seed=seed, answers=([0] * n, first), **fields),
        a_run(B, seed=seed, answers=([0] * n, second), **fields),
    )


def with_accuracies(name, accuracies, n=100):
    """Return a run a seed, each with a number of test pictures named rightly."""
    return [
        a_run(name, seed=seed, answers=([0] * n, [0] * right + [1] * (n - right)))
        for seed, right in enumerate(accuracies)
    ]


def verdict(*runs):
    return comparing.compare(a_view(*runs), A, B)[0]


def test_what_was_not_tested_has_no_result():
    assert comparing.tested_result(a_view(a_run(A)), A) == []


@pytest.mark.parametrize(("right", "told"), [(59, True), (60, False)])
def test_naming_one_class_is_beaten_by_the_intervals_lower_end(right, told):
    """59 of 100 is above half of them, and its interval is not; of 60 both are."""
    view = a_view(a_run(A, tested=(right, 100), validation=0.6), dataset=a_dataset())
    sentences = comparing.tested_result(view, A)
    assert ("right for 50.0 %." in said(sentences)) == told
    assert [s.strength for s in sentences] == ["strong"] * told


@pytest.mark.parametrize(("right", "told"), [(59, True), (60, False)])
def test_over_seeds_it_is_the_lower_end_likewise(right, told):
    """Three equal accuracies leave Wilson's interval as it is: the test pictures are the same."""
    view = a_view(*with_accuracies(A, [right] * 3), dataset=a_dataset())
    assert ("most frequent class" in said(comparing.tested_result(view, A))) == told


def test_the_share_named_is_the_test_splits():
    dataset = a_dataset(train=(90, 10), validation=(90, 10), test=(30, 70))
    view = a_view(a_run(A, tested=(50, 100)), dataset=dataset)
    assert "right for 70.0 %" in said(comparing.tested_result(view, A))


@pytest.mark.parametrize(
    "dataset", [None, a_dataset(test=(50, 51)), a_dataset(test=(50, 49))], ids=["none", "+", "-"]
)
def test_without_the_data_set_of_the_test_no_class_is_held_against_it(dataset):
    view = a_view(a_run(A, tested=(1, 100)), dataset=dataset)
    assert "most frequent class" not in said(comparing.tested_result(view, A))


def test_without_a_data_set_validation_is_not_held_against_test():
    assert comparing.tested_result(a_view(a_run(A, tested=(50, 100))), A) == []


@pytest.mark.parametrize(
    ("right", "words"),
    [(45, "15.0 points above its test accuracy (95 % interval of the difference +"), (46, None),
     (60, None), (73, None), (74, "points below its test accuracy (")],
)  # fmt: skip
def test_validation_and_test_differ_where_the_interval_of_the_difference_leaves_zero(right, words):
    dataset = a_dataset(test=(20, 20, 20, 20, 20))
    view = a_view(a_run(A, validation=0.6, tested=(right, 100)), dataset=dataset)
    text = said(comparing.tested_result(view, A))
    assert (words in text) if words else text == ""
    assert ("flatter it" in text) == (right == 45)
    assert ("the easier ones" in text) == (right == 74)


def test_the_interval_of_the_difference_is_of_both_numbers_of_pictures():
    dataset = a_dataset(validation=(500, 500), test=(20, 20, 20, 20, 20))
    view = a_view(a_run(A, validation=0.6, tested=(50, 100)), dataset=dataset)
    assert comparing.tested_result(view, A) == []
    dataset = a_dataset(validation=(500, 500), test=(200, 200, 200, 200, 200))
    view = a_view(a_run(A, validation=0.6, tested=(500, 1000)), dataset=dataset)
    assert [s.strength for s in comparing.tested_result(view, A)] == ["strong"]


@pytest.mark.parametrize(
    ("only_first", "only_second", "words"),
    [(5, 0, "can’t be told from"), (6, 0, "points better"), (0, 6, "points worse"),
     (0, 5, "can’t be told from"), (8, 1, "points better"), (7, 1, "can’t be told from"),
     (4, 4, "can’t be told from")],
)  # fmt: skip
def test_a_difference_is_one_below_five_in_a_hundred(only_first, only_second, words):
    """All of 5 pictures on one side have p = 0.06, all of 6 have 0.03."""
    sentence = verdict(*pair(only_first, only_second))
    assert words in str(sentence)
    assert sentence.strength == ("weak" if "can’t be told from" in words else "strong")


def test_what_may_be_hidden_is_told_by_the_interval_of_the_difference():
    text = said([verdict(*pair(5, 2, both=93))])
    assert (
        "scratch, +3.0 points (95 % interval −2.8 to +8.7; exact McNemar test, p = 0.45)." in text
    )


def test_the_gain_is_printed_in_points():
    assert "30.0 points better" in str(verdict(*pair(6, 0, both=14)))


@pytest.mark.parametrize(
    ("second_seed", "words"),
    [((6, 0), "points better"), ((5, 0), "can’t be told from"), ((0, 6), "can’t be told from"),
     ((7, 7), "can’t be told from")],
)  # fmt: skip
def test_of_two_seeds_both_must_show_the_same_difference(second_seed, words):
    text = str(verdict(*pair(9, 0, seed=0), *pair(*second_seed, seed=1)))
    assert words in text
    assert "exact McNemar test for each seed, largest p" in text


@pytest.mark.parametrize(
    ("second", "words"), [([48, 49, 50], "points better"), ([69, 50, 40], "can’t be told from")]
)
def test_from_three_seeds_on_two_tests_decide(second, words):
    runs = [*with_accuracies(A, [60, 62, 61]), *with_accuracies(B, second)]
    text = said([verdict(*runs)])
    assert words in text
    assert "paired t test over 3 seeds" in text
    assert "; min F′ over seeds and test pictures, p" in text
    assert "and the" not in text.partition(",")[0]


def test_seeds_that_agree_on_few_pictures_decide_nothing():
    """Each seed is better by the same three pictures: sure over seeds, not over pictures."""
    found = verdict(*with_accuracies(A, [63, 63, 63]), *with_accuracies(B, [60, 60, 60]))
    assert found.strength == "weak"
    assert "over 3 seeds, p\u00a0<\u00a00.001; min F′" in str(found)


@pytest.mark.parametrize(("n", "words"), [(1, "the 1 seed that"), (2, "the 2 seeds that")])
def test_seeds_that_both_have_are_counted_where_one_lacks_some(n, words):
    runs = with_accuracies(A, [60, 62, 61])
    text = said([verdict(*runs, *with_accuracies(B, [50] * n))])
    assert words in text
    assert words in said([verdict(*with_accuracies(A, [60] * n), *with_accuracies(B, [50] * 3))])


def test_each_may_have_a_seed_of_its_own():
    runs = [run for name in (A, B) for run in with_accuracies(name, [60, 50, 50])]
    view = a_view(*[run for run in runs if (run.id, run.metrics.seed) not in ((A, 2), (B, 0))])
    assert "the 1 seed that both have" in said(comparing.compare(view, A, B))


def test_the_names_stand_in_the_order_of_the_comparison():
    text = said([verdict(*pair(9, 0, both=12))])
    assert text.startswith("AlexNet fine-tuned is ")
    assert "points better than AlexNet from scratch (" in text


def test_equal_accuracies_are_no_difference():
    runs = [*with_accuracies(A, [60] * 3), *with_accuracies(B, [60] * 3)]
    assert "can’t be told from" in str(verdict(*runs))


@pytest.mark.parametrize("change", ["label", "fingerprint", "answers", "seed", "one of two"])
def test_other_pictures_or_seeds_are_not_compared(change):
    first, second = pair(9, 0)
    label = [0] * 19
    other = {
        "label": a_run(B, answers=([0] * 18 + [1], label)),
        "fingerprint": a_run(B, answers=(label, label, (), "other")),
        "answers": a_run(B, tested=(10, 19)),
        "seed": a_run(B, seed=1, answers=(label, label)),
        "one of two": second,
    }[change]
    more = []
    if change == "one of two":
        more = [
            a_run(A, seed=1, answers=(label, label)),
            a_run(B, seed=1, answers=(label, label, (), "other")),
        ]
    sentence = verdict(first, other, *more)
    assert sentence.strength == "gap"
    assert "no difference between them is stated" in str(sentence)


def test_a_run_that_another_repeats_is_not_compared_with_it():
    first, second = pair(9, 0)
    repeated = a_run(A, answers=([0] * 19, [0] * 19), reused_from=B)
    assert "one and the same run" in str(verdict(repeated, second))
    assert "one and the same" in said(comparing.compare(a_view(first, second), A, A))
    assert "one and the same" not in str(verdict(first, second))


@pytest.mark.parametrize(("n_first", "n_second"), [(1, 2), (2, 1)])
def test_with_a_seed_more_it_is_not_one_and_the_same(n_first, n_second):
    same = {"answers": ([0] * 9, [0] * 9)}
    runs = [a_run(A, seed=seed, reused_from=B, **same) for seed in range(n_first)]
    runs += [a_run(B, seed=seed, **same) for seed in range(n_second)]
    assert "the 1 seed that both have" in said(comparing.compare(a_view(*runs), A, B))


@pytest.mark.parametrize("missing", [A, B])
def test_what_is_not_there_is_not_compared(missing):
    view = a_view(*[run for run in pair(9, 0) if run.id != missing])
    assert comparing.compare(view, A, B) == []


def test_different_numbers_of_epochs_are_admitted():
    for a, b in ((25, 30), (30, 25)):
        first, _ = pair(9, 0, spec=a_spec(epochs=a))
        _, second = pair(9, 0, spec=a_spec(epochs=b))
        assert f"{a} and {b}" in said(comparing.compare(a_view(first, second), A, B)[1:])
    assert comparing.compare(a_view(*pair(9, 0)), A, B)[1:] == []
    _, without = pair(9, 0, spec=None)
    assert comparing.compare(a_view(first, without), A, B)[1:] == []
    assert comparing.compare(a_view(pair(9, 0, spec=None)[0], second), A, B)[1:] == []


def test_other_numbers_of_epochs_are_said_once_of_several_models():
    runs = [
        a_run(name, spec=a_spec(epochs=n), answers=([0] * 9, [0] * 9))
        for name, n in ((A, 25), (B, 25), ("beyond/c", 30), ("beyond/d", 40))
    ]
    view = a_view(*runs)
    text = said(comparing.other_epochs(view, [run.id for run in runs], A))
    assert text.startswith("The epochs differ, so these comparisons aren’t of one change alone: ")
    assert text.count("25") == 1
    assert " 30 and " in text
    assert text.endswith(" 40.")
    assert comparing.other_epochs(view, [A, B], A) == []
    assert comparing.other_epochs(view, [A, "beyond/missing"], B) == []
    assert comparing.other_epochs(view, [A], "beyond/missing") == []
    assert comparing.differences_to_mind(view, "beyond/c", A, epochs=False) == []


def test_tests_against_others_leave_out_what_can_not_be_compared():
    first, clear = pair(9, 0)
    close = a_run("scratch/close", answers=([0] * 19, [0] * 17 + [1] * 2))
    same = a_run("scratch/same", answers=([0] * 19, [0] * 19), reused_from=A)
    other = a_run("scratch/other", answers=([0] * 19, [0] * 19, (), "other"))
    view = a_view(first, clear, close, same, other)
    others = [accuracy.tested_accuracy(view, run.id) for run in (clear, close, same, other)]
    found = comparing.tests_against(accuracy.tested_accuracy(view, A), others)
    assert [(t.experiment.id, differs) for t, differs, _ in found] == [
        (B, True), ("scratch/close", False)]  # fmt: skip
    assert [p.value for *_, p in found] == pytest.approx([2 / 2**9, 2 / 2**2])
    assert all(p.source.startswith("mcnemar(") for *_, p in found)


FLIP, CROP, ERASE = (
    Transform(name=name, parameters=())
    for name in ("RandomHorizontalFlip", "RandomResizedCrop", "RandomErasing")
)


@pytest.mark.parametrize(
    ("mine", "theirs", "words"),
    [((FLIP, CROP, ERASE), (FLIP,), "(RandomResizedCrop, RandomErasing added)"),
     ((FLIP, CROP, ERASE), (CROP,), "(RandomHorizontalFlip, RandomErasing added)"),
     ((FLIP, CROP), (CROP, FLIP),
      "(RandomHorizontalFlip, RandomResizedCrop against RandomResizedCrop, RandomHorizontalFlip)"),
     ((FLIP,), (FLIP, CROP),
      "(RandomHorizontalFlip against RandomHorizontalFlip, RandomResizedCrop)"),
     ((FLIP,), "none", "(RandomHorizontalFlip against nothing)")],
)  # fmt: skip
def test_of_a_longer_list_of_transforms_what_was_added_is_said(mine, theirs, words):
    runs = [
        a_run(name, answers=([0] * 4, [0] * 4), spec=a_spec(augmentation=augmentation))
        for name, augmentation in ((A, mine), (B, theirs))
    ]
    (found,) = comparing.how_they_differ(a_view(*runs), [A], B)
    assert f"in augmentation {words}." in str(found)

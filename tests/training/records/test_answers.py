"""Which pictures stand for the mistakes."""

from training.records import (
    Predictions,
    confident_mistakes,
    confused_pairs,
    examples_wanted,
    maps_wanted,
    spread_over,
    taken_for,
    typical,
)

ANSWERS = Predictions(
    id="a/b", seed=0, dataset_fingerprint="f",
    label=[0, 0, 0, 0, 1, 1, 1, 2, 2],
    predicted=[0, 1, 1, 2, 1, 1, 0, 0, 0],
    probability=[0.9, 0.6, 0.8, 0.5, 0.7, 0.9, 0.8, 0.3, 0.4],
)  # fmt: skip


def test_mistakes_fall_in_probability_and_keep_their_order_where_equal():
    assert confident_mistakes(ANSWERS) == [2, 6, 1, 3, 8, 7]
    assert confident_mistakes(ANSWERS, 2) == [2, 6]


def test_pairs_fall_in_number():
    assert confused_pairs(ANSWERS) == [(0, 1), (2, 0), (0, 2), (1, 0)]


def test_a_pair_is_shown_by_its_surest_pictures():
    assert taken_for(ANSWERS, 0, 1) == 2
    assert taken_for(ANSWERS, 1, 2) is None
    assert typical(ANSWERS, 1) == 5


def test_a_class_never_named_rightly_is_shown_by_its_first_picture():
    assert typical(ANSWERS, 2) == 7
    assert typical(ANSWERS, 3) is None


def test_what_is_kept_is_all_that_is_shown():
    wanted = examples_wanted(ANSWERS)
    assert wanted == sorted(set(wanted))
    pairs = confused_pairs(ANSWERS)
    shown = [taken_for(ANSWERS, *pair) for pair in pairs]
    shown += [typical(ANSWERS, guess) for _, guess in pairs]
    assert set(wanted) == {*confident_mistakes(ANSWERS), *shown}


def test_answers_without_mistakes_need_no_pictures():
    right = Predictions(id="a/b", seed=0, dataset_fingerprint="f", label=[0, 1],
                        predicted=[0, 1], probability=[1.0, 1.0])  # fmt: skip
    assert examples_wanted(right) == []


def test_maps_are_of_surest_mistakes_and_the_right_answers_beside_confusions():
    assert maps_wanted(ANSWERS) == [2, 6, 1, 3, 5, 0]


def test_positions_are_spread_and_bounded():
    assert spread_over(3, 5) == [0, 1, 2]
    assert spread_over(10, 4) == [0, 2, 5, 7]

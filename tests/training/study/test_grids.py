"""Grids: what varies and what is shared, ids, samples; and what can't be one."""

import pytest

from training.errors import StudyError
from training.records import ID_PATTERN, Settings
from training.study.grids import members, read_grid
from training.study.member_words import labels_of


def grid(settings=None, **fields):
    table = read_grid(fields, settings or Settings(), str)
    return members("x/grid", table, str)


def ids(found):
    return [fields["id"].removeprefix("x/grid-") for fields in found[1]]


def test_the_first_field_varies_fastest():
    found = grid(optimizer=["sgd", "adam"], learning_rate=[1e-2, 1e-3], epochs=3)
    assert ids(found) == ["sgd-1e-2", "adam-1e-2", "sgd-1e-3", "adam-1e-3"]
    assert found[0].axes == {"optimizer": ("sgd", "adam"), "learning_rate": (1e-2, 1e-3)}
    assert found[0].sample == 0


def test_fields_may_have_the_values_of_a_setting():
    settings = Settings(learning_rates=(0.5,), optimizers=("adamw", "sgd"))
    found = grid(settings, optimizer="optimizers", learning_rate="learning_rates")
    assert ids(found) == ["adamw-5e-1", "sgd-5e-1"]


@pytest.mark.parametrize(
    ("name", "values", "labels"),
    [
        ("learning_rate", (0.0025, 1.0), ["2.5e-3", "1e0"]),
        ("weight_decay", (0.0, 5e-5, 0.01), ["0", "5e-5", "0.01"]),
        ("batch_size", (8, 16), ["8", "16"]),
        ("scale_learning_rate", (False, True), ["off", "on"]),
        ("head", ([], [512], [512, 256]), ["none", "512", "512+256"]),
        ("model", ("resnet18", "torchvision:resnet34"), ["resnet18", "resnet34"]),
        ("model", ("timm:resnet18", "torchvision:resnet18"),
         ["timm-resnet18", "torchvision-resnet18"]),
        ("weights", ("none", "/some/place/Lite 0.pth"), ["none", "lite-0.pth"]),
        ("weights", ("/a-b.pth", "/a/b.pth"), ["a-b.pth", "b.pth"]),
        ("model", ("a:É", "a:È"), ["1", "2"]),
        ("options", ({"nesterov": True}, {}), ["nesterov-on", "none"]),
        ("options", ([{"name": "RandAugment", "n": 2}], "none"), ["randaugment", "none"]),
        ("options", ([{"name": "Jitter", "n": 2}], [{"name": "Jitter", "n": 3}]), ["1", "2"]),
    ],
)  # fmt: skip
def test_ids_have_short_labels_of_the_values(name, values, labels):
    found = labels_of(name, values)
    assert found == labels
    assert all(ID_PATTERN.fullmatch(f"x/grid-{label}") for label in found)


def test_a_list_that_is_one_value_is_shared():
    found = grid(head=[512], gamma=[0.1, 0.5], mean=[0.5, 0.5, 0.5])
    assert list(found[0].axes) == ["gamma"]
    assert list(grid(head=[[512], []])[0].axes) == ["head"]


def test_transforms_of_torchvision_are_one_value_or_several():
    one = ["RandAugment", {"name": "ColorJitter", "hue": 0.1}]
    assert list(grid(augmentation=one, gamma=[0.1, 0.5])[0].axes) == ["gamma"]
    found = grid(augmentation=["none", ["RandAugment"], ["TrivialAugmentWide"]])
    assert ids(found) == ["none", "randaugment", "trivialaugmentwide"]
    assert found[1][1]["question"] == "What is reached with augmentation RandAugment?"


def test_a_question_may_name_the_values():
    found = grid(question="Is {gamma} enough?", gamma=[0.1, 0.5])
    assert [fields["question"] for fields in found[1]] == ["Is 0.1 enough?", "Is 0.5 enough?"]


def sampled(n, **fields):
    ranges = {
        "learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log"},
        "batch_size": {"from": 8, "to": 64},
        "label_smoothing": {"from": 0.0, "to": 0.2},
        "optimizer": ["sgd", "adam"],
    }
    return grid(sample=n, **(ranges | fields))


def test_a_sample_is_drawn_within_its_ranges_and_the_same_again():
    record, drawn = sampled(200)
    assert (record, drawn) == sampled(200)
    assert record.sample == len(drawn) == len(set(ids((record, drawn)))) == 200
    rates = [fields["learning_rate"] for fields in drawn]
    assert 1e-4 <= min(rates) < 2e-4
    assert 5e-2 < max(rates) <= 1e-1
    below = sum(rate < 10**-2.5 for rate in rates)  # the middle of the logarithms
    assert 80 < below < 120
    assert {type(fields["batch_size"]) for fields in drawn} == {int}
    assert all(8 <= fields["batch_size"] <= 64 for fields in drawn)
    smoothing = [fields["label_smoothing"] for fields in drawn]
    assert sum(value < 0.1 for value in smoothing) in range(80, 121)
    assert record.axes["learning_rate"] == tuple(rates)


def test_a_large_sample_has_no_member_twice():
    few = {"batch_size": {"from": 1, "to": 50}, "epochs": {"from": 1, "to": 50}}
    _, drawn = grid(sample=2000, **few)
    assert len({(fields["batch_size"], fields["epochs"]) for fields in drawn}) == 2000


def test_a_larger_sample_begins_with_the_smaller_and_another_seed_is_another():
    assert sampled(20)[1][:5] == sampled(5)[1]
    assert sampled(5, sample_seed=1)[1] != sampled(5)[1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": 3}, "nothing varies"),
        ({"gamma": []}, "gamma has no values"),
        ({"gamma": [0.1, 0.1]}, "gamma has 0.1 twice"),
        ({"gamma": [0.1, "x"]}, "gamma has 'x': Expected"),
        ({"optimizer": ["sgd", "adamm"]}, "adamm"),
        ({"learning_rat": [0.1]}, "(?s)learning_rat.*learning_rate"),
        ({"test": True, "gamma": [0.1]}, "(?s)aren't tested.*best of"),
        ({"id": "x", "gamma": [0.1]}, "Unknown field"),
        ({"gamma": [0.1, 0.2], "momentum": [0, 1], "epochs": [1, 2], "seed": [1]}, "seed"),
        ({"gamma": [0.1], "momentum": [0], "epochs": [1], "batch_size": [8]}, "4 fields vary"),
        ({"gamma": [i / 9 for i in range(400)], "epochs": list(range(1, 401))}, "160,000 members"),
        ({"gamma": {"from": 0.1, "to": 0.5}}, "(?s)a range.*sample = 20"),
        ({"sample": 3, "gamma": {"from": 0.5, "to": 0.1}}, "to a larger one"),
        ({"sample": 3, "gamma": {"from": 0, "to": 1, "scale": "log"}}, "log scale from 0"),
        ({"sample": 3, "gamma": {"from": 0, "to": 1, "scale": "lin"}}, "(?s)lin.*linear"),
        ({"sample": 3, "gamma": {"from": 0, "too": 1}}, "(?s)too.*to"),
        ({"sample": 3, "gamma": [0.1, 0.2]}, "3 members, and 2 were found"),
        ({"sample": -1, "gamma": [0.1]}, "whole number"),
        ({"sample": True, "gamma": [0.1]}, "whole number"),
        ({"sample": 3, "optimizer": {"from": 0, "to": 1}}, "optimizer"),
    ],
)  # fmt: skip
def test_what_is_no_grid_is_named_and_explained(fields, message):
    with pytest.raises(StudyError, match=message):
        grid(**fields)

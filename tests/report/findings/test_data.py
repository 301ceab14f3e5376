"""What is said of the pictures follows from `dataset.json`."""

import msgspec
import pytest
from in_memory import a_dataset, a_view, said

from report.evidence.display_names import data_set_name
from report.findings import data
from training.records import LeftOut, SizeStatistics


def told(finding, **fields):
    return said(finding(a_view(dataset=a_dataset(**fields))))


def test_pictures_that_were_not_read_are_a_gap():
    view = a_view()
    assert [s.strength for s in data.extent(view)] == ["gap"]
    others = (data.imbalance, data.picture_sizes, data.left_out, data.lost_in_conversion,
              data.split_source, data.resizing, data.channel_statistics, data.kind)  # fmt: skip
    assert [finding(view) for finding in others] == [[]] * 8


def test_the_extent_is_the_sum_of_the_splits():
    counts = {"train": (1, 2, 3), "validation": (10, 20, 30), "test": (100, 200, 300)}
    assert "letters, has 666 pictures in 3 classes." in told(data.extent, **counts)


@pytest.mark.parametrize(
    ("limit", "n_found", "words"),
    [(None, None, "The data set, letters, has 300 pictures in 2 classes."),
     (None, 8677, "The data set, letters, has 300 pictures in 2 classes."),
     (7, None, "The data set is a part of letters, 300 pictures in 2 classes: at most 7"),
     (7, 8677, "The data set is a part of letters, 300 of its 8 677 pictures in 2 classes: at"),
     (200, 300, "The data set, letters, has 300 pictures in 2 classes.")],
)  # fmt: skip
def test_a_part_of_a_data_set_is_said_to_be_one(limit, n_found, words):
    text = told(data.extent, max_per_class=limit, n_found=n_found)
    assert text.startswith(words)
    assert text.endswith("at most 7 pictures of a class were used.") == (limit == 7)


def test_a_part_of_caltech_is_not_said_to_be_all_of_it():
    assert told(data.kind, kind="caltech101").startswith("It is Caltech-101 in its published form:")
    text = told(data.kind, kind="caltech101", max_per_class=6, n_found=8677)
    assert text.startswith("The whole is Caltech-101 in its published form:")


def test_names_elsewhere_say_that_it_is_a_part():
    view = a_view(dataset=a_dataset(max_per_class=6, n_found=8677))
    assert data_set_name(view) == "part of letters"
    assert data_set_name(a_view(dataset=a_dataset())) == "letters"


def test_the_largest_and_the_smallest_class_of_train_are_named():
    text = told(data.imbalance, train=(10, 40, 20), test=(30, 10, 10))
    assert "bee, has 40 pictures, the smallest, ant, 10: a factor of 4.0" in text
    assert "right for 60.0 % of its pictures" in text


def test_equal_classes_have_no_largest():
    text = told(data.imbalance, train=(20, 20), test=(30, 10))
    assert "Every class has 20 train pictures." in text
    assert "right for 75.0 %" in text
    assert "Every class" not in told(data.imbalance, train=(20, 21))


def test_an_empty_class_has_no_factor():
    text = told(data.imbalance, train=(20, 0))
    assert "the smallest, bee, 0." in text
    assert "factor" not in text


def test_without_classes_nothing_is_uneven():
    assert told(data.imbalance, classes=[]) == ""


@pytest.mark.parametrize("n_converted", [0, 1, 9])
def test_sizes_are_the_median_and_the_ends(n_converted):
    sizes = SizeStatistics((11, 0, 13, 0, 15), (21, 0, 23, 0, 25), [], n_converted)
    text = told(data.picture_sizes, sizes=sizes)
    assert "13 pixels wide and 23 high; widths run from 11 to 15, heights from 21 to 25" in text
    assert ("converted" in text) == (n_converted > 0)


def test_what_was_left_out_is_counted():
    assert told(data.left_out) == ""
    text = told(
        data.left_out, dropped_classes=["BACKGROUND_Google", "empty"], n_dropped_images=4,
        n_ignored_files=1, ignored_files=["a.tmp"], n_unreadable_files=2,
        unreadable_files=["b.png", "c.png"],
    )  # fmt: skip
    assert "Left out: BACKGROUND_Google, a folder of pictures of no particular class (4)." in text
    assert "no picture was found in it: empty." in text
    assert "no pictures: 1 (a.tmp)." in text
    assert "can’t be decoded: 2." in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BACKGROUND_Google", "Left out: BACKGROUND_Google"),
        ("other", "Left out because no picture"),
    ],
)
def test_only_the_clutter_class_is_left_out_on_purpose(name, words):
    (sentence,) = data.left_out(a_view(dataset=a_dataset(dropped_classes=[name])))
    assert str(sentence).startswith(words)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((0, 0), "a and b."), ((1, 0), "a and b, 1 picture."), ((0, 2), "a and b, 2 pictures."),
     ((1, 1), "a and b, 2 pictures."), ((3, 4), "a and b, 7 pictures.")],
)  # fmt: skip
def test_what_is_left_out_for_one_reason_is_counted_together(numbers, words):
    items = [LeftOut(name, "asked", n) for name, n in zip("ab", numbers, strict=True)]
    items.append(LeftOut("c", "no split", 9))
    asked, beside = data.left_out(a_view(dataset=a_dataset(left_out=tuple(items))))
    assert str(asked) == f"Left out because the study’s settings say so: {words}"
    sources = [part.source for part in asked.parts if part.kind == "number"]
    assert [source.startswith("sum(") for source in sources] == [all(numbers)] * any(numbers)
    assert str(beside).endswith("belongs to none: c, 9 pictures.")


@pytest.mark.parametrize(("n", "more"), [(1, False), (8, False), (9, True)])
def test_up_to_eight_are_named(n, more):
    items = tuple(LeftOut(f"class-{i}", "no pictures") for i in range(n))
    text = told(data.left_out, left_out=items)
    assert f"class-{min(n, 8) - 1}" in text
    assert "class-8" not in text
    assert ("and others." in text) == more


@pytest.mark.parametrize("reason", data.REASONS)
def test_each_reason_has_its_sentence(reason):
    assert told(data.left_out, left_out=(LeftOut("it", reason),)).endswith(": it.")


@pytest.mark.parametrize(
    ("n", "remarks", "words"),
    [(0, [], ""), (1, ["a.png: 16 bits"], "1 picture of more"),
     (2, ["a.png: 16 bits"], "2 pictures of more"), (1, [], "")],
)  # fmt: skip
def test_pictures_that_lost_grey_levels_are_counted(n, remarks, words):
    text = told(data.lost_in_conversion, n_remarks=n, remarks=remarks)
    assert text.startswith(words)
    assert bool(text) == bool(words)


@pytest.mark.parametrize(
    ("source", "words"),
    [("lists", "every second picture of the train list"), ("folders", "folder of its own"),
     ("table", "table that names the pictures"), ("all lists", "Lists beside the pictures say"),
     ("stratified", "drawn at random")],
)  # fmt: skip
def test_the_split_is_told_by_its_source(source, words):
    assert words in told(data.split_source, split_source=source)


@pytest.mark.parametrize("source", ["folders", "table"])
def test_splits_that_were_made_up_are_told(source):
    for change, words in (
        ("test-from-validation", "given as validation is used for testing"),
        ("validation-from-train", "a fifth of every class"),
    ):
        assert words in told(data.split_source, split_source=source, split_changes=(change,))
        assert words not in told(data.split_source, split_source=source)


@pytest.mark.parametrize("source", ["lists", "all lists", "folders", "table", "stratified"])
def test_groups_are_told_wherever_the_split_was_made_here(source):
    text = told(data.split_source, split_source=source, n_groups=12)
    assert ("12 groups, were kept in one split each" in text) == (source != "lists")
    assert "groups" not in told(data.split_source, split_source=source)


def test_shares_that_were_asked_for_are_told():
    shares = {"split_source": "stratified", "split_shares": (0.7, 0.2, 0.1)}
    text = told(data.split_source, **shares, n_groups=12)
    assert "70.0 %, 20.0 % and 10.0 % of its pictures" in text
    assert "12 groups" in text
    assert "No lists came" not in text


def test_numbers_of_resizing_and_channels_are_printed():
    text = told(data.resizing, image_size=96, resize_size=110)
    assert "resized to 110 pixels" in text
    assert "96 × 96" in text
    text = told(data.channel_statistics)
    assert "means 0.100, 0.200 and 0.300 in red" in text
    assert "deviations 0.400, 0.500 and 0.600" in text


@pytest.mark.parametrize(
    ("kind", "words"),
    [("caltech101", "in its published form"), ("sample", "embedded sample"),
     ("folder", "of the study’s own")],
)  # fmt: skip
def test_the_kind_is_told(kind, words):
    assert words in told(data.kind, kind=kind)


def test_names_of_classes_are_printed_without_underscores():
    dataset = msgspec.structs.replace(a_dataset(train=(1, 2)), classes=["sea_horse", "bee"])
    assert "sea horse" in said(data.imbalance(a_view(dataset=dataset)))

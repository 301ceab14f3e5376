"""How pictures look is measured cheaply, told from chance, and what stands out is named."""

import numpy as np
import pytest
from PIL import Image
from scipy.stats import ks_2samp

from report.evidence.statistics import guessing_limit as limit_of_the_report
from training.data import looks
from training.data.check import check_folder, report_lines
from training.data.looks import FEATURES, describe_looks, of_pixels, two_samples
from training.data.prepare import prepare
from training.holm import holm
from training.records import Dataset, StudyFolder, read

DICE = np.random.default_rng(0)


def grey(level, side=32):
    return np.full((side, side, 3), level, np.uint8)


def measured(*pictures):
    return dict(zip(looks.OF_PIXELS, of_pixels(np.stack(pictures)).T, strict=True))


def test_brightness_and_colours_are_means_in_zero_to_one():
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    found = measured(grey(0), grey(255), red)
    assert found["brightness"] == pytest.approx([0, 1, 0.299], abs=1e-5)
    assert found["red"] == pytest.approx([0, 1, 1])
    assert found["green"] == pytest.approx([0, 1, 0])
    assert found["contrast"] == pytest.approx([0, 0, 0], abs=1e-5)


def test_contrast_is_the_deviation_of_grey_levels():
    halves = grey(0)
    halves[:, 16:] = 255
    assert measured(halves)["contrast"] == pytest.approx([0.5])


def test_the_border_is_measured_by_itself():
    framed = grey(255)
    framed[3:-3, 3:-3] = 0
    found = measured(framed)
    assert found["border"] == pytest.approx([1], abs=1e-5)
    assert found["border_contrast"] == pytest.approx([0], abs=1e-5)
    assert found["brightness"][0] < 0.5


def test_a_blurred_picture_is_less_sharp():
    noise = DICE.integers(0, 255, (32, 32, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(noise).resize((8, 8)).resize((32, 32)))
    found = measured(noise, soft, grey(99))["sharpness"]
    assert found[0] > found[1] + 0.5
    assert found[2] == 0


def test_sharpness_is_the_variance_of_the_laplacian_of_all_rows_of_a_small_picture():
    """A picture of fewer rows than are looked at is looked at whole."""
    picture = DICE.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    green = picture[..., 1].astype(float)
    laplacian = (
        4 * green[1:-1, 1:-1] - green[:-2, 1:-1] - green[2:, 1:-1] - green[1:-1, :-2]
        - green[1:-1, 2:]
    )  # fmt: skip
    assert measured(picture)["sharpness"] == pytest.approx([np.log10(1 + laplacian.var())])


@pytest.mark.parametrize("side", [1, 2, 3, 31])
def test_pictures_of_any_side_can_be_measured(side):
    assert np.isfinite(of_pixels(np.zeros((2, side, side, 3), np.uint8))).all()


@pytest.mark.parametrize("shift", [0.0, 0.3, 3.0])
def test_the_test_of_two_samples_is_scipys(shift):
    first, second = DICE.normal(0, 1, 300), DICE.normal(shift, 1, 200)
    distance, p = two_samples(first, second)
    theirs = ks_2samp(first, second, method="asymp")
    assert distance == pytest.approx(theirs.statistic)
    assert p == pytest.approx(theirs.pvalue, rel=0.3, abs=1e-9)


def test_of_nothing_there_is_no_difference():
    assert two_samples(np.zeros(0), np.ones(3)) == (0.0, 1.0)


def a_set(n_classes=5, each=40):
    """Return chance values, labels and splits of as many pictures a class and split."""
    labels = np.tile(np.arange(n_classes).repeat(each), 3)
    n = n_classes * each
    splits = {s: np.arange(n) + i * n for i, s in enumerate(("train", "validation", "test"))}
    values = np.random.default_rng(3).normal(5, 1, (3 * n, len(FEATURES))).clip(0.1)
    return values, labels, splits


def described(values, labels, splits):
    n_classes = labels.max() + 1
    return describe_looks(
        values, labels, splits, n_classes, [f"{i}.png" for i in range(len(labels))]
    )


def feature(record, name):
    return next(item for item in record.features if item.feature == name)


def test_chance_drifts_nowhere_and_tells_nothing():
    record, _ = described(*a_set())
    assert looks.drifting(record) == []
    assert not any(looks.gives_away(item, 5) for item in record.features)
    assert all(item.class_told is None for item in record.features)


def test_a_split_that_differs_is_named_with_how_far():
    values, labels, splits = a_set()
    values[splits["test"], FEATURES.index("sharpness")] += 1
    (item, split, distance), *others = looks.drifting(described(values, labels, splits)[0])
    assert (item.feature, split, others) == ("sharpness", "test", [])
    assert distance == item.test_distance > 0.3
    assert item.test_p < 1e-6


def test_a_difference_too_small_to_mind_is_not_named():
    values, labels, splits = a_set(5, 4000)
    values[splits["test"], 0] += 0.1
    record = described(values, labels, splits)[0]
    assert feature(record, "brightness").test_p < 0.001
    assert looks.drifting(record) == []


def test_p_values_are_corrected_for_all_features_and_both_splits():
    values, labels, splits = a_set()
    record = described(values, labels, splits)[0]
    raw = [
        two_samples(column[splits["train"]], column[splits[s]])[1]
        for column in values.T
        for s in ("validation", "test")
    ]
    found = [p for item in record.features for p in (item.validation_p, item.test_p)]
    assert found == pytest.approx(holm(raw))


def test_a_class_that_one_feature_tells_is_named():
    values, labels, splits = a_set()
    values[labels == 2, FEATURES.index("file_bytes")] += 50
    record = described(values, labels, splits)[0]
    told = feature(record, "file_bytes")
    assert (told.class_told, told.class_told_right) == (2, 40)
    assert looks.gives_away(told, 5)
    assert "file size alone tells c from all other classes" in looks.lines(record, "abcde")


def test_a_class_too_small_to_be_sure_of_is_not():
    values, labels, splits = a_set(5, 9)
    values[labels == 2, FEATURES.index("file_bytes")] += 50
    assert feature(described(values, labels, splits)[0], "file_bytes").class_told is None


def test_what_a_feature_tells_is_read_on_validation():
    values, labels, splits = a_set()
    values[splits["train"], 0] = labels[splits["train"]]
    assert not looks.gives_away(feature(described(values, labels, splits)[0], "brightness"), 5)


def test_the_limit_of_luck_is_the_reports():
    given, sizes = np.array([3, 50, 7]), np.array([20, 20, 20])
    assert looks.guessing_limit(given, sizes, 11) == pytest.approx(
        limit_of_the_report(given.tolist(), sizes.tolist(), 11)
    )


def test_pictures_that_stand_out_are_listed_the_farthest_first():
    values, labels, splits = a_set()
    brightness, sharpness = FEATURES.index("brightness"), FEATURES.index("sharpness")
    values[:, [brightness, sharpness]] = np.linspace(4, 6, len(values))[:, None]
    values[[7, 9, 11, 13, 15], brightness] = [-30, -50, -20, -25, -22]
    values[300, sharpness] = -40
    record, rows = described(values, labels, splits)
    assert record.n_outstanding["dark"] == 5
    dark = [item.path for item in record.outstanding if item.kind == "dark"]
    assert dark == ["9.png", "7.png", "13.png", "15.png"]
    blurred = [item for item in record.outstanding if item.kind == "blurred"]
    assert [(item.path, item.split) for item in blurred] == [("300.png", "validation")]
    assert [f"{row}.png" for row in rows] == [item.path for item in record.outstanding]


def test_where_most_pictures_are_of_one_shape_no_other_is_far():
    values, labels, splits = a_set()
    values[:, FEATURES.index("pixels")] = 100
    values[3, FEATURES.index("pixels")] = 1
    assert "tiny" not in described(values, labels, splits)[0].n_outstanding


def test_a_study_keeps_it_with_copies_and_an_older_one_stays_as_it_is(caltech, tmp_path):
    folder = StudyFolder(tmp_path / "study")
    prepare(caltech, folder, image_size=32, max_per_class=None, seed=0)
    record = read(folder.dataset, Dataset)
    assert [item.feature for item in record.looks.features] == list(FEATURES)
    for item in record.looks.outstanding:
        assert (folder.path / item.file).is_file()
    before = folder.dataset.read_bytes()
    prepare(caltech, folder, image_size=32, max_per_class=None, seed=0)
    assert folder.dataset.read_bytes() == before


def test_data_check_says_what_is_to_be_minded(caltech):
    check = check_folder(caltech)
    assert check.record.looks is not None
    assert any(line.startswith("looks  ") for line in report_lines(check))

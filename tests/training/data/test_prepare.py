import msgspec
import numpy as np
import pytest

from training.data import statistics
from training.data.contents import contents_of
from training.data.pixel_files import PixelCache
from training.data.prepare import prepare
from training.errors import DataError
from training.records import Dataset, StudyFolder, read


def prepared(folder, **changes):
    settings = {"study_folder": None, "image_size": 32, "max_per_class": None, "seed": 0}
    return prepare(folder, **{**settings, **changes})


def test_labels_and_splits_belong_to_the_rows(caltech):
    data = prepared(caltech)
    names = [data.record.classes[label] for label in data.labels]
    assert [path.partition("/")[0] for path in data.paths] == names
    assert data.pixels(32).shape == (15, 32, 32, 3)
    assert data.record.n_train + data.record.n_validation + data.record.n_test == 15
    assert data.record.test_images == [data.paths[row] for row in data.splits["test"]]


def test_channel_statistics_are_those_of_the_train_pixels(caltech):
    data = prepared(caltech)
    train = data.pixels(32)[data.splits["train"]].reshape(-1, 3) / 255
    assert data.record.mean == pytest.approx(train.mean(0), abs=1e-6)
    assert data.record.std == pytest.approx(train.std(0), abs=1e-6)
    assert data.channel_statistics(32) == (data.record.mean, data.record.std)


def test_sums_of_many_bright_pictures_do_not_overflow(tmp_path, monkeypatch):
    """All chunks at once would be 70,000 squares of 255² in one 32-bit sum."""
    monkeypatch.setattr(statistics, "CHUNK", 10**6)
    n_pictures = 70_000
    pixels = np.full((n_pictures, 1, 1, 3), 255, np.uint8)
    pixels[:700, :, :, 1] = 0
    cache = PixelCache(pixels, contents_of([]), tmp_path / "pixels.npy")
    mean, std = statistics.channel_statistics(cache, np.arange(n_pictures))
    assert mean == (1.0, 0.99, 1.0)
    assert std == pytest.approx((1 / 255, 0.099499, 1 / 255), abs=1e-6)  # √(0.99 · 0.01)


def test_counts_add_up(caltech):
    record = prepared(caltech).record
    assert record.counts.train == [3, 2]
    assert record.counts.validation == [3, 2]
    assert record.counts.test == [3, 2]
    assert record.n_ignored_files == 1
    assert record.n_dropped_images == 3


def test_a_second_size_has_its_own_pixels(caltech):
    data = prepared(caltech)
    assert data.pixels(24).shape == (15, 24, 24, 3)
    assert data.pixels(32).shape == (15, 32, 32, 3)


def test_a_limited_data_set_says_how_many_pictures_there_were(caltech):
    limited, whole = prepared(caltech, max_per_class=5).record, prepared(caltech).record
    used = [record.n_train + record.n_validation + record.n_test for record in (limited, whole)]
    assert used[0] < limited.n_found == whole.n_found == used[1]


def test_the_fingerprint_follows_pictures_and_splits_only(caltech):
    first = prepared(caltech).record.fingerprint
    assert prepared(caltech, image_size=24).record.fingerprint == first
    assert prepared(caltech, max_per_class=5).record.fingerprint != first
    lines = (caltech / "train.txt").read_text().split()
    (caltech / "train.txt").write_text("\n".join([lines[1], lines[0], *lines[2:]]))
    swapped = prepared(caltech).record.fingerprint
    assert swapped != first
    picture = caltech / "101_ObjectCategories" / "ant" / "image_0001.png"
    picture.write_bytes((picture.parent / "image_0002.png").read_bytes())
    assert prepared(caltech).record.fingerprint not in (first, swapped)


def test_moving_the_folder_keeps_the_fingerprint(caltech, tmp_path):
    first = prepared(caltech).record.fingerprint
    moved = caltech.rename(tmp_path / "elsewhere")
    assert prepared(moved).record.fingerprint == first


def test_a_broken_picture_is_left_out_and_listed(caltech):
    (caltech / "101_ObjectCategories" / "ant" / "image_0003.png").write_bytes(b"broken")
    data = prepared(caltech)
    assert data.record.n_unreadable_files == 1
    assert data.record.unreadable_files[0].startswith("ant/image_0003.png: ")
    assert data.record.n_test == 4
    assert "ant/image_0003.png" not in data.record.test_images


def test_too_many_broken_pictures_stop_the_work(caltech):
    for file in sorted((caltech / "101_ObjectCategories" / "ant").iterdir())[:6]:
        file.write_bytes(b"broken")
    with pytest.raises(DataError) as caught:
        prepared(caltech)
    assert "6 of 15 images" in caught.value.message
    assert "ant/image_0001.png" in caught.value.message


def test_a_class_that_breaks_away_is_named(caltech):
    for name in ("image_0003", "image_0006"):
        (caltech / "101_ObjectCategories" / "bass" / f"{name}.png").write_bytes(b"broken")
    with pytest.raises(DataError, match="1 class has no usable image in the test split: bass"):
        prepared(caltech)


def test_the_record_and_its_thumbnails_are_written_once(caltech, tmp_path):
    folder = StudyFolder(tmp_path / "runs" / "x")
    written = prepared(caltech, study_folder=folder).record
    assert read(folder.dataset, Dataset) == written
    groups = [item.group for item in written.thumbnails]
    assert [groups.count(g) for g in ("samples", "steps", "augmentation")] == [2, 4, 4]
    files = sorted(folder.thumbnails.iterdir())
    times = [file.stat().st_mtime_ns for file in (*files, folder.dataset)]
    again = prepared(caltech, study_folder=folder).record
    assert again == written
    assert [file.stat().st_mtime_ns for file in (*files, folder.dataset)] == times


def test_a_lost_thumbnail_is_made_again(caltech, tmp_path):
    folder = StudyFolder(tmp_path / "runs" / "x")
    file = prepared(caltech, study_folder=folder).record.thumbnails[0].file
    (folder.path / file).unlink()
    prepared(caltech, study_folder=folder)
    assert (folder.path / file).is_file()


def test_any_folder_of_classes_has_its_own_name_and_kind(tmp_path, make_classes):
    record = prepared(make_classes(tmp_path / "birds", {"owl": 6, "wren": 6})).record
    assert (record.name, record.kind, record.split_source) == ("birds", "folder", "stratified")


def test_the_same_folder_gives_the_same_record(caltech):
    first, second = prepared(caltech), prepared(caltech)
    assert msgspec.json.encode(first.record) == msgspec.json.encode(second.record)
    assert np.array_equal(first.pixels(32), second.pixels(32))

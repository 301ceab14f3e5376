"""A run's records take the place of older ones, whose pictures go with them."""

import pytest

from training.records import Curves, Example, Metrics, Predictions, StudyFolder
from training.run.write_records import write_run

NAMES = ("transfer/best", "scratch/best")


@pytest.fixture
def folder(tmp_path):
    return StudyFolder(tmp_path / "runs" / "quick")


def written(folder, experiment, *files):
    """Write a run whose predictions name some pictures, and those pictures."""
    for file in files:
        (folder.path / file).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / file).write_bytes(b"picture")
    metrics = Metrics(id=experiment, section=experiment.partition("/")[0], seed=0, status="done",
                      spec=None, spec_hash="", dataset_fingerprint="f", finished_at="")  # fmt: skip
    curves = Curves(id=experiment, seed=0, epoch=[], learning_rate=[], train_loss=[],
                    train_accuracy=[], validation_loss=[], validation_accuracy=[],
                    epoch_seconds=[])  # fmt: skip
    examples = [Example(i, file, 8, 8) for i, file in enumerate(files)]
    predictions = Predictions(id=experiment, seed=0, dataset_fingerprint="f", label=[],
                              predicted=[], probability=[], examples=examples)  # fmt: skip
    write_run(metrics, curves, predictions if files else None, folder)


def left(folder):
    return sorted(file.name for file in folder.thumbnails.rglob("*.jpg"))


def test_pictures_of_an_older_record_go_with_it(folder):
    written(folder, NAMES[0], "thumbnails/test/a.jpg", "thumbnails/test/b.jpg")
    written(folder, NAMES[0], "thumbnails/test/b.jpg", "thumbnails/test/c.jpg")
    assert left(folder) == ["b.jpg", "c.jpg"]


def test_a_picture_that_another_run_shows_stays(folder):
    written(folder, NAMES[0], "thumbnails/test/a.jpg", "thumbnails/test/b.jpg")
    written(folder, NAMES[1], "thumbnails/test/a.jpg")
    written(folder, NAMES[0])
    assert left(folder) == ["a.jpg"]


def test_nothing_goes_while_another_process_works(folder):
    written(folder, NAMES[0], "thumbnails/test/a.jpg")
    locks = folder.lock(f"{NAMES[1]}/seed-0").parent
    locks.mkdir(parents=True)
    folder.lock(f"{NAMES[0]}/seed-0").with_suffix(".holder").write_text("{}")
    other = folder.lock(f"{NAMES[1]}/seed-0").with_suffix(".holder")
    other.write_text("{}")
    written(folder, NAMES[0], "thumbnails/test/b.jpg")
    assert left(folder) == ["a.jpg", "b.jpg"]
    other.unlink()
    written(folder, NAMES[0], "thumbnails/test/c.jpg")
    assert left(folder) == ["a.jpg", "c.jpg"]


def test_a_record_that_names_a_file_elsewhere_removes_nothing(folder, tmp_path):
    secret = tmp_path / "secret.jpg"
    written(folder, NAMES[0], "thumbnails/../../../secret.jpg")
    assert secret.exists()
    written(folder, NAMES[0])
    assert secret.exists()


def test_a_damaged_older_record_does_not_stand_in_the_way(folder):
    written(folder, NAMES[0], "thumbnails/test/a.jpg")
    folder.predictions(NAMES[0], 0).write_text("{")
    written(folder, NAMES[0], "thumbnails/test/b.jpg")
    assert "b.jpg" in left(folder)


def test_scores_come_with_a_tested_run_and_go_with_the_next_that_is_not(folder):
    path = folder.scores(NAMES[0], 0)
    for content in (b"first", b"second", None):
        about = {"id": NAMES[0], "seed": 0}
        metrics = Metrics(**about, section="transfer", status="done", spec=None, spec_hash="",
                          dataset_fingerprint="f")  # fmt: skip
        curves = Curves(**about, epoch=[], learning_rate=[], train_loss=[], train_accuracy=[],
                        validation_loss=[], validation_accuracy=[], epoch_seconds=[])  # fmt: skip
        write_run(metrics, curves, None, folder, content)
        assert (path.read_bytes() if path.exists() else None) == content

"""The rule by which a member of a grid is chosen."""

from pathlib import Path

import msgspec
import pytest

from training.records import HeldOutScores, Metrics, Scores, StudyFolder, rank, read

EXAMPLE = StudyFolder(Path(__file__).parents[3] / "runs" / "example")


@pytest.fixture
def member():
    """Return a record of a grid's member, with other scores or another rate than its own."""
    record = read(EXAMPLE.metrics("transfer/grid-adam-1e-3", 0), Metrics)

    def changed(accuracy, loss=1.0, rate=0.001, **fields):
        spec = msgspec.structs.replace(record.spec, learning_rate=rate)
        scores = Scores(loss=loss, accuracy=accuracy)
        return msgspec.structs.replace(record, validation=scores, spec=spec, **fields)

    return changed


def test_the_higher_accuracy_goes_first_whatever_the_loss(member):
    assert rank([member(0.6, loss=9.0)]) < rank([member(0.5, loss=0.1)])


def test_equal_accuracies_go_by_the_lower_loss_and_no_finite_loss_goes_last(member):
    assert rank([member(0.5, loss=0.1, rate=0.1)]) < rank([member(0.5, loss=0.2)])
    assert rank([member(0.5, loss=9.0)]) < rank([member(0.5, loss=None)])


def test_equal_losses_go_by_the_smaller_rate(member):
    assert rank([member(0.5, rate=0.001)]) < rank([member(0.5, rate=0.01)])


def test_seeds_count_by_their_mean(member):
    steady = [member(0.6), member(0.6)]
    assert rank(steady) < rank([member(0.8), member(0.3)])
    assert rank([member(0.8), member(0.5)]) < rank(steady)


def test_the_test_set_has_no_part_in_it(member):
    perfect = HeldOutScores(loss=0.0, accuracy=1.0, n_correct=2, n_images=2)
    assert rank([member(0.5, test=perfect)]) == rank([member(0.5)])

"""The section on mistakes says what the predictions say."""

import msgspec
import numpy as np
import pytest
from fake_study import Fake, write_fake_study

from report.figures.confusion import confusion_order, confusion_shares
from report.findings import mistakes
from report.load import load_study
from report.sections import section_view
from training.records import confused_pairs


@pytest.fixture
def view(study):
    return load_study(study)


def said(sentences):
    return " ".join(str(sentence) for sentence in sentences)


def test_the_network_is_chosen_by_validation_not_by_test(study):
    for experiment, validation, right in (("beyond/vgg16", 0.99, 1), ("scratch/best", 0.2, 2)):
        path = study / experiment / "seed-0" / "metrics.json"
        record = msgspec.json.decode(path.read_bytes())
        record["validation"]["accuracy"] = validation
        record["test"] |= {"n_correct": right, "accuracy": right / record["test"]["n_images"]}
        path.write_bytes(msgspec.json.encode(record))
    assert mistakes.best_finalist(load_study(study)).id == "beyond/vgg16"


def test_predictions_of_other_pictures_are_not_looked_at(study):
    for path in study.glob("*/*/seed-0/predictions.json"):
        record = msgspec.json.decode(path.read_bytes())
        path.write_bytes(msgspec.json.encode(record | {"dataset_fingerprint": "other"}))
    view = load_study(study)
    assert mistakes.best_finalist(view) is None
    assert section_view("mistakes", view).figures["confusion"].kind == "gap"


def test_counts_are_those_of_the_predictions(view):
    run = mistakes.best_finalist(view)
    label = np.array(run.predictions.label)
    predicted = np.array(run.predictions.predicted)
    for true, guess in confused_pairs(run.predictions, 5):
        expected = int(((label == true) & (predicted == guess)).sum())
        assert mistakes.confusion(view, run, true, guess).value == expected
        assert mistakes.class_size(view, run, true).value == int((label == true).sum())
    shares = [(predicted[label == i] == i).mean() for i in mistakes.hardest_classes(run, 5)]
    assert shares == sorted(shares)
    assert shares[0] == min((predicted[label == i] == i).mean() for i in set(label.tolist()))


def test_certainty_separates_right_from_wrong(view):
    run = mistakes.best_finalist(view)
    record = run.predictions
    right = np.array(record.label) == np.array(record.predicted)
    means = [float(np.mean(np.array(record.probability)[mask])) for mask in (right, ~right)]
    numbers = [part.value for part in mistakes.certainty(run)[0].parts if part.kind == "number"]
    assert numbers[:2] == pytest.approx(means)


def test_a_network_without_mistakes_has_no_tables(study):
    for path in study.glob("*/*/seed-0/predictions.json"):
        record = msgspec.json.decode(path.read_bytes())
        path.write_bytes(msgspec.json.encode(record | {"predicted": record["label"]}))
    section = section_view("mistakes", load_study(study))
    assert section.tables == {}
    assert section.findings["certainty"] == ()


def test_rows_of_the_matrix_are_shares_of_the_class():
    shares = confusion_shares([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 3)
    assert shares.tolist() == [[0.5, 0.5, 0], [1 / 3, 2 / 3, 0], [0, 0, 0]]


def test_classes_that_are_confused_become_neighbours():
    shares = np.eye(6)
    for a, b in ((0, 5), (1, 3), (2, 4)):
        shares[a, a] = shares[b, b] = shares[a, b] = shares[b, a] = 0.5
    order = confusion_order(shares)
    assert sorted(order) == list(range(6))
    assert all(abs(order.index(a) - order.index(b)) == 1 for a, b in ((0, 5), (1, 3), (2, 4)))


@pytest.mark.parametrize("n_classes", [1, 2])
def test_few_classes_keep_their_order(n_classes):
    assert confusion_order(np.eye(n_classes)) == list(range(n_classes))


def test_many_classes_are_drawn_without_names(tmp_path):
    write_fake_study(tmp_path / "reference", Fake(preset="reference"))
    figure = section_view("mistakes", load_study(tmp_path / "reference")).figures["confusion"]
    assert figure.kind == "plot"
    assert "hardest class" in figure.alt

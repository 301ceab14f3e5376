"""The section on mistakes says what the predictions say."""

import base64

import msgspec
import numpy as np
import pytest
from fake_study import Fake, write_fake_study
from matplotlib.figure import Figure

from report.evidence.load import load_study
from report.evidence.sentences import plain_text
from report.figures.confusion import (
    confusion_order,
    confusion_shares,
    draw_confusion,
    outstanding,
)
from report.figures.style import style
from report.findings import mistakes
from report.sections import section_view
from training.records import confident_mistakes, confused_pairs


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
    numbers = [
        part.value for part in mistakes.certainty(view, run)[0].parts if part.kind == "number"
    ]
    assert numbers[:2] == pytest.approx(means)


def test_a_network_without_mistakes_has_no_tables(study):
    for path in study.glob("*/*/seed-0/predictions.json"):
        record = msgspec.json.decode(path.read_bytes())
        path.write_bytes(msgspec.json.encode(record | {"predicted": record["label"]}))
    section = section_view("mistakes", load_study(study))
    assert section.tables == {}
    assert section.findings["certainty"] == ()


def shown_in(view, name):
    figures = {**section_view("mistakes", view).figures, **section_view("details", view).figures}
    return figures[name]


def test_the_surest_mistakes_are_shown_with_their_numbers(view):
    run = mistakes.best_finalist(view)
    record, gallery = run.predictions, shown_in(view, "confident")
    wrong = [
        i for i, (t, p) in enumerate(zip(record.label, record.predicted, strict=True)) if t != p
    ]
    surest = sorted(wrong, key=lambda i: -record.probability[i])[: len(gallery.pictures)]
    assert 0 < len(gallery.pictures) <= 12
    for index, picture in zip(surest, gallery.pictures, strict=True):
        (number,) = [part for part in picture.note if part.kind == "number"]
        assert number.value == record.probability[index]
        assert number.source == f"{run.path}/predictions.json#/probability/{index}"
        true, guess = (view.dataset.classes[c[index]] for c in (record.label, record.predicted))
        assert plain_text(picture.note).startswith(f"{true} taken for {guess}, ")


def test_pairs_show_the_mistake_beside_what_it_was_taken_for(view, study):
    run = mistakes.best_finalist(view)
    gallery = shown_in(view, "pairs")
    files = {e.index: (study / e.file).read_bytes() for e in run.predictions.examples}
    for (true, guess), pair in zip(confused_pairs(run.predictions), gallery.pairs, strict=True):
        by_content = {content: index for index, content in files.items()}
        left, right = (
            by_content[base64.b64decode(p.source.partition(",")[2])]
            for p in (pair.left, pair.right)
        )
        assert (run.predictions.label[left], run.predictions.predicted[left]) == (true, guess)
        assert run.predictions.label[right] == guess
        count, size = [part.value for part in pair.note if part.kind == "number"]
        assert count == mistakes.confusion(view, run, true, guess).value
        assert size == run.predictions.label.count(true)


def test_older_records_without_pictures_say_so_once(study):
    for path in study.glob("*/*/seed-0/predictions.json"):
        record = msgspec.json.decode(path.read_bytes())
        del record["examples"], record["heat_maps"]
        path.write_bytes(msgspec.json.encode(record))
    figures = section_view("mistakes", load_study(study)).figures
    assert sorted(figures) == ["confusion", "pairs"]
    assert "hold no pictures" in str(figures["pairs"].reason)


def test_a_picture_that_is_gone_is_left_out_and_the_caption_says_so(study):
    run = mistakes.best_finalist(load_study(study))
    index = confident_mistakes(run.predictions)[0]
    file = next(e.file for e in run.predictions.examples if e.index == index)
    (study / file).unlink()
    gallery = shown_in(load_study(study), "confident")
    assert len(gallery.pictures) == len(confident_mistakes(run.predictions)) - 1
    assert "left out" in str(gallery.caption[-1].text)


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


def test_of_many_classes_those_that_stand_out_are_named(tmp_path):
    write_fake_study(tmp_path / "reference", Fake(preset="reference"))
    figure = section_view("mistakes", load_study(tmp_path / "reference")).figures["confusion"]
    assert figure.kind == "plot"
    assert "on the diagonal" in figure.alt
    assert "Named are only classes that stand out" in figure.caption[0].text


def test_names_keep_their_distance_and_the_largest_come_first():
    assert outstanding([0, 5, 9, 1, 0, 4], 2) == [2, 5]
    assert outstanding([0, 0], 1) == []
    assert len(outstanding([1] * 500, 3)) == 12


def test_few_classes_have_their_shares_printed():
    with style():
        ax = draw_confusion(np.array([[0.75, 0.25], [0, 1]]), ["a", "b"], Figure().subplots())
    assert [text.get_text() for text in ax.texts] == ["75", "25", "100"]

"""The first layer's filters, and the sentence on how far they moved."""

import msgspec
import pytest
from in_memory import a_run, a_spec, a_view

from report.evidence.load import load_study
from report.figures.filter_figures import filter_gallery
from report.figures.views import Gap
from report.findings.first_layer import first_layer_change, first_layers
from training.records import FirstLayer


@pytest.fixture
def change(study):
    """Edit the first layer's entry of a record; return the study read anew."""

    def edit(experiment_id, **values):
        path = study / experiment_id / "seed-0" / "metrics.json"
        record = msgspec.json.decode(path.read_bytes())
        record["first_layer"] = {**record["first_layer"], **values} if values else None
        path.write_bytes(msgspec.json.encode(record))
        return load_study(study)

    return edit


def test_both_starts_are_shown_before_and_after(finished_study):
    gallery = filter_gallery(load_study(finished_study))
    labels = [picture.label for picture in gallery.pictures]
    assert labels == ["random start", "trained from the random start", "pre-trained", "fine-tuned"]
    assert gallery.pixels
    caption = "".join(part.text for part in gallery.caption)
    assert "The 16 filters of the first layer, 11 × 11 pixels each" in caption
    assert "±0.087 (random start) and ±0.087 (pre-trained)" in caption


def test_of_many_filters_the_caption_says_how_many_are_shown(change):
    gallery = filter_gallery(change("scratch/best", n_filters=96))
    assert "The first 16 of 96 filters" in "".join(part.text for part in gallery.caption)


def test_a_network_without_pictures_is_left_out(change, study):
    view = change("scratch/best", pictures=None)
    assert [p.label for p in filter_gallery(view).pictures] == ["pre-trained", "fine-tuned"]
    (study / "thumbnails" / "filters" / "transfer-end.png").unlink()
    assert isinstance(filter_gallery(view), Gap)


def test_older_records_become_a_gap_without_a_sentence(change):
    change("scratch/best")
    view = change("transfer/best")
    assert isinstance(filter_gallery(view), Gap)
    assert first_layer_change(view) == []


def test_the_change_is_stated_for_each_start(change):
    change("scratch/best", relative_change=0.6)
    said = first_layer_change(change("transfer/best", relative_change=0.114))
    assert str(said[0]).endswith("from their random start by 60.0\u202f% of their length.")
    assert str(said[1]).startswith("Fine-tuning moved the pre-trained weights")
    assert str(said[1]).endswith("by 11.4\u202f% of their length.")
    (number,) = [part for part in said[1].parts if part.kind == "number"]
    assert number.source == "transfer/best/seed-0/metrics.json#/first_layer/relative_change"


def test_a_change_that_has_no_size_is_not_stated(change):
    change("scratch/best", relative_change=None)
    said = first_layer_change(change("transfer/best", relative_change=0.5))
    assert len(said) == 2


LAYER = FirstLayer("features.0", 16, (11, 11), 0.25)


@pytest.mark.parametrize(
    ("weights", "words"),
    [("none", "from their random start"), ("imagenet", "moved the pre-trained"),
     ("sample", "moved the pre-trained"), ("file:a.pth", "moved the pre-trained")],
)  # fmt: skip
def test_the_start_is_told_by_the_weights(weights, words):
    run = a_run("scratch/best", spec=a_spec(weights=weights), first_layer=LAYER)
    said = first_layer_change(a_view(run))
    assert words in str(said[0])
    assert str(said[0]).endswith("by 25.0\u202f% of their length.")
    assert len(said) == 2


def test_only_the_best_of_each_grid_that_has_such_a_layer_is_told_of():
    runs = [a_run("transfer/best"), a_run("scratch/baseline", first_layer=LAYER)]
    assert first_layers(a_view(*runs)) == first_layer_change(a_view(*runs)) == []
    best = a_run("scratch/best", first_layer=LAYER, spec=None)
    assert first_layers(a_view(best, *runs)) == [best]
    assert "random start" in str(first_layer_change(a_view(best, *runs))[0])


@pytest.mark.parametrize(("freeze", "told"), [("features", False), ("none", True)])
def test_of_a_frozen_layer_no_change_is_told(freeze, told):
    layer = FirstLayer("features.0", 16, (11, 11), relative_change=0.0)
    run = a_run("scratch/best", spec=a_spec(freeze=freeze), first_layer=layer)
    assert bool(first_layer_change(a_view(run))) == told

"""What is said of the maps and the features of the chosen network, and when nothing is."""

import msgspec
import pytest
from fake_study import Fake, write_fake_study
from in_memory import said
from matplotlib.figure import Figure

from report.evidence.load import load_study
from report.evidence.neighbours import class_purity, purity, purity_by_chance
from report.evidence.sentences import plain_text
from report.figures.feature_figures import (
    _without_what_all_share,
    draw_features,
    feature_plot,
)
from report.findings.features import neighbours
from report.findings.maps import about_maps, depend_on_weights
from report.findings.mistakes import best_finalist
from report.sections import section_view
from training.records import HeatMap, HeatMaps, maps_wanted


@pytest.fixture
def view(study):
    return load_study(study)


def with_maps(view, maps):
    """Give the chosen run other maps."""
    run = best_finalist(view)
    run.__dict__["predictions"] = msgspec.structs.replace(run.predictions, heat_maps=maps)
    return run


def correlated(view, *values):
    maps = best_finalist(view).predictions.heat_maps.maps
    kept = [msgspec.structs.replace(m, randomised=v) for m, v in zip(maps, values, strict=False)]
    return with_maps(view, HeatMaps("features.11", 5, kept))


def test_maps_of_which_random_weights_leave_nothing_see_the_weights(view):
    run = correlated(view, 0.1, -0.2, None, 0.4)
    assert depend_on_weights(run)
    text = said(about_maps(run))
    assert "the 3 maps kept" in text
    assert "correlation of 0.10, below one half: they depend on" in text


def test_maps_that_random_weights_leave_as_they_are_arent_shown(view):
    run = correlated(view, 0.9, 0.2, 0.5)
    assert not depend_on_weights(run)
    assert "of 0.53, not below one half: they hardly depend" in said(about_maps(run))
    assert "maps" not in section_view("mistakes", view).figures


def test_maps_that_are_the_same_everywhere_say_nothing(view):
    run = correlated(view, None, None)
    assert about_maps(run) == []
    assert "maps" not in section_view("mistakes", view).figures


def test_the_reason_for_no_maps_is_quoted(view):
    run = with_maps(view, HeatMaps(reason="no layer of this network keeps maps"))
    (sentence,) = about_maps(run)
    assert "isn’t shown: no layer of this network keeps maps." in said([sentence])
    assert any(part.kind == "quote" for part in sentence.parts)


def test_maps_are_of_the_surest_mistakes_and_as_many_right_answers(view):
    run = best_finalist(view)
    wanted = maps_wanted(run.predictions)
    right = [run.predictions.label[i] == run.predictions.predicted[i] for i in wanted]
    assert right == sorted(right)
    assert 0 < sum(right) <= len(right) - sum(right) <= 4
    gallery = section_view("mistakes", view).figures["maps"]
    assert len(gallery.pictures) == len(wanted)
    notes = [plain_text(picture.note) for picture in gallery.pictures]
    assert [note.endswith(", right") for note in notes] == right


def test_maps_whose_files_are_gone_are_left_out(study):
    for file in (study / "thumbnails" / "maps").glob("*"):
        file.unlink()
    assert "maps" not in section_view("mistakes", load_study(study)).figures


def test_purity_is_the_share_of_neighbours_of_the_class():
    label, classes = [0, 0, 1, 1, 1], ["ant", "bee"]
    assert purity("53000", 5) == pytest.approx(8 / 25)
    assert class_purity("53000", 5, label, classes, "ant") == pytest.approx(8 / 10)
    assert purity_by_chance(label, 5) == pytest.approx((2 * 1 + 3 * 2) / 20)
    assert purity_by_chance([0, 0, 0, 0, 1, 1], 3) == pytest.approx(2 / 6)  # pictures 0, 2 and 4


def test_neighbours_are_told_with_what_they_were_before_and_by_chance(view):
    run = view.run("transfer/best")
    found = run.predictions.feature_map
    after, before = (sum(map(int, s.same_class)) / 5 / found.n_images
                     for s in (found.end, found.start))  # fmt: skip
    text = said(neighbours(run))
    assert f"head is given, {100 * after:.1f} % of a test picture’s 5 nearest" in text
    assert f"before fine-tuning, it was {100 * before:.1f} %; by chance" in text


def test_without_pretrained_weights_nothing_is_said_of_before(view):
    run = view.run("scratch/best")
    assert run.predictions.feature_map.start is None
    assert "before" not in said(neighbours(run))
    assert len(feature_plot(view, run).drawing.arguments[0]) == 1


def test_names_of_few_classes_are_drawn_and_of_many_arent(view, tmp_path):
    run = view.run("transfer/best")
    assert len(feature_plot(view, run).drawing.arguments[3]) == len(view.dataset.classes)
    write_fake_study(tmp_path / "real", Fake(preset="reference", only=("transfer",)))
    real = load_study(tmp_path / "real")
    assert feature_plot(real, real.run("transfer/best")).drawing.arguments[3] == []


def test_words_that_all_classes_begin_with_are_left_out_of_the_figure():
    assert _without_what_all_share(["letter_a", "letter_b"]) == ["a", "b"]
    assert _without_what_all_share(["sea horse", "sea"]) == ["sea horse", "sea"]
    assert _without_what_all_share(["ant", "bee"]) == ["ant", "bee"]
    assert _without_what_all_share(["ant"]) == ["ant"]


def test_older_records_are_told_without(tmp_path):
    write_fake_study(tmp_path / "quick", Fake(inspected=False))
    view = load_study(tmp_path / "quick")
    section = section_view("details", view)
    assert section.findings["maps"] == section.findings["neighbours"] == ()
    assert "features" not in section.figures
    assert "maps" not in section_view("mistakes", view).figures


def test_a_map_of_a_picture_that_isnt_there_is_refused(view):
    run = with_maps(view, HeatMaps("x", 5, [HeatMap(10**6, "thumbnails/maps/a.jpg", 9, 9, 0.1)]))
    assert about_maps(run) == []


def test_a_report_without_the_section_on_mistakes_says_nothing_of_them(short_study):
    section = section_view("details", load_study(short_study))
    assert section.findings["maps"] == section.findings["neighbours"] == ()
    assert "features" not in section.figures


def caption_of(view, run):
    return plain_text(feature_plot(view, run).caption)


def test_the_caption_says_how_features_are_laid_out(view):
    run = view.run("transfer/best")
    assert "(principal components). Crosses" in caption_of(view, run)
    assert "t-SNE" not in caption_of(view, run)
    found = msgspec.structs.replace(run.predictions.feature_map, layout="t-sne")
    run.__dict__["predictions"] = msgspec.structs.replace(run.predictions, feature_map=found)
    text = caption_of(view, run)
    assert "laid out by t-SNE" in text
    assert "distances between groups, and how large groups are, mean little. Crosses" in text
    assert "principal components" not in text
    figure = Figure()
    draw_features(figure, *feature_plot(view, run).drawing.arguments)
    assert [ax.get_xlabel() for ax in figure.axes] == ["", ""]


def test_the_caption_says_how_maps_were_made(view):
    text = plain_text(section_view("mistakes", view).figures["maps"].caption)
    assert text.startswith("Where it looks (Grad-CAM): bright places speak for")
    maps = best_finalist(view).predictions.heat_maps
    with_maps(view, msgspec.structs.replace(maps, method="attention", layer=None))
    text = plain_text(section_view("mistakes", view).figures["maps"].caption)
    assert text.startswith("Where it looks (attention rollout weighted by gradients): bright")

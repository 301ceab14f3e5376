"""The report of a study whose network isn't AlexNet speaks of that network."""

import re

import pytest
from fake_study import Fake, write_fake_study
from rendering import run_render

from report.audit.records import audit_records
from report.evidence.load import load_study

SLUGS = ("introduction", "preprocessing", "scratch", "heatmaps", "transfer", "freezing",
         "augmentation", "mistakes", "conclusion", "appendix")  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network") / "runs" / "mobile"
    overrides = {"backbone": "torchvision:mobilenet_v3_small"}
    write_fake_study(folder, Fake(preset="reference", overrides=overrides, thumbnails=False))
    return folder


@pytest.fixture(scope="module")
def rendered(study, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tmp_path_factory.mktemp("cache")))
        blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
        patch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
        patch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
        result = run_render(study, tmp_path_factory.mktemp("out"), "--study", "mobile",
                            "--format", "html")  # fmt: skip
        assert result.exit_code == 0, result.printed
        return result


def text(html):
    html = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


def test_alexnet_is_not_spoken_of(rendered):
    for slug in SLUGS:
        assert "AlexNet" not in text(rendered.section(slug)), slug


def test_the_network_is_named_in_titles_and_text(rendered):
    assert "Beyond mobilenet v3 small" in text(rendered.section("beyond"))
    assert "The network at the centre is mobilenet v3 small" in text(
        rendered.section("introduction")
    )
    contents = re.search(r"<nav class=\"contents\".*?</nav>", rendered.html, re.DOTALL)[0]
    assert "Beyond mobilenet v3 small" in text(contents)


def test_the_freeze_strategies_are_those_of_head_and_backbone(rendered):
    said = text(rendered.section("freezing"))
    assert "Frozen backbone" in said
    assert "the new head keeps its random start" in text(rendered.section("details"))
    assert "onvolutions" not in said
    assert "reference report" not in said


def test_records_agree_with_themselves_and_a_wrong_count_is_named(study):
    view = load_study(study)
    assert audit_records(view) == []


def test_a_backbone_of_two_parts_keeps_the_homeworks_strategies(tmp_path):
    folder = tmp_path / "runs" / "vgg"
    written = write_fake_study(folder, Fake(overrides={"backbone": "vgg16"}, thumbnails=False))
    ids = [e.id for e in written.experiments if e.section == "freezing"]
    assert ids == ["freezing/cnn", "freezing/fc", "freezing/fc-head-free"]
    assert {e.model for e in written.experiments if e.section != "beyond"} == {"vgg16"}

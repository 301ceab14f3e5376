"""`homework compare`: two studies on one page, tested picture by picture where that is fair."""

import json
import re

import pytest
from click.testing import CliRunner
from fake_study import Fake, write_fake_study

from report.evidence.statistics import mcnemar_exact, newcombe_interval
from training.cli import cli


@pytest.fixture
def studies(tmp_path):
    """Return two studies of the same pictures, the second with another seed."""
    folders = tmp_path / "runs" / "first", tmp_path / "runs" / "second"
    for seed, folder in enumerate(folders):
        write_fake_study(folder, Fake(overrides={"seed": seed}, thumbnails=False))
    return folders


def compare(studies, output, *options):
    return CliRunner().invoke(
        cli, ["compare", *map(str, studies), "--output", str(output), *options]
    )


def compared(studies, output):
    result = compare(studies, output)
    assert result.exit_code == 0, result.exception
    return (output / "comparison.html").read_text()


def rows(html, slug):
    table = re.search(rf'id="table-{slug}".*?</figure>', html, re.DOTALL)[0]
    found = []
    for line in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
        found.append([" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in cells])
    return found


def text_of(html):
    return " ".join(re.sub(r"<[^>]*>", "", html.partition("<main")[2]).split())


def record(study, experiment, name, seed):
    return json.loads((study / experiment / f"seed-{seed}" / name).read_text())


def test_p_values_are_mcnemars_on_the_same_pictures(studies, tmp_path):
    html = compared(studies, tmp_path)
    line = next(r for r in rows(html, "compared-accuracies") if r[0] == "ResNet18")
    a, b = (record(s, "beyond/resnet18", "predictions.json", i) for i, s in enumerate(studies))
    right = [[p == t for p, t in zip(x["predicted"], x["label"], strict=True)] for x in (a, b)]
    only = [sum(p and not q for p, q in zip(*pair, strict=True)) for pair in (right, right[::-1])]
    p = mcnemar_exact(*only)
    assert float(line[6].lstrip("<")) == pytest.approx(p, abs=0.005)
    gain = (sum(right[0]) - sum(right[1])) / len(right[0])
    assert float(line[5].replace("\u2212", "-").replace("+", "")) == pytest.approx(
        100 * gain, abs=0.051
    )
    assert ("better" in line[7]) == (p < 0.05)


def test_other_pictures_are_compared_as_two_samples(studies, tmp_path):
    for file in studies[1].glob("*/*/seed-1/*.json"):
        file.write_text(file.read_text().replace("fake0123456789ab", "other123456789ab"))
    file = studies[1] / "dataset.json"
    file.write_text(file.read_text().replace("fake0123456789ab", "other123456789ab"))
    html = compared(studies, tmp_path)
    assert "They didn’t see the same pictures" in html
    for line in rows(html, "compared-accuracies"):
        assert line[6] == "–"
        assert line[7].endswith("on other pictures")
    a, b = (record(s, "scratch/best", "metrics.json", i)["test"] for i, s in enumerate(studies))
    low, high = newcombe_interval(a["n_correct"], a["n_images"], b["n_correct"], b["n_images"])
    line = next(r for r in rows(html, "compared-accuracies") if r[0] == "AlexNet from scratch")
    assert ("none" in line[7]) == (low <= 0 <= high)


def test_a_study_held_against_a_copy_of_itself_shows_no_difference(studies, tmp_path):
    write_fake_study(tmp_path / "runs" / "copy", Fake(thumbnails=False))
    html = compared((studies[0], tmp_path / "runs" / "copy"), tmp_path)
    verdicts = {line[7] for line in rows(html, "compared-accuracies")}
    assert verdicts == {"identical answers"}
    assert "had the same settings in both, seeds too" in html
    assert "no difference can be measured" not in text_of(html)
    assert (
        "Their answers are identical, to every test picture and with the same probabilities, in "
        "all 9 experiments that both have tested."
    ) in text_of(html)


@pytest.mark.parametrize("field", ["predicted", "probability"])
def test_answers_that_differ_in_one_are_not_called_identical(studies, tmp_path, field):
    copy = tmp_path / "runs" / "copy"
    write_fake_study(copy, Fake(thumbnails=False))
    file = copy / "beyond" / "vgg16" / "seed-0" / "predictions.json"
    answers = json.loads(file.read_text())
    answers[field][0] = 0.5 if field == "probability" else (answers[field][0] + 1) % 3
    file.write_text(json.dumps(answers))
    html = compared((studies[0], copy), tmp_path)
    verdicts = {line[0]: line[7] for line in rows(html, "compared-accuracies")}
    assert verdicts.pop("VGG16") == "none measurable"
    assert set(verdicts.values()) == {"identical answers"}
    assert "in 8 of 9 experiments that both have tested, AlexNet from scratch" in text_of(html)
    assert "In 1 of 9 experiments that both have tested, no difference" in text_of(html)


def test_accuracies_on_different_data_sets_are_not_compared(studies, tmp_path):
    file = studies[1] / "dataset.json"
    record = json.loads(file.read_text())
    record["classes"][0] = "zebra"
    file.write_text(json.dumps(record | {"fingerprint": "other", "name": "zoo"}))
    html = compared(studies, tmp_path)
    text = text_of(html)
    assert "They are of different data sets, A of 12 classes (embedded sample) and B of 12" in text
    assert "so no accuracies are compared" in text
    assert "measurably" not in text
    for line in rows(html, "compared-accuracies"):
        assert line[5:] == ["–", "–", "not compared"]
    check = compare(studies, tmp_path, "--check")
    assert check.exit_code == 0, check.output


def test_settings_that_differ_are_listed_and_no_others(studies, tmp_path):
    listed = rows(compared(studies, tmp_path), "compared-settings")
    assert listed == [["all that both have run", "Seed", "0", "1"]]


def test_a_setting_that_differs_alike_is_listed_once(studies, tmp_path):
    changed = "scratch/baseline", "beyond/vgg16"
    for name in changed:
        file = studies[1] / name / "seed-1" / "metrics.json"
        file.write_text(file.read_text().replace('"gamma": 0.1', '"gamma": 0.5'))
    listed = rows(compared(studies, tmp_path), "compared-settings")
    assert [line[0] for line in listed if line[1] != "Seed"] == [" and ".join(changed)]


def test_an_experiment_of_one_side_is_told(studies, tmp_path):
    only = tmp_path / "runs" / "part"
    write_fake_study(only, Fake(only=("scratch",), thumbnails=False))
    lines = {r[0]: r for r in rows(compared((studies[0], only), tmp_path), "compared-accuracies")}
    assert lines["VGG16"][7] == "one side only"
    assert lines["VGG16"][3] == "–"
    assert lines["AlexNet from scratch by the first recipe"][7] != "one side only"


def test_every_number_can_be_recomputed_and_a_changed_one_is_named(studies, tmp_path):
    html = compared(studies, tmp_path)
    result = compare(studies, tmp_path, "--check")
    assert result.exit_code == 0, result.output
    assert f"{html.count('<data ')} numbers, " in result.output
    value = re.search(r'<data value="(0\.\d+)" data-source="B/', html)[1]
    (tmp_path / "comparison.html").write_text(html.replace(f'"{value}"', '"0.12345"', 1))
    result = compare(studies, tmp_path, "--check")
    assert result.exit_code == 1
    assert "the report has 0.12345" in result.output
    problems = json.loads(compare(studies, tmp_path, "--check", "--json").output)["problems"]
    assert "the report has 0.12345" in problems[0]["problem"]


def test_a_record_changed_since_is_named_with_its_side(studies, tmp_path):
    compared(studies, tmp_path)
    file = studies[1] / "beyond" / "vgg16" / "seed-1" / "curves.json"
    file.write_text(file.read_text().rstrip() + " ")
    result = compare(studies, tmp_path, "--check")
    assert "B/beyond/vgg16/seed-1/curves.json: the record has changed" in result.output


def test_studies_are_found_by_name_and_one_is_not_held_against_itself(studies, tmp_path):
    runs = ["--runs", str(tmp_path / "runs")]
    assert compare(("first", "second"), tmp_path, *runs).exit_code == 0
    assert "are the same study" in str(compare(("first", "first"), tmp_path, *runs).exception)
    assert "third" in str(compare(("first", "third"), tmp_path, *runs).exception)


def test_a_pdf_holds_the_same(studies, tmp_path):
    from pypdf import PdfReader

    result = compare(studies, tmp_path, "--format", "pdf")
    assert result.output.strip() == str(tmp_path / "comparison.pdf")
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "comparison.pdf").pages)
    assert "Two studies side by side" in text


def test_a_word_changed_in_a_comparison_is_named(studies, tmp_path):
    html = compared(studies, tmp_path)
    changed = html.replace("Two studies", "Three studies", 1)
    assert changed != html
    (tmp_path / "comparison.html").write_text(changed)
    result = compare(studies, tmp_path, "--check")
    assert result.exit_code == 1
    assert "“Three studies side by side”: the records give the " in result.output

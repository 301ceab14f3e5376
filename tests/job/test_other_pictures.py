"""`test_on`: tested networks on pictures of further data sets, from the study file to a report."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

STUDY = """
name = "further"
preset = "quick"
data = "photos"

[pictures.sketches]
data = "sketches"

[settings]
weights = "sample"

[sections.rates]
kind = "grid"

[grids."rates/grid"]
optimizer = "adam"
learning_rate = [1e-3, 1e-4]

[sections.held]
question = "Does it know sketches?"

[experiments."held/plain"]
from = "best of rates/grid"
test = true
test_on = ["sketches"]
"""

SMALL = ("--image-size", "64", "--width", "0.1", "--epochs", "2")
COLOURS = {"bee": (200, 160, 20), "cat": (30, 90, 40), "dog": (90, 30, 160), "elk": (200, 200, 200)}


def draw(folder, classes, n, first=0, grey=False):
    for k, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            rng = np.random.default_rng([first + i, k])
            spread = rng.integers(-60, 60, (24, 24, 1)) + rng.integers(-20, 20, 3)
            pixels = np.clip(np.array(COLOURS[name]) + spread, 0, 255).astype(np.uint8)
            picture = Image.fromarray(pixels).resize((72, 72), Image.Resampling.NEAREST)
            (picture.convert("L") if grey else picture).save(folder / name / f"{first + i:03d}.png")


@pytest.fixture
def photos(tmp_path):
    """Return a folder with `photos` of three classes, and `sketches` of two of them and another."""
    draw(tmp_path / "photos", ["bee", "cat", "dog"], 15)
    draw(tmp_path / "sketches", ["cat", "dog", "elk"], 9, first=500, grey=True)
    return tmp_path


@pytest.fixture
def run(homework, photos):
    def call(command, *arguments, study=STUDY):
        (photos / "study.toml").write_text(study)
        return homework(command, *arguments, "-f", "study.toml", *SMALL, tiny=False)

    return call


def record(name, file="metrics"):
    return Path(f"runs/further/{name}/seed-0/{file}.json")


def load(file):
    return json.loads(file.read_text())


def twins(photos, n=1):
    """Copy pictures that the study trains on among the sketches, under other names."""
    from training.data.prepare import prepare

    own = prepare(photos / "photos", None, 64, None, 0)
    rows = [row for row in own.splits["train"] if not own.paths[row].startswith("bee")][:n]
    for i, row in enumerate(rows):
        name = own.paths[row].partition("/")[0]
        shutil.copy(photos / "photos" / own.paths[row], photos / "sketches" / name / f"z{i}.png")
    return [own.paths[row] for row in rows]


def test_from_the_file_to_the_report_and_back(run, homework, photos):
    (trained_on,) = twins(photos)
    done = run("run-all")
    assert done.error is None, done.output
    said = " ".join(done.output.split())
    assert "sketches: 2 of the study’s 3 classes in common." in said
    assert "sketches lacks bee" in said
    assert "the study doesn’t know them: elk" in said
    assert f"identical to {trained_on} in train" in said
    (other,) = load(Path("runs/further/dataset.json"))["other_pictures"]
    assert (other["classes"], len(other["images"]), other["n_trained_on"]) == ([1, 2], 18, 1)
    assert other["unknown"] == [{"name": "elk", "n_images": 9}]
    assert not any("z0" in path or "elk" in path for path in other["images"])
    (test,) = load(record("held/plain"))["other_tests"]
    assert (test["n_images"], test["fingerprint"]) == (18, other["fingerprint"])
    assert "other_tests" not in load(record("rates/grid-1e-3"))
    status = run("status").output
    assert f"sketches {test['accuracy']:.1%}" in status

    (answers,) = load(record("held/plain", "predictions"))["others"]
    shown = homework("predict", "further/held/plain", "sketches/cat", "sketches/dog", "--json")
    by_path = {g["picture"]: g for g in map(json.loads, shown.output.splitlines())}
    classes = ["bee", "cat", "dog"]
    for path, label, predicted in zip(
        other["images"], answers["label"], answers["predicted"], strict=True
    ):
        assert classes[label] == path.partition("/")[0]
        assert by_path[f"sketches/{path}"]["classes"][0]["class"] == classes[predicted]

    assert homework("render", "--study", "further", "--format", "html", tiny=False).error is None
    page = Path("runs/further/report.html").read_text()
    for words in ("On other pictures", "own test pictures of the classes in common", "sketches"):
        assert words in page, words
    assert homework("verify", "runs/further/report.html", tiny=False).result.exit_code == 0
    assert "3 done" in homework("plan", "--study", "further", tiny=False).output
    elsewhere = STUDY.replace('data = "sketches"', 'data = "photos"')
    assert "further has other settings: pictures.sketches, data" in (
        run("plan", "--study", "further", study=elsewhere).message
    )
    what_is_forged_is_found(homework, page)


def forged(homework):
    verified = homework("verify", "runs/further/report.html", tiny=False)
    assert verified.result.exit_code == 1, verified.output
    return verified.output


def what_is_forged_is_found(homework, page):
    report, metrics = Path("runs/further/report.html"), record("held/plain")
    predictions = record("held/plain", "predictions")
    scores, answers = metrics.read_bytes(), load(predictions)
    (test,) = load(metrics)["other_tests"]

    value = f'value="{test["n_correct"] / test["n_images"]!r}"'
    assert value in page
    report.write_text(page.replace(value, 'value="0.987"', 1))
    assert "0.987" in forged(homework)
    report.write_text(page.replace("Nothing was trained, stopped or chosen by them", "All was", 1))
    assert "All was" in forged(homework)
    report.write_text(page)

    changed = json.loads(scores)
    changed["other_tests"][0]["n_correct"] += 1
    metrics.write_text(json.dumps(changed))
    assert "answers are correct" in forged(homework)
    metrics.write_bytes(scores)
    answers["others"][0]["predicted"] = answers["others"][0]["label"]
    predictions.write_text(json.dumps(answers))
    assert "18 of 18 answers are correct" in forged(homework)


def test_where_the_pictures_change_they_are_tested_again_and_nothing_is_trained(run, homework):
    without = STUDY.replace('test_on = ["sketches"]', "")
    without = without.replace('[pictures.sketches]\ndata = "sketches"', "")
    assert run("run-all", study=without).error is None
    assert "pictures" not in load(Path("runs/further/study.json"))
    assert "other_pictures" not in load(Path("runs/further/dataset.json"))
    trained = record("rates/grid-1e-3").read_bytes(), load(record("held/plain"))
    assert "held/plain: not tested on sketches yet" in run("plan").output
    assert run("run-all", "--jobs", "2").error is None
    again = load(record("held/plain"))
    assert record("rates/grid-1e-3").read_bytes() == trained[0]
    assert again["spec_hash"] == trained[1]["spec_hash"]
    assert again["finished_at"] == trained[1]["finished_at"]
    first = again["other_tests"][0]

    draw(Path("sketches"), ["cat"], 1, first=900)
    assert homework("run", "rates", "-f", "study.toml", *SMALL, tiny=False).error is None
    assert homework("render", "--study", "further", "--format", "html", tiny=False).error is None
    page = Path("runs/further/report.html").read_text()
    assert "Stale: " in page
    assert "on other pictures than those described here" in page
    assert "held/plain: the pictures of sketches have changed" in run("plan").output
    assert run("run-all").error is None
    second = load(record("held/plain"))["other_tests"][0]
    assert (first["n_images"], second["n_images"]) == (18, 19)
    assert first["fingerprint"] != second["fingerprint"]
    assert "4 done" not in run("plan").output
    assert "3 done" in run("plan").output


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [('test_on = ["sketches"]', 'test_on = ["sketch"]',
      'study.toml, line 25, [experiments."held/plain"], test_on: “sketch”'),
     ('test_on = ["sketches"]', 'test_on = ["sketch"]', "Did you mean “sketches”?"),
     ('test_on = ["sketches"]', 'test_on = ["sketches", "sketches"]', "'sketches' twice"),
     ('[pictures.sketches]\ndata = "sketches"', "", "describes no further pictures"),
     ("[pictures.sketches]\ndata", "[pictures.sketches]\ndate",
      "line 7, [pictures.sketches]: “date"),
     ('[pictures.sketches]\ndata = "sketches"', "[pictures.sketches]", "where its pictures are"),
     ("[pictures.sketches]", "[pictures.'My Sketches']", "“My Sketches” can’t name pictures"),
     ("test = true\n", "", "held/plain: test_on names further pictures, but it isn't tested"),
     ('data = "sketches"', 'data = "nowhere"', "data of [pictures.sketches] names")],
)  # fmt: skip
def test_slips_are_named(was, now, said, run):
    assert was in STUDY
    assert said in run("plan", study=STUDY.replace(was, now, 1)).message


def test_before_anything_runs_it_is_said_what_both_have(run, photos):
    planned = run("plan").output
    assert "sketches: 2 of the study’s 3 classes in common." in planned
    assert "lacks bee" in planned
    shutil.rmtree(photos / "sketches")
    draw(photos / "sketches", ["elk"], 2)
    (photos / "sketches" / "elk").rename(photos / "sketches" / "Cat")
    draw(photos / "sketches", ["elk"], 2)
    for command in ("plan", "run-all"):
        found = run(command).message
        assert "“sketches” and the study’s have no class in common" in found
        assert "there Cat, elk, here bee, cat, dog" in found
    assert not Path("runs/further/held").exists()


def test_with_duplicates_refused_pictures_that_are_trained_on_end_it(run, photos):
    (trained_on,) = twins(photos)
    strict = STUDY.replace("[settings]", '[settings]\nduplicates = "refuse"')
    found = run("run-all", study=strict).message
    assert "1 image of “sketches”, such as" in found
    assert trained_on in found

"""Folders that people really have, through the command line: what is used, said and recorded."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from training.cli import cli
from training.records import Dataset, StudyFolder, read

RUNS = Path("runs")
RUN = (
    "run", "scratch/baseline", "--preset", "quick", "--epochs", "1", "--image-size", "64",
    "--width", "0.125", "--batch-size", "16", "--device", "cpu",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HOMEWORK_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def homework(*arguments):
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*arguments):
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code == 1
    return f"{result.output} {result.exception}"


def draw(folder, n=9, suffix="png", kind=None):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        seed = sum(str(folder.name).encode("utf-8", "surrogateescape"))
        colour = ((seed * 37 + i) % 256, 20 * i % 256, (seed + 31 * i) % 256)
        Image.new("RGB", (70, 66), colour).save(folder / f"{i}.{suffix}", kind)
    return folder


def dataset():
    (study,) = RUNS.iterdir()
    return read(StudyFolder(study).dataset, Dataset)


def report_text():
    text = (RUNS / "quick" / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<(script|style|svg)[\s\S]*?</\1>", " ", text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_what_is_left_out_is_said_recorded_and_reported_for_its_reason(tmp_path):
    for split in ("train", "test"):
        for name in ("ant", "bee", "emu"):
            draw(tmp_path / "d" / split / name)
    draw(tmp_path / "d" / "predictions", 4)
    draw(tmp_path / "d" / "test", 2)
    (tmp_path / "d" / "train" / "fly").mkdir()
    (tmp_path / "d" / "train" / "ant" / "notes.txt").write_text("x")
    (tmp_path / "d" / "train" / "ant" / "9.png").write_text("x")
    result = homework(*RUN, "--data", "d", "--leave-out", "emu", "--render", "html")
    said = next(line for line in result.output.splitlines() if line.startswith("Left out"))
    for part in (
        "emu (left out as requested, 18 images)",
        "train/fly (no image in it)",
        "predictions (outside the splits, 4 images)",
        "test/* (outside the classes’ folders, 2 images)",
        "1 image that can’t be read",
        "1 file that isn’t an image",
    ):
        assert part in result.output.replace("\n", " "), part
    assert said
    record = dataset()
    assert {item.name: item.reason for item in record.left_out} == {
        "emu": "asked", "train/fly": "no pictures", "predictions": "no split", "test/*": "no class",
    }  # fmt: skip
    text = report_text()
    assert "because the study’s settings say so: emu , 18 pictures" in text
    assert "no picture is in it: train/fly" in text
    assert homework("verify").exit_code == 0


def test_a_run_says_beforehand_what_it_stores_and_where(tmp_path):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b")
    output = homework(*RUN, "--data", "d").output.replace("\n", "")
    assert "Decoding 18 images to 64 × 64 pixels: 221 kB will be cached in" in output
    assert "Decoding" not in homework(*RUN, "--data", "d", "--force").output


def test_data_check_writes_nothing(tmp_path):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b")
    assert homework("data", "check", "d").exit_code == 0
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["sample", "caltech101", "torchvision:MNIST"])
def test_data_check_looks_at_a_folder_that_is_there(tmp_path, name):
    draw(tmp_path / name / "a")
    draw(tmp_path / name / "b")
    assert f"recognised    {name} (folder)" in homework("data", "check", name).output


@pytest.mark.parametrize(("image_size", "asked"), [(224, ()), (80, ("--image-size", "80"))])
def test_data_check_agrees_with_the_run(tmp_path, image_size, asked):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b", suffix="jfif", kind="JPEG")
    plain = json.loads(homework("data", "check", "d", "--json", *asked).output)
    assert plain["image_size"] == image_size
    homework(*RUN[:6], "--image-size", str(image_size), *RUN[8:], "--data", "d")
    record = json.loads((tmp_path / "runs/quick/dataset.json").read_text())
    for field in ("fingerprint", "mean", "std", "classes", "counts", "sizes", "test_images"):
        assert plain[field] == record[field], field
    after = json.loads(homework("data", "check", "d", "--json", *asked).output)
    assert after == plain


@pytest.mark.parametrize("n", [6, 30])
def test_data_check_lists_every_unreadable_picture_and_leads_on(tmp_path, n):
    draw(tmp_path / "d" / "a", 40)
    draw(tmp_path / "d" / "b", 40)
    for i in range(n):
        (tmp_path / "d" / "a" / f"{i}.png").write_bytes(b"")
    said = refused("data", "check", "d")
    assert len(re.findall(r"a/\d+\.png: the file is empty", said)) == n + 1
    assert "`homework data check`" not in said
    share = re.search(r"--allow-unreadable (\d\.\d+)", said)[1]
    assert homework(*RUN, "--data", "d", "--allow-unreadable", share).exit_code == 0
    assert dataset().n_unreadable_files == n
    assert "can't be read" in refused(*RUN, "--data", "d", "--allow-unreadable", "0.01")
    assert "lists them" in refused(*RUN, "--data", "d")


def test_data_check_lists_what_is_there_where_nothing_can_be_read(tmp_path):
    draw(tmp_path / "d" / "train", 3)
    draw(tmp_path / "d" / "test", 2)
    said = refused("data", "check", "d")
    assert "train/: 3 images" in said
    assert "test/: 2 images" in said
    assert "names of splits" in said
    plain = json.loads(CliRunner().invoke(cli, ["data", "check", "d", "--json"]).output)
    assert "names of splits" in plain["problem"]
    assert plain["found"]


def test_a_class_that_can_not_be_read_is_named_with_the_cause(tmp_path):
    for name in ("a", "b", "c"):
        draw(tmp_path / "d" / name)
    for file in (tmp_path / "d" / "c").iterdir():
        file.write_text("<!DOCTYPE html>")
    said = refused(*RUN, "--data", "d", "--allow-unreadable", "0.5")
    assert "no usable image in the train split: c" in said
    assert "9 of c can't be read (a web page with an image’s name)" in said


SETTINGS = {
    "classes": ("--classes", "a,b", ["a", "b"]),
    "leave_out": ("--leave-out", "c", ["c"]),
    "labels_from_name": ("--labels-from-name", "^x", "^x"),
    "split": ("--split", "70/15/15", "70/15/15"),
    "groups": ("--groups", "^p", "^p"),
    "columns": ("--columns", "path=file", "path=file"),
    "allow_unreadable": ("--allow-unreadable", "0.5", 0.5),
    "duplicates": ("--duplicates", "refuse", "refuse"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_said_of_the_pictures_is_a_setting(tmp_path, name):
    option, text, value = SETTINGS[name]
    rows = json.loads(homework("config", option, text, "--json").output)
    assert {"setting": name, "value": value, "from": f"flag {option}"} in rows
    (tmp_path / "s.toml").write_text(f"[settings]\n{name} = {json.dumps(value)}\n")
    rows = json.loads(homework("config", "-f", "s.toml", "--json").output)
    assert {"setting": name, "value": value, "from": "study file s.toml"} in rows


def test_a_study_file_of_before_and_a_record_of_before_are_read(tmp_path):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b")
    homework(*RUN, "--data", "d")
    for name in ("study.json", "dataset.json"):
        file = tmp_path / "runs" / "quick" / name
        plain = json.loads(file.read_text())
        for field in SETTINGS:
            plain.get("settings", {}).pop(field, None)
        for field in ("left_out", "split_shares", "n_groups", "n_remarks", "remarks", "duplicates"):
            plain.pop(field, None)
        file.write_text(json.dumps(plain))
    assert "done     scratch/baseline" in homework(*RUN, "--data", "d", "--dry-run").output
    assert homework("render").exit_code == 0
    assert homework("verify").exit_code == 0


def test_records_beside_the_classes_are_no_class(tmp_path):
    draw(tmp_path / "a")
    draw(tmp_path / "b")
    for _ in range(2):
        homework(*RUN, "--data", ".")
        assert dataset().classes == ["a", "b"]
    assert ("runs", "records") in [(item.name, item.reason) for item in dataset().left_out]
    assert "done     scratch/baseline" in homework(*RUN, "--data", ".", "--dry-run").output


@pytest.mark.parametrize(
    ("data", "option"),
    [("d", ("--columns", "path=file")), ("d/t.csv", ("--labels-from-name", "^a"))],
)
def test_an_option_that_does_not_go_with_the_pictures_is_refused(tmp_path, data, option):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b")
    (tmp_path / "d" / "t.csv").write_text("path,label\na/0.png,a\nb/0.png,b\n")
    assert option[0] in refused(*RUN, "--data", data, *option)


def test_other_choices_make_another_data_set(tmp_path):
    for name in ("a", "b", "c"):
        draw(tmp_path / "d" / name)
    homework(*RUN, "--data", "d")
    first = dataset().fingerprint
    planned = homework(*RUN, "--data", "d", "--leave-out", "c", "--dry-run").output
    assert "the data set has changed" in planned
    homework(*RUN, "--data", "d", "--leave-out", "c")
    assert dataset().fingerprint != first
    assert dataset().classes == ["a", "b"]
    homework(
        *RUN, "--data", "d", "--split", "60/20/20", "--groups", r"(\d)\.png", "--render", "html"
    )
    assert dataset().split_shares == pytest.approx((0.6, 0.2, 0.2))
    assert dataset().n_groups == 9
    assert "60.0 % , 20.0 % and 20.0 %" in report_text()
    assert homework("verify").exit_code == 0


def test_groups_in_a_study_file_lie_beside_it(tmp_path):
    for name in ("a", "b"):
        draw(tmp_path / "study" / "d" / name)
    lines = [f"{name}/{i}.png,{i}" for name in "ab" for i in range(9)]
    (tmp_path / "study" / "g.csv").write_text("\n".join(lines))
    (tmp_path / "study" / "s.toml").write_text('data = "d"\n[settings]\ngroups = "g.csv"\n')
    homework(*RUN, "-f", "study/s.toml")
    assert dataset().n_groups == 9


def test_an_archive_is_trained_on(tmp_path):
    draw(tmp_path / "in" / "birds" / "owl")
    draw(tmp_path / "in" / "birds" / "wren")
    shutil.make_archive(str(tmp_path / "birds"), "zip", tmp_path / "in")
    assert homework(*RUN, "--data", "birds.zip").exit_code == 0
    assert dataset().name == "birds"


BYTES = b"H\xfcnd", b"a\\xfcb", b"cat"


def test_names_in_any_bytes_go_all_the_way(tmp_path):
    """In a process, whose streams are as a person's: strict UTF-8."""
    data, runs = b"d\xe4ta", b"r\xfcns"
    for name in BYTES:
        draw(tmp_path / os.fsdecode(data) / os.fsdecode(name))
    (tmp_path / os.fsdecode(data) / "cat" / os.fsdecode(b"no\xfft.txt")).write_text("x")
    (tmp_path / os.fsdecode(data) / "cat" / os.fsdecode(b"b\xff.jpg")).write_text("x")
    run = [a.encode() for a in RUN]
    for arguments in (
        [b"data", b"check", data],
        [b"data", b"check", data, b"--json"],
        [*run, b"--data", data, b"--runs", runs, b"--render", b"both", b"--keep-weights"],
        [b"verify", b"--runs", runs],
        [b"status", b"--runs", runs],
        [b"export", b"csv", b"--runs", runs],
        [b"export", b"model-card", b"--runs", runs],
        [b"grade", runs],
        [b"predict", b"quick/scratch/baseline", b"--runs", runs, data + b"/cat/0.png"],
    ):
        program = "import sys; sys.argv[0] = 'homework'; from training.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, check=False,
            env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8")
        assert "Traceback" not in said, said
        assert done.returncode == 0, said
    record = read(StudyFolder(tmp_path / os.fsdecode(runs) / "quick").dataset, Dataset)
    assert record.classes == ["H\\xfcnd", "a\\x5cxfcb", "cat"]
    assert record.ignored_files == ["cat/no\\xfft.txt"]


def test_handed_in_zips_are_graded(tmp_path):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b")
    homework(*RUN, "--data", "d", "--render", "html")
    subs = tmp_path / "subs"
    for name, kind in (("mueller", "zip"), ("meier", "gztar")):
        (subs / name).mkdir(parents=True)
        shutil.make_archive(str(subs / name / "hw"), kind, tmp_path, "runs")
    shutil.make_archive(str(subs / "alone"), "zip", tmp_path / "runs" / "quick")
    (subs / "empty.zip").write_bytes(b"PK\5\6" + bytes(18))
    (subs / "broken.zip").write_bytes(b"nothing")
    result = homework("grade", subs, "--json")
    grades = {grade["name"]: grade for grade in json.loads(result.output)}
    names = ("mueller/hw.zip", "meier/hw.tar.gz", "alone.zip")
    assert [grades[name]["verdict"] for name in names] == ["a copy", "a copy", "as recorded"]
    assert grades["meier/hw.tar.gz"]["n_numbers"] > 0
    assert "no study and no report" in grades["empty.zip"]["problems"][0]["problem"]
    assert "can’t be unpacked" in grades["broken.zip"]["problems"][0]["problem"]
    assert result.exit_code == 1
    assert homework("grade", subs / "alone.zip").exit_code == 0


def test_hidden_files_are_passed_over_by_predict(tmp_path):
    draw(tmp_path / "d" / "a")
    draw(tmp_path / "d" / "b")
    homework(*RUN, "--data", "d", "--keep-weights")
    (tmp_path / "d" / "a" / "._0.png").write_bytes(b"\0\5\26\7")
    (tmp_path / "d" / "__MACOSX").mkdir()
    (tmp_path / "d" / "__MACOSX" / "0.png").write_bytes(b"x")
    result = homework("predict", "quick/scratch/baseline", tmp_path / "d")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 18


def textured(folder, seeds, suffix="png"):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
        image = Image.fromarray(pixels).resize((80, 60), Image.Resampling.NEAREST)
        image.save(folder / f"{seed}.{suffix}")


def with_twins(root):
    """Write 12 pictures a split, of which train and test share a file, and nearly another."""
    for i, split in enumerate(("train", "val", "test")):
        for j, name in enumerate(("a", "b")):
            first = 100 * i + 10 * j
            textured(root / split / name, range(first, first + 6))
    shutil.copy(root / "train/a/0.png", root / "test/a/same.png")
    Image.open(root / "train/b/10.png").resize((90, 68)).save(root / "test/b/near.bmp")


def test_the_same_picture_in_train_and_test_is_listed_said_and_kept(tmp_path):
    with_twins(tmp_path / "d")
    plain = json.loads(homework("data", "check", "d", "--json").output)
    assert plain["duplicates"]["test_twins"] == [6, 13]
    said = homework("data", "check", "d").output
    assert "identical: 0 pairs within a split, 1 across splits; " in said
    assert "nearly identical: 0 within, 1 across" in said
    assert "test/a/same.png and train/a/0.png (identical, test and train)" in said
    assert "test/b/near.bmp and train/b/10.png (nearly identical, test and train)" in said
    said = homework(*RUN, "--data", "d", "--render", "html").output
    assert "2 of 14 test images have an identical or nearly identical twin" in said
    found = dataset().duplicates
    assert (found.n_identical_across, found.n_near_across, found.test_twins) == (1, 1, [6, 13])
    text = report_text()
    assert "Because of them 2 test pictures have a twin in train or validation" in text
    assert "Without the 2 test pictures that have a twin" in text
    page = (RUNS / "quick" / "report.html").read_text()
    gallery = page.partition('id="figure-duplicates"')[2].partition("</figure>")[0]
    for pair in found.pairs:
        for split in pair.splits:
            assert f'alt="Picture of the {split} split"' in gallery
    assert gallery.count("Identical, test and train") == 1
    assert gallery.count("Nearly identical, test and train") == 1
    assert homework("verify").exit_code == 0


def test_a_folder_without_twins_is_said_to_have_none(tmp_path):
    textured(tmp_path / "d" / "a", range(9))
    textured(tmp_path / "d" / "b", range(20, 29))
    assert "identical: 0 pairs within a split, 0 across" in homework("data", "check", "d").output
    assert "uplicate" not in homework(*RUN, "--data", "d").output


def test_twins_are_dropped_from_train_and_the_report_says_so(tmp_path):
    with_twins(tmp_path / "d")
    said = homework(*RUN, "--data", "d", "--duplicates", "drop-from-train", "--render", "html")
    assert "Left out: a, b (train’s twins of pictures in validation or test, 2" in said.output
    record = dataset()
    assert (record.n_train, record.n_validation, record.n_test) == (10, 12, 14)
    assert record.duplicates.test_twins == []
    reason = r"because another has the same picture, or nearly: a and b ?, 2 pictures"
    assert re.search(reason, report_text())
    assert homework("verify").exit_code == 0
    plain = json.loads(
        homework("data", "check", "d", "--duplicates", "drop-from-train", "--json").output
    )
    for field in ("fingerprint", "counts", "sizes", "duplicates", "left_out"):
        assert plain[field] == json.loads((RUNS / "quick" / "dataset.json").read_text())[field]


def test_a_data_set_with_twins_is_refused_where_that_is_asked(tmp_path):
    with_twins(tmp_path / "d")
    said = refused(*RUN, "--data", "d", "--duplicates", "refuse")
    assert "2 pairs of identical or nearly identical images in different splits" in said
    said = refused("data", "check", "d", "--duplicates", "refuse")
    assert "test/b/near.bmp and train/b/10.png (nearly identical, test and train)" in said
    (tmp_path / "d/test/a/same.png").unlink()
    (tmp_path / "d/test/b/near.bmp").unlink()
    assert homework("data", "check", "d", "--duplicates", "refuse").exit_code == 0


def test_a_class_that_twins_would_empty_is_named_with_the_cause(tmp_path):
    textured(tmp_path / "d/train/a", range(6))
    textured(tmp_path / "d/train/b", range(10, 16))
    textured(tmp_path / "d/val/b", range(20, 24))
    textured(tmp_path / "d/val/a", range(30, 34))
    shutil.copytree(tmp_path / "d/train", tmp_path / "d/test")
    said = refused("data", "check", "d", "--duplicates", "drop-from-train")
    assert "no usable image in the train split: a, b" in said
    assert "12 images of train have twins" in said


def test_only_dropping_makes_another_data_set(tmp_path):
    with_twins(tmp_path / "d")
    homework(*RUN, "--data", "d")
    for choice, done in (("keep", True), ("refuse", True), ("drop-from-train", False)):
        said = homework(*RUN, "--data", "d", "--duplicates", choice, "--dry-run").output
        assert ("done     scratch/baseline" in said) == done, choice


def test_data_check_lists_classes_as_numbers(tmp_path):
    for name in ("1", "2", "10", "9"):
        draw(tmp_path / "d" / name, 1 if name == "9" else 9)
    lines = refused("data", "check", "d")
    assert re.search(r"1: 9\s+2: 9\s+9: 1\s+10: 9", lines), lines
    left = homework("data", "check", "d", "--leave-out", "9", "--leave-out", "10").output
    assert re.search(r"left out.*\n\s+9: .*\n\s+10: ", left), left

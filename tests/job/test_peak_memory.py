"""The peak of memory is each run's own where the system can tell, and the record says which."""

import json

import pytest

from training.device import environment

BIG, SMALL = "scratch/baseline", "transfer/small"

STUDY = f"""
name = "two"
[experiments."{BIG}"]
head = [40000, 40000]
[experiments."{SMALL}"]
model = "alexnet"
test = true
"""


def records(homework, tmp_path):
    (tmp_path / "two.toml").write_text(STUDY)
    ran = homework("run", BIG, SMALL, "-f", "two.toml", "--no-keep-weights")
    assert ran.result.exit_code == 0, ran.output
    folders = (tmp_path / "runs" / "two" / name / "seed-0" for name in (BIG, SMALL))
    return [json.loads((folder / "metrics.json").read_text()) for folder in folders]


def page(homework, tmp_path):
    assert homework("render", "--format", "html").result.exit_code == 0
    return (tmp_path / "runs" / "two" / "report.html").read_text()


@pytest.mark.skipif(not environment.CLEAR_REFS.exists(), reason="only Linux forgets a peak")
def test_a_small_run_after_a_big_one_has_a_smaller_peak(homework, tmp_path):
    big, small = records(homework, tmp_path)
    assert (big["peak_memory_of"], small["peak_memory_of"]) == ("run", "run")
    weights = 4 * (big["parameters"]["total"] - small["parameters"]["total"])
    assert big["peak_memory_bytes"] - small["peak_memory_bytes"] > weights > 5e7
    assert "Peak memory is the whole process’s during the run." in page(homework, tmp_path)


def test_where_the_system_cant_tell_the_record_says_so(homework, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "CLEAR_REFS", tmp_path / "not" / "there")
    big, small = records(homework, tmp_path)
    assert (big["peak_memory_of"], small["peak_memory_of"]) == ("process", "process")
    assert small["peak_memory_bytes"] > 0.99 * big["peak_memory_bytes"]
    said = "Peak memory is the whole process’s up to the end of the run, runs before it in"
    assert said in page(homework, tmp_path)

"""The appendix says where every record comes from, completely; gaps show where they matter."""

import html
import json
import re
import shlex

import click
import msgspec
import pytest
from fake_study import Fake, write_fake_study

from report.evidence.load import load_study
from report.evidence.sentences import plain_text
from report.tables.appendix import environments, specifications
from report.tables.provenance import (
    FLAGS,
    LATER,
    command_for,
    environment_keys,
    other_settings,
    provenance,
)
from training.cli import cli
from training.records.spec_fields import SPEC_FIELDS


def text_of(table):
    return [[plain_text(cell) for cell in row.cells] for row in table.rows]


def test_every_setting_of_a_run_is_in_one_of_two_tables(finished_study):
    view = load_study(finished_study)
    listed = [column.label for column in specifications(view).columns]
    others = {row[0] for row in text_of(other_settings(view))}
    for field, how in SPEC_FIELDS.items():
        values = {getattr(run.metrics.spec, field) for run in view.all_runs() if run.metrics.spec}
        is_set = values - {None, (), "", *({LATER[field]} if field in LATER else ())}
        in_list = how.in_list and field not in ("seed", "fold")  # said beside the name
        assert (how.label in listed) == in_list, field
        assert (how.label in others) == (not how.in_list and bool(is_set)), field


def test_several_devices_are_counted_where_some_runs_had_them(study):
    assert "Devices" not in [column.label for column in environments(load_study(study)).columns]
    file = study / "scratch" / "baseline" / "seed-0" / "metrics.json"
    record = json.loads(file.read_text())
    record["environment"] |= {"n_devices": 3, "n_machines": 2}
    file.write_text(json.dumps(record))
    table = environments(load_study(study))
    for label, numbers in (("Devices", ["1", "3"]), ("Machines", ["1", "2"])):
        place = [column.label for column in table.columns].index(label)
        assert sorted(row[place] for row in text_of(table)) == numbers
    assert "each computed a part of every batch" in plain_text(table.caption)


def test_every_record_has_a_row_with_its_fingerprints(finished_study):
    view = load_study(finished_study)
    rows = text_of(provenance(view))
    assert len(rows) == sum(1 for _ in view.all_runs())
    for row, run in zip(rows, (r for e in view.listed for r in view.runs(e.id)), strict=True):
        assert row[0] == run.id
        assert run.metrics.spec_hash.startswith(row[4])
        assert run.metrics.dataset_fingerprint.startswith(row[5])
        assert row[6] == "A"
        assert run.metrics.finished_at.startswith(row[7])
    reused = next(row for row in rows if row[0] == "scratch/best")
    assert reused[2] == "reused from scratch/grid-adam-1e-3"
    assert reused[3] == "rank 1 of scratch/grid"
    tuned = next(row for row in rows if row[0] == "freezing/cnn")
    assert re.fullmatch(r"with the pair of transfer/grid-\S+, rank 1 of transfer/grid", tuned[3])


def test_settings_that_differ_say_for_whom(finished_study):
    rows = text_of(other_settings(load_study(finished_study)))
    momentum = {value: holds for name, value, holds in rows if name == "Momentum"}
    assert set(momentum) == {"0.9", "0"}
    assert "all others" in momentum.values()
    heads = {value: holds for name, value, holds in rows if "head" in name}
    assert heads["4096"] == "beyond/resnet18"
    assert [r[2] for r in rows if r[0] == "Weight decay"] == ["all experiments"]


def test_two_devices_have_two_keys(study):
    file = study / "scratch/baseline/seed-0/metrics.json"
    record = json.loads(file.read_text())
    record["environment"] |= {"device": "cuda", "device_name": "Other", "git_commit": "fff0000"}
    file.write_text(json.dumps(record))
    view = load_study(study)
    assert sorted(environment_keys(view).values()) == ["A", "B"]
    rows = text_of(provenance(view))
    assert [row[0] for row in rows if row[6] == "A"] == ["scratch/baseline"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("homework run-all --preset quick", "--preset quick"),
        ("homework run transfer beyond --epochs 4 --force", "--epochs 4"),
        ("homework run-all --render both --device cuda --data '/a b'", "--data '/a b'"),
        ("homework run-all --seeds=3 --extras -f mine.toml", "--seeds=3 --extras -f mine.toml"),
        ("homework run-all -q --no-keep-weights --epochs 4 --verbose", "--epochs 4"),
        ("homework run-all --deterministic --seed 3", "--deterministic --seed 3"),
        ("homework run-all --data 'unclosed", ""),
        ("", ""),
    ],
)
def test_the_command_repeats_the_studys_settings(finished_study, command, expected):
    view = load_study(finished_study)
    view.study = msgspec.structs.replace(view.study, command=command)
    made = command_for(view, "scratch/best")
    assert shlex.split(made) == ["homework", "run", "scratch/best", *shlex.split(expected),
                                 "--force"]  # fmt: skip


def test_flags_are_those_of_the_commands_that_run():
    for name in ("run", "run-all"):
        command = cli.get_command(click.Context(cli), name)
        options = [p for p in command.params if isinstance(p, click.Option)]
        flags = {text for p in options if p.is_flag for text in (*p.opts, *p.secondary_opts)}
        assert flags == set(FLAGS)


@pytest.fixture
def unfinished(study, render):
    """Return a study with skipped, failed and missing experiments, where `render` reads it."""
    import shutil

    shutil.rmtree(study)
    fake = Fake(skipped=("transfer",), failed=("scratch/baseline",), only=("scratch", "transfer"))
    write_fake_study(study, fake)
    return study


def banner(done, slug):
    return html.unescape(done.section(slug)).partition('class="notice"')[2].partition("</div>")[0]


def test_gaps_are_visible_in_their_sections_and_in_the_summary(unfinished, render):
    done = render()
    assert done.exit_code == 0
    slugs = ("introduction", "scratch", "transfer", "freezing", "heatmaps")
    plain = {slug: re.sub("<[^>]+>", "", banner(done, slug)) for slug in slugs}
    assert "The study is not complete" in plain["introduction"]
    assert re.search(r"\d+ skipped", plain["introduction"])
    assert re.search(r"\d+ failed", plain["introduction"])
    assert re.search(r"\d+ not run yet", plain["introduction"])
    assert "Failed: scratch/baseline. CUDA out of memory." in plain["scratch"]
    assert "Skipped: transfer/detail-1" in plain["transfer"]
    assert "Skipped: transfer/grid-sgd-1e-2" in plain["heatmaps"]
    assert "freezing/cnn, freezing/fc and freezing/fc-head-free have not" in plain["freezing"]
    assert "Caltech-101 pictures" in plain["introduction"]
    rows = {row[0]: row for row in text_of(provenance(load_study(unfinished)))}
    assert rows["scratch/baseline"][2:4] == ["failed", "CUDA out of memory."]
    assert rows["freezing/cnn"][2] == "not run yet"
    outcomes = {row[0]: row[1] for row in text_of(specifications(load_study(unfinished)))}
    assert outcomes["transfer/grid-sgd-1e-2"] == "skipped"


def test_records_of_other_pictures_show_in_section_and_summary(study, render):
    file = study / "beyond/vgg16/seed-0/metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"dataset_fingerprint": "other"}))
    done = render()
    for slug in ("introduction", "beyond", "appendix"):
        assert "ran on other pictures" in banner(done, slug), slug


def test_a_choice_out_of_date_shows_in_section_and_summary(study, render):
    file = study / "transfer/grid-adam-1e-3/seed-0/metrics.json"
    record = json.loads(file.read_text())
    record["validation"]["accuracy"] = 0.999
    file.write_text(json.dumps(record))
    done = render()
    for slug in ("introduction", "transfer", "freezing"):
        assert "used a pair that its grid no longer chooses" in banner(done, slug), slug


def test_a_spec_the_list_no_longer_asks_for_shows_in_section_and_summary(study, render):
    file = study / "study.json"
    record = json.loads(file.read_text())
    record["settings"]["batch_size"] += 1
    file.write_text(json.dumps(record))
    done = render()
    for slug in ("introduction", "scratch", "freezing", "appendix"):
        assert "other settings than the study’s list asks for" in banner(done, slug), slug

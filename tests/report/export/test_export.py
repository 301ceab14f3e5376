"""`homework export`: each format is read back by the library it is meant for, and held to the JSON.

Expected values come from the JSON files themselves, not from the code that exports.
"""

import csv
import importlib.util
import io
import itertools
import json
import math
import re
import shutil
import socket
import subprocess

import pytest
from click.testing import CliRunner
from fake_study import Fake, write_fake_study
from scipy.stats import binomtest
from test_imports import modules_after

from report.errors import ReportError
from report.evidence.load import load_study
from report.evidence.statistics import discordant, mcnemar_exact
from report.export.cli import _FORMATS
from report.export.formats import FORMATS
from report.findings.chosen import chosen_model
from training import time_limit
from training.cli import cli
from training.errors import HomeworkError
from training.holm import holm
from training.logs import server as log_server


def needs(*modules):
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(absent), reason=f"{absent} not installed (an extra)")


@pytest.fixture(autouse=True)
def _no_server(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def gaps(tmp_path_factory):
    """Return a study in which runs failed, were skipped and diverged."""
    folder = tmp_path_factory.mktemp("gaps") / "runs" / "gaps"
    fake = Fake(skipped=("transfer", "freezing"), failed=("beyond/vgg16",), thumbnails=False)
    write_fake_study(folder, fake)
    return folder


def export(study, name, *options):
    arguments = ["export", name, "--runs", str(study.parent), "--study", study.name, *options]
    result = CliRunner().invoke(cli, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def exported(study, name, output):
    result = export(study, name, "--output", str(output))
    assert result.exit_code == 0, result.output
    return output


def records(study, name="metrics.json"):
    """Return the JSON of all runs by id and seed."""
    found = [json.loads(path.read_text()) for path in study.glob(f"*/*/seed-*/{name}")]
    return {(record["id"], record["seed"]): record for record in found}


def listed(study):
    """Return the ids of the study's list that have records, in order."""
    order = [e["id"] for e in json.loads((study / "study.json").read_text())["experiments"]]
    have = {run for run, _ in records(study)}
    return [experiment for experiment in order if experiment in have]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("which", ["finished_study", "gaps"])
def test_csv_holds_exactly_what_the_records_hold(request, tmp_path, which):
    study = request.getfixturevalue(which)
    rows = rows_of(exported(study, "csv", tmp_path / "t.csv").read_text())
    assert [row["id"] for row in rows] == listed(study)
    for row in rows:
        record = records(study)[row["id"], int(row["seed"])]
        assert row["status"] == record["status"]
        for score, column in (("accuracy", "accuracy"), ("loss", "loss_nats")):
            for split in ("train", "validation", "test"):
                value = (record[split] or {}).get(score)
                assert row[f"{split}_{column}"] == ("" if value is None else repr(value))
        assert row["train_seconds"] == repr(record["train_seconds"])
        for name in ("training_flop", "feature_flop", "peak_flop_per_second", "energy_joules"):
            value = (record["cost"] or {}).get(name)
            assert row[name] == ("" if value is None else repr(value))
        assert row["best_epoch"] == str(record["best_epoch"] or "")
        spec = record["spec"]
        assert row["learning_rate"] == (repr(spec["learning_rate"]) if spec else "")
        assert row["image_size_pixels"] == (str(spec["image_size"]) if spec else "")
        assert row["error"] == (record["error"] or "")
        if record["test"]:
            n_correct, n_images = record["test"]["n_correct"], record["test"]["n_images"]
            wilson = binomtest(n_correct, n_images).proportion_ci(method="wilson")
            for end, value in (("low", wilson.low), ("high", wilson.high)):
                found = float(row[f"test_accuracy_wilson_95_{end}"])
                assert found == pytest.approx(value, abs=1e-12)
        else:
            assert row["test_accuracy_wilson_95_low"] == row["n_test_images"] == ""


def test_csv_lets_no_formula_through(study, tmp_path):
    path = study / "scratch/baseline/seed-0/metrics.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"notes": ['=HYPERLINK("x")', "and, more"]}))
    row = rows_of(exported(study, "csv", tmp_path / "t.csv").read_text())[0]
    assert row["notes"] == '\'=HYPERLINK("x") and, more'


def test_extras_without_records_and_missing_runs_have_no_rows(study, tmp_path):
    shutil.rmtree(study / "beyond" / "vgg16")
    rows = rows_of(exported(study, "csv", tmp_path / "t.csv").read_text())
    assert "beyond/vgg16" not in [row["id"] for row in rows]
    assert [row["id"] for row in rows] == listed(study)


def test_several_seeds_are_several_rows(tmp_path):
    study = tmp_path / "runs" / "seeds"
    write_fake_study(study, Fake(seeds=2, only=("scratch/baseline",), thumbnails=False))
    rows = rows_of(exported(study, "csv", tmp_path / "t.csv").read_text())
    assert [(row["id"], row["seed"]) for row in rows] == [
        ("scratch/baseline", "0"), ("scratch/baseline", "1"),
    ]  # fmt: skip
    latex = exported(study, "latex", tmp_path / "t.tex").read_text()
    assert "$\\pm$" in latex
    assert "(n = 2)" in latex


@needs("pyarrow")
def test_parquet_is_the_same_table_with_types(gaps, tmp_path):
    import pyarrow.parquet as pq

    table = pq.read_table(exported(gaps, "parquet", tmp_path / "t.parquet"))
    kinds = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert kinds["test_accuracy"] == "double"
    assert kinds["n_test_images"] == "int64"
    assert kinds["cached_features"] == "bool"
    rows = rows_of(exported(gaps, "csv", tmp_path / "t.csv").read_text())
    assert table.column_names == list(rows[0])
    for row, typed in zip(rows, table.to_pylist(), strict=True):
        for name, value in typed.items():
            if value is None:
                assert row[name] == ""
            elif isinstance(value, bool):
                assert row[name] == str(value).lower()
            elif isinstance(value, str):
                assert row[name] == value
            else:
                assert float(row[name]) == value


def test_parquet_without_pyarrow_says_what_to_install(finished_study, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(HomeworkError) as raised:
        export(finished_study, "parquet", "--output", str(tmp_path / "t.parquet"))
    assert "pip install 'cnn-homework[parquet]'" in raised.value.hint
    assert not (tmp_path / "t.parquet").exists()


@pytest.mark.parametrize("which", ["finished_study", "gaps"])
def test_json_lines_hold_every_epoch_of_every_run(request, tmp_path, which):
    study = request.getfixturevalue(which)
    lines = exported(study, "jsonl", tmp_path / "t.jsonl").read_text().splitlines()
    found = {}
    for line in map(json.loads, lines):
        found.setdefault((line["id"], line["seed"]), []).append(line)
    curves = records(study, "curves.json")
    assert found.keys() == curves.keys()
    names = {"train_loss_nats": "train_loss", "validation_loss_nats": "validation_loss"}
    same = ("epoch", "learning_rate", "train_accuracy", "validation_accuracy", "epoch_seconds")
    names |= dict(zip(same, same, strict=True))
    for run, epochs in found.items():
        for name, field in names.items():
            assert [line[name] for line in epochs] == curves[run][field]
        best = [line["epoch"] for line in epochs if line["is_best_epoch"]]
        assert best == [records(study)[run]["best_epoch"]]


def test_text_formats_print_what_they_would_write(finished_study, tmp_path):
    for name in ("csv", "latex", "jsonl", "model-card"):
        file = exported(finished_study, name, tmp_path / name)
        assert export(finished_study, name, "--output", "-").stdout == file.read_text()


def test_by_default_files_lie_in_the_studys_exports(study):
    result = export(study, "csv")
    assert result.stdout.strip() == str(study / "exports" / "runs.csv")
    assert (study / "exports" / "runs.csv").is_file()


def latex_rows(text):
    body = text.partition("\\midrule\n")[2].partition("    \\bottomrule")[0]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)&", line.partition(" \\\\ %")[0])]
        for line in body.splitlines()
    ]


def test_latex_rows_are_the_tested_runs_with_wilson_intervals(finished_study, tmp_path):
    text = exported(finished_study, "latex", tmp_path / "t.tex").read_text()
    tested = [run for run in listed(finished_study) if records(finished_study)[run, 0]["test"]]
    rows = latex_rows(text)
    assert len(rows) == len(tested) > 5
    for run, row in zip(tested, rows, strict=True):
        test = records(finished_study)[run, 0]["test"]
        interval = binomtest(test["n_correct"], test["n_images"]).proportion_ci(method="wilson")
        assert row[1] == f"{test['n_correct']} of {test['n_images']}"
        assert row[2:5] == [
            f"{100 * value:.1f}" for value in (test["accuracy"], interval.low, interval.high)
        ]
        assert f"% {run}/seed-0\n" in text


def test_latex_marks_the_chosen_model_and_gives_the_tests_against_it(finished_study, tmp_path):
    view = load_study(finished_study)
    choice = chosen_model(view)
    text = exported(finished_study, "latex", tmp_path / "t.tex").read_text()
    cells = {row[0].removesuffix(r"~$\star$"): row for row in latex_rows(text)}
    starred = {row[0].removesuffix(r"~$\star$") for row in latex_rows(text) if "star" in row[0]}
    level = {t.name for t in (choice.model, *choice.level)}
    assert starred == level
    assert level != set(cells)
    chosen = choice.model.name
    assert cells[chosen][-1] == "chosen"
    assert f"Chosen by validation accuracy: {chosen}." in text
    model = choice.model.runs[0].predictions
    p_values = []
    for other in (*choice.level, *choice.worse, *choice.better):
        answers = other.runs[0].predictions.predicted
        only = discordant(model.label, model.predicted, answers)
        p_values.append((other.name, mcnemar_exact(*only)))
    for (name, _), p in zip(p_values, holm([p for _, p in p_values]), strict=True):
        printed = cells[name][-1].replace("$<$", "")
        assert float(printed) == pytest.approx(p, abs=0.005)


def test_a_model_alone_is_not_tested_against_another(tmp_path):
    study = tmp_path / "runs" / "quick"
    write_fake_study(study, Fake(only=("scratch/baseline",), thumbnails=False))
    text = exported(study, "latex", tmp_path / "t.tex").read_text()
    assert "star" not in text
    assert "Holm" not in text


NASTY = r"A_1 & 50% of {x} \input{/etc/passwd} $y$ #2 ~^ <b> “q” – é"


def nasty_study(study):
    path = study / "study.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"title": NASTY, "abstract": NASTY}))
    return study


def test_latex_is_escaped(study, tmp_path):
    text = exported(nasty_study(study), "latex", tmp_path / "t.tex").read_text()
    caption = next(line for line in text.splitlines() if "\\caption" in line)
    assert r"A\_1 \& 50\% of \{x\} \textbackslash{}input\{/etc/passwd\} \$y\$ \#2" in caption
    assert text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


def latex_lacks():
    """Return what of LaTeX isn't on this machine: the program, or a package that the test needs."""
    if shutil.which("pdflatex") is None:
        return "pdflatex"
    found = shutil.which("kpsewhich")
    files = ("booktabs.sty", "lmodern.sty")
    if found is None:
        return "kpsewhich"
    asked = (subprocess.run([found, file], capture_output=True, check=False) for file in files)
    return next((file for file, done in zip(files, asked, strict=True) if done.returncode), None)


@pytest.mark.skipif(latex_lacks() is not None, reason=f"no {latex_lacks()} on this machine")
def test_latex_compiles_fits_the_page_and_prints_the_title_as_it_is(study, tmp_path):
    exported(nasty_study(study), "latex", tmp_path / "table.tex")
    (tmp_path / "main.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs,lmodern}"
        "\\begin{document}\\input{table.tex}\\end{document}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    done = subprocess.run(
        [*command, "main.tex"], cwd=tmp_path, capture_output=True, text=True, errors="replace"
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    from pypdf import PdfReader

    printed = "".join(page.extract_text() for page in PdfReader(tmp_path / "main.pdf").pages)
    assert r"\input{/etc/passwd}" in "".join(printed.split())


def scalars_of(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder))
    found.Reload()
    return {tag: found.Scalars(tag) for tag in found.Tags()["scalars"]}


LOGGED = {
    "loss_nats/train": "train_loss", "loss_nats/validation": "validation_loss",
    "accuracy/train": "train_accuracy", "accuracy/validation": "validation_accuracy",
    "learning_rate": "learning_rate", "epoch_seconds": "epoch_seconds",
}  # fmt: skip


def same_values(found, expected, tolerance):
    plain = [math.nan if value is None else value for value in expected]
    return found == pytest.approx(plain, rel=tolerance, nan_ok=True)


@needs("tensorboard")
@pytest.mark.parametrize("which", ["finished_study", "gaps"])
def test_tensorboard_reads_every_curve_back(request, tmp_path, which):
    study = request.getfixturevalue(which)
    for _ in range(2):  # the second time in place of the first
        exported(study, "tensorboard", tmp_path / "tb")
    curves = records(study, "curves.json")
    files = [file for file in (tmp_path / "tb").rglob("*") if file.is_file()]
    assert len(files) == len(curves)
    for (run, seed), curve in curves.items():
        record = records(study)[run, seed]
        read = scalars_of(tmp_path / "tb" / run / f"seed-{seed}")
        for tag, field in LOGGED.items():
            assert [event.step for event in read[tag]] == curve["epoch"]
            assert same_values([event.value for event in read[tag]], curve[field], 1e-6)
        times = [event.wall_time for event in read["epoch_seconds"]]
        gaps_between = [after - before for before, after in itertools.pairwise(times)]
        assert gaps_between == pytest.approx(curve["epoch_seconds"][1:], abs=1e-5)
        if record["test"]:
            (event,) = read["accuracy/test"]
            assert event.step == record["best_epoch"]
            assert event.value == pytest.approx(record["test"]["accuracy"], rel=1e-6)
        else:
            assert "accuracy/test" not in read


@needs("tensorboard")
def test_runs_without_curves_are_named(gaps, tmp_path):
    result = export(gaps, "tensorboard", "--output", str(tmp_path / "tb"))
    assert "without curves (skipped or failed) were left out" in result.stderr
    assert "beyond/vgg16" in result.stderr


@needs("mlflow", "sqlalchemy", "alembic")
def test_mlflow_reads_every_run_back_and_none_twice(gaps, tmp_path):
    from training.logs.mlflow_log import MLflowStore

    store_file = exported(gaps, "mlflow", tmp_path / "store.db")
    again = export(gaps, "mlflow", "--output", str(store_file))
    curves = records(gaps, "curves.json")
    assert f"{len(curves)} runs were already there" in again.stderr
    store = MLflowStore(f"sqlite:///{store_file}", "gaps")
    client = store.client
    runs = {
        (run.data.tags["homework.experiment"], int(run.data.tags["homework.seed"])): run
        for run in client.search_runs([store.experiment], max_results=1000)
    }
    assert runs.keys() == curves.keys()
    for name, run in runs.items():
        record = records(gaps)[name]
        assert run.info.status == "FINISHED"
        assert run.data.tags["homework.status"] == record["status"]
        assert run.data.params["learning_rate"] == str(record["spec"]["learning_rate"])
        assert run.data.params["optimizer"] == record["spec"]["optimizer"]
        test = record["test"]
        assert run.data.metrics.get("accuracy/test") == (test["accuracy"] if test else None)
    name = ("scratch/baseline", 0)
    for tag, field in LOGGED.items():
        history = client.get_metric_history(runs[name].info.run_id, tag)
        assert [metric.step for metric in history] == curves[name]["epoch"]
        assert same_values([metric.value for metric in history], curves[name][field], 0)


def test_an_mlflow_server_that_is_away_is_said_at_once(gaps, monkeypatch):
    monkeypatch.setattr(log_server, "SECONDS_TO_ANSWER", 0.3)
    monkeypatch.setattr(time_limit, "QUIET_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ReportError, match="no answer within") as silent:
            export(gaps, "mlflow", "--output", f"http://me:secret@127.0.0.1:{port}")
    with pytest.raises(ReportError, match="refused") as refused:
        export(gaps, "mlflow", "--output", f"http://me:secret@127.0.0.1:{port}")
    for error in (silent.value, refused.value):
        assert error.message.startswith(f"The MLflow server 127.0.0.1:{port} doesn't answer")
        assert "--output" in error.hint
        assert "secret" not in str(error)


@needs("mlflow", "sqlalchemy", "alembic")
def test_a_file_that_is_no_mlflow_store_is_named(gaps, tmp_path):
    (tmp_path / "t.db").write_text("no database" * 100)
    with pytest.raises(HomeworkError, match="Can't write MLflow runs to sqlite"):
        export(gaps, "mlflow", "--output", str(tmp_path / "t.db"))
    assert (tmp_path / "t.db").read_text() == "no database" * 100


def front_matter(text):
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    return yaml.safe_load(text.split("---\n")[1])


def test_the_model_card_lists_every_tested_model(finished_study, tmp_path):
    text = exported(finished_study, "model-card", tmp_path / "README.md").read_text()
    (model,) = front_matter(text)["model-index"]
    (result,) = model["results"]
    found = {metric["args"]["experiment"]: metric for metric in result["metrics"]}
    tested = {run: r["test"] for (run, _), r in records(finished_study).items() if r["test"]}
    assert {run: metric["value"] for run, metric in found.items()} == {
        run: test["accuracy"] for run, test in tested.items()
    }
    dataset = json.loads((finished_study / "dataset.json").read_text())
    assert result["dataset"]["name"] == dataset["name"]
    for run, test in tested.items():
        assert re.search(rf"`{run}`\) .*\| {test['n_correct']} of {test['n_images']} \|", text)


def test_the_model_card_names_the_chosen_model_and_how_to_use_it(study, tmp_path):
    view = load_study(study)
    choice = chosen_model(view)
    text = exported(study, "model-card", tmp_path / "README.md").read_text()
    name = choice.model.name
    experiment = choice.model.experiment.id
    assert re.search(rf"Chosen by its validation accuracy of .*: {name}\. It gets", text)
    assert f"(`{experiment}`) ★ |" in text
    assert text.count("★") == 1 + len(choice.level)
    assert f"`homework run {experiment} --study quick --keep-weights` trains it again" in text
    file = study / experiment / "seed-0" / "metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"network": "model.pt"}))
    text = exported(study, "model-card", tmp_path / "README.md").read_text()
    assert f"`homework predict quick/{experiment} photo.jpg` names a picture" in text
    assert f"It is kept as `{experiment}/seed-0/model.pt`" in text
    assert "trains it again" not in text


def test_the_model_card_says_what_pictures_and_weights_were(finished_study, tmp_path):
    text = exported(finished_study, "model-card", tmp_path / "README.md").read_text()
    assert "774 pictures in 12 classes" in text
    assert "These are not Caltech-101 pictures" in text
    assert "The pre-trained weights are not ImageNet’s" in text
    assert "models below: a random start, weights trained on drawn glyphs." in text


def test_the_hub_library_takes_the_model_card(finished_study, tmp_path):
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub isn't installed")
    card = hub.ModelCard.load(exported(finished_study, "model-card", tmp_path / "README.md"))
    tested = [record["test"] for record in records(finished_study).values() if record["test"]]
    values = sorted(result.metric_value for result in card.data.eval_results)
    assert values == sorted(test["accuracy"] for test in tested)


def test_the_model_card_escapes_what_people_wrote(study, tmp_path):
    text = exported(nasty_study(study), "model-card", tmp_path / "README.md").read_text()
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert r"A\_1" in text


def test_small_numbers_stay_numbers_in_yaml():
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    from report.export.model_card import _yaml

    values = {"a": 5e-05, "b": 1.5e-7, "c": 0.25, "d": "5e-05", "e": [1, None, True]}
    assert yaml.safe_load("\n".join(_yaml(values))) == values


@pytest.mark.parametrize("name", ["latex", "model-card"])
def test_without_test_scores_there_is_nothing_to_write(tmp_path, name):
    study = tmp_path / "runs" / "grid"
    write_fake_study(study, Fake(only=("scratch/grid-sgd-1e-2",), thumbnails=False))
    with pytest.raises(HomeworkError, match="test scores"):
        export(study, name, "--output", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_in_the_place_of_a_file_is_named(finished_study, tmp_path):
    with pytest.raises(HomeworkError, match="is a folder"):
        export(finished_study, "csv", "--output", str(tmp_path))


def test_a_place_that_cannot_be_written_is_named(finished_study, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for name in ("csv", "tensorboard") if importlib.util.find_spec("tensorboard") else ("csv",):
        with pytest.raises(HomeworkError, match="Can't write"):
            export(finished_study, name, "--output", str(tmp_path / "file" / "t"))


def test_the_command_knows_every_format():
    assert list(_FORMATS) == list(FORMATS)


@pytest.mark.parametrize(
    "name", [*_FORMATS[:1], *_FORMATS[2:4], "model-card",
             pytest.param("tensorboard", marks=needs("tensorboard"))],
)  # fmt: skip
def test_exporting_loads_no_torch(finished_study, tmp_path, name):
    code = """
from pathlib import Path
from report.export.formats import export_study
from report.evidence.load import load_study
export_study(load_study(Path(sys.argv[1])), sys.argv[2], sys.argv[3])"""
    loaded = modules_after(code, str(finished_study), name, str(tmp_path / "out"))
    assert loaded.isdisjoint(("torch", "torchvision", "matplotlib", "pandas", "weasyprint"))

"""What accuracy cost is said where the records carry it, and nothing is paid for twice."""

import msgspec
import pytest
from fake_study import Fake, write_fake_study

from report.evidence.load import load_study
from report.evidence.numbers import joules
from report.evidence.sentences import plain_text
from report.findings.cost import what_accuracy_cost
from report.sections import section_view
from report.tables.arithmetic import arithmetic
from training.records import Cost, Metrics, StudyFolder, read, write

EVERYTHING = ("scratch", "transfer", "freezing", "augmentation", "beyond")


@pytest.fixture
def made(tmp_path):
    """Make up a study; return its view."""

    def make(*changes, **fields):
        folder = tmp_path / "study"
        write_fake_study(folder, Fake(thumbnails=False, **fields))
        for name, changed in changes:
            path = StudyFolder(folder).metrics(name, 0)
            write(path, msgspec.structs.replace(read(path, Metrics), **changed))
        return load_study(folder)

    return make


def said(view):
    return " ".join(str(sentence) for sentence in what_accuracy_cost(view))


def numbers(sentence):
    return [part.value for part in sentence.parts if part.kind == "number"]


def flop(*records):
    return sum(r.cost.training_flop + r.cost.feature_flop for r in records)


def seconds(*records):
    return sum(r.train_seconds + r.feature_seconds for r in records)


def test_sums_are_those_of_the_runs_that_trained(made):
    view = made(energy=True)
    records = [run.metrics for run in view.all_runs()]
    trained = [record for record in records if record.reused_from is None]
    assert len(trained) < len(records)
    whole, choosing = what_accuracy_cost(view)[:2]
    consumed = sum(record.cost.energy_joules for record in trained)
    assert numbers(whole) == pytest.approx([seconds(*trained), flop(*trained), consumed])
    grids = [record for record in trained if "/grid-" in record.id]
    shares = [seconds(*grids) / seconds(*trained), flop(*grids) / flop(*trained)]
    assert numbers(choosing)[:2] == pytest.approx(shares)
    assert str(choosing).endswith("went into the grids that pairs are chosen from.")


def test_energy_is_summed_only_where_every_run_has_it(made):
    complete = made(energy=True)
    assert " of energy" in said(complete)
    cost = complete.run("freezing/fc").metrics.cost
    partly = made(
        ("freezing/fc", {"cost": msgspec.structs.replace(cost, energy_joules=None)}), energy=True
    )
    assert " of energy" not in said(partly)
    assert " of arithmetic" in said(partly)


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_most_accurate_model_is_told_with_its_grid(made, seeds):
    view = made(seeds=seeds)
    best = view.runs("beyond/resnet18")
    sentence = next(s for s in what_accuracy_cost(view) if "ResNet18" in str(s))
    members = [run.metrics for run in view.all_runs() if run.id.startswith("transfer/grid-")]
    assert len(members) == 9 * seeds
    expected = [
        seconds(*(run.metrics for run in best)) / seeds,
        flop(*(run.metrics for run in best)) / seeds,
        *[seeds] * (seeds > 1),
        seconds(*members),
        flop(*members),
    ]
    assert numbers(sentence) == pytest.approx(expected)
    assert "included" not in str(sentence)


def test_a_reused_finalist_names_the_grid_that_paid(made):
    view = made(only=("scratch", "transfer"))
    assert "Transfer, best pair, took " in said(view)
    assert "for the whole grid, this training included." in said(view)


def test_the_least_that_cant_be_told_from_the_best_is_named(made):
    view = made()
    sentence = what_accuracy_cost(view)[-1]
    assert sentence.strength == "weak"
    assert "can’t be told from it" in str(sentence)
    assert "the least went into Convolutions frozen: " in str(sentence)
    cheap, best = (view.run(name).metrics for name in ("freezing/cnn", "beyond/resnet18"))
    assert flop(cheap) / flop(best) in numbers(sentence)
    assert seconds(cheap) in numbers(sentence)


def test_times_of_two_devices_are_not_held_together(made):
    environment = made().run("freezing/cnn").metrics.environment
    other = msgspec.structs.replace(environment, device_name="Another CPU")
    sentence = what_accuracy_cost(made(("freezing/cnn", {"environment": other})))[-1]
    assert "the least went into Convolutions frozen: 913\u00a0GFLOP, " in str(sentence)


def test_where_all_for_less_are_less_accurate_that_is_said(made):
    sentence = what_accuracy_cost(made(preset="reference"))[-1]
    assert (
        str(sentence) == "Each tested model that took less arithmetic is measurably less accurate."
    )
    assert sentence.strength == "strong"


def test_where_a_model_has_no_count_nothing_is_said_of_all(made):
    text = said(made(preset="reference", uncounted=("freezing/fc",)))
    assert "All training" not in text
    assert "Each tested model" not in text
    assert "Training the most accurate model" in text


def test_the_cheapest_being_the_best_is_said(made):
    cost = Cost(training_flop=2, feature_flop=0)
    assert said(made(("beyond/resnet18", {"cost": cost}))).endswith(
        "Every other tested model took at least as much arithmetic."
    )


def test_records_without_cost_say_nothing(made):
    view = made(uncounted=EVERYTHING)
    assert what_accuracy_cost(view) == []
    assert arithmetic(view) is None
    assert "arithmetic" not in section_view("appendix", view).tables


def test_the_table_lists_every_training_once(made):
    view = made(energy=True)
    table = arithmetic(view)
    ids = [plain_text(row.cells[0]) for row in table.rows]
    assert len(ids) == len(set(ids)) == 25
    assert not {"scratch/best", "transfer/best"} & set(ids)
    record = view.run("freezing/cnn").metrics
    cells = table.rows[ids.index("freezing/cnn")].cells
    exact = [cell[0].value for cell in cells[2:]]
    speed = record.cost.training_flop / record.train_seconds
    peak = record.cost.peak_flop_per_second
    assert exact == [flop(record), speed, peak, speed / peak, record.cost.energy_joules]
    assert plain_text(cells[-1]) == joules(view.run(record.id).number("/cost/energy_joules")).text


def test_what_isnt_known_of_a_run_stays_empty(made):
    cost = Cost(energy_joules=7.0)
    changed = {"scratch/baseline": {"cost": cost}, "freezing/fc": {"train_seconds": 0.0}}
    table = arithmetic(made(*changed.items(), uncounted=("beyond/vgg16",)))
    rows = {
        plain_text(row.cells[0]): [plain_text(cell) for cell in row.cells] for row in table.rows
    }
    assert rows["scratch/baseline"][2:] == ["", "", "", "", "7.00\u00a0J"]
    assert rows["freezing/fc"][3] == rows["freezing/fc"][5] == ""
    assert rows["freezing/cnn"][-1] == ""
    assert rows["beyond/vgg16"][2:] == [""] * 5

"""What accuracy cost is said where the records carry it, and nothing is paid for twice."""

import msgspec
import pytest
from fake_study import Fake, write_fake_study
from in_memory import a_run, a_spec, a_view
from in_memory import said as text_of

from report.evidence.load import load_study
from report.evidence.numbers import joules
from report.evidence.sentences import plain_text
from report.findings import cost as findings
from report.findings.cost import what_accuracy_cost
from report.sections import section_view
from report.tables.arithmetic import arithmetic
from training.records import (
    Cost,
    Environment,
    Metrics,
    Parameters,
    Selected,
    StudyFolder,
    read,
    write,
)

EVERYTHING = ("scratch", "transfer", "freezing", "augmentation", "beyond")


A, B, C = "transfer/best", "scratch/best", "freezing/cnn"


def size(total, trainable=None):
    trainable = total if trainable is None else trainable
    parts = {"all": total}, {"all": trainable}
    return Parameters(total, trainable, total - trainable, *parts)


def a_model(name, right=90, *, n=100, million=None, flop=None, device=None, **fields):
    """Make a tested run that is right for the first pictures of 100, of this size and price."""
    numbers = {name: fields.pop(name, 1) for name in ("n_devices", "n_machines")}
    environment = device and Environment("", "", "", "", "", "cpu", device, 1, **numbers)
    cost = None if flop is None else Cost(training_flop=flop, feature_flop=0)
    parameters = None if million is None else size(round(million * 1e6))
    fields = {"parameters": parameters, "environment": environment, "cost": cost} | fields
    return a_run(name, answers=([0] * n, [0] * right + [1] * (n - right)), **fields)


def sizes(first, second, **fields):
    runs = a_model(A, parameters=first, **fields), a_model(B, parameters=second)
    return text_of(findings.size_and_time(a_view(*runs), A, B)[:1])


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [(5, 5, "AlexNet from scratch has as many."),
     (8, 4, "has 4.00 million, fewer by a factor of 2.0."),
     (4, 8, "has 8.00 million, more by a factor of 2.0.")],
)  # fmt: skip
def test_sizes_are_held_together_as_a_factor(first, second, words):
    text = sizes(size(first * 10**6), size(second * 10**6))
    assert f"has {first}.00 million parameters, all of which training changes; " in text
    assert words in text


def test_the_share_that_is_trained_is_told_where_some_is_frozen():
    assert "of which training changes 2.00 million;" in sizes(size(4 * 10**6, 2 * 10**6), size(1))


def test_sizes_that_are_not_known_are_not_held_together():
    assert sizes(None, size(1)) == sizes(size(1), None) == ""
    alone = a_view(a_model(A, million=1))
    assert findings.size_and_time(alone, A, B) == findings.size_and_time(alone, B, A) == []


def times(first=None, second=None):
    fields = {"million": 1, "device": "CPU", "train_seconds": 60.0, "epochs_run": 3}
    runs = a_model(A, **(fields | (first or {}))), a_model(B, **(fields | (second or {})))
    return text_of(findings.size_and_time(a_view(*runs), A, B)[1:])


def test_epochs_are_timed_on_the_same_device_only():
    text = times(second={"train_seconds": 20.0, "epochs_run": 4})
    assert "An epoch of AlexNet fine-tuned took 20 s; one of AlexNet from scratch" in text
    assert "took 5.0 s on the same device" in text
    others = ({"device": "Another"}, {"device": "A"}, {"epochs_run": 0}, {"device": None},
              {"n_devices": 2}, {"n_machines": 2})  # fmt: skip
    for other in others:
        assert times(other) == times(second=other) == ""
    assert times({"device": None}, {"device": None})
    assert "on the same devices" in times({"n_devices": 2}, {"n_devices": 2})


def test_features_computed_once_are_told_with_the_time():
    cached = {"cached_features": True, "feature_seconds": 7.0}
    assert "after 7.0 s in which its frozen part" in times(cached)
    assert "frozen part" not in times(second=cached)


def per_parameter(*models):
    """Say of models (name, right answers, million parameters) how size and accuracy lie."""
    runs = [a_model(n, right, million=million, validation=right / 100)
            for n, right, million in models]  # fmt: skip
    return text_of(findings.accuracy_per_parameter(a_view(*runs)))


def test_size_is_told_where_the_largest_isnt_the_chosen_one():
    assert per_parameter((A, 90, 5), (B, 80, 4)) == per_parameter((B, 80, 4), (A, 90, 5)) == ""
    assert per_parameter((A, 90, 5), (B, 80, 5)) == ""
    text = per_parameter((A, 70, 5), (B, 80, 4), (C, 75, 3))
    assert "of AlexNet fine-tuned with 5.00 million parameters, reaches 70.0 %" in text
    assert "AlexNet from scratch, has 4.00 million and reaches 80.0 %" in text


def test_size_is_not_told_where_the_largest_does_better_on_the_test():
    runs = a_model(A, 70, million=4, validation=0.9), a_model(B, 90, million=5, validation=0.8)
    assert findings.accuracy_per_parameter(a_view(*runs)) == []


def test_two_sizes_are_needed():
    assert per_parameter((A, 90, 5)) == per_parameter((A, 90, 5), (B, 80, None)) == ""
    assert per_parameter((A, 90, None), (B, 80, 5)) == ""


def test_the_sums_need_time_and_arithmetic_of_every_training():
    assert "All training" in said(a_view(a_model(A, flop=5)))
    assert "All training" not in said(a_view(a_model(A, flop=5), a_model(B)))


def test_one_tested_model_is_not_told_with_its_price():
    assert "Training the chosen" not in said(a_view(a_model(A, flop=5)))
    assert "Training the chosen" in said(a_view(a_model(A, flop=5), a_model(B, 50, flop=4)))


@pytest.mark.parametrize(("flop", "told"), [(7, True), (None, False)])
def test_what_choosing_took_is_told_where_every_candidate_says(flop, told):
    candidates = [a_model(f"transfer/grid-{n}", 80, flop=f) for n, f in (("a", 5), ("b", flop))]
    selected = Selected("transfer/grid", "transfer/grid-a", 1, ["transfer/grid-a"], [0.8])
    best = a_model(A, 90, flop=5, selected=selected, reused_from="transfer/grid-a")
    text = text_of(what_accuracy_cost(a_view(best, a_model(B, 50, flop=5), *candidates)))
    assert ("choosing its pair took 0.0 s and 12.0 FLOP for the whole grid" in text) == told


@pytest.mark.parametrize(
    ("right", "flop", "words"),
    [(85, 4, "the least went into AlexNet from scratch: "), (84, 4, "measurably less accurate"),
     (85, 5, "took at least as much arithmetic"), (85, 6, "took at least as much arithmetic")],
)  # fmt: skip
def test_as_good_for_less_is_less_arithmetic_and_no_measurable_difference(right, flop, words):
    text = said(a_view(a_model(A, 90, flop=5), a_model(B, right, flop=flop)))
    assert words in text


def test_of_several_as_good_the_cheapest_is_named():
    runs = [a_model(A, 90, flop=10), a_model(B, 88, flop=8), a_model(C, 89, flop=7),
            a_model("beyond/x", 87, flop=9, spec=a_spec())]  # fmt: skip
    text = text_of(what_accuracy_cost(a_view(*runs))[-1:])
    assert "the least went into AlexNet with frozen convolutions: " in text
    assert "70.0 % of the chosen one’s arithmetic, for 89.0 % right." in text


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


def test_of_a_counter_that_never_moved_no_share_is_told(made):
    costs = {run.id: run.metrics.cost for run in made(energy=True).all_runs()}
    still = [(name, {"cost": msgspec.structs.replace(cost, energy_joules=0.0)})
             for name, cost in costs.items()]  # fmt: skip
    whole, choosing = what_accuracy_cost(made(*still, energy=True))[:2]
    assert numbers(whole)[2] == 0
    assert "went into the grids" in str(choosing)
    assert "of the energy" not in str(choosing)


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
    assert "AlexNet fine-tuned, took " in said(view)
    assert "for the whole grid, this training included." in said(view)


def test_the_least_that_cant_be_told_from_the_best_is_named(made):
    view = made()
    sentence = what_accuracy_cost(view)[-1]
    assert sentence.strength == "weak"
    assert "can’t be told from it" in str(sentence)
    assert "the least went into AlexNet with frozen convolutions: " in str(sentence)
    cheap, best = (view.run(name).metrics for name in ("freezing/cnn", "beyond/resnet18"))
    assert flop(cheap) / flop(best) in numbers(sentence)
    assert seconds(cheap) in numbers(sentence)


def test_times_of_two_devices_are_not_held_together(made):
    environment = made().run("freezing/cnn").metrics.environment
    other = msgspec.structs.replace(environment, device_name="Another CPU")
    sentence = what_accuracy_cost(made(("freezing/cnn", {"environment": other})))[-1]
    assert "the least went into AlexNet with frozen convolutions: 913\u00a0GFLOP, " in str(sentence)


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
    assert "Training the chosen model" in text


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

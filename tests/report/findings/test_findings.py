"""Sentences say what the records say, in every state that records can be in."""

import json
import math

import msgspec
import pytest
from fake_study import Fake, write_fake_study
from scipy.stats import sem, t

from report.evidence.display_names import pair
from report.evidence.load import load_study
from report.evidence.sentences import plain_text
from report.evidence.statistics import wilson_interval
from report.findings import (
    against_reference,
    chosen,
    comparing,
    cost,
    data,
    freezing,
    grid,
    learning,
    notices,
    scores,
)
from report.findings.still_improving import how_they_ended
from report.sections import preprocessing
from report.sections.runs import course
from report.tables.grids import grid_pairs

GRID = "scratch/grid"


@pytest.fixture(scope="module")
def view(finished_study):
    return load_study(finished_study)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "reference"
    write_fake_study(folder, Fake(preset="reference"))
    return load_study(folder)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds") / "quick"
    write_fake_study(folder, Fake(seeds=3))
    return load_study(folder)


def said(sentences):
    return " ".join(str(sentence) for sentence in sentences)


def change(study, experiment, file="metrics.json", seed=0, **fields):
    path = study / experiment / f"seed-{seed}" / file
    record = msgspec.json.decode(path.read_bytes())
    for name, value in fields.items():
        if isinstance(value, dict):
            record[name] = (record[name] or {}) | value
        else:
            record[name] = value
    path.write_bytes(msgspec.json.encode(record))


def test_the_best_pair_is_the_highest_on_validation(view):
    members = [view.run(e.id).metrics.validation.accuracy for e in view.group(GRID)]
    sentence = grid.best_pair(view, GRID)[0]
    assert max(members) in [part.value for part in sentence.parts if part.kind == "number"]
    assert "Adam at 1e-3" in str(sentence)


def test_a_clear_lead_is_strong_and_a_narrow_one_weak(view, study):
    change(study, "scratch/grid-adam-1e-3", validation={"accuracy": 0.7})
    clear = grid.best_pair(load_study(study), GRID)[1]
    assert clear.strength == "strong"
    assert "lies above zero" in str(clear)
    narrow = grid.best_pair(view, "transfer/grid")[1]
    assert narrow.strength == "weak"
    assert "may be luck" in str(narrow)


def test_equal_pairs_are_decided_by_loss_and_said_so(study):
    scores = {"accuracy": 0.99, "loss": 0.5}
    change(study, "scratch/grid-sgd-1e-2", validation=scores | {"loss": 0.4})
    change(study, "scratch/grid-adam-1e-3", validation=scores)
    view = load_study(study)
    assert [run.id for run in view.ranked(GRID)][:2] == [
        "scratch/grid-sgd-1e-2",
        "scratch/grid-adam-1e-3",
    ]
    assert "exactly the same" in said(grid.best_pair(view, GRID))


def test_diverged_pairs_are_named_with_what_they_count(view):
    text = said(grid.troubled_pairs(view, GRID))
    assert "RMSprop at 1e-2 diverged: in epoch 3 its loss was no longer finite" in text
    assert "It counts with the best epoch before, epoch 1, and its validation accuracy of" in text


def test_a_diverged_run_counts_with_the_best_epoch_before(view):
    run = view.run("scratch/grid-rmsprop-1e-2")
    text = said(learning.convergence(view, run))
    assert "stopped being finite" in text
    assert "counts with the best epoch before that, epoch 1" in text
    assert "the best epoch before that" in said(preprocessing.build(view).facts["diverged"])


def test_a_diverged_run_of_format_1_counts_with_its_last_finite_epoch(study):
    change(study, "scratch/grid-rmsprop-1e-2", format=1, best_epoch=2)
    view = load_study(study)
    assert "RMSprop at 1e-2 diverged: after epoch 2" in said(grid.troubled_pairs(view, GRID))
    text = said(learning.convergence(view, view.run("scratch/grid-rmsprop-1e-2")))
    assert "counts with the last epoch before that, epoch 2" in text
    assert "its last finite epoch" in said(preprocessing.build(view).facts["diverged"])


def test_divergence_in_the_first_epoch_has_no_accuracy(study):
    change(study, "scratch/grid-rmsprop-1e-2", validation=None, train=None, best_epoch=None)
    view = load_study(study)
    assert "in the first epoch already" in said(grid.troubled_pairs(view, GRID))
    assert "scratch/grid-rmsprop-1e-2" not in [run.id for run in view.ranked(GRID)]


def test_pairs_at_the_majority_class_never_learned(view, study):
    text = said(grid.troubled_pairs(view, GRID))
    assert "SGD at 1e-5" in text.partition("can’t be told from")[0]
    assert not grid.never_learned(view, view.run("scratch/grid-adam-1e-3"))
    change(study, "scratch/grid-adam-1e-3", validation={"accuracy": 0.01})
    other = load_study(study)
    assert grid.never_learned(other, other.run("scratch/grid-adam-1e-3"))


def test_several_seeds_are_ranked_and_named_by_their_mean(seeds):
    best = seeds.ranked(GRID)[0]
    values = [run.metrics.validation.accuracy for run in seeds.finished(best.id)]
    sentence = grid.best_pair(seeds, GRID)[0]
    assert "the mean over 3 seeds" in str(sentence)
    assert sum(values) / 3 in [p.value for p in sentence.parts if p.kind == "number"]


def test_sensitivity_names_a_rate_for_each_optimizer(view):
    text = said(grid.sensitivity(view, GRID))
    for name in ("SGD at 1e-2", "Adam at 1e-3", "RMSprop at 1e-3"):
        assert name in text


def test_the_rule_stands_beside_the_choice(view):
    text = said(grid.selection(view, view.run("transfer/best")))
    assert "validation accuracy" in text
    assert grid.selection(view, view.run("scratch/baseline")) == []


def test_a_wide_gap_is_overfitting_even_for_the_best(view):
    assert "It overfits" in said(learning.fit_gap(view, view.run("transfer/best")))


def test_a_low_accuracy_on_both_is_underfitting(view):
    assert "underfits" in said(learning.fit_gap(view, view.run("scratch/baseline")))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], "still rising"),
        ([0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8], "(80.0"),
        ([0.8, 0.8, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4], "falling"),
    ],
)
def test_convergence_follows_the_last_epochs(study, values, words):
    file = "curves.json"
    n_epochs = len(load_study(study).run("scratch/baseline").curves.epoch)
    values = values[:1] * (n_epochs - len(values)) + values
    change(study, "scratch/baseline", file, validation_accuracy=values[-n_epochs:])
    view = load_study(study)
    text = said(learning.convergence(view, view.run("scratch/baseline")))
    assert ("at the end" in text) == (words in ("still rising", "falling"))
    assert words in text or "at the end" not in text


def test_the_learning_rate_step_is_told_or_said_to_be_missing(view, study):
    run = view.run("scratch/baseline")
    jump = [0.1] * (len(run.curves.epoch) - 3) + [0.6] * 3
    falls = [1e-3] * (len(jump) - 3) + [1e-4] * 3
    change(study, "scratch/baseline", "curves.json", validation_accuracy=jump, learning_rate=falls)
    stepped = load_study(study)
    text = said(learning.learning_rate_step(stepped, stepped.run("scratch/baseline")))
    assert "the rate fell from 1e-3 to 1e-4" in text
    rates = [1e-3] * len(run.curves.epoch)
    change(study, "scratch/baseline", "curves.json", learning_rate=rates)
    flat = load_study(study)
    text = said(learning.learning_rate_step(flat, flat.run("scratch/baseline")))
    assert "never fell" in text


def test_a_difference_is_one_only_where_the_test_carries_it(view):
    clear = comparing.compare(view, "transfer/best", "scratch/best")[0]
    assert clear.strength == "strong"
    assert "points better" in str(clear)
    close = comparing.compare(view, "freezing/cnn", "transfer/best")[0]
    assert close.strength == "weak"
    assert "can’t be told from" in str(close)


def test_a_model_does_not_differ_from_itself(view):
    assert "no measurable difference" in said(
        comparing.compare(view, "transfer/best", "transfer/best")
    )


def test_other_pictures_are_not_compared(study):
    change(study, "scratch/best", "predictions.json", dataset_fingerprint="other")
    sentences = comparing.compare(load_study(study), "transfer/best", "scratch/best")
    assert [s.strength for s in sentences] == ["gap"]
    assert "weren’t tested on the same pictures" in str(sentences[0])


def test_what_was_not_tested_is_not_compared(view):
    assert comparing.compare(view, "transfer/detail-1", "scratch/best") == []
    assert comparing.tested_result(view, "no/such") == []


def with_seeds(tmp_path, n, **fields):
    write_fake_study(tmp_path / "seeds", Fake(preset="reference", seeds=n, **fields))
    return tmp_path / "seeds"


def test_two_seeds_are_tested_one_by_one(tmp_path):
    view = load_study(with_seeds(tmp_path, 2))
    text = plain_text(scores.accuracy_parts(comparing.tested_accuracy(view, "transfer/best")))
    assert "mean of 2 seeds, standard deviation" in text
    text = said(comparing.compare(view, "transfer/best", "scratch/best"))
    assert "exact McNemar test for each seed" in text


@pytest.mark.parametrize("n", [3, 5])
def test_from_three_seeds_on_intervals_and_tests_are_over_seeds(tmp_path, n):
    view = load_study(with_seeds(tmp_path, n))
    tested = comparing.tested_accuracy(view, "transfer/best")
    values = [run.metrics.test.accuracy for run in view.tested("transfer/best")]
    mean, n_images = sum(values) / n, view.tested("transfer/best")[0].metrics.test.n_images
    student = t.interval(0.95, n - 1, loc=mean, scale=sem(values))
    wilson = wilson_interval(mean * n_images, n_images)
    expected = [
        mean + sign * math.hypot(a - mean, b - mean)
        for sign, a, b in zip((-1, 1), student, wilson, strict=True)
    ]
    assert (tested.low.value, tested.high.value) == pytest.approx(expected)
    text = said(comparing.compare(view, "transfer/best", "scratch/best"))
    assert f"paired t test over {n} seeds" in text
    assert "min F′ over seeds and test pictures" in text
    assert "points better" in text


def fail(study, experiment, seed):
    folder = study / experiment / f"seed-{seed}"
    for name in ("curves.json", "predictions.json"):
        (folder / name).unlink(missing_ok=True)
    change(study, experiment, seed=seed, status="failed", error="CUDA out of memory.", spec=None)
    empty = {"validation": None, "train": None, "test": None, "best_epoch": None}
    change(study, experiment, seed=seed, spec_hash="", **empty)


def test_models_are_paired_by_seed_where_one_seed_failed(tmp_path):
    study = with_seeds(tmp_path, 3)
    fail(study, "scratch/best", 1)
    view = load_study(study)
    text = said(comparing.compare(view, "transfer/best", "scratch/best")).replace("\u00a0", " ")
    assert "points better than AlexNet from scratch over the 2 seeds that both have (" in text
    assert "exact McNemar test for each seed" in text
    gaps = said(notices.gap_notices(view, view.listed))
    assert "Failed: scratch/best (seed 1). CUDA out of memory." in gaps
    assert "means are over those that have: scratch/best 2" in said(notices.progress(view))


def test_models_without_a_common_seed_are_not_compared(tmp_path):
    study = with_seeds(tmp_path, 2)
    fail(study, "scratch/best", 1)
    fail(study, "transfer/best", 0)
    sentences = comparing.compare(load_study(study), "transfer/best", "scratch/best")
    assert [s.strength for s in sentences] == ["gap"]


def test_a_pair_that_failed_with_one_seed_is_not_ranked(tmp_path):
    study = with_seeds(tmp_path, 2)
    best = load_study(study).ranked(GRID)[0].id
    fail(study, best, 1)
    view = load_study(study)
    assert best not in [run.id for run in view.ranked(GRID)]
    assert "done, failed" in str(grid_pairs(view, GRID).rows[-1])


def test_different_epochs_are_admitted(real):
    text = said(comparing.compare(real, "augmentation/one-of-three", "transfer/best"))
    assert "30 and 25" in text


def test_each_strategy_is_explained_by_its_counts(real):
    frozen_convolutions = said(freezing.what_is_trained(real.run("freezing/cnn")))
    assert "54\u202f947\u202f941 of 57\u202f417\u202f637" in frozen_convolutions
    frozen_classifier = said(freezing.what_is_trained(real.run("freezing/fc")))
    assert "2\u202f469\u202f696 of 57\u202f417\u202f637" in frozen_classifier
    assert "the new last one too" in frozen_classifier


def test_size_time_and_accuracy(real):
    assert "ResNet18" in said(chosen.chosen(real))
    assert "Size alone doesn’t decide" in said(cost.accuracy_per_parameter(real))
    assert "142.8 million parameters" in said(
        cost.size_and_time(real, "beyond/vgg16", "transfer/best")
    )


def test_the_reference_is_held_against_the_same_task_only(view, real):
    assert against_reference.against_reference(view) == []
    dataset = msgspec.structs.replace(real.dataset, n_test=2893)
    runs = {e.id: real.runs(e.id) for e in real.study.experiments}
    same = type(real)(real.folder, real.study, dataset, runs)
    assert "inside their 95\u00a0% interval" in said(against_reference.against_reference(same))


def test_data_findings_count_what_is_there(view):
    assert "774 pictures in 12 classes" in said(data.extent(view))
    text = said(data.imbalance(view))
    assert "dolphin" in text
    assert "emu" in text
    assert "BACKGROUND_Google" in said(data.left_out(view))
    assert "embedded sample" in said(data.kind(view))


def test_equal_classes_have_no_largest(view):
    n = len(view.dataset.classes)
    counts = msgspec.structs.replace(view.dataset.counts, train=[20] * n)
    dataset = msgspec.structs.replace(view.dataset, counts=counts, n_train=20 * n)
    even = type(view)(view.folder, view.study, dataset, {})
    assert "Every class has 20 train pictures." in said(data.imbalance(even))


def test_sample_pictures_and_weights_are_announced(view, real):
    text = said(notices.data_notices(view))
    assert "not Caltech-101 pictures" in text
    assert "not ImageNet’s" in text
    assert notices.data_notices(real) == []


def test_a_complete_study_has_no_gap(view):
    assert notices.progress(view) == []
    assert notices.gap_notices(view, view.listed) == []


def test_missing_skipped_and_failed_are_told_apart(tmp_path):
    fake = Fake(only=("scratch",), skipped=("transfer",), failed=("scratch/baseline",))
    fake.only = ("scratch", "transfer/grid-sgd-1e-2")
    write_fake_study(tmp_path / "s", fake)
    view = load_study(tmp_path / "s")
    text = said(notices.gap_notices(view, view.listed))
    assert "Failed: scratch/baseline. CUDA out of memory." in text
    assert "Skipped: transfer/grid-sgd-1e-2." in text
    assert "have no record yet" in text
    assert "The study is not complete" in said(notices.progress(view))


def test_a_choice_that_its_grid_no_longer_makes_is_stale(study):
    change(study, "transfer/grid-adam-1e-3", validation={"accuracy": 0.999})
    view = load_study(study)
    text = said(notices.choice_notices(view, view.listed))
    assert "Stale: " in text
    assert "transfer/best" in text
    assert "Adam at 1e-3" in text


def test_records_of_other_pictures_are_stale(study):
    change(study, "scratch/baseline", dataset_fingerprint="other")
    view = load_study(study)
    text = said(notices.fingerprint_notices(view, view.listed))
    assert text.startswith("Stale: scratch/baseline ran on other pictures")


def test_every_number_of_a_finding_has_a_source(view):
    sentences = [
        *grid.best_pair(view, GRID),
        *grid.sensitivity(view, GRID),
        *comparing.tested_result(view, "transfer/best"),
        *comparing.compare(view, "transfer/best", "scratch/best"),
        *chosen.chosen(view),
        *data.imbalance(view),
    ]
    for sentence in sentences:
        for part in sentence.parts:
            if part.kind == "number":
                assert "#/" in part.source
            elif part.kind == "text":
                assert not any(c.isdigit() for c in part.text), part


def test_training_time_holds_the_features_that_were_computed_once(view):
    run = view.run("freezing/cnn")
    metrics = run.metrics
    assert metrics.cached_features
    assert run.training_time.value == metrics.train_seconds + metrics.feature_seconds
    assert "feature_seconds" in run.training_time.source


def test_the_chosen_model_is_told_from_the_others_by_test(real, study):
    assert "is measurably better than each of the others." in said(chosen.chosen(real))
    best = study / "beyond/resnet18/seed-0"
    twin = study / "beyond/vgg16/seed-0"
    record = msgspec.json.decode((best / "metrics.json").read_bytes())
    change(study, "beyond/vgg16", test=record["test"])
    answers = msgspec.json.decode((best / "predictions.json").read_bytes())["predicted"]
    path = twin / "predictions.json"
    path.write_bytes(
        msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | {"predicted": answers})
    )
    text = said(chosen.chosen(load_study(study)))
    assert "VGG16 (89.1\u202f%)." in text


def test_an_optimizer_that_never_learned_has_no_best_rate(study):
    for rate in ("1e-2", "1e-3", "1e-5"):
        change(study, f"scratch/grid-sgd-{rate}", validation={"accuracy": 0.05})
    text = said(grid.sensitivity(load_study(study), GRID))
    assert "At no rate tried was SGD measurably better than naming" in text
    assert "SGD at" not in text.partition(".")[0]


def test_a_run_that_never_learned_says_so_wherever_it_is_told(study):
    change(study, "scratch/baseline", validation={"accuracy": 0.05})
    n_images = load_study(study).run("scratch/baseline").metrics.test.n_images
    change(study, "scratch/baseline", test={"accuracy": 1 / n_images, "n_correct": 1})
    view = load_study(study)
    assert "naming the most frequent class" in said(course(view, "scratch/baseline"))
    tested = said(comparing.tested_result(view, "scratch/baseline"))
    assert "can’t be told from naming the most frequent class every time" in tested
    assert "flattered" not in tested


def test_validation_that_flatters_is_told_with_its_interval(study):
    change(study, "transfer/best", validation={"accuracy": 0.999})
    change(study, "transfer/best", test={"accuracy": 0.5})
    text = said(comparing.tested_result(load_study(study), "transfer/best"))
    assert "49.9 points above its test accuracy (95\u00a0% interval of the difference" in text
    assert "flatter it" in text


def test_the_gaps_trend_is_told(view, study):
    n = len(load_study(study).run("scratch/baseline").curves.epoch)
    rising = [0.2] * (n - 3) + [0.5] * 3
    change(study, "scratch/baseline", "curves.json", train_accuracy=rising,
           validation_accuracy=[0.2] * n)  # fmt: skip
    moved = load_study(study)
    text = said(learning.fit_gap(moved, moved.run("scratch/baseline")))
    assert "In the last three epochs train gained 30.0 points on validation" in text


def test_what_the_rate_step_did_is_not_called_still_rising(study):
    n = len(load_study(study).run("scratch/baseline").curves.epoch)
    rates = [1e-3] * (n - 3) + [1e-4] * 3
    values = [0.3] * (n - 3) + [0.6] * 3
    change(study, "scratch/baseline", "curves.json", validation_accuracy=values,
           learning_rate=rates)  # fmt: skip
    view = load_study(study)
    run = view.run("scratch/baseline")
    assert "rising" not in said(learning.convergence(view, run))
    assert "gained 30.0 points more" in said(learning.learning_rate_step(view, run))


def test_training_more_is_not_called_better_where_it_is_not(real):
    tested = [comparing.tested_accuracy(real, i) for i in (
        "transfer/best", "freezing/cnn", "freezing/fc", "freezing/fc-head-free")]  # fmt: skip
    text = said(freezing.counts_and_accuracy(tested))
    assert text.index("2.47 million") < text.index("54.9 million") < text.index("57.4 million")
    assert freezing.counts_and_accuracy(tested[:2]) == []


def test_the_rules_over_seeds_are_stated_only_where_they_hold(view, seeds):
    assert scores.rules_over_seeds(view) == []
    text = said(scores.rules_over_seeds(seeds))
    assert "asks for 3 random starts" in text


def test_pairs_still_rising_are_named(study):
    view = load_study(study)
    best, second = view.ranked("transfer/grid")[:2]
    for run, end in (
        (best, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
        (second, [0.1, 0.1, 0.1, 0.3, 0.3, 0.3]),
    ):
        file = study / run.path / "curves.json"
        record = json.loads(file.read_text())
        n = len(record["epoch"])
        record["learning_rate"] = [0.1] * n
        record["validation_accuracy"] = [0.1] * (n - 6) + end
        file.write_text(json.dumps(record))
    text = said(how_they_ended(load_study(study), "transfer/grid"))
    assert "by 20.0 points" in text
    assert plain_text(pair(second)) in text
    assert "The best pair is among them" not in text

"""What runs again, what doesn't, and how a best pair is chosen."""

import msgspec
import pytest
from recorder import Recorder

from training.planning.plan import Plan
from training.records import Choice, HeldOutScores

TESTED = HeldOutScores(loss=1.0, accuracy=0.5, n_correct=1, n_images=2)
ACCURACIES = [0.1, 0.2, 0.3, 0.4, 0.9, 0.5, 0.1, 0.2, 0.3]


def test_without_records_everything_is_to_do_and_choices_wait(recorder):
    assert recorder.step("scratch/baseline").state == "to do"
    assert recorder.step("scratch/best").state == "waiting"
    assert "scratch/grid-sgd-1e-2" in recorder.step("scratch/best").reason


def test_a_record_of_the_same_spec_is_done(recorder):
    recorder.record("scratch/baseline", test=TESTED)
    assert recorder.step("scratch/baseline").state == "done"


def test_a_changed_setting_makes_its_record_stale_and_says_which(recorder, tmp_path):
    recorder.record("scratch/baseline", test=TESTED)
    changed = msgspec.structs.replace(
        recorder.study, settings=msgspec.structs.replace(recorder.study.settings, weight_decay=1e-3)
    )
    step = Plan(changed, recorder.folder, "data-1").step(recorder.experiment("scratch/baseline"), 0)
    assert (step.state, step.reason) == ("stale", "weight_decay changed")


def test_changed_pictures_make_records_stale(recorder):
    recorder.record("scratch/baseline", test=TESTED)
    plan = Plan(recorder.study, recorder.folder, "data-2")
    step = plan.step(recorder.experiment("scratch/baseline"), 0)
    assert (step.state, step.reason) == ("stale", "the data set has changed")


def test_a_diverged_run_of_an_older_version_kept_another_epoch(recorder):
    """In format 1, a run that diverged counts with its last finite epoch instead of its best."""
    ways = {"status": "diverged", "test": TESTED}
    recorder.record("scratch/baseline", **ways, format=1, best_epoch=3)
    step = recorder.step("scratch/baseline")
    assert (step.state, step.reason.partition(",")[0]) == ("stale", "it diverged")
    for fields in (
        {"best_epoch": 3},
        {"best_epoch": 1, "format": 1},
        {"best_epoch": None, "format": 1},
        {"best_epoch": 3, "format": 1, "status": "done"},
    ):
        recorder.record("scratch/baseline", **(ways | fields))
        assert recorder.step("scratch/baseline").state == "done"


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_failed_and_skipped_runs_are_tried_again(recorder, status):
    recorder.record("scratch/baseline", status=status, error="x")
    assert recorder.step("scratch/baseline").state == "to do"


def test_a_finalist_without_a_test_reading_is_to_do(recorder):
    recorder.record("scratch/baseline")
    assert recorder.step("scratch/baseline").reason == "not tested yet"


def test_the_best_pair_has_the_highest_validation_accuracy(recorder):
    members = recorder.grid("transfer", ACCURACIES)
    selected, chosen = recorder.plan.select(Choice("transfer/grid", 1))
    assert chosen.id == selected.id == members[4]
    assert selected.validation_accuracy == sorted(ACCURACIES, reverse=True)
    second, _ = recorder.plan.select(Choice("transfer/grid", 2))
    assert second.id == members[5]


def test_ties_go_to_the_lower_loss_then_to_the_smaller_rate(recorder):
    members = recorder.grid("transfer", [0.5])
    assert recorder.plan.select(Choice("transfer/grid"))[0].id.endswith("1e-5")
    recorder.record(members[0], 0.5, loss=0.2)
    assert recorder.plan.select(Choice("transfer/grid"))[0].id == members[0]


def test_the_test_set_never_decides(recorder):
    members = recorder.grid("transfer", ACCURACIES)
    perfect = HeldOutScores(loss=0.0, accuracy=1.0, n_correct=2, n_images=2)
    recorder.record(members[0], 0.1, test=perfect)
    assert recorder.plan.select(Choice("transfer/grid"))[0].id == members[4]


def test_the_chosen_pair_reaches_the_specs_that_depend_on_it(recorder):
    members = recorder.grid("transfer", ACCURACIES)
    spec = recorder.step("freezing/cnn").spec
    chosen = recorder.experiment(members[4])
    assert (spec.optimizer, spec.learning_rate) == (chosen.optimizer, chosen.learning_rate)
    assert spec.freeze == "features"


def test_vgg_scales_the_rate_by_its_batch(tmp_path):
    recorder = Recorder(tmp_path, "reference")
    recorder.grid("transfer", ACCURACIES)
    vgg, resnet = recorder.step("beyond/vgg16").spec, recorder.step("beyond/resnet18").spec
    assert (vgg.batch_size, resnet.batch_size) == (32, 256)
    assert vgg.learning_rate == pytest.approx(resnet.learning_rate * 32 / 256)


def test_another_choice_makes_what_was_chosen_stale(recorder):
    members = recorder.grid("transfer", ACCURACIES)
    recorder.record("freezing/cnn", test=TESTED)
    recorder.record("transfer/best", 0.9, test=TESTED)
    assert recorder.step("freezing/cnn").state == "done"
    recorder.record(members[0], 0.95)
    assert recorder.step("freezing/cnn").state == "stale"
    assert f"now chooses {members[0]}" in recorder.step("freezing/cnn").reason
    assert recorder.step("transfer/best").state == "stale"


def test_a_source_that_ran_again_makes_its_reuse_stale(recorder):
    members = recorder.grid("transfer", ACCURACIES)
    recorder.record("transfer/best", 0.9, test=TESTED)
    assert recorder.step("transfer/best").state == "done"
    recorder.record(members[4], 0.9, finished_at="later")
    assert recorder.step("transfer/best").reason == "its source ran again"


def test_a_failed_grid_member_does_not_hold_up_the_choice(recorder):
    members = recorder.grid("transfer", ACCURACIES)
    recorder.record(members[4], 0.9, status="failed", error="x")
    selected, _ = recorder.plan.select(Choice("transfer/grid"))
    assert selected.id == members[5]
    assert members[4] not in selected.candidates


def test_a_skipped_grid_says_why_nothing_can_be_chosen(recorder):
    recorder.grid("transfer", ACCURACIES, status="skipped", error="no weights")
    step = recorder.step("freezing/cnn")
    assert step.state == "waiting"
    assert "is skipped" in step.reason


def test_several_seeds_count_by_their_mean(tmp_path):
    recorder = Recorder(tmp_path, seeds=2)
    members = recorder.grid("transfer", [0.5])
    recorder.grid("transfer", [0.5], seed=1)
    recorder.record(members[0], 0.9, seed=0)
    recorder.record(members[0], 0.2, seed=1)  # mean 0.55
    recorder.record(members[1], 0.6, seed=0)
    recorder.record(members[1], 0.6, seed=1)
    selected, _ = recorder.plan.select(Choice("transfer/grid"))
    assert selected.id == members[1]
    assert selected.validation_accuracy[:2] == pytest.approx([0.6, 0.55])


def test_a_section_brings_the_grid_it_is_chosen_from(recorder):
    wanted = recorder.plan.with_dependencies([recorder.experiment("freezing/cnn")])
    assert [e.id for e in wanted][-1] == "freezing/cnn"
    assert sum(e.id.startswith("transfer/grid-") for e in wanted) == 9

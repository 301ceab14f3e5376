"""How long the rest of a list takes: what is learned from, what is added up."""

import msgspec
import pytest

from training.planning.run_kinds import likely_spec
from training.planning.time_left import LONG_SECONDS, Remaining
from training.progress import TimeLeft
from training.records import Cost

EPOCHS = 12
"""Of the quick preset."""


def remaining(recorder, *names, force=False):
    return Remaining([recorder.step(name) for name in names], recorder.plan, force)


def ran(recorder, name, epoch_seconds, n_epochs=EPOCHS, **fields):
    """Return the record of a run that took so long."""
    seconds = epoch_seconds * n_epochs
    record = recorder.record(name, train_seconds=seconds, epochs_run=n_epochs, **fields)
    return msgspec.structs.replace(record, reused_from=None)


SGD, ADAM, FROZEN, CHOSEN = ("scratch/grid-sgd-1e-3", "scratch/grid-adam-1e-3", "freezing/cnn",
                             "scratch/best")  # fmt: skip


def test_before_anything_has_run_nothing_is_known(recorder):
    assert remaining(recorder, SGD, ADAM).seconds() is None


def test_runs_of_a_kind_take_what_the_others_took(recorder):
    left = remaining(recorder, "scratch/baseline", SGD, ADAM)
    left.ended(("scratch/baseline", 0), ran(recorder, "scratch/baseline", 2.0))
    assert left.seconds() == pytest.approx(2 * EPOCHS * 2.0)
    left.ended((SGD, 0), ran(recorder, SGD, 4.0))
    assert left.seconds() == pytest.approx(EPOCHS * 3.0)
    left.ended((ADAM, 0), ran(recorder, ADAM, 3.0))
    assert left.seconds() == 0


def test_an_epoch_counts_where_a_run_ended_early(recorder):
    left = remaining(recorder, SGD, ADAM)
    left.ended((SGD, 0), ran(recorder, SGD, 2.0, n_epochs=3))
    assert left.seconds() == pytest.approx(EPOCHS * 2.0)


def test_what_computing_features_took_counts(recorder):
    left = remaining(recorder, SGD, ADAM)
    left.ended((SGD, 0), ran(recorder, SGD, 2.0, feature_seconds=EPOCHS * 1.0))
    assert left.seconds() == pytest.approx(EPOCHS * 3.0)


def test_another_kind_is_taken_for_the_usual_until_one_of_it_has_run(recorder):
    left = remaining(recorder, SGD, ADAM, FROZEN, "freezing/fc")
    left.ended((SGD, 0), ran(recorder, SGD, 2.0))
    assert left.seconds() == pytest.approx(3 * EPOCHS * 2.0)
    recorder.grid("transfer", [0.5])
    left.ended((FROZEN, 0), ran(recorder, FROZEN, 0.5))
    assert left.seconds() == pytest.approx(EPOCHS * (2.0 + (2.0 + 0.5) / 2))


def test_what_is_done_or_repeats_another_takes_nothing(recorder):
    ran(recorder, SGD, 1.0)
    left = remaining(recorder, SGD, ADAM, CHOSEN)
    left.ended((ADAM, 0), ran(recorder, ADAM, 2.0))
    assert left.seconds() == 0
    again = remaining(recorder, SGD, ADAM, force=True)
    again.ended((ADAM, 0), ran(recorder, ADAM, 2.0))
    assert again.seconds() == pytest.approx(EPOCHS * 2.0)


def test_a_repeated_record_teaches_nothing(recorder):
    left = remaining(recorder, SGD, ADAM, CHOSEN)
    record = ran(recorder, SGD, 2.0)
    left.ended((SGD, 0), record)
    repeated = msgspec.structs.replace(record, id=CHOSEN, reused_from=SGD, train_seconds=99.0)
    left.ended((CHOSEN, 0), repeated)
    assert left.seconds() == pytest.approx(EPOCHS * 2.0)


def test_what_did_not_run_teaches_nothing(recorder):
    left = remaining(recorder, SGD, ADAM, FROZEN)
    left.ended((SGD, 0), recorder.record(SGD, status="failed", error="x"))
    assert left.seconds() is None
    left.ended((ADAM, 0), None)  # another process did it
    assert left.seconds() is None


def test_stand_ins_take_their_arithmetic_at_the_runs_speed(recorder):
    names = ["scratch/baseline", "transfer/grid-sgd-1e-3", "transfer/grid-adam-1e-3"]
    steps = [recorder.step(name) for name in names]
    digest = steps[1].spec.weights_digest
    asked = []

    def stand_ins(specs):
        asked.extend(spec.weights_digest for spec in specs)
        return {digest: 6_000}

    left = Remaining(steps, recorder.plan, False, stand_ins)
    assert asked == []  # before the first step
    cost = Cost(training_flop=1_500, feature_flop=500)
    baseline = ran(recorder, names[0], 2.0, feature_seconds=0.0, cost=cost)
    left.ended((names[0], 0), baseline)
    assert left.seconds() == pytest.approx((2 + 6_000 / 2_000) * EPOCHS * 2.0)
    assert asked == [digest, digest]
    left.ended((names[1], 0), ran(recorder, names[1], 2.0))  # which trained them
    assert left.seconds() == pytest.approx(EPOCHS * 2.0)


TRANSFER = [f"transfer/grid-{o}-1e-3" for o in ("sgd", "adam", "rmsprop")]
OTHER = "beyond/resnet18"
"""Whose stand-in weights are others."""


def list_with_stand_ins(recorder):
    """Return what is left of a list with two stand-ins of 6,000 and 18,000 FLOP."""
    steps = [recorder.step(name) for name in ("scratch/baseline", *TRANSFER, OTHER)]
    digests = [likely_spec(step, recorder.plan).weights_digest for step in steps]
    flop = {digests[1]: 6_000, digests[-1]: 18_000}
    assert len(flop) == 2
    return Remaining(steps, recorder.plan, False, lambda specs: flop)


def test_short_runs_do_not_tell_how_long_stand_ins_take(recorder):
    left = list_with_stand_ins(recorder)
    short = ran(recorder, "scratch/baseline", LONG_SECONDS / EPOCHS / 2,
                cost=Cost(training_flop=10))  # fmt: skip
    left.ended(("scratch/baseline", 0), short)
    assert left.time_left() == TimeLeft(pytest.approx(4 * LONG_SECONDS / 2), besides_stand_ins=True)


def test_the_first_stand_in_tells_how_long_others_take(recorder):
    left = list_with_stand_ins(recorder)
    left.ended(("scratch/baseline", 0), ran(recorder, "scratch/baseline", 0.1), wall=12 * 0.1 + 2)
    assert left.time_left() == TimeLeft(pytest.approx(4 * (1.2 + 2)), besides_stand_ins=True)
    left.ended((TRANSFER[0], 0), ran(recorder, TRANSFER[0], 0.1), wall=1.2 + 2 + 30)
    stand_ins = pytest.approx(3 * 30)
    assert left.time_left() == TimeLeft(pytest.approx(3 * (1.2 + 2) + 3 * 30), False, stand_ins)
    spec = likely_spec(recorder.step(OTHER), recorder.plan)
    other = msgspec.structs.replace(ran(recorder, TRANSFER[0], 0.1), id=OTHER, spec=spec)
    left.ended((OTHER, 0), other, wall=1.2 + 2 + 90)
    assert left.time_left() == TimeLeft(pytest.approx(2 * (1.2 + 2)))


def test_what_a_run_takes_beside_its_training_counts_for_each(recorder):
    left = remaining(recorder, SGD, ADAM, FROZEN, "freezing/fc")
    left.ended((SGD, 0), ran(recorder, SGD, 0.1), wall=1.2 + 0.8)
    assert left.seconds() == pytest.approx(3 * 2.0)


def test_a_first_run_that_may_have_trained_stand_ins_teaches_nothing_of_that(recorder):
    left = remaining(recorder, *TRANSFER)
    left.ended((TRANSFER[0], 0), ran(recorder, TRANSFER[0], 0.1), wall=1000.0)
    assert left.seconds() == pytest.approx(2 * 1.2)
    left.ended((TRANSFER[1], 0), ran(recorder, TRANSFER[1], 0.1), wall=1.2 + 3)
    assert left.seconds() == pytest.approx(1.2 + 3)


def test_without_any_arithmetic_stand_ins_are_left_out(recorder):
    left = Remaining([recorder.step(SGD), recorder.step(ADAM)], recorder.plan, False,
                     lambda specs: {"x": 10**9})  # fmt: skip
    left.ended((SGD, 0), ran(recorder, SGD, 2.0))
    assert left.seconds() == pytest.approx(EPOCHS * 2.0)


def test_side_by_side_it_takes_less(recorder):
    left = remaining(recorder, *(f"scratch/grid-{o}-1e-3" for o in ("sgd", "adam", "rmsprop")))
    left.ended((SGD, 0), ran(recorder, SGD, 2.0))
    alone = left.seconds()
    assert left.seconds(running=0, at_a_time=2) == pytest.approx(alone / 2)
    assert left.seconds(running=1, at_a_time=2) == pytest.approx(0.75 * alone / 2)


def test_epochs_are_those_of_each_run(recorder):
    more = msgspec.structs.replace(recorder.experiment(ADAM), epochs=3)
    steps = [recorder.step(SGD), recorder.plan.step(more, 0)]
    left = Remaining(steps, recorder.plan)
    left.ended((SGD, 0), ran(recorder, SGD, 2.0))
    assert left.seconds() == pytest.approx(3 * 2.0)

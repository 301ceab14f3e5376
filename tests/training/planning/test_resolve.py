"""What an experiment leaves open is filled in by its choice, then the study, then a default."""

import msgspec
import pytest

from training.errors import StudyError
from training.planning.plan import Plan, resolve
from training.records import Choice, Experiment, HeldOutScores, Settings, write

TESTED = HeldOutScores(loss=1.0, accuracy=0.5, n_correct=1, n_images=2)
CHOSEN = Experiment(id="transfer/grid-adam-1e-5", question="?", optimizer="adam",
                    learning_rate=1e-5)  # fmt: skip


def spec_of(settings=None, chosen=None, **fields):
    experiment = Experiment(id="scratch/x", question="?", **fields)
    return resolve(experiment, Settings(**(settings or {})), 7, chosen)[0]


@pytest.mark.parametrize(
    ("name", "setting", "own"),
    [("batch_size", 64, 32), ("image_size", 96, 64), ("step_size", 5, 3), ("epochs", 9, 4),
     ("momentum", 0.7, 0.0), ("weight_decay", 1e-3, 0.0), ("gamma", 0.5, 0.0)],
)  # fmt: skip
def test_an_experiments_setting_goes_before_the_studys(name, setting, own):
    assert getattr(spec_of({name: setting}), name) == setting
    assert getattr(spec_of({name: setting}, **{name: own}), name) == own


def test_optimizer_and_rate_are_the_experiments_then_the_choices_then_plain():
    def pair(**fields):
        spec = spec_of(**fields)
        return spec.optimizer, spec.learning_rate

    assert pair() == ("sgd", 1e-3)
    assert pair(chosen=CHOSEN) == ("adam", 1e-5)
    assert pair(chosen=CHOSEN, optimizer="rmsprop", learning_rate=0.5) == ("rmsprop", 0.5)
    assert spec_of().epochs == 30
    assert spec_of().seed == 7


def test_a_choice_that_names_fields_takes_these_over_and_no_others():
    chosen = Experiment(
        id="x/grid-a", question="?", model="resnet18", freeze="head", epochs=3, learning_rate=0.5,
        batch_size=8,
    )  # fmt: skip
    choice = Choice("x/grid", fields=("model", "freeze", "learning_rate"))
    found = spec_of(chosen=chosen, choice=choice, batch_size=4)
    assert (found.model, found.freeze, found.learning_rate) == ("resnet18", "head", 0.5)
    assert (found.batch_size, found.epochs) == (4, 30)


@pytest.mark.parametrize("name", ["id", "test", "choice", "nonsense"])
def test_a_choice_takes_over_only_what_a_grid_can_vary(name):
    with pytest.raises(StudyError, match=name):
        spec_of(chosen=CHOSEN, choice=Choice("x/grid", fields=(name,)))


def test_a_choice_without_fields_is_written_as_ever():
    assert msgspec.json.encode(Choice("x/grid")) == b'{"grid":"x/grid","rank":1}'


@pytest.mark.parametrize(("optimizer", "momentum"), [("sgd", 0.9), ("adam", 0.0), ("rmsprop", 0.0)])
def test_only_sgd_has_momentum(optimizer, momentum):
    assert spec_of(optimizer=optimizer).momentum == momentum


def test_a_rate_grows_with_the_batch_only_where_it_should():
    settings = {"batch_size": 256}
    scaled = spec_of(settings, learning_rate=1e-2, batch_size=64, scale_learning_rate=True)
    assert scaled.learning_rate == pytest.approx(2.5e-3)
    assert spec_of(settings, learning_rate=1e-2, batch_size=64).learning_rate == 1e-2


@pytest.mark.parametrize(
    ("weights", "normalisation"), [("none", "dataset"), ("pretrained", "weights")]
)
def test_pixels_are_scaled_by_what_the_weights_have_seen(weights, normalisation):
    assert spec_of(weights=weights).normalisation == normalisation


def test_weights_that_are_not_there_skip_their_experiments(recorder, tmp_path):
    missing = {"weights": str(tmp_path / "none.pth")}
    settings = msgspec.structs.replace(recorder.study.settings, **missing)
    plan = Plan(msgspec.structs.replace(recorder.study, settings=settings), recorder.folder)
    steps = {step.experiment.id: step for step in plan.steps(recorder.study.experiments)}
    assert steps["transfer/grid-sgd-1e-2"].state == "skipped"
    assert "none.pth" in steps["transfer/grid-sgd-1e-2"].reason
    assert steps["scratch/baseline"].state == "to do"
    assert "transfer/grid-sgd-1e-2 is skipped: " in steps["freezing/cnn"].reason


def test_what_a_choice_waits_for_is_told(recorder):
    members = recorder.grid("transfer", [0.5])
    path = recorder.folder.metrics(members[3], 0)
    kept = path.read_bytes()
    path.unlink()
    assert recorder.plan.select(Choice("transfer/grid")) == f"{members[3]} has not run"
    path.write_bytes(kept.replace(b'"data-1"', b'"data-0"'))
    assert recorder.plan.select(Choice("transfer/grid")) == f"{members[3]} is stale"
    recorder.record(members[3], status="skipped", error="no weights")
    words = f"{members[3]} is skipped: no weights"
    assert recorder.plan.select(Choice("transfer/grid")) == words
    recorder.record(members[3], status="skipped")
    assert recorder.plan.select(Choice("transfer/grid")) == f"{members[3]} is skipped"


@pytest.mark.parametrize(("n_finished", "enough"), [(0, False), (1, False), (2, True), (9, True)])
def test_a_rank_needs_as_many_finished_runs(recorder, n_finished, enough):
    members = recorder.grid("transfer", [0.5])
    for name in members[n_finished:]:
        recorder.record(name, status="failed", error="x")
    found = recorder.plan.select(Choice("transfer/grid", 2))
    assert isinstance(found, str) != enough
    assert enough or f"transfer/grid has {n_finished} finished run" in found


@pytest.mark.parametrize(
    "change",
    [{"finished_at": "later"}, {"train_seconds": 2.0}, {"accuracy": 0.91},
     {"finished_at": "earlier"}],
    ids=str,
)  # fmt: skip
def test_a_repeated_run_that_differs_from_its_source_is_stale(recorder, change):
    fields = {"finished_at": "it was", "train_seconds": 1.0}
    recorder.grid("transfer", [0.1, 0.9], **fields)
    best = recorder.plan.select(Choice("transfer/grid"))[0].id
    recorder.record("transfer/best", 0.9, test=TESTED, **fields)
    assert recorder.step("transfer/best").state == "done"
    recorder.record(best, **({"accuracy": 0.9} | fields | change))
    assert recorder.step("transfer/best").state == "stale"


@pytest.mark.parametrize("other", [None, "a/b", "z/b"])
def test_a_repeated_run_of_another_source_is_stale(recorder, other):
    recorder.grid("transfer", [0.1, 0.9])
    record = recorder.record("transfer/best", 0.9, test=TESTED)
    path = recorder.folder.metrics("transfer/best", 0)
    write(path, msgspec.structs.replace(record, reused_from=other))
    assert recorder.step("transfer/best").reason == "its source ran again"


def test_each_rank_has_its_own_pair(recorder):
    members = recorder.grid("transfer", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    chosen = [recorder.plan.select(Choice("transfer/grid", k))[1].id for k in range(1, 10)]
    assert chosen == members[::-1]


def test_the_settings_that_changed_are_named(recorder):
    recorder.record("scratch/baseline", test=TESTED)
    settings = msgspec.structs.replace(recorder.study.settings, gamma=0.5, weight_decay=0.1)
    plan = Plan(msgspec.structs.replace(recorder.study, settings=settings), recorder.folder)
    step = plan.step(recorder.experiment("scratch/baseline"), 0)
    assert (step.state, step.reason) == ("stale", "weight_decay, gamma changed")
    path = recorder.folder.metrics("scratch/baseline", 0)
    record = msgspec.json.decode(path.read_bytes()) | {"spec": None}
    path.write_bytes(msgspec.json.encode(record))
    step = plan.step(recorder.experiment("scratch/baseline"), 0)
    assert step.reason == "the record has no spec"


def test_a_setting_that_changed_is_no_other_choice(recorder):
    recorder.grid("transfer", [0.5])
    recorder.record("freezing/cnn", test=TESTED)
    path = recorder.folder.metrics("freezing/cnn", 0)
    path.write_bytes(
        msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | {"spec_hash": ""})
    )
    step = recorder.step("freezing/cnn")
    assert step.state == "stale"
    assert "now chooses" not in step.reason


@pytest.mark.parametrize("fingerprint", ["data-0", "data-2"])
def test_records_of_other_pictures_are_stale(recorder, fingerprint):
    recorder.record("scratch/baseline", test=TESTED)
    plan = Plan(recorder.study, recorder.folder, fingerprint)
    assert plan.step(recorder.experiment("scratch/baseline"), 0).state == "stale"
    unknown = Plan(recorder.study, recorder.folder)
    assert unknown.step(recorder.experiment("scratch/baseline"), 0).state == "done"


@pytest.mark.parametrize(("before", "now"), [(2, 6), (6, 2)])
def test_another_choice_is_named_whichever_it_is(recorder, before, now):
    members = recorder.grid("transfer", [0.5])
    recorder.record(members[before], 0.8)
    recorder.record("freezing/cnn", test=TESTED)
    recorder.record(members[now], 0.9)
    assert recorder.step("freezing/cnn").reason == f"transfer/grid now chooses {members[now]}"


def test_seeds_follow_the_first(tmp_path):
    from recorder import Recorder

    recorder = Recorder(tmp_path, seed=5, seeds=3)
    assert [step.seed for step in recorder.plan.steps(recorder.study.experiments[:1])] == [5, 6, 7]

"""Records that answer another question than the list asks now are told, setting by setting."""

import pytest
from in_memory import a_run, a_spec, a_view

from report.findings.outdated import changed_settings, settings_notices
from training.records import Choice, Experiment, Selected

NAME = "scratch/baseline"
LEARNING = {"optimizer": "sgd", "learning_rate": 2e-3}
PLAIN = {"epochs": 30, "optimizer": "sgd", "learning_rate": 1e-3}


def changed(spec=None, settings=None, status="done", **asked):
    """Return the settings in which a run with a spec isn't what the list asks for."""
    experiment = Experiment(**({"id": NAME, "question": "?"} | PLAIN | asked))
    run = a_run(NAME, spec=a_spec(**(spec or {})), experiment=experiment, status=status)
    return list(changed_settings(a_view(run, settings=settings or {}), run))


def test_a_run_as_asked_has_no_other_setting():
    assert changed() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "vgg16"), ("head", (100,)), ("width", 0.5), ("freeze", "head"),
        ("augmentation", "rotation"), ("image_size", 96), ("momentum", 0.8),
        ("weight_decay", 1e-4), ("step_size", 7), ("gamma", 0.5), ("batch_size", 64),
        ("epochs", 3), ("optimizer", "adam"), ("learning_rate", 1e-2),
    ],
)  # fmt: skip
def test_another_setting_is_named(name, value):
    found = changed({name: value})
    assert found == ([name] if name != "optimizer" else ["momentum", "optimizer"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("momentum", 0.8), ("weight_decay", 1e-4), ("step_size", 7), ("gamma", 0.5),
        ("batch_size", 64), ("image_size", 96), ("epochs", 3),
    ],
)  # fmt: skip
def test_an_experiments_own_setting_goes_before_the_studys(name, value):
    assert changed({name: value}, **{name: value}) == []
    assert changed({name: value}, settings={name: value}, **{name: None}) == []
    other = {"momentum": 0.7, "weight_decay": 1e-3}.get(name, 5)
    assert changed({name: value}, settings={name: other}, **{name: value}) == []
    assert changed({name: value}, settings={name: other}, **{name: None}) == [name]


@pytest.mark.parametrize("name", ["momentum", "weight_decay", "gamma"])
def test_zero_is_a_setting_too(name):
    assert changed({name: 0.0}, **{name: 0.0}) == []
    assert changed({}, **{name: 0.0}) == [name]


def test_what_a_choice_or_nothing_decides_is_left_alone():
    assert changed({"epochs": 9}, epochs=None) == []
    assert changed({"optimizer": "adam", "momentum": 0.0}, optimizer=None) == []
    assert changed({"learning_rate": 7.0}, learning_rate=None) == []
    assert changed({"learning_rate": 7.0}, scale_learning_rate=True) == []


@pytest.mark.parametrize(("momentum", "found"), [(0.0, []), (0.9, ["momentum"])])
def test_only_sgd_has_momentum(momentum, found):
    assert changed({"optimizer": "adam", "momentum": momentum}, optimizer="adam") == found


def test_a_run_without_result_is_not_stale():
    assert changed({"epochs": 3}, status="failed") == []
    run = a_run(NAME, spec=None)
    assert list(changed_settings(a_view(run), run)) == []


def reused(source, of="scratch/grid-sgd-1e-3", **spec):
    grid = Experiment(id=of, question="?", **PLAIN)
    experiment = Experiment(id="scratch/best", question="?", role="reuse", epochs=7,
                            choice=Choice("scratch/grid"))  # fmt: skip
    run = a_run("scratch/best", reused_from=source, experiment=experiment, spec=a_spec(**spec))
    return list(changed_settings(a_view(run, experiments=[grid]), run))


def test_a_reused_run_is_held_against_what_it_repeats():
    assert reused("scratch/grid-sgd-1e-3") == []
    assert reused("scratch/grid-sgd-1e-3", epochs=3) == ["epochs"]
    assert reused("scratch/grid-gone", epochs=3) == []
    assert reused(None, epochs=3) == []


@pytest.mark.parametrize(("decay", "found"), [(8e-5, []), (7e-5, ["weight_decay"])])
def test_what_a_choice_takes_over_is_the_chosen_members(decay, found):
    member = Experiment(id="x/grid-1", question="?", weight_decay=8e-5, epochs=9, **LEARNING)
    choice = Choice("x/grid", fields=("learning_rate", "weight_decay"))
    experiment = Experiment(id="x/best", question="?", choice=choice, epochs=30, optimizer="sgd")
    selected = Selected("x/grid", member.id, 1, [member.id], [0.5])
    spec = a_spec(weight_decay=decay, learning_rate=2e-3)
    run = a_run("x/best", experiment=experiment, spec=spec, selected=selected)
    assert list(changed_settings(a_view(run, experiments=[member]), run)) == found


def test_each_stale_experiment_is_named_with_its_settings():
    experiments = [Experiment(id=f"scratch/{name}", question="?", **PLAIN) for name in "abc"]
    spec = a_spec(step_size=3, batch_size=64)
    runs = [a_run("scratch/a", experiment=experiments[0], spec=spec, seed=seed) for seed in (0, 1)]
    runs.append(a_run("scratch/b", experiment=experiments[1]))
    view = a_view(*runs, experiments=experiments)
    (sentence,) = settings_notices(view, experiments)
    assert "for now: scratch/a (step size, batch size). homework" in str(sentence)
    assert sentence.strength == "gap"
    assert settings_notices(view, experiments[1:]) == []

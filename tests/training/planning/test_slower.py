"""Runs far slower than forecast: what counts, what is said, and when nothing is."""

import msgspec
import pytest

from training.planning import slower
from training.planning.slower import Pace, fastest_epoch
from training.records import Environment, write

MACHINE = ("a processor", 2, "fp32", 1)
NAME, LIKE_IT = "scratch/grid-sgd-1e-3", "scratch/grid-adam-1e-3"
HERE = Environment(
    homework="1", python="3", torch="2", torchvision="0", platform="Linux", device="cpu",
    device_name="a processor", n_threads=2, precision="fp32",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Let two cores have little to do; return a way to say what they have."""
    monkeypatch.setattr(slower.os, "cpu_count", lambda: 2)

    def load(value):
        monkeypatch.setattr(slower.os, "getloadavg", lambda: (value, 0.0, 0.0))

    load(2.0)
    return load


def said(*seconds, forecast=None):
    """Return what was said while epochs took so long."""
    lines = []
    pace = Pace(forecast, lines.append)
    for n in range(len(seconds) + 1):
        pace.epochs(seconds[:n])
    return lines


def test_an_epoch_far_slower_than_forecast_is_told():
    assert said(42.0, forecast=9.0) == ["Slower than forecast: 42 s an epoch instead of 9.0 s"]


@pytest.mark.parametrize(
    ("seconds", "forecast", "is_told"),
    [(29.9, 10.0, False), (30.0, 10.0, True), (4.9, 0.1, False), (5.0, 0.1, True)],
)
def test_three_times_as_long_and_five_seconds_count(seconds, forecast, is_told):
    assert bool(said(seconds, forecast=forecast)) == is_told


def test_without_a_forecast_a_runs_own_earlier_epochs_tell():
    assert said(42.0, 41.0) == []
    assert said(9.0, 10.0, 42.0) == ["Slower than forecast: 42 s an epoch instead of 9.0 s"]


@pytest.mark.parametrize(("load", "is_told"), [(2.99, False), (3.0, True), (7.94, True)])
def test_other_programs_are_named_only_where_the_load_shows_them(quiet, load, is_told):
    quiet(load)
    (line,) = said(42.0, forecast=9.0)
    words = f"; other programs are using the processor (load {load:.1f} on 2 cores)"
    assert line.endswith(words) == is_told
    assert ("programs" in line) == is_told


def ran(recorder, name, epoch_seconds, environment=HERE, **fields):
    record = recorder.record(name, train_seconds=4 * epoch_seconds, epochs_run=4)
    fields |= {"environment": environment}
    record = msgspec.structs.replace(record, **fields)
    write(recorder.folder.metrics(name, 0), record)


def forecast(recorder):
    return fastest_epoch(recorder.plan, recorder.step(NAME).spec, MACHINE)


def test_the_fastest_run_of_a_kind_is_the_forecast(recorder):
    assert forecast(recorder) is None
    ran(recorder, LIKE_IT, 3.0)
    ran(recorder, "scratch/grid-sgd-1e-2", 2.0)
    assert forecast(recorder) == 2.0


def test_another_kind_of_run_is_no_forecast(recorder):
    spec = recorder.step(LIKE_IT).spec
    ran(recorder, LIKE_IT, 3.0, spec=msgspec.structs.replace(spec, batch_size=1))
    assert forecast(recorder) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"environment": None},
        {"environment": msgspec.structs.replace(HERE, device_name="another")},
        {"environment": msgspec.structs.replace(HERE, n_threads=1)},
        {"environment": msgspec.structs.replace(HERE, precision="bf16")},
        {"environment": msgspec.structs.replace(HERE, n_devices=2)},
        {"dataset_fingerprint": "others"},
        {"epochs_run": 0},
        {"reused_from": "scratch/grid-sgd-1e-2"},
    ],
    ids=[
        "unknown",
        "device",
        "threads",
        "format",
        "devices",
        "pictures",
        "not trained",
        "repeated",
    ],
)
def test_what_ran_otherwise_is_no_forecast(recorder, fields):
    ran(recorder, LIKE_IT, 3.0, **fields)
    assert forecast(recorder) is None

"""Energy is the difference of a counter, summed over a run's parts, and unknown where one is."""

import sys
from types import SimpleNamespace

import pytest
import torch
from killed_runs import IDENTITY, KilledAfter, KilledError, spec_with, train

from training.device.energy import EnergyMeter, energy_meter
from training.device.process_group import ALONE, ProcessGroup
from training.engine.checkpoint import Checkpoints
from training.run.train_model import _meter

CUDA = torch.device("cuda", 1)


class FakeNvml:
    """Two devices; the counter of the second stands at `millijoules`."""

    NVML_DEVICE_MIG_ENABLE = 1

    class NVMLError(Exception):
        pass

    def __init__(self):
        self.millijoules = 5000
        self.divided = None
        self.broken = False

    def nvmlInit(self):  # noqa: N802
        if self.broken:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802
        return {"GPU-first": "a", "GPU-second": "b"}[uuid]

    def nvmlDeviceGetMigMode(self, handle):  # noqa: N802
        if self.divided is None:
            raise self.NVMLError("Not Supported")
        return self.divided, self.divided

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):  # noqa: N802
        assert handle == "b"
        if self.broken:
            raise self.NVMLError("GPU is lost")
        return self.millijoules


@pytest.fixture
def nvml(monkeypatch):
    fake = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.setattr(torch.cuda, "get_device_properties",
                        lambda device: SimpleNamespace(uuid="second"))  # fmt: skip
    return fake


def test_a_device_is_found_by_its_uuid_and_read_in_joules(nvml):
    meter = energy_meter(CUDA)
    nvml.millijoules += 2500
    assert meter.joules() == 2.5


def test_a_processor_has_no_counter(nvml):
    assert energy_meter(torch.device("cpu")).joules() is None


def test_without_the_package_nothing_is_known(monkeypatch, nvml):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert energy_meter(CUDA).joules() is None


@pytest.mark.parametrize("when", ["before", "while training"])
def test_an_error_of_the_driver_leaves_it_unknown(nvml, when):
    nvml.broken = when == "before"
    meter = energy_meter(CUDA)
    nvml.broken = True
    assert meter.joules() is None
    nvml.broken = False
    assert (meter.joules() is None) == (when == "before")


@pytest.mark.parametrize(("divided", "known"), [(0, True), (1, False)])
def test_a_slice_of_a_device_has_no_counter_of_its_own(nvml, divided, known):
    nvml.divided = divided
    assert (energy_meter(CUDA).joules() is not None) == known


def test_a_counter_that_began_anew_tells_nothing(nvml):
    meter = energy_meter(CUDA)
    nvml.millijoules = 10
    assert meter.joules() is None


def test_a_device_that_runs_share_is_not_read(nvml):
    shared = SimpleNamespace(device=CUDA, alone=False)
    assert _meter(shared, ALONE).joules() is None
    shared.alone = True
    assert _meter(shared, ALONE).joules() == 0


def test_one_device_of_several_is_not_read(nvml):
    group = ProcessGroup()
    group.size = 2
    assert _meter(SimpleNamespace(device=CUDA, alone=True), group).joules() is None


def rising(step=1.0):
    """Return a meter whose counter rises by `step` with every reading."""
    stands = [100.0]

    def reading():
        stands[0] += step
        return stands[0]

    return EnergyMeter(reading)


def test_a_fit_knows_what_it_took():
    assert train(spec_with()).energy_joules is None
    assert train(spec_with(), meter=rising()).energy_joules == 1


def test_the_parts_of_a_run_are_summed(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0)
    with pytest.raises(KilledError):
        train(spec_with(), checkpoints, KilledAfter(7), meter=rising(10.0))
    position, _ = checkpoints.newest()
    assert position.energy_joules >= 10
    checkpoints = Checkpoints(tmp_path, IDENTITY, 1e9)
    assert train(spec_with(), checkpoints, meter=rising()).energy_joules == (
        position.energy_joules + 1
    )


def test_a_sum_with_an_unknown_part_is_unknown(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0)
    with pytest.raises(KilledError):
        train(spec_with(), checkpoints, KilledAfter(7))
    assert train(spec_with(), checkpoints, meter=rising()).energy_joules is None

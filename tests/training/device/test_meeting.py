"""Processes that meet at an address train as those that meet in a folder, over its interface."""

import socket

import pytest
import torch
import two_processes as two

from training.device import meeting
from training.device.meeting import LOOPBACK, by_address, interface_of, over_interface
from training.device.process_group import ALONE
from training.errors import DeviceError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def address():
    """Return an address of this machine that isn't the loopback interface's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("This machine has no network.")
        return asking.getsockname()[0]


@pytest.fixture(scope="module")
def processes(address):
    with two.TwoProcesses(address) as both:
        yield both


@pytest.mark.parametrize("model", ["alexnet", "resnet18"])
def test_two_processes_at_an_address_train_as_one(processes, model):
    spec = two.spec_with(model)
    alone, weights, draws = two.trained(ALONE, spec)
    digits = 2e-4 if model == "resnet18" else 2e-5  # few values a channel, and steep
    for result, state, next_draws in processes.call(two.trained, spec):
        for found, expected in ((result.train, alone.train), (result.validation, alone.validation)):
            assert [(s.loss, s.accuracy) for s in found] == [
                pytest.approx((s.loss, s.accuracy), rel=digits, abs=1e-6) for s in expected
            ]
        assert torch.equal(next_draws, draws)
        for name, value in weights.items():
            assert torch.allclose(state[name].double(), value.double(), rtol=1e-3, atol=1e-4), name


def test_they_talk_over_the_interface_of_the_address(processes, address):
    assert processes.call(two.gloos_interface) == [interface_of(address)] * 2


def test_slow_exchanges_have_longer_than_connecting(address, monkeypatch):
    with two.TwoProcesses(address, seconds_to_connect=2) as both:
        assert both.call(two.late, 3) == ["late", "late"]


def test_an_interface_is_found_by_its_address(address):
    assert interface_of(address) in [name for _, name in socket.if_nameindex()]
    assert interface_of(address) not in ("lo", "lo0")
    assert interface_of(LOOPBACK) in ("lo", "lo0")
    assert interface_of("192.0.2.77") is None  # set aside for documentation


def test_what_a_person_chose_stays(address, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "mine")
    monkeypatch.delenv("NCCL_SOCKET_IFNAME", raising=False)
    with over_interface(address):
        assert meeting.os.environ["GLOO_SOCKET_IFNAME"] == "mine"
        assert meeting.os.environ["NCCL_SOCKET_IFNAME"] == f"={interface_of(address)}"
    assert "NCCL_SOCKET_IFNAME" not in meeting.os.environ


def test_nobody_at_the_port_is_one_message(monkeypatch):
    monkeypatch.setattr(meeting, "SECONDS_TO_CONNECT", 0.5)
    with socket.socket() as unused:
        unused.bind((LOOPBACK, 0))
        port = unused.getsockname()[1]
        with pytest.raises(DeviceError, match=f"can't be reached at {LOOPBACK}:{port}") as error:
            by_address(LOOPBACK, port)
    assert "firewall" in str(error.value)

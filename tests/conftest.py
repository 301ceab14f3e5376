"""What holds for every test."""

import signal

import pytest

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


def pytest_configure(config):
    """Handle signals as in a terminal: what a shell starts with `&` or nohup ignores some."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


@pytest.fixture(autouse=True)
def signals_stay_as_they_are():
    """Fail a test that leaves signals handled another way: what it starts would inherit that."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    after = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == before

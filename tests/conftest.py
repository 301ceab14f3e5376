"""What holds for every test."""

import os
import signal

import pytest

from training.system import let_threads_sleep

let_threads_sleep()  # of several processes beside each other
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    # Workers divide the cores: more threads than cores wait for each other, for several times as
    # long as they compute. The variable counts until torch is imported, and in what tests start.
    n_threads = (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, n_threads)))

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


LONG = ("test_killed.py", "test_jobs_stopped.py", "test_jobs.py", "test_full_disk.py",
        "test_render_command.py", "test_verify_pdf.py", "test_accessibility.py")  # fmt: skip
"""Files that take longest, with few tests for it: begun first, they don't end last and alone."""


SLOW = ("test_killed.py", "test_jobs_stopped.py", "test_jobs.py", "test_ray.py", "test_fuzz.py",
        "test_files_beside_the_study.py", "test_from_python.py", "test_poisoned.py",
        "test_accessibility.py", "test_live.py", "test_own_folders.py", "test_reproduce.py",
        "test_hostile_names.py", "test_pages.py", "test_example.py", "test_imports.py",
        "test_markup.py", "test_documented_blocks.py", "test_apple_gpu.py",
        "test_layout.py", "test_narrow.py", "test_script.py", "test_full_disk.py",
        "test_types_in_python.py", "test_own_pictures_notebook.py",
        "test_several_devices.py", "test_two_cards.py")  # fmt: skip
"""Files that start programs, or lay out pages, for many seconds: marked `slow`, left out unless
asked for."""


def pytest_configure(config):
    """Handle signals as in a terminal: what a shell starts with `&` or nohup ignores some."""
    config.option.loadscopereorder = False  # pytest-xdist would begin where most tests are
    os.fsync = lambda handle: None  # no test outlives a power cut, and slow disks take seconds
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


def pytest_sessionfinish(session):
    """Fail where more tests skip than `HOMEWORK_MOST_SKIPPED` says, if it is set."""
    most = os.environ.get("HOMEWORK_MOST_SKIPPED")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if most is None or reporter is None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    n_skipped = len(reporter.stats.get("skipped", ()))
    if n_skipped > int(most):
        reporter.write_line(f"\n{n_skipped} tests skipped, more than {most}.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the marks
def pytest_collection_modifyitems(items):
    """Mark the slow files, and begin with the longest; the others stay in their order."""
    for item in items:
        if item.path.name in SLOW:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.path.name not in LONG)

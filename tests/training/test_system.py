"""On Windows there is one message, whatever the command."""

import os
import subprocess
import sys

import pytest

from training import system

AS_ON_WINDOWS = """
import click, os, shutil, signal, subprocess, sys  # which are there on Windows
for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty"):
    sys.modules[name] = None
for name in ("SIGUSR1", "SIGHUP", "SIGKILL", "SIGALRM", "pthread_sigmask", "setitimer"):
    delattr(signal, name)
for name in ("fork", "getuid", "statvfs", "register_at_fork", "sched_getaffinity"):
    delattr(os, name)
sys.platform = "win32"
sys.argv = ["homework", *sys.argv[1:]]
from training.cli import main
main()
"""


@pytest.mark.parametrize("command", ["run-all --preset quick", "data check .", "doctor", "--help"])
def test_windows_is_sent_to_its_subsystem_for_linux(command):
    done = subprocess.run(
        [sys.executable, "-c", AS_ON_WINDOWS, *command.split()],
        capture_output=True, text=True, timeout=60, env=os.environ, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert "doesn't run on Windows itself" in done.stderr
    assert "wsl --install" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("platform", "conda", "command"),
    [
        ("linux", "", "apt-get install libpango-1.0-0"),
        ("darwin", "", "brew install pango"),
        ("darwin", "/opt/conda", "conda install -c conda-forge pango"),
        ("linux", "/opt/conda", "conda install -c conda-forge pango"),
    ],
)
def test_pango_is_installed_as_the_machine_installs_things(monkeypatch, platform, conda, command):
    monkeypatch.setattr(system.sys, "platform", platform)
    monkeypatch.setenv("CONDA_PREFIX", conda)
    assert system.how_to_install_pango().startswith(command)


ASKED = """
import os
from training.system import let_threads_sleep
let_threads_sleep()
print(os.environ.get("GOMP_SPINCOUNT"), os.environ.get("KMP_BLOCKTIME"))
"""


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "10000 1"),
        ({"GOMP_SPINCOUNT": "7"}, "7 1"),
        ({"OMP_WAIT_POLICY": "active"}, "None None"),
    ],
)
def test_threads_wait_asleep_unless_a_person_says_otherwise(given, found):
    names = ("GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_WAIT_POLICY")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], env=clean | given, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == found


def test_the_command_sets_it_before_torch_is_there():
    code = (
        "import sys, training.cli as command\n"
        "command.let_threads_sleep = lambda: print('torch' in sys.modules)\n"
        "sys.argv = ['homework', '--version']\n"
        "command.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "False"


MEMINFO = "MemTotal:        8000000 kB\nMemFree:          500000 kB\nMemAvailable:    6000000 kB\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a way to say what the system's files about memory hold; None removes one."""

    def having(meminfo=MEMINFO, limit=None, used=None):
        for name, text in (("MEMORY", meminfo), ("CONTAINER_LIMIT", limit),
                           ("CONTAINER_USED", used)):  # fmt: skip
            file = tmp_path / name
            if text is not None:
                file.write_text(text)
            monkeypatch.setattr(system, name, file)

    return having


def test_free_memory_is_what_the_system_can_give(machine):
    machine()
    assert system.memory_bytes() == (6_144_000_000, 8_192_000_000)


def test_a_container_has_no_more_than_its_limit(machine):
    machine(limit="2000000000\n", used="500000000\n")
    assert system.memory_bytes() == (1_500_000_000, 2_000_000_000)
    machine(limit="max\n", used="500000000\n")
    assert system.memory_bytes() == (6_144_000_000, 8_192_000_000)


def test_where_nobody_says_what_is_free_all_of_it_counts(machine):
    machine(meminfo=None)
    free, total = system.memory_bytes()
    assert free == total > 10**8

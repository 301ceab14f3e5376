"""Start `homework run` in a process of its own, to be disturbed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

from timeless import timeless
from tiny import TINY

from training.records import StudyFolder

NAMES = ("scratch/baseline", "scratch/grid-sgd-1e-3", "scratch/grid-adam-1e-3")
LONG = (*TINY, "--batch-size", "8", "--epochs", "12", "--threads", "1")
EVERY_BATCH = ("--checkpoint-every", "0")


def folder_of(tmp_path, runs="runs"):
    return StudyFolder(tmp_path / runs / "quick")


def records(tmp_path, runs, names=NAMES):
    """Return runs' records without what measures the machine, and the names of other files."""
    found = {}
    for name in names:
        for file in folder_of(tmp_path, runs).run(name, 0).iterdir():
            record = json.loads(file.read_text()) if file.suffix == ".json" else {}
            found[name, file.name] = timeless(record)
    return found


UNDISTURBED = {}
"""The records of the list that nothing disturbs, by its options: the same for every test."""


def undisturbed(homework, tmp_path, *options):
    """Return the records of the list that nothing disturbs."""
    if options not in UNDISTURBED:
        answer = homework("run", *NAMES, *LONG, *options, "--runs", "whole", tiny=False)
        assert answer.error is None, answer.output
        UNDISTURBED[options] = records(tmp_path, "whole")
    return UNDISTURBED[options]


def _default_signals():
    """A shell's background job is started with SIGINT ignored, which would be inherited."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Started:
    """`homework run`, with two jobs unless `how` says otherwise, in a process of its own."""

    def __init__(self, tmp_path, names=NAMES, how=("--jobs", "2")):
        self.folder = folder_of(tmp_path)
        self.stopped = []
        command = [sys.executable, "-c", "from training.cli import main; main()", "run", *names,
                   *LONG, *EVERY_BATCH, *how]  # fmt: skip
        self.process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_default_signals,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in (self.process.pid, *self.stopped):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate(timeout=20)

    def worker(self, name, but=()):
        """Wait until a run has a checkpoint and a worker that isn't in `but`; return its id."""
        end = time.monotonic() + 60
        holder = self.folder.lock(f"{name}/seed-0").with_suffix(".holder")
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                pid = json.loads(holder.read_text())["pid"]
                if pid not in but and list(self.folder.checkpoint(name, 0).glob("*.pt")):
                    return pid
            time.sleep(0.005)
        raise AssertionError(f"{name} never had a checkpoint")

    def says(self, text):
        """Wait until a line has a text: two signals that come too soon count as one."""
        watch = threading.Timer(30, self.process.kill)  # which ends the lines
        watch.start()
        try:
            for line in self.process.stdout:
                if text in line:
                    return
        finally:
            watch.cancel()
        raise AssertionError(f"it never said “{text}”")

    def end(self):
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output


def is_gone(pid):
    for _ in range(100):
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True).stdout
        if not state.strip() or state.startswith(b"Z"):  # ended, if nobody asked how
            return True
        time.sleep(0.02)
    return False

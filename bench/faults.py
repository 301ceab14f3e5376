"""Kill and break runs of a tiny study, start them again, and compare the bytes.

    python bench/faults.py                         # 60 kills at random moments, 10 of each fault
    python bench/faults.py --kills 4 --faults 1 --small-grid    # the short form

Every trial runs the same command in a process of its own, in an empty folder with an empty cache.
The process is killed (SIGKILL) or asked to stop at a random moment, or its writes are broken: a
layer over the file calls of `training.records` cuts the k-th write short and kills the process or
fails it (no space left, input/output error), kills before or after the k-th rename, or fails it.
One kind sets a real limit on the size of files. Then the command runs again, undisturbed. A trial
survives if the first process left no traceback, the second ends well, and nothing is left over;
its records are compared with those of a run that nothing happened to, all but the times.
"""

import argparse
import errno
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (
    "homework", "run", "scratch/baseline", "transfer/best", "augmentation", "beyond/resnet18",
    "--preset", "quick", "--image-size", "64", "--width", "0.1", "--epochs", "2",
    "--batch-size", "8", "--device", "cpu", "--checkpoint-every", "0",
)  # fmt: skip
SMALL_GRID = """
name = "quick"
[settings]
learning_rates = [1e-3]
optimizers = ["sgd", "adam"]
"""
"""A study file with a grid of two pairs in place of nine."""

TIMES = {"speed", "epoch_seconds", "train_seconds", "images_per_second", "feature_seconds",
         "peak_memory_bytes", "peak_flop_per_second", "energy_joules",
         "finished_at"}  # fmt: skip
"""Fields that measure the machine."""

HANGING = 300
"""Seconds after which a process counts as hanging."""


@dataclass
class Ended:
    """How a process ended: its exit code (negative: the signal), seconds, and what it said."""

    code: int
    seconds: float
    log: str


class FaultyFiles:
    """The `os` module, but that the k-th flush or rename goes wrong.

    Args:
        call: `fsync` or `replace`.
        number: Which of these calls, from 1; 0 only counts.
        fault: Receives the call's arguments, before it happens.
        after: Whether the call happens before the fault does.
    """

    def __init__(
        self, call: str, number: int, fault: Callable[..., None], after: bool = False
    ) -> None:
        self._call, self._number, self._fault, self._after = call, number, fault, after
        self.counts = {"fsync": 0, "replace": 0}

    def __getattr__(self, name: str) -> Any:
        original = getattr(os, name)
        return self._counted(name, original) if name in self.counts else original

    def _counted(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> None:
            self.counts[name] += 1
            now = name == self._call and self.counts[name] == self._number
            if now and not self._after:
                self._fault(*arguments)
            original(*arguments)
            if now and self._after:
                self._fault(*arguments)

        return call


def install(files: FaultyFiles) -> None:
    from training.records import files as writing
    from training.records import together

    for module in (writing, together):
        module.os = files  # type: ignore[attr-defined]


def kill(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def cut_short(handle: int) -> None:
    os.ftruncate(handle, os.fstat(handle).st_size // 2)


def cut_and_kill(handle: int) -> None:
    cut_short(handle)
    kill()


def no_space(handle: int) -> None:
    cut_short(handle)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def broken_disk(*_: Any) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def limit_file_size(rng: random.Random) -> None:
    size = int(2 ** rng.uniform(8, 21))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


BROKEN_CALLS: dict[str, tuple[str, Callable[..., None], bool]] = {
    "killed in the middle of a write": ("fsync", cut_and_kill, False),
    "killed before a rename": ("replace", kill, False),
    "killed after a rename": ("replace", kill, True),
    "short write, no space left": ("fsync", no_space, False),
    "input/output error in a flush": ("fsync", broken_disk, False),
    "rename fails": ("replace", broken_disk, False),
}
SIGNALS = {
    "killed at a random moment": signal.SIGKILL,
    "SIGTERM at a random moment": signal.SIGTERM,
    "SIGINT at a random moment": signal.SIGINT,
}
LIMITED = "limit on the size of files"


def shrink() -> None:
    """Make the embedded sample and its stand-in weights a matter of a second."""
    from training.data import sample
    from training.run import train_stand_in

    sample.GLYPHS.update(target="ABC", source="dgr")
    sample.COUNTS.update(target=(12, 15), source=(8, 10))
    train_stand_in.RECIPES.clear()
    train_stand_in.OTHER_MODELS = train_stand_in.Recipe(1e-3, 2)


def start(folder: Path, prepare: Callable[[], None], study_file: str = "") -> int:
    """Fork a process that runs the command in `folder`; return its id.

    Args:
        study_file: What the command's study file says, if it has one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pid = os.fork()
    if pid:
        return pid
    try:
        handle = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.chdir(folder)
        os.environ["HOMEWORK_CACHE"] = str(folder / "cache")
        sys.argv = list(COMMAND)
        if study_file:
            Path("study.toml").write_text(study_file)
            sys.argv += ["-f", "study.toml"]
        prepare()
        from training.cli import main

        main()
        code = 0
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 99
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def wait(pid: int, folder: Path, number: int = 0, after: float = 0.0) -> Ended:
    """Wait for a process; send it signal `number` after some seconds."""
    started = time.monotonic()
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        seconds = time.monotonic() - started
        if ended:
            break
        if (number and seconds >= after) or seconds > HANGING:
            os.kill(pid, number or signal.SIGKILL)
            number = 0
        time.sleep(0.002)
    log = (folder / "log").read_text(errors="replace") if (folder / "log").exists() else ""
    return Ended(os.waitstatus_to_exitcode(status), seconds, log)


def records(folder: Path) -> dict[str, bytes]:
    """Return every file of the study, JSON without times."""
    found = {}
    study = folder / "runs" / "quick"
    for file in sorted(study.rglob("*")):
        name = file.relative_to(study)
        if file.is_file() and name.parts[0] != ".locks":
            content = file.read_bytes()
            if file.suffix == ".json":
                content = json.dumps(_timeless(json.loads(content))).encode()
            found[str(name)] = content
    return found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(part) for name, part in value.items() if name not in TIMES}
    return [_timeless(part) for part in value] if isinstance(value, list) else value


def left_over(folder: Path) -> list[str]:
    """Return files that a finished command shouldn't leave."""
    hidden = [p for p in folder.rglob(".*") if p.is_file()]
    unfinished = [*(folder / "runs").rglob("checkpoint/*"), *folder.rglob("*.checkpoint/*")]
    return [str(p.relative_to(folder)) for p in [*hidden, *unfinished]]


@dataclass
class Trial:
    """What became of one trial; `problems` is empty if it survived."""

    kind: str
    problems: list[str]
    different: list[str]


class Harness:
    """Runs trials against one undisturbed run.

    Args:
        place: A folder for everything.
        seed: Decides all random moments.
        study_file: See `start`.
    """

    def __init__(self, place: Path, seed: int, study_file: str = "") -> None:
        self.place, self.study_file = place, study_file
        self.rng = random.Random(seed)
        counting = FaultyFiles("", 0, kill)
        counted = place / "counts.json"

        def count() -> None:
            import atexit

            install(counting)
            atexit.register(lambda: counted.write_text(json.dumps(counting.counts)))
            os._exit = lambda code: (atexit._run_exitfuncs(), _exit(code))  # type: ignore

        _exit = os._exit
        whole = self._run(place / "whole", count)
        if whole.code:
            raise SystemExit(f"The undisturbed run failed:\n{whole.log}")
        self.seconds = whole.seconds
        self.counts: dict[str, int] = json.loads(counted.read_text())
        self.expected = records(place / "whole")

    def trial(self, kind: str, number: int) -> Trial:
        folder = self.place / f"{number:04d}"
        first = self._disturbed(kind, folder)
        problems = []
        allowed = {0, 1, -signal.SIGKILL}
        if kind in SIGNALS:
            allowed = {0, -signal.SIGKILL} if SIGNALS[kind] == signal.SIGKILL else {
                0, 128 + SIGNALS[kind]}  # fmt: skip
        if first.code not in allowed:
            problems.append(f"exit code {first.code}")
        second = self._run(folder)
        problems += [word for word in ("Traceback", "Warning") if word in second.log]
        if second.code:
            problems.append(f"the retry exits {second.code}")
        if left := left_over(folder):
            problems.append(f"left over: {', '.join(left)}")
        found = records(folder) if not second.code else {}
        different = sorted(
            name for name in found.keys() | self.expected.keys()
            if found.get(name) != self.expected.get(name)
        )  # fmt: skip
        if not problems and not different:
            shutil.rmtree(folder)
        return Trial(kind, problems, different)

    def _disturbed(self, kind: str, folder: Path) -> Ended:
        if kind in SIGNALS:
            after = self.rng.uniform(0, self.seconds)
            return self._run(folder, lambda: None, SIGNALS[kind], after)
        if kind == LIMITED:
            rng = random.Random(self.rng.random())
            return self._run(folder, lambda: limit_file_size(rng))
        call, fault, after_it = BROKEN_CALLS[kind]
        files = FaultyFiles(call, self.rng.randint(1, self.counts[call]), fault, after_it)
        return self._run(folder, lambda: install(files))

    def _run(
        self,
        folder: Path,
        prepare: Callable[[], None] = lambda: None,
        number: int = 0,
        after: float = 0.0,
    ) -> Ended:
        return wait(start(folder, prepare, self.study_file), folder, number, after)


def table(trials: list[Trial], harness: Harness) -> str:
    calls = f"{harness.counts['fsync']} flushes and {harness.counts['replace']} renames"
    lines = [
        f"{len(harness.expected)} files of a study of {harness.seconds:.1f} s, with {calls}",
        "",
        f"{'fault':34} {'tried':>6} {'survived':>9} {'bytes different':>16}",
    ]
    for kind in dict.fromkeys(trial.kind for trial in trials):
        of_kind = [trial for trial in trials if trial.kind == kind]
        survived = sum(not trial.problems for trial in of_kind)
        different = sum(bool(trial.different) for trial in of_kind)
        lines.append(f"{kind:34} {len(of_kind):6} {survived:9} {different:16}")
    bad = [trial for trial in trials if trial.problems]
    different = sum(bool(trial.different) for trial in trials)
    lines.append(f"{'all':34} {len(trials):6} {len(trials) - len(bad):9} {different:16}")
    return "\n".join(lines)


def main() -> None:
    """Run the trials, print the table, exit 1 if one didn't survive or differs."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--kills", type=int, default=60, help="SIGKILLs at random moments")
    parser.add_argument("--faults", type=int, default=10, help="trials of each other kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small-grid", action="store_true", help="two pairs in place of nine")
    parser.add_argument("--keep", metavar="DIR", help="keep the folders of bad trials here")
    parser.add_argument("--only", nargs="+", metavar="WORDS", help="kinds, by part of their name")
    options = parser.parse_args()
    import torch
    import torch._dynamo  # for all children at once: torch imports it where arithmetic is counted

    import training.session  # noqa: F401  the same

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    shrink()
    place = Path(options.keep or tempfile.mkdtemp(prefix="faults-")).resolve()
    try:
        harness = Harness(place, options.seed, SMALL_GRID if options.small_grid else "")
        kinds = [*SIGNALS][:1] * options.kills
        kinds += [kind for kind in [*[*SIGNALS][1:], *BROKEN_CALLS, LIMITED]
                  if not options.only or any(words in kind for words in options.only)
                  for _ in range(options.faults)]  # fmt: skip
        trials = []
        for number, kind in enumerate(kinds):
            trial = harness.trial(kind, number)
            trials.append(trial)
            if number % 10 == 9:
                print(f"{number + 1} of {len(kinds)}", file=sys.stderr, flush=True)
            if trial.problems or trial.different:
                print(f"{number:04d} {kind}: {trial.problems} {trial.different}", flush=True)
        print(table(trials, harness))
    finally:
        if not options.keep:
            shutil.rmtree(place, ignore_errors=True)
    sys.exit(any(trial.problems or trial.different for trial in trials))


if __name__ == "__main__":
    main()

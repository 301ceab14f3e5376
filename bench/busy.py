"""Time one run beside programs that compute without end, by how long waiting threads stay awake.

    python bench/busy.py
    python bench/busy.py --busy 0 1 2 --turns 10000 300000 passive --threads 1 --rounds 2

Each round runs `homework run scratch/baseline --preset quick` once under each setting, in turn, so
that a machine that changes its speed changes it for all of them. The seconds are those of training,
as the record has them; the table has the fastest round of each and its ratio to the quiet default.
`training.system.let_threads_sleep` sets what comes out best.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from training.device.environment import device_name
from training.system import SHORT_WAITS

DEFAULT = SHORT_WAITS["GOMP_SPINCOUNT"]
EXPERIMENT = "scratch/baseline"


def main() -> None:
    """Measure every setting beside every number of busy programs and print the table."""
    options = _options()
    settings = [*options.turns, *(f"{n} thread" for n in options.threads)]
    seconds: dict[tuple[str, int], list[float]] = {}
    for _ in range(options.rounds):
        for n_busy in options.busy:
            with busy_programs(n_busy):
                for setting in settings:
                    taken = train(setting, options.epochs)
                    seconds.setdefault((setting, n_busy), []).append(taken)
                    print(f"{setting}, beside {n_busy}: {taken:.2f} s", file=sys.stderr)
    print(f"\n{device_name(torch.device('cpu'))}, {os.cpu_count()} cores, {options.epochs} epochs, "
          f"{options.rounds} rounds\n")  # fmt: skip
    print(f"| waiting threads | {' | '.join(f'beside {n}' for n in options.busy)} |")
    print(f"|{'---|' * (len(options.busy) + 1)}")
    quiet = min(seconds[settings[0], options.busy[0]])
    for setting in settings:
        best = [min(seconds[setting, n]) for n in options.busy]
        print(f"| {setting} | {' | '.join(f'{s:.1f} s, {s / quiet:.2f}×' for s in best)} |")


def train(setting: str, epochs: int) -> float:
    """Train once in a process of its own; return the seconds of training in its record.

    Args:
        setting: Turns of GNU's OpenMP, "passive", or "N thread".
        epochs: Epochs to train.
    """
    variables = dict(os.environ)
    more = []
    if setting.endswith(" thread"):
        more = ["--threads", setting.split()[0]]
    elif setting == "passive":
        variables["OMP_WAIT_POLICY"] = "passive"
    else:
        variables["GOMP_SPINCOUNT"] = setting
    with tempfile.TemporaryDirectory() as runs:
        subprocess.run(
            [sys.executable, "-m", "training", "run", EXPERIMENT, "--preset", "quick", "--quiet",
             "--epochs", str(epochs), "--device", "cpu", "--runs", runs, *more],
            check=True, env=variables, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        record = next(Path(runs).glob(f"*/{EXPERIMENT}/seed-*/metrics.json"))
        return float(json.loads(record.read_bytes())["train_seconds"])


@contextlib.contextmanager
def busy_programs(n: int) -> Iterator[None]:
    """Let some programs compute without end meanwhile."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--turns", nargs="*", default=[DEFAULT, "1000", "300000", "passive"])
    parser.add_argument("--threads", type=int, nargs="*", default=[1])
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()

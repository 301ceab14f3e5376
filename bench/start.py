"""Time how long `homework run` takes from process start to the end of its first training step.

    python bench/start.py
    python bench/start.py --data DIR --image-size 224

The caches are filled by a first run that isn't counted. Beside it stands what importing torch alone
takes in a process of its own, which no program that trains can do without. Rounds alternate both.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch

from training.device.environment import device_name

ENDS_AFTER_A_BATCH = """
import os
from training.cli.console import ConsoleProgress
ConsoleProgress.batch = lambda self, n_images: os._exit(77)
from training.cli import main
main()
"""
"""A batch is told when its step has been made; imports what `homework run` would import anyway."""


def main() -> None:
    """Time both and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Further options go to `homework run scratch/baseline`.",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5)
    options, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOMEWORK_CACHE"] = f"{place}/cache"
        ours = [ENDS_AFTER_A_BATCH, "run", "scratch/baseline", "--preset", "quick", "--device",
                "cpu", "--runs", place, "--force", *more]  # fmt: skip
        ways = {"import torch": (["import torch"], 0), "first step made": (ours, 77)}
        found: dict[str, list[float]] = {name: [] for name in ways}
        for name, (command, code) in ways.items():
            _timed(command, code, name)
        for _ in range(options.rounds):
            for name, (command, code) in ways.items():
                found[name].append(_timed(command, code, name))
    print(f"{device_name(torch.device('cpu'))}, torch {torch.__version__}; {' '.join(more)}\n")
    print(f"{'process start to':18} {'median s':>9} {'fastest':>8}")
    for name, seconds in found.items():
        print(f"{name:18} {statistics.median(seconds):9.2f} {min(seconds):8.2f}")


def _timed(command: list[str], code: int, name: str) -> float:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", *command], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != code:
        sys.exit(f"“{name}” ended with {done.returncode}: {done.stdout}{done.stderr}")
    return seconds


if __name__ == "__main__":
    main()

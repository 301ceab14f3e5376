"""Time a run that two processes with one thread each train, beside one process with two threads.

python bench/devices.py
python bench/devices.py --models alexnet resnet18 --image-size 128 --width 0.5 --rounds 2
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from training.device.environment import cpu_name
from training.records import Curves, Metrics, StudyFolder, read

NAME = "scratch/baseline"
WAYS = {"1 process, 2 threads": (1, 2), "2 processes, 1 thread each": (2, 1)}
"""Devices, and threads of each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="+", default=["alexnet", "resnet18"])
    parser.add_argument("--image-size", default="64")
    parser.add_argument("--width", default="0.25")
    parser.add_argument("--batch-size", default="64")
    parser.add_argument("--epochs", default="5")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print(f"{cpu_name()}, {os.cpu_count()} CPUs, torch {torch.__version__}")
    print(f"{options.image_size} px, width {options.width}, batch {options.batch_size}")
    print("| network | way | round | median epoch, s | best validation loss | of one process |")
    print("|---|---|---|---|---|---|")
    for model, number in itertools.product(options.models, range(options.rounds)):
        alone = None
        for way, (devices, threads) in WAYS.items():
            seconds, loss = timed(model, devices, threads, options)
            alone = alone or seconds
            print(f"| {model} | {way} | {number + 1} | {seconds:.2f} | {loss:.5f} | "
                  f"{seconds / alone:.2f} |", flush=True)  # fmt: skip


def timed(
    model: str, devices: int, threads: int, options: argparse.Namespace
) -> tuple[float, float]:
    """Return what an epoch takes after the first, validation included, and the lowest loss."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-c", "from training.cli import main; main()", "run", NAME,
            "--preset", "quick", "--backbone", model, "--runs", folder, "--precision", "fp32",
            "--device", "cpu", "--devices", str(devices), "--threads", str(threads),
            "--image-size", options.image_size, "--width", options.width,
            "--batch-size", options.batch_size, "--epochs", options.epochs,
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        study = StudyFolder(Path(folder) / "quick")
        metrics, curves = read(study.metrics(NAME, 0), Metrics), read(study.curves(NAME, 0), Curves)
        assert metrics.environment is not None
        assert metrics.environment.n_devices == devices
        losses = [loss for loss in curves.validation_loss if loss is not None]
        return statistics.median(curves.epoch_seconds[1:]), min(losses)


if __name__ == "__main__":
    main()

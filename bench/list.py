"""Time a complete list against the same list done naively, process start to last record.

    python bench/list.py
    python bench/list.py --data DIR --naive-epochs 1

First `homework run-all` with a fresh cache (stand-in weights are trained, pictures decoded), then
every experiment that it trained once more by the naive recipe: the same network, settings, pictures
and epochs; PIL opens every picture every epoch. The naive list starts from random weights, which is
the same work, and is not charged for the stand-in weights. With --naive-epochs fewer of its epochs
are measured and scaled, which the table says.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from recipes import train_naively

from training.data.locate import locate
from training.data.prepare import prepare
from training.environment import device_name
from training.records import Metrics, StudyFolder, read

STUDY = "list"


def main() -> None:
    """Run both and print the table."""
    options, more = _options()
    device = torch.device(options.device)
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOMEWORK_CACHE"] = f"{place}/cache"
        seconds = _ours(options, more, place)
        trained = _trained(StudyFolder(Path(place) / STUDY))
        naive, measured = _naively(options, trained, device)
    n_epochs = sum(metrics.epochs_run for metrics in trained)
    print(f"{device_name(device)}, torch {torch.__version__}; {len(trained)} experiments trained, "
          f"{n_epochs} epochs in all; pictures: {options.data}")  # fmt: skip
    print(f"\n{'list':34} {'seconds':>9} {'speed-up':>9}")
    scaled = "" if measured == n_epochs else f" ({measured} epochs, scaled)"
    rows = {f"naive{scaled}": naive, **{f"ours, {name}": took for name, took in seconds.items()}}
    for name, took in rows.items():
        print(f"{name:34} {took:9.1f} {naive / took:8.2f}×")
    if options.json:
        Path(options.json).write_text(json.dumps(
            {"device": device_name(device), "torch": str(torch.__version__), "seconds": rows,
             "epochs": n_epochs, "epochs_measured": measured}, indent=1))  # fmt: skip


def _options() -> tuple[argparse.Namespace, list[str]]:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=plain,
        epilog="Further options go to `homework run-all`.",
    )  # fmt: skip
    parser.add_argument("--data", default="sample")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=2, help="of the naive DataLoaders")
    parser.add_argument("--naive-epochs", type=int, help="of each experiment, then scaled")
    parser.add_argument("--render", action="store_true", help="ours also writes HTML and PDF")
    parser.add_argument("--json", help="also write everything here")
    return parser.parse_known_args()


def _ours(options: argparse.Namespace, more: list[str], place: str) -> dict[str, float]:
    command = [sys.executable, "-c", "from training.cli import main; main()", "run-all",
               "--preset", options.preset, "--data", options.data, "--device", options.device,
               "--runs", place, "--study", STUDY, *more]  # fmt: skip
    if options.render:
        command += ["--render", "both"]
    found = {}
    names = {"everything new": False, "caches kept": True}
    for name, again in names.items():
        started = time.perf_counter()
        subprocess.run([*command, *["--force"] * again], check=True, stdout=sys.stderr)
        found[name] = time.perf_counter() - started
    return found


def _trained(folder: StudyFolder) -> list[Metrics]:
    files = sorted(folder.path.glob("*/*/seed-*/metrics.json"))
    records = [read(file, Metrics) for file in files]
    return [metrics for metrics in records if metrics.spec and metrics.reused_from is None]


def _naively(
    options: argparse.Namespace, trained: list[Metrics], device: torch.device
) -> tuple[float, int]:
    """Return the seconds of all epochs, and how many were measured."""
    spec: Any = trained[0].spec
    data = prepare(locate(options.data), None, spec.image_size, None, 0)
    total, measured = 0.0, 0
    for number, metrics in enumerate(trained, start=1):
        assert metrics.spec is not None
        n_epochs = min(options.naive_epochs or metrics.epochs_run, metrics.epochs_run)
        print(f"naive {number} of {len(trained)}: {metrics.id}", file=sys.stderr, flush=True)
        epochs = train_naively(metrics.spec, data, device, n_epochs, options.workers)
        total += sum(epoch["seconds"] for epoch in epochs) * metrics.epochs_run / n_epochs
        measured += n_epochs
    return total, measured


if __name__ == "__main__":
    main()

"""Time a complete list against the same list done naively, process start to last record.

    python bench/list.py
    python bench/list.py --data DIR --naive-epochs 1

First `homework run-all` with a fresh cache (stand-in weights are trained, pictures decoded), then
every experiment that it trained once more by the naive recipe: the same network, settings, pictures
and epochs; PIL opens every picture every epoch. The naive list starts from random weights, which is
the same work. With what training the stand-in weights costs, it is the work of ours with everything
new; the table has ratios to both. With --naive-epochs fewer of its epochs are measured and scaled,
which the table says.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from recipes import train_naively

from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.device.environment import device_name
from training.records import Metrics, Settings, Spec, StudyFolder, StudyRecord, read
from training.run.train_stand_in import CHOOSING, source_spec

STUDY = "list"


def main() -> None:
    """Run both and print the table."""
    options, more = _options()
    device = torch.device(options.device)
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOMEWORK_CACHE"] = f"{place}/cache"
        seconds = _ours(options, more, place)
        folder = StudyFolder(Path(place) / STUDY)
        trained, settings = _trained(folder), read(folder.study, StudyRecord).settings
        naive, measured = _naively(options, trained, settings, device)
        learning = _stand_ins_naively(options, trained, device)
    n_epochs = sum(metrics.epochs_run for metrics in trained)
    print(f"{device_name(device)}, torch {torch.__version__}; {len(trained)} experiments trained, "
          f"{n_epochs} epochs in all; pictures: {options.data}")  # fmt: skip
    scaled = "" if measured == n_epochs else f" ({measured} epochs, scaled)"
    rows = {f"naive{scaled}": naive}
    if learning:
        rows["naive, stand-in weights too"] = naive + learning
    rows |= {f"ours, {name}": took for name, took in seconds.items()}
    print(f"\n{'list':34} {'seconds':>9} {'speed-up':>9}{' stand-ins too' if learning else ''}")
    for name, took in rows.items():
        more = f"{(naive + learning) / took:13.2f}×" if learning else ""
        print(f"{name:34} {took:9.1f} {naive / took:8.2f}×{more}")
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
    options: argparse.Namespace, trained: list[Metrics], settings: Settings, device: torch.device
) -> tuple[float, int]:
    """Return the seconds of all epochs on the same pictures, and how many were measured."""
    data = prepare(
        locate(options.data), None, settings.image_size, settings.max_per_class, settings.seed
    )
    total, measured = 0.0, 0
    for number, metrics in enumerate(trained, start=1):
        assert metrics.spec is not None
        n_epochs = min(options.naive_epochs or metrics.epochs_run, metrics.epochs_run)
        print(f"naive {number} of {len(trained)}: {metrics.id}", file=sys.stderr, flush=True)
        total += _seconds(metrics.spec, data, device, n_epochs, options, metrics.epochs_run)
        measured += n_epochs
    return total, measured


def _stand_ins_naively(
    options: argparse.Namespace, trained: list[Metrics], device: torch.device
) -> float:
    """Return the seconds of learning every network's stand-in weights."""
    wanted = {
        m.spec.weights_digest: m.spec for m in trained if m.spec and m.spec.weights == "sample"
    }
    total = 0.0
    for spec in map(source_spec, wanted.values()):
        data = prepare(locate("sample-source"), None, spec.image_size, None, 0)
        chosen_by = data.splits["validation"][CHOOSING]
        data = dataclasses.replace(data, splits={**data.splits, "validation": chosen_by})
        n_epochs = min(options.naive_epochs or spec.epochs, spec.epochs)
        print(f"naive: stand-in weights of {spec.model}", file=sys.stderr, flush=True)
        total += _seconds(spec, data, device, n_epochs, options, spec.epochs)
    return total


def _seconds(
    spec: Spec, data: PreparedData, device: torch.device, measured: int,
    options: argparse.Namespace, n_epochs: int,
) -> float:  # fmt: skip
    """Return the seconds of `n_epochs`, from the first `measured`."""
    epochs = train_naively(spec, data, device, measured, options.workers)
    return sum(epoch["seconds"] for epoch in epochs) * n_epochs / measured


if __name__ == "__main__":
    main()

"""Hold this project's accuracy against the naive recipe's, over several seeds.

    python bench/accuracy.py --data DIR --image-size 64 --width 0.25 --epochs 12

Both train the same network from scratch on the same pictures with the same settings; only the draws
differ, since the naive recipe takes torch's own. This project trains once in each `--precision`,
the naive recipe in fp32. For each seed stands the best epoch's validation accuracy; below, means,
standard deviations and Welch's intervals for the differences.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import fmean, stdev

import msgspec
import torch
from recipes import add_options, ours, spec_of, train_naively
from scipy import stats

from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.device.environment import device_name, ignore_denormals, keep_memory
from training.records import Spec


def main() -> None:
    """Train by both recipes and print the table."""
    options = _options()
    ignore_denormals()
    keep_memory()
    device = torch.device(options.device)
    data = prepare(locate(options.data), None, options.image_size, None, 0)
    spec = msgspec.structs.replace(
        spec_of(options, options.epochs), width=options.width, optimizer="adam",
        learning_rate=options.learning_rate, step_size=max(1, options.epochs * 2 // 3),
    )  # fmt: skip
    found: dict[str, list[float]] = {}
    for seed in range(options.seeds):
        spec = msgspec.structs.replace(spec, seed=seed)
        for name in ("naive", *options.precision):
            best = 100 * _best(name, spec, data, device, options)
            found.setdefault(name, []).append(best)
            print(f"seed {seed} {name:6} {best:6.2f} %", flush=True)
    n_train, n_validation = (len(data.splits[name]) for name in ("train", "validation"))
    print(f"\n{device_name(device)}, torch {torch.__version__}; {n_train} train, {n_validation} "
          f"validation pictures of {options.data}, {options.image_size} px, width {options.width}, "
          f"{options.epochs} epochs")  # fmt: skip
    for name, values in found.items():
        print(f"{name:6} {fmean(values):6.2f} ± {stdev(values):.2f} % of {len(values)} seeds")
    for name in options.precision:
        test = stats.ttest_ind(found[name], found["naive"], equal_var=False)
        low, high = test.confidence_interval()
        print(f"ours in {name} − naive: {low:+.2f} to {high:+.2f} points (Welch, 95 %), "
              f"p = {test.pvalue:.2f}")  # fmt: skip


def _best(
    name: str, spec: Spec, data: PreparedData, device: torch.device, options: argparse.Namespace
) -> float:
    """Return the best epoch's validation accuracy, by the naive recipe or ours in a precision."""
    if name == "naive":
        torch.manual_seed(spec.seed)
        epochs = train_naively(spec, data, device, options.epochs, options.workers)
    else:
        with tempfile.TemporaryDirectory() as place:
            epochs, _ = ours(spec, data, device, Path(place), name)
    return max(epoch["validation_accuracy"] for epoch in epochs)


def _options() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    add_options(parser)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"])
    parser.set_defaults(task="all", batch_size=64)
    return parser.parse_args()


if __name__ == "__main__":
    main()

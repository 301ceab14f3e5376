"""Train the same network in each number format, over several seeds, and compare the curves.

    python bench/formats.py --data DIR --model resnet18

From scratch with Adam; with the same seed all formats start from the same weights and see the same
batches. Prints each run's last train loss and best validation accuracy, how far its losses are from
those in fp32 at most, and how many steps fp16 skipped; then each format's accuracy over the seeds.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

import msgspec
import torch
from recipes import add_options, spec_of

from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.device.environment import device_name, ignore_denormals, keep_memory
from training.device.precision import FACTORS, Precision
from training.device.randomness import seed_all
from training.engine.outcome import Fit
from training.progress import Progress
from training.records import Spec, StudyFolder
from training.run.prepare_model import prepare_model
from training.run.train_model import train_model
from training.run.workspace import Workspace
from training.weights.source import WeightsSource


def main() -> None:
    """Train and print the table."""
    options = _options()
    ignore_denormals()
    keep_memory()
    device = torch.device(options.device)
    data = prepare(locate(options.data), None, options.image_size, None, 0)
    spec = msgspec.structs.replace(
        spec_of(options, options.epochs), model=options.model, width=options.width,
        optimizer="adam", learning_rate=options.learning_rate,
    )  # fmt: skip
    print(f"{device_name(device)}, torch {torch.__version__}; {len(data.splits['train'])} train, "
          f"{len(data.splits['validation'])} validation pictures of {options.data}, "
          f"{options.image_size} px, {options.model}, width {options.width}, Adam at "
          f"{options.learning_rate:g}, {options.epochs} epochs\n"
          f"{'seed':>4} {'format':>6} {'train loss':>10} {'validation':>10} {'apart':>8} skipped"
          )  # fmt: skip
    accuracies: defaultdict[Precision, list[float]] = defaultdict(list)
    for seed in range(options.seeds):
        exact: list[float] = []
        for precision in ("fp32", *options.precision):
            result = _trained(msgspec.structs.replace(spec, seed=seed), data, device, precision)
            losses = [s.loss or float("nan") for s in (*result.train, *result.validation)]
            exact = exact or losses
            apart = max(abs(loss - of) / of for loss, of in zip(losses, exact, strict=True))
            best = max(scores.accuracy for scores in result.validation)
            accuracies[precision].append(best)
            scaling = result.loss_scaling
            print(f"{seed:4} {precision:>6} {losses[options.epochs - 1]:10.4f} {best:10.2%} "
                  f"{apart:8.2%} {scaling.skipped_steps if scaling else ''}",
                  flush=True)  # fmt: skip
    for precision, reached in accuracies.items():
        spread = statistics.stdev(reached) if len(reached) > 1 else float("nan")
        print(f"{precision}: best validation {statistics.mean(reached):.1%} ± {spread:.1%}")


def _trained(spec: Spec, data: PreparedData, device: torch.device, precision: Precision) -> Fit:
    seed_all(spec.seed)
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(
            StudyFolder(Path(place)), data, device, Progress(), Path(place), precision=precision
        )
        return train_model(prepare_model(spec, WeightsSource("none"), workspace), spec, workspace)[
            0
        ]


def _options() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    add_options(parser)
    parser.add_argument("--model", default="alexnet")
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--precision", nargs="+", choices=list(FACTORS), default=["bf16", "fp16"])
    parser.set_defaults(task="all", batch_size=64, image_size=64)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Compare number formats on the CPU: training steps and evaluation in fp32 and in bf16.

    python bench/precision.py

Shows from which size of pictures on bf16 pays, which `training.device.precision.WORTH_SIDE` says.
The two formats alternate; the fastest of several rounds counts. The loss after the same steps
stands beside the times, because a fast wrong step is worth nothing.
"""

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.device.environment import device_name, ignore_denormals, keep_memory, multiplies_bf16
from training.device.precision import Precision, computing
from training.networks.build import build

CASES = (
    ("alexnet", 64, 0.25, 64),
    ("alexnet", 64, 1.0, 64),
    ("alexnet", 128, 0.25, 64),
    ("alexnet", 128, 1.0, 64),
    ("alexnet", 224, 0.25, 64),
    ("alexnet", 224, 1.0, 64),
    ("alexnet", 224, 1.0, 256),
    ("resnet18", 64, 0.25, 64),
    ("resnet18", 224, 1.0, 32),
    ("vgg16", 64, 0.25, 32),
    ("vgg16", 224, 1.0, 8),
)
"""Network, side in pixels, width, pictures in a batch."""

FORMATS: tuple[Precision, ...] = ("fp32", "bf16")
CPU = torch.device("cpu")


class Case:
    """A network, a batch, and an optimizer, in one number format."""

    def __init__(self, case: tuple[str, int, float, int], precision: Precision) -> None:
        model, side, width, n = case
        torch.manual_seed(0)
        module = build(model, 101, width=width).module
        self.module: nn.Module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        pictures = torch.randn(n, 3, side, side)
        self.pictures = pictures.contiguous(memory_format=torch.channels_last)
        self.labels = torch.arange(n) % 101
        self.optimizer = torch.optim.SGD(
            self.module.parameters(), lr=1e-3, momentum=0.9, fused=True
        )
        self.precision = precision
        self.loss = torch.zeros(())

    def step(self) -> None:
        """Train on the batch once."""
        self.optimizer.zero_grad()
        self.loss = F.cross_entropy(self._logits(), self.labels)
        self.loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    @torch.no_grad()
    def evaluate(self) -> None:
        """Run the batch through the network."""
        self._logits()

    def _logits(self) -> Tensor:
        with computing(self.module, self.precision, CPU):
            logits: Tensor = self.module(self.pictures)
        return logits.float()


def main() -> None:
    """Run every case in both formats, in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ignore_denormals()
    keep_memory()
    units = "with" if multiplies_bf16() else "without"
    print(f"{device_name(CPU)}, {torch.get_num_threads()} threads, {units} units for bf16, "
          f"torch {torch.__version__}; milliseconds a batch\n")  # fmt: skip
    print(f"{'network':9} {'px':>4} {'width':>6} {'batch':>6} {'step fp32':>10} {'bf16':>8} "
          f"{'':>6} {'eval fp32':>10} {'bf16':>8} {'':>6}  loss fp32, bf16")  # fmt: skip
    for case in CASES:
        print(_row(case, options.rounds), flush=True)


def _row(case: tuple[str, int, float, int], rounds: int) -> str:
    cases = [Case(case, precision) for precision in FORMATS]
    steps, evaluations = ([float("inf")] * 2 for _ in range(2))
    for _ in range(rounds + 1):  # the first is the slowest
        for i, made in enumerate(cases):
            steps[i] = min(steps[i], _milliseconds(made.step))
            evaluations[i] = min(evaluations[i], _milliseconds(made.evaluate))
    model, side, width, n = case
    return (f"{model:9} {side:4} {width:6} {n:6} {steps[0]:10.1f} {steps[1]:8.1f} "
            f"{steps[0] / steps[1]:5.2f}× {evaluations[0]:10.1f} {evaluations[1]:8.1f} "
            f"{evaluations[0] / evaluations[1]:5.2f}×  "
            f"{cases[0].loss:.4f}, {cases[1].loss:.4f}")  # fmt: skip


def _milliseconds(function: Callable[[], None]) -> float:
    started = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()

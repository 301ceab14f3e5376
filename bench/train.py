"""Compare training recipes in one run: naive, torchvision's habits, this project, the limit.

    python bench/train.py --data DIR
    python bench/train.py --data DIR --task cnn --epochs 30

Every recipe runs as a process of its own, in turn, for several rounds; the best epoch of each
counts, because times swing on a shared machine. Loss curves stand beside the times. Where the
naive recipe would take hours, `--slow-epochs` measures fewer of its epochs and scales them, which
the table says.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from recipes import TASKS, add_options, whole_run

from training.device.environment import device_name
from training.device.precision import Precision, resolve_precision, use_precision
from training.networks.build import build
from training.networks.flops import count
from training.networks.freezing import freeze
from training.run.peak_flops import peak_flop_per_second

Answer = dict[str, Any]
RECIPES = ("naive", "peer", "ours", "ours-fp32")
"""The last is this project's with `--precision fp32`, where `auto` is another."""


def main() -> None:
    """Run the recipes in turn and print the table."""
    options = _options()
    device = torch.device(options.device)
    own = resolve_precision("auto", device, options.image_size)
    recipes = [name for name in options.recipes if name != "ours-fp32" or own != "fp32"]
    rounds: dict[str, list[Answer]] = {name: [] for name in recipes}
    for number in range(options.rounds):
        for name in recipes:
            print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
            rounds[name].append(_run(name, options))
    peaks = {name: _peak(device, name) for name in dict.fromkeys(("fp32", own))}
    limits = {name: _limit_flop(options) / peak for name, peak in peaks.items()}
    print(_table(rounds, options, limits, peaks, device, own))
    if options.json:
        content = {"device": device_name(device), "peak_flop_per_second": peaks,
                   "limit_seconds": limits, "options": vars(options) | {"json": ""},
                   "rounds": rounds}  # fmt: skip
        Path(options.json).write_text(json.dumps(content, indent=1, default=str))


def _peak(device: torch.device, precision: Precision) -> float:
    use_precision(precision)
    peak = peak_flop_per_second(device, precision)
    assert peak is not None, "a device that trained has memory for a product"
    return peak


def _options() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    add_options(parser)
    parser.add_argument("--task", choices=list(TASKS), default="all")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--slow-epochs", type=int, help="epochs of naive and peer, then scaled")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--json", help="also write everything here")
    return parser.parse_args()


def _run(recipe: str, options: argparse.Namespace) -> Answer:
    names = ("data", "pictures", "image_size", "batch_size", "workers", "device", "task")
    given = [part for name in names
             for part in (f"--{name.replace('_', '-')}", str(getattr(options, name)))]  # fmt: skip
    ours = recipe.startswith("ours")
    epochs = options.epochs if ours else options.slow_epochs or options.epochs
    command = [sys.executable, str(Path(__file__).with_name("recipes.py")), recipe, *given,
               "--epochs", str(epochs)]  # fmt: skip
    if ours and TASKS[options.task][1] != "none":
        command.append("--again")
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=place)
    answer: Answer = json.loads(done.stdout.splitlines()[-1])
    return answer


def _limit_flop(options: argparse.Namespace) -> int:
    """Return the whole run's arithmetic in FLOP: frozen parts once, all else every epoch."""
    model, strategy, head = TASKS[options.task]
    with torch.device("meta"):
        network = build(model, 101, head)
    held = freeze(network, strategy)
    counted = count(network, held, options.image_size, cached=held.split is not None)
    assert counted is not None, "the homework's networks need no numbers to be followed"
    n = options.pictures  # train pictures, and as many for validation
    return counted.features(2 * n) + options.epochs * counted.epoch(n, n)


def _table(
    rounds: dict[str, list[Answer]],
    options: argparse.Namespace,
    limits: dict[Precision, float],
    peaks: dict[Precision, float],
    device: torch.device,
    own: Precision,
) -> str:
    whole = {name: min(whole_run(answer["epochs"], answer["seconds_before"], options.epochs)
                       for answer in answers)
             for name, answers in rounds.items()}  # fmt: skip
    slowest = whole.get("naive", max(whole.values()))
    what = f"{options.epochs} epochs of {options.pictures} train and as many validation pictures"
    head = ("recipe", "format", "seconds", "speed-up", "of limit", "memory GB",
            "train loss by epoch")  # fmt: skip
    fastest = ", ".join(f"{peak / 1e9:,.0f} GFLOP/s in {name}" for name, peak in peaks.items())
    lines = [
        f"{options.task}: {what}, {options.image_size} px, batch {options.batch_size}",
        f"{device_name(device)}, torch {torch.__version__}, fastest product {fastest}",
        "",
        "{:9} {:>6} {:>8} {:>9} {:>9} {:>10}  {}".format(*head),
    ]
    for name, answers in rounds.items():
        precision = _format(name, device, own)
        memory = max(answer["peak_bytes"] for answer in answers) / 1e9
        losses = " ".join(f"{epoch['train_loss']:.3f}" for epoch in answers[0]["epochs"][:5])
        scaled = "" if len(answers[0]["epochs"]) == options.epochs else "  (scaled)"
        lines.append(
            f"{name:9} {precision:>6} {whole[name]:8.1f} {slowest / whole[name]:8.2f}× "
            f"{limits[precision] / whole[name]:9.0%} {memory:10.2f}  {losses}{scaled}"
        )
        again = [answer["seconds_again"] for answer in answers if answer["seconds_again"]]
        if again:
            lines.append(f"{'… again':9} {precision:>6} {min(again):8.1f} "
                         f"{slowest / min(again):8.2f}×"
                         f"{'':22}on the features that the first run kept")  # fmt: skip
    lines += [f"{'limit':9} {precision:>6} {limit:8.1f} {slowest / limit:8.2f}×"
              for precision, limit in limits.items()]  # fmt: skip
    return "\n".join(lines)


def _format(recipe: str, device: torch.device, own: Precision) -> Precision:
    """Return the number format that a recipe computes in."""
    if recipe == "ours" or (recipe == "peer" and device.type == "cuda"):
        return own
    return "fp32"


if __name__ == "__main__":
    main()

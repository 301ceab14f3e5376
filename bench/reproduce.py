"""Measure how far rounding carries two runs of one experiment apart: `homework reproduce` uses it.

    python bench/reproduce.py                                 # threads 1 and 4, bf16
    python bench/reproduce.py --against runs/example          # and records from another machine
    python bench/reproduce.py --each                          # a line an experiment, too

Runs experiments of the quick preset with two threads in fp32, and again with other numbers of
threads, in another number format and, for comparison, from another seed. Every way has its own
folder and cache, so that stand-in weights and features are computed again, too. What has a record
below --place isn't run again. Prints, over the experiments, how far curves and predictions are
from those with two threads in fp32: the largest distance, except for the other seed, where the
smallest says what a tolerance has to stay below.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from training.device.environment import cpu_name
from training.records import StudyFolder
from training.reproduce.distance import Distance, distance
from training.reproduce.recorded import RunRecords, read_run

NAMES = (
    "scratch/baseline", "scratch/grid", "freezing/cnn", "freezing/fc", "augmentation/one-of-three",
    "transfer/grid-sgd-1e-3", "transfer/grid-adam-1e-3",
)  # fmt: skip

EPOCHS = (1, 2, 3, 6, 9, 12)
"""Those that the table shows."""

Runs = Mapping[str, RunRecords]


def main() -> None:
    """Run what has no record, then print the table."""
    options = _options()
    place = options.place.resolve()
    ways = {"2 threads": _way(2)}
    ways |= {f"{n} threads" if n > 1 else "1 thread": _way(n) for n in options.threads}
    ways |= {name: ["--precision", name, *_way(2)] for name in options.precision}
    ways |= {"seed 1": ["--seed", "1", *_way(2)]} if not options.no_seed else {}
    for way, arguments in ways.items():
        _run(place / way.replace(" ", "-"), [*options.names, *arguments])
    found = {way: _read(place / way.replace(" ", "-") / "runs" / "quick") for way in ways}
    found |= {str(folder): _read(folder) for folder in options.against}
    plain = found.pop("2 threads")
    print(f"{cpu_name()}, quick preset, {len(plain)} experiments; against 2 threads, fp32\n")
    print("| what differs | runs | " + " | ".join(f"loss, epoch {e}" for e in EPOCHS)
          + " | accuracy | other class | probability |")  # fmt: skip
    print("|---" * (len(EPOCHS) + 5) + "|")
    for way, runs in found.items():
        print(_row(way, dict(_distances(plain, runs)), min if way == "seed 1" else max))
    for way, runs in found.items() if options.each else ():
        for name, apart in sorted(_distances(plain, runs)):
            print(_row(f"{way}, {name}", {name: apart}, max))


def _way(n_threads: int) -> list[str]:
    return ["--threads", str(n_threads)]


def _run(folder: Path, arguments: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "training", "run", *arguments]
    if "--precision" not in arguments:
        command += ["--precision", "fp32"]
    command += ["--preset", "quick", "--device", "cpu", "--no-keep-weights"]
    environment = os.environ | {"HOMEWORK_CACHE": str(folder / "cache")}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}.")


def _read(study: Path) -> Runs:
    folder = StudyFolder(study)
    found = {}
    for file in sorted(study.glob("*/*/seed-*/metrics.json")):
        name, seed = "/".join(file.relative_to(study).parts[:2]), int(file.parent.name[5:])
        run = read_run(folder, name, seed)
        if run.metrics.reused_from is None:
            found[name] = run
    return found


def _distances(plain: Runs, others: Runs) -> Iterator[tuple[str, Distance]]:
    for name in plain.keys() & others.keys():
        yield name, distance(plain[name], others[name])


def _row(way: str, distances: Mapping[str, Distance], most: object) -> str:
    assert callable(most)
    apart = list(distances.values())
    if not apart:
        return f"| {way} | 0 |" + " |" * (len(EPOCHS) + 3)
    losses = [most(d.losses[epoch - 1] for d in apart) for epoch in EPOCHS]
    others = [
        most(max(d.accuracies) for d in apart),
        most(d.predicted for d in apart),
        most(d.probability for d in apart),
    ]
    cells = [*(f"{loss:.1e}" for loss in losses), *(f"{other:.4f}" for other in others)]
    return f"| {way} | {len(apart)} | " + " | ".join(cells) + " |"


def _options() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--place", type=Path, default=Path("reproduced"))
    parser.add_argument("--names", nargs="+", default=NAMES)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--precision", nargs="*", default=["bf16"])
    parser.add_argument("--no-seed", action="store_true")
    parser.add_argument("--against", type=Path, nargs="*", default=[], help="studies by others")
    parser.add_argument("--each", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Time a list against its number of workers, and what handing out an experiment costs.

python bench/scale.py list --workers 1 2
python bench/scale.py overhead --experiments 1000 --executors local processes ray
python bench/scale.py constants --pictures 500 --runs 500
python bench/scale.py pictures --pictures 10000
"""

import argparse
import contextlib
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import many_pictures
import msgspec
import torch

from training.data.decode import crop, open_picture, resize
from training.data.index import index_folder
from training.data.locate import locate
from training.data.pixel_files import BESIDE
from training.data.prepare import PreparedData, prepare
from training.data.splits import split
from training.device.environment import cpu_name
from training.executors import make_executor
from training.planning.plan import Plan
from training.progress import Progress
from training.records import Experiment, Metrics, StudyFolder, StudyRecord, read, write
from training.run.run_options import RunOptions, Where
from training.run.workspace import Workspace
from training.stopping import StopSignal
from training.study import build_study

SMALL = ("--preset", "quick", "--image-size", "64", "--width", "0.2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("list", help="a grid of nine experiments with 1, 2, … workers")
    part.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    part.add_argument("--epochs", type=int, default=6)
    part.add_argument("--rounds", type=int, default=1)
    part.set_defaults(run=time_list)
    part = parts.add_parser("overhead", help="experiments that do nothing")
    part.add_argument("--experiments", type=int, default=1000)
    part.add_argument("--executors", nargs="+", default=["local", "processes", "ray"])
    part.add_argument("--workers", type=int, default=2)
    part.set_defaults(run=time_overhead)
    part = parts.add_parser("constants", help="what one picture and one run cost")
    part.add_argument("--data", default="sample")
    part.add_argument("--pictures", type=int, default=500)
    part.add_argument("--runs", type=int, default=500)
    part.set_defaults(run=time_constants)
    part = parts.add_parser("pictures", help="each stage of a study of many drawn pictures")
    many_pictures.add_options(part)
    options = parser.parse_args()
    print(f"{cpu_name()}, {os.cpu_count()} CPUs, torch {torch.__version__}")
    options.run(options)


def time_list(options: argparse.Namespace) -> None:
    """Run the scratch grid as a user would, with one thread an experiment."""
    print("| workers | round | seconds |\n|---|---|---|")
    for number, workers in itertools.product(range(options.rounds), options.workers):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", "from training.cli import main; main()", "run",
                       "scratch", *SMALL, "--epochs", str(options.epochs), "--threads", "1",
                       "--jobs", str(workers), "--runs", folder]  # fmt: skip
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(f"| {workers} | {number + 1} | {time.perf_counter() - started:.1f} |", flush=True)


def time_overhead(options: argparse.Namespace) -> None:
    """Hand out experiments whose weights aren't there: each ends as a record that says so."""
    print("| executor | experiments | seconds | milliseconds each |\n|---|---|---|---|")
    for name in options.executors:
        with tempfile.TemporaryDirectory() as folder:
            seconds = _time_empty(name, options.experiments, options.workers, Path(folder))
        each = 1000 * seconds / options.experiments
        print(f"| {name} | {options.experiments} | {seconds:.1f} | {each:.1f} |", flush=True)


def _time_empty(name: str, n: int, workers: int, folder: Path) -> float:
    study = build_study("quick", overrides={"image_size": 64, "max_per_class": 6})
    empty = [
        Experiment(
            id=f"scratch/empty-{number}", question="", weights="imagenet", model="nothing:at"
        )
        for number in range(n)
    ]
    study = msgspec.structs.replace(study, experiments=empty)
    place = StudyFolder(folder / "quick")
    data = prepare(locate("sample"), place, 64, 6, 0)
    write(place.study, study)
    device = torch.device("cpu")
    where = Where(
        executor="ray" if name == "ray" else "local",
        jobs=None if name == "local" else workers,
        threads=1,
    )
    options = RunOptions(device="cpu", where=where)
    workspace = Workspace(
        place, data, device, Progress(), folder / "weights", StopSignal(), options
    )
    executor = make_executor(Plan(study, place, data.record.fingerprint), workspace)
    started = time.perf_counter()
    outcome = executor.run(empty)
    seconds = time.perf_counter() - started
    assert len(outcome.ran) == n
    return seconds


@contextlib.contextmanager
def timed(what: str, n: int) -> Iterator[None]:
    started, worked = time.perf_counter(), time.process_time()
    yield
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    print(f"| {what} | {n} | {1e6 * seconds / n:.0f} | {1e6 * work / n:.0f} |", flush=True)


def time_constants(options: argparse.Namespace) -> None:
    """Time each stage for some pictures and some records."""
    print("| stage | of | microseconds each | of the processor |\n|---|---|---|---|")
    folder = locate(options.data)
    n = len(index_folder(folder).paths)
    with timed("index a picture", n):
        index = index_folder(folder)
    with timed("split a picture", n):
        split(index, None, 0)
    some = [index.root / path for path in index.paths[: options.pictures]]
    for size in (64, 224):
        with timed(f"read, decode, resize to {size} px, one thread", len(some)):
            for path in some:
                crop(resize(open_picture(path).image, size), size)
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOMEWORK_CACHE"] = place
        data = prepare(folder, None, 64, None, 0)
        _again(folder, data, n)
        _records(Path(place), options.runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Peak memory {peak:,.0f} MB")


def _again(folder: Path, data: PreparedData, n: int) -> None:
    with timed("prepare from the cache at 64 px", n):
        prepare(folder, None, 64, None, 0)
    pixels = data.pixels(64)
    with timed("check of a picture at 64 px, when first touched", n):
        pixels[:]
    sidecar = sum(file.stat().st_size for file in data.files() if file.suffix == BESIDE)
    print(f"| bytes a picture: array {pixels.nbytes // n}, beside it {sidecar // n} | | | |")


def _records(place: Path, n: int) -> None:
    folder = StudyFolder(place / "quick")
    record = Metrics(id="a/b", section="a", seed=0, status="done", spec=None, spec_hash="",
                     dataset_fingerprint="")  # fmt: skip
    files = [folder.metrics(f"a/run-{number}", 0) for number in range(n)]
    with timed("write a record, flushed", n):
        for file in files:
            write(file, record)
    with timed("read a record", n):
        for file in files:
            read(file, Metrics)
    study = build_study("quick")
    many = [msgspec.structs.replace(study.experiments[0], id=f"a/run-{i}") for i in range(n)]
    study = msgspec.structs.replace(study, experiments=many)
    with timed("plan a run", n):
        Plan(study, folder).steps(many)
    with timed("read an experiment of study.json", n):
        _round_trip(folder, study)


def _round_trip(folder: StudyFolder, study: StudyRecord) -> None:
    write(folder.study, study)
    read(folder.study, StudyRecord)


if __name__ == "__main__":
    main()

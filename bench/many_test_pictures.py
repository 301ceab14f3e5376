"""Make a study of very many test pictures, and time what reads its records.

    python bench/many_test_pictures.py --pictures 10000 100000 400000

The study is `runs/example`, whose pictures are taken many times over, in a hundred classes in the
place of ten; nothing is trained. Every command runs as a process of its own. The seconds of the
processor count all its processes, the memory is that of the largest.
"""

import argparse
import itertools
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.records import (
    ClassCounts,
    Dataset,
    Metrics,
    Predictions,
    StudyFolder,
    ValidationAnswers,
    encode_scores,
    read,
    read_if_there,
    read_scores,
    write,
    write_bytes,
)

FAR = -12.0
"""Log-probability of classes of another copy than a picture's own, at most."""


def write_many_pictures(example: Path, folder: Path, n_test: int, n_groups: int = 10) -> Path:
    """Copy a finished study, each of its pictures so often that `n_test` or more are tested.

    Copy i has classes of its own, those of group i modulo `n_groups`: ten classes become a hundred.
    All accuracies stay what they are, so that the records still agree with each other.
    """
    shutil.copytree(example, folder)
    place = StudyFolder(folder)
    for left in folder.glob("report.*"):
        left.unlink()
    dataset = read(place.dataset, Dataset)
    n_times = -(-n_test // (dataset.n_test * n_groups)) * n_groups
    write(place.dataset, _widened(dataset, n_times, n_groups))
    for file in sorted(folder.glob("*/*/seed-*/metrics.json")):
        _widen_run(place, read(file, Metrics), dataset, n_times, n_groups)
    return folder


def _widened(dataset: Dataset, n_times: int, n_groups: int) -> Dataset:
    many = n_times // n_groups

    def times(counts: list[int]) -> list[int]:
        return [many * n for n in counts] * n_groups

    return msgspec.structs.replace(
        dataset,
        name="letters, many times over",
        kind="folder",
        classes=[f"{name}_{group}" for group in range(n_groups) for name in dataset.classes],
        n_train=dataset.n_train * n_times,
        n_validation=dataset.n_validation * n_times,
        n_test=dataset.n_test * n_times,
        counts=ClassCounts(*map(times, (dataset.counts.train, dataset.counts.validation,
                                        dataset.counts.test))),
        test_images=[
            f"{Path(path).parent}_{copy % n_groups}/{copy:05d}-{Path(path).name}"
            for copy, path in itertools.product(range(n_times), dataset.test_images)
        ],
        n_found=None,
        looks=None,
    )  # fmt: skip


def _widen_run(
    place: StudyFolder, metrics: Metrics, dataset: Dataset, n_times: int, n_groups: int
) -> None:
    name = metrics.id, metrics.seed
    change: dict[str, object] = {
        field: _answers(getattr(metrics, field), n_times, n_groups)
        for field in ("validation_answers", "last_answers")
    }
    if metrics.test is not None:
        test = metrics.test
        change["test"] = msgspec.structs.replace(
            test, n_correct=test.n_correct * n_times, n_images=test.n_images * n_times
        )
    n_classes = len(dataset.classes)
    if metrics.scores is not None:
        kept = read_scores(place.scores(*name), metrics.scores)
        splits = [
            _spread(split.label, split.log_probability, n_times, n_groups)
            for split in (kept.test, kept.validation)
        ]
        found = encode_scores(*splits)
        change["scores"] = None
        if found is None:
            place.scores(*name).unlink()
        else:
            content, change["scores"] = found
            write_bytes(place.scores(*name), content)
    predictions = read_if_there(place.predictions(*name), Predictions)
    if predictions is not None:
        shift = np.repeat(np.arange(n_times) % n_groups, len(predictions.label)) * n_classes
        probability = predictions.probability
        record = msgspec.structs.replace(
            predictions,
            label=(np.tile(predictions.label, n_times) + shift).tolist(),
            predicted=(np.tile(predictions.predicted, n_times) + shift).tolist(),
            probability=probability * n_times,
            examples=[],
            heat_maps=None,
            feature_map=None,
            nearest_train=None,
        )
        write(place.predictions(*name), record)
    write(place.metrics(*name), msgspec.structs.replace(metrics, **change))


def _answers(
    kept: ValidationAnswers | None, n_times: int, n_groups: int
) -> ValidationAnswers | None:
    if kept is None:
        return None
    many = n_times // n_groups
    return ValidationAnswers(
        right=kept.right * n_times,
        given=[many * n for n in kept.given] * n_groups,
        right_in_class=[many * n for n in kept.right_in_class] * n_groups,
    )


def _spread(
    label: NDArray[np.int32], scores: NDArray[np.float64], n_times: int, n_groups: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return labels and log-probabilities, each picture's own classes among all others."""
    n, n_classes = scores.shape
    wide = np.full((n_times, n, n_groups * n_classes), FAR, np.float32)
    for copy in range(n_times):
        start = copy % n_groups * n_classes
        wide[copy, :, start : start + n_classes] = scores
    shift = np.repeat(np.arange(n_times) % n_groups, n) * n_classes
    return np.tile(label, n_times) + shift, wide.reshape(-1, n_groups * n_classes)


EXAMPLE = Path(__file__).parent.parent / "runs" / "example"
COMMANDS = {
    "render": ("render", "--format", "html"),
    "render-pdf": ("render", "--format", "pdf"),
    "verify": ("verify", "{study}/report.html"),
    "verify-pdf": ("verify", "{study}/report.pdf"),
    "status": ("status",),
    "export": ("export", "csv", "--output", "{study}/exports"),
    "compare": ("compare", "{study}", "{study}-again", "--output", "{study}/compared"),
}
"""Row of the table to what is run; they stand in the order in which they need each other."""

IN_RUN = ("metrics.json", "predictions.json", "predictions.npy", "scores.npy")
IN_STUDY = ("dataset.json", "test_images.jsonl")


def main() -> None:
    """Print a table for each number of pictures."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--pictures", type=int, nargs="+", default=[10_000, 100_000, 400_000])
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--study", type=Path, default=EXAMPLE, help="A finished study.")
    options = parser.parse_args()
    from training.device.environment import cpu_name  # torch's memory would count with a child's

    print(f"{cpu_name()}, {os.cpu_count()} CPUs")
    for n_pictures in options.pictures:
        with tempfile.TemporaryDirectory() as folder:
            study = write_many_pictures(options.study, Path(folder) / "runs" / "many", n_pictures)
            shutil.copytree(study, f"{study}-again", copy_function=os.link)
            n_test = read(StudyFolder(study).dataset, Dataset).n_test
            print(f"\n{n_test:,} test pictures. {_sizes(study)}\n", flush=True)
            print("| command | seconds | of the processor | peak memory, MB |\n|---|---|---|---|")
            for name in options.commands:
                print(f"| {name} | {' | '.join(_timed(COMMANDS[name], study))} |", flush=True)
            for report in sorted(study.glob("report.*")):
                print(f"\n{report.name}: {report.stat().st_size / 1e6:.1f} MB")


def _sizes(study: Path) -> str:
    """Say how large the records are that have to do with the number of pictures."""
    run = next(study.glob("*/*/seed-*/predictions.json")).parent
    files = [*(study / name for name in IN_STUDY), *(run / name for name in IN_RUN)]
    found = [f"{f.name} {f.stat().st_size / 1e6:.2f} MB" for f in files if f.exists()]
    return ", ".join(found)


def _timed(arguments: tuple[str, ...], study: Path) -> list[str]:
    """Return seconds, seconds of the processor, and megabytes of a command."""
    command = [argument.format(study=study) for argument in arguments]
    if command[0] not in ("compare",):
        command += ["--runs", str(study.parent)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # its children alone are counted
        return pool.apply(_run, ([sys.executable, "-m", "training", *command], study.parent.parent))


def _run(command: list[str], place: Path) -> list[str]:
    environment = os.environ | {"HOMEWORK_CACHE": str(place / "cache")}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} exited {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [
        f"{seconds:.1f}", f"{used.ru_utime + used.ru_stime:.1f}", f"{used.ru_maxrss / 1024:,.0f}"
    ]  # fmt: skip


if __name__ == "__main__":
    main()

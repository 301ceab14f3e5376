"""Make studies of very many runs, fast, and time the commands that read them.

python bench/many.py 1000 10000
"""

import argparse
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from training.device.environment import cpu_name
from training.planning.plan import resolve
from training.records import (
    Curves,
    Experiment,
    Metrics,
    StudyFolder,
    StudyRecord,
    learning_rate_label,
    rank,
    read,
    write,
)
from training.study import build_study
from training.study.files import study_file_of

EXAMPLE = Path(__file__).parent.parent / "runs" / "example"
N_SECTIONS = 4
RENDER = ("render", "--format", "html")
WITH_INDEX = "render, with an index"
COMMANDS = {
    "list": ("list",), "plan": ("plan",), "status": ("status",),
    "render, first": RENDER, "render, nothing changed": RENDER, WITH_INDEX: RENDER,
    "compare": ("compare",), "verify": ("verify",),
}  # fmt: skip


CODE = """
import atexit, pathlib
at_end = pathlib.Path("/proc/self/status")
atexit.register(lambda: pathlib.Path({peak!r}).write_text(at_end.read_text()))
from training.cli import main
main()
"""
"""A command that leaves what Linux says of its memory; `getrusage` counts its parent's, too."""


def write_many(example: Path, folder: Path, n_experiments: int) -> Path:
    """Copy a finished study and widen its grids to a number of experiments in all.

    Every new pair repeats the record of an existing pair of its optimizer, with another rate.
    """
    shutil.copytree(example, folder)
    place = StudyFolder(folder)
    study = read(place.study, StudyRecord)
    members = [e for e in study.experiments if e.name.startswith("grid-")]
    missing = n_experiments - len(study.experiments)
    added = []
    for number in range(missing):
        added.append(_repeat(place, members[number % len(members)], 1 + number // len(members)))
    experiments = [*study.experiments, *added]
    order = list(dict.fromkeys(e.section for e in study.experiments))
    experiments.sort(key=lambda e: order.index(e.section))
    write(place.study, msgspec.structs.replace(study, name=folder.name, experiments=experiments))
    return folder


def _repeat(place: StudyFolder, old: Experiment, number: int) -> Experiment:
    assert old.learning_rate is not None
    rate = round(old.learning_rate * (1 + number / 1000), 12)
    name = f"{old.section}/grid-{old.optimizer}-{learning_rate_label(rate)}"
    new = msgspec.structs.replace(old, id=name, learning_rate=rate)
    metrics = read(place.metrics(old.id, 0), Metrics)
    assert metrics.spec is not None
    spec = msgspec.structs.replace(metrics.spec, learning_rate=rate)
    record = msgspec.structs.replace(metrics, id=name, spec=spec, spec_hash=spec.digest())
    write(place.metrics(name, 0), record)
    curves = read(place.curves(old.id, 0), Curves)
    write(place.curves(name, 0), msgspec.structs.replace(curves, id=name))
    return new


def tables(n_runs: int, seeds: int = 1, grids: int = 1) -> dict[str, object]:
    """Return the study file of four sections, each with grids and the best of the first, tested.

    Args:
        n_runs: In all grids and seeds together, about.
        grids: How many grids each section is divided into.
    """
    n = n_runs // (seeds * grids * N_SECTIONS)
    side = max(2, round(n ** (1 / 3)))
    rate = {"from": 1e-5, "to": 1e-1, "scale": "log"}
    decay = {"from": 1e-6, "to": 1e-2, "scale": "log"}
    shared = {"optimizer": "sgd", "epochs": 12}
    varied: dict[str, dict[str, object]] = {
        "rates": {"sample": n, "learning_rate": rate, "weight_decay": decay},
        "sizes": {"sample": n, "learning_rate": rate, "batch_size": {"from": 8, "to": 64},
                  "label_smoothing": {"from": 0.0, "to": 0.2}},
        "decay": {"learning_rate": _steps(rate, round(n**0.5)),
                  "weight_decay": _steps(decay, n // max(1, round(n**0.5)))},
        "product": {"learning_rate": _steps(rate, side), "weight_decay": _steps(decay, side),
                    "batch_size": list(range(8, 8 + max(2, n // side**2)))},
    }  # fmt: skip
    of_grids = {
        f"{section}/grid{number or ''}": shared
        | fields
        | ({"sample_seed": number} if "sample" in fields else {"momentum": 0.9 - number / 1000})
        for section, fields in varied.items()
        for number in range(grids)
    }
    return {
        "name": f"many-{n_runs}",
        "preset": "quick",
        "settings": {"seeds": seeds, "image_size": 96, "weights": "sample"},
        "sections": {name: {"title": f"Grid of {name}", "kind": "grid"} for name in varied},
        "grids": of_grids,
        "experiments": {
            f"{name}/best": {"from": f"best of {name}/grid", "test": True} for name in varied
        },
    }


def _steps(over: dict[str, object], n: int) -> list[float]:
    low, high = math.log(over["from"]), math.log(over["to"])  # type: ignore[arg-type]
    return [float(f"{math.exp(low + (high - low) * i / (n - 1)):.6g}") for i in range(n)]


def write_grids(
    example: Path, folder: Path, n_runs: int, seeds: int = 1, grids: int = 1
) -> StudyRecord:
    """Write a whole study of very many runs: its list, and a record and curves for every run.

    The records are those of a run of the example, with scores drawn from a smooth function of the
    rate and noise, so that they contradict each other nowhere; no file is flushed.
    """
    file = study_file_of(tables(n_runs, seeds, grids), Path("many.toml"))
    study = msgspec.structs.replace(build_study(file=file), name=folder.name)
    place, source = StudyFolder(folder), StudyFolder(example)
    folder.mkdir(parents=True)
    shutil.copy(source.dataset, place.dataset)
    shutil.copytree(source.thumbnails, place.thumbnails)
    place.study.write_bytes(msgspec.json.format(msgspec.json.encode(study), indent=1))
    maker = _Maker(study, place, source)
    found: dict[str, list[tuple[tuple[float, float, float], Experiment, list[Metrics]]]] = {}
    for experiment in study.experiments:
        if experiment.choice is None:
            records = [maker.member(experiment, seed) for seed in study.settings.run_seeds]
            key = experiment.id.rpartition("/grid")[0]
            if "/grid-" in experiment.id:
                found.setdefault(key, []).append((rank(records), experiment, records))
    for experiment in study.experiments:
        if experiment.choice is not None:
            ranked = sorted(found[experiment.section], key=lambda item: item[0])
            maker.finalist(experiment, ranked)
    return study


class _Maker:
    """Writes records of runs that never were."""

    def __init__(self, study: StudyRecord, place: StudyFolder, source: StudyFolder) -> None:
        self.study, self.place, self.source = study, place, source
        self.metrics = read(source.metrics("scratch/best", 0), Metrics)
        self.curves = read(source.curves("scratch/best", 0), Curves)
        self.noise = random.Random(0)
        dataset = msgspec.json.decode(source.dataset.read_bytes())
        self.sizes = dataset["counts"]["validation"]
        self.n = dataset["n_validation"]

    def member(self, experiment: Experiment, seed: int) -> Metrics:
        """Write a grid member's record and curves."""
        spec, _ = resolve(experiment, self.study.settings, seed)
        away = abs(math.log10(spec.learning_rate) + 3) + self.noise.random() / 2
        share = max(0.1, 0.95 - 0.25 * away)
        n_right = [int(share * size) for size in self.sizes]
        accuracy = sum(n_right) / self.n
        given = [n_right[0] + self.n - sum(n_right), *n_right[1:]]
        answers = msgspec.structs.replace(
            self.metrics.validation_answers,
            right=_bits(sum(n_right), self.n), given=given, right_in_class=n_right,
        )  # fmt: skip
        loss = 2.3 * (1 - accuracy) + self.noise.random() / 100
        epochs = len(self.curves.epoch)
        rising = [int(accuracy * self.n * (i + 1) / epochs) / self.n for i in range(epochs - 1)]
        curves = msgspec.structs.replace(
            self.curves, id=experiment.id, seed=seed,
            validation_accuracy=[*rising, accuracy], train_accuracy=[*rising, accuracy],
            validation_loss=[2.3 - (2.3 - loss) * (i + 1) / epochs for i in range(epochs)],
        )  # fmt: skip
        scores = msgspec.structs.replace(self.metrics.validation, accuracy=accuracy, loss=loss)
        train = msgspec.structs.replace(self.metrics.train, accuracy=accuracy)
        record = msgspec.structs.replace(
            self.metrics, id=experiment.id, section=experiment.section, seed=seed, spec=spec,
            spec_hash=spec.digest(), validation=scores, train=train, validation_answers=answers,
            best_epoch=epochs, last_answers=None, test=None, train_at_rest=None, scores=None,
            selected=None, reused_from=None, first_layer=None, speed=None, network=None,
        )  # fmt: skip
        self._write(experiment.id, seed, record, curves)
        return record

    def finalist(self, experiment: Experiment, ranked: list) -> None:
        """Write the record of the best of a grid: that of its source, tested."""
        _, source, records = ranked[0]
        selected = msgspec.structs.replace(
            self.metrics.selected, grid=experiment.choice.grid, id=source.id, rank=1,
            candidates=[member.id for _, member, _ in ranked],
            validation_accuracy=[-key[0] for key, _, _ in ranked],
        )  # fmt: skip
        for old in records:
            record = msgspec.structs.replace(
                old, id=experiment.id, section=experiment.section, test=self.metrics.test,
                selected=selected, reused_from=source.id,
            )  # fmt: skip
            curves = read(self.place.curves(source.id, old.seed), Curves)
            curves = msgspec.structs.replace(curves, id=experiment.id)
            self._write(experiment.id, old.seed, record, curves)
            kept = self.source.predictions("scratch/best", 0)
            shutil.copy(kept, self.place.predictions(experiment.id, old.seed))

    def _write(self, name: str, seed: int, metrics: Metrics, curves: Curves) -> None:
        run = self.place.run(name, seed)
        run.mkdir(parents=True)
        for file, record in (("metrics.json", metrics), ("curves.json", curves)):
            content = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
            (run / file).write_bytes(content)


def _bits(n_right: int, n: int) -> str:
    digits = -(-n // 4)
    return f"{int(('1' * n_right).ljust(4 * digits, '0'), 2):0{digits}x}"


def measure(study: Path, cache: Path) -> None:
    """Run each command in a process of its own; print what it took.

    All but the first render have an index of the records, and `compare` of only one of its studies.
    """
    other = study.with_name("other")
    shutil.copytree(study, other, copy_function=os.link)
    peak = study.with_name("peak.txt")
    environment = os.environ | {"HOMEWORK_CACHE": str(cache)}
    for name, words in COMMANDS.items():
        where = ["--runs", str(study.parent), "--study", study.name]
        if name == WITH_INDEX:
            (study / "report.html").unlink()
        if name == "compare":
            where = [str(study), str(other), "--output", str(study.parent)]
        started = time.perf_counter()
        command = [sys.executable, "-c", CODE.format(peak=str(peak)), *words, *where]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)  # with the processes that it started itself
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        busy = used.ru_utime + used.ru_stime
        megabytes = int(re.search(r"VmHWM:\s+(\d+)", peak.read_text())[1]) / 1024
        took = f"{seconds:8.1f} s, of it computing {busy:6.1f} s, up to {megabytes:5.0f} MB"
        print(f"{name:24} {took}", flush=True)
    size = (study / "report.html").stat().st_size
    print(f"{'report.html':24} {size / 1e6:8.2f} MB")


def main() -> None:
    """Make studies, and time the commands on them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, nargs="+", help="runs of each study, about")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    print(f"{cpu_name()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for n in options.runs:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            started = time.perf_counter()
            study = write_grids(EXAMPLE, folder / "runs" / "many", n, options.seeds)
            n_made = len(study.experiments) * options.seeds
            print(f"\n{n_made:,} runs, made in {time.perf_counter() - started:.0f} s", flush=True)
            measure(folder / "runs" / "many", folder / "cache")


if __name__ == "__main__":
    main()

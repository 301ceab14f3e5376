"""Measure how far rounding carries runs apart: what `homework reproduce` takes for rounding.

    python bench/reproduce.py runs/example scratch/baseline scratch/grid-sgd-1e-2

Makes recorded runs again as `homework reproduce` does, each in several ways: as recorded; with
other numbers of threads; from starting weights moved in their last digits (`NUDGE`); in bf16; and
from another seed, which nobody may take for the same. Prints for each run and way how far it is
from the run as recorded, and how far the record is, which another machine may have made: by epoch
the larger relative difference of both losses; the largest difference of accuracies, in points; the
share of test images with another predicted class; the relative difference of how far the first
layer moved; of the scores the mean total variation of an image's probabilities, and the largest.
Then, for `FACTOR`: by how much the record and the other threads are further away than the nudged
run, at most, see `training.reproduce.tolerance`.
"""

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from training.data.locate import locate
from training.data.prepare import prepare
from training.device.environment import cpu_name
from training.device.precision import set_up
from training.device.process_state import own_process
from training.engine.feature_cache import NothingKept
from training.folders import cache_folder
from training.progress import Progress
from training.records import Metrics, StudyFolder, StudyRecord, read
from training.reproduce.as_recorded import as_recorded
from training.reproduce.distance import Distance, distance
from training.reproduce.obstacles import starting_weights
from training.reproduce.recorded import RunRecords, read_run
from training.reproduce.rerun import step_of, train_again
from training.reproduce.tolerance import NUDGE, OTHER_FORMAT_NUDGE, factor
from training.run.run_options import RunOptions, Where
from training.run.workspace import Workspace
from training.stopping import StopSignal
from training.study.choices import choices_of
from training.weights.source import WeightsSource


def main() -> None:
    """Make the runs again and print the lines."""
    options = _options()
    own_process()
    print(f"{cpu_name()}", flush=True)
    factors: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(StudyFolder(options.study), StudyFolder(Path(place)))
        for name in options.names:
            runs = dict(bench.runs(name, options))
            plain = runs.pop("as recorded here")
            nudged = distance(plain, runs["nudged"])
            for way, run in runs.items():
                apart = distance(plain, run)
                print(_line(name, way, apart, plain, run), flush=True)
                if way in ("the record", *(f"{n} threads" for n in options.threads)):
                    key = f"{name}, {way}"
                    factors[key] = factor(apart, nudged)
    for key, value in factors.items():
        print(f"factor {value:6.2f}  {key}")


class Bench:
    """One study's runs, made again in other ways."""

    def __init__(self, old: StudyFolder, new: StudyFolder) -> None:
        self.old = old
        self.study = read(old.study, StudyRecord)
        settings = self.study.settings
        data = prepare(
            locate(self.study.data), None, settings.image_size, settings.max_per_class,
            settings.seed, choices=choices_of(settings),
        )  # fmt: skip
        device, precision = set_up("cpu", "fp32", settings.image_size)
        self.workspace = Workspace(
            new, data, device, Progress(), cache_folder() / "weights", StopSignal(),
            RunOptions(keep_weights=False), precision, feature_cache=NothingKept(),
        )  # fmt: skip

    def runs(self, name: str, options: argparse.Namespace) -> Iterator[tuple[str, RunRecords]]:
        """Yield the record, and the run made again in each way."""
        yield "the record", read_run(self.old, name, self.study.settings.seed)
        yield "as recorded here", self._again(name)
        yield "nudged", self._again(name, nudge=NUDGE)
        for n_threads in options.threads:
            yield f"{n_threads} threads", self._again(name, threads=n_threads)
        if name in options.bf16:
            yield "bf16", self._again(name, precision="bf16")
            yield "nudged more", self._again(name, nudge=OTHER_FORMAT_NUDGE)
        if name in options.seed:
            yield "another seed", self._again(name, seed=1)

    def _again(
        self,
        name: str,
        threads: int | None = None,
        precision: str = "auto",
        nudge: float = 0.0,
        seed: int = 0,
    ) -> RunRecords:
        record = read(self.old.metrics(name, self.study.settings.seed), Metrics)
        assert record.spec is not None
        experiments = {experiment.id: experiment for experiment in self.study.experiments}
        trained = experiments.get(record.reused_from or "", experiments[name])
        weights = starting_weights(record.spec, trained, self.study.settings)
        assert isinstance(weights, WeightsSource), weights
        spec = msgspec.structs.replace(record.spec, seed=record.spec.seed + seed)
        record = msgspec.structs.replace(record, spec=spec)
        asked = RunOptions(
            device="cpu", precision=precision, keep_weights=False, where=Where(threads=threads)
        )
        wanted = as_recorded(record.environment, asked, record.spec.image_size)
        device, number_format = set_up("cpu", wanted.precision, record.spec.image_size)
        workspace = dataclasses.replace(
            self.workspace, options=wanted, device=device, precision=number_format, nudge=nudge,
            drawn=None,
        )  # fmt: skip
        return train_again(step_of(record, experiments[name], weights), workspace)


def _line(name: str, way: str, apart: Distance, plain: RunRecords, run: RunRecords) -> str:
    losses = " ".join(f"{loss:.0e}" for loss in apart.losses)
    tests = [str(one.metrics.test.n_correct) for one in (plain, run) if one.metrics.test]
    return (
        f"{name:28} {way:12} losses {losses}  accuracy {100 * max(apart.accuracies):.2f}  "
        f"predicted {apart.predicted:.4f}  probability {apart.probability:.5f}  "
        f"change {apart.change:.4f}  scores {apart.scores:.1e} {apart.farthest:.1e}  "
        f"best epochs {plain.metrics.best_epoch} "
        f"{run.metrics.best_epoch}  right {' '.join(tests)}"
    )


def _options() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("study", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--bf16", nargs="*", default=[], help="experiments to compute in bf16, too")
    parser.add_argument("--seed", nargs="*", default=[], help="experiments to seed anew, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()

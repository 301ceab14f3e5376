"""How long runs would take on this machine: some batches of each kind of run are timed.

The real thing is timed, with the study's own images: a network is built and trained for two
epochs on so many of them that this takes a while; the second epoch counts. Every other run of the
same kind is the same work, whatever its optimizer, learning rate, seed and starting weights.
"""

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from training.data.locate import locate, locate_others
from training.data.prepare import PreparedData, prepare
from training.device.environment import device_name, using_threads
from training.device.precision import Precision, set_up
from training.engine.evaluate import EVALUATED_TOGETHER, EVALUATED_TOGETHER_ON_CUDA
from training.engine.feature_cache import NothingKept
from training.executors import check_executor, threads_each
from training.executors.data_parallel import devices_together, training_together
from training.executors.setup import Setup
from training.folders import cache_folder
from training.planning.plan import PENDING, Plan, Step
from training.planning.run_kinds import kind_of, likely_spec
from training.planning.step_memory import run_bytes
from training.progress import Progress
from training.records import Spec
from training.records.changed_tests import LEVELS
from training.run.devices import ONE_DEVICE, DevicesHere
from training.run.failures import why_failed
from training.run.prepare_model import prepare_model
from training.run.run_options import RunOptions
from training.run.stand_ins_to_train import missing, pictures_an_epoch
from training.run.train_along import with_first_images
from training.run.train_model import train_model
from training.run.workspace import Workspace
from training.study.choices import choices_of
from training.weights.source import WeightsSource

ENOUGH_SECONDS = 0.5
"""Training two epochs that takes as long tells how long other images would take."""


@dataclass(frozen=True)
class Pace:
    """Measured seconds.

    Attributes:
        start: Of a run, before its first epoch.
        training: Of an image, every epoch.
        evaluation: Of an image, every epoch and in the test.
        features: Of an image, once, in the part whose outputs are kept.
        shared: How many devices divided evaluation and features; one alone computes tests.
    """

    start: float
    training: float
    evaluation: float
    features: float
    shared: int = 1


@dataclass(frozen=True)
class Memory:
    """What runs take on the device, see `step_memory`.

    Attributes:
        each: Bytes of each run by its experiment's id, on each of its devices; None where that
            isn't known.
        largest: Bytes of the run that takes most; 0 where none is known.
        experiment: Its id.
        unknown: Ids of those of which it isn't known: their networks ask for the values of
            pictures, or can't be built.
    """

    each: Mapping[str, int | None] = field(default_factory=dict)
    largest: int = 0
    experiment: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forecast:
    """What runs would take.

    Attributes:
        seconds: Of each step, one after the other, with the stand-in weights that are trained for
            it first; 0 if it is done; None where its kind of run can't be tried, and why not in
            `problems`.
        device: Name of the device.
        precision: Number format of products and convolutions.
        stand_ins: Of the seconds of each step, those in which stand-in weights are trained.
        n_images: Of the study, all splits together, with those of further data sets.
        memory: What the runs take on the device.
        n_devices: That train each run together.
    """

    seconds: list[float | None]
    device: str
    precision: Precision
    problems: list[str]
    stand_ins: list[float]
    n_images: int
    memory: "Memory"
    n_devices: int = 1

    @property
    def total(self) -> float:
        return math.fsum(seconds for seconds in self.seconds if seconds is not None)


def forecast_study(
    plan: Plan,
    steps: Sequence[Step],
    options: RunOptions,
    progress: Progress,
) -> Forecast:
    """Prepare a study's images, unless the cache has them, and forecast steps of its plan.

    Raises:
        DataError: The images aren't available.
        DeviceError: The device isn't there, or hasn't the number format; or there are fewer than
            are to train each run.
    """
    settings = plan.study.settings
    check_executor(options)
    torch_device, number_format = set_up(options.device, options.precision, settings.image_size)
    data = prepare(
        locate(plan.study.data, progress=progress.stage),
        None,
        settings.image_size,
        settings.max_per_class,
        settings.seed,
        progress=progress.stage,
        choices=choices_of(settings),
        say=progress.note,
        others=locate_others(plan.study, progress.stage),
    )
    weights = cache_folder() / "weights"
    workspace = Workspace(
        plan.folder,
        data,
        torch_device,
        Progress(),
        weights,
        options=options,
        precision=number_format,
    )
    n_threads = threads_each(options.where)
    devices = devices_together(options.device, options.where.devices)
    setup = Setup.of(plan, workspace, n_threads, alone=True)
    with using_threads(n_threads), training_together(setup, devices, workspace):
        return forecast(plan, steps, workspace, progress)


def forecast(
    plan: Plan, steps: Sequence[Step], workspace: Workspace, progress: Progress
) -> Forecast:
    """Time a few batches of each kind of run that is pending, and say what all of them would take.

    Downloads come on top.

    Args:
        steps: Of `plan`, in any state.
        workspace: The images, the device and its number format. Nothing is written.
        progress: Told of each kind.
    """
    workspace = dataclasses.replace(workspace, feature_cache=NothingKept())
    specs = [likely_spec(step, plan) if step.state in PENDING else None for step in steps]
    pending = [spec for spec in specs if spec is not None]
    stand_ins = missing(pending, workspace.weights_cache)
    n_devices = workspace.devices.n
    alone = dataclasses.replace(workspace, devices=ONE_DEVICE)  # which trains stand-in weights
    wanted = {(kind_of(spec), n_devices): workspace for spec in pending}
    wanted |= {(kind_of(spec), 1): alone for spec in stand_ins.values()}
    paces: dict[tuple[Spec, int], Pace] = {}
    problems = []
    for i, ((kind, n), on) in enumerate(wanted.items()):
        progress.stage(i, len(wanted), "Timing a few batches of each kind of run")
        try:
            paces[kind, n] = pace(kind, on)
        except Exception as error:
            reason = why_failed(error, kind)
            if reason is None:
                raise
            problems.append(f"{kind.model}: {reason}")
    seconds = [
        0.0
        if spec is None
        else _seconds(step, spec, paces.get((kind_of(spec), n_devices)), workspace.data)
        for step, spec in zip(steps, specs, strict=True)
    ]
    of_stand_ins = _of_stand_ins(specs, stand_ins, paces)
    total = [
        None if own is None else own + before
        for own, before in zip(seconds, of_stand_ins, strict=True)
    ]
    device = device_name(workspace.device)
    data = workspace.data
    n_images = sum(map(len, data.splits.values())) + sum(len(o.paths) for o in data.others)
    found = list(dict.fromkeys(problems))
    memory = memory_of(steps, specs, workspace)
    return Forecast(
        total, device, workspace.precision, found, of_stand_ins, n_images, memory, n_devices
    )


def memory_of(steps: Sequence[Step], specs: Sequence[Spec | None], workspace: Workspace) -> Memory:
    """Return what the runs of some specs take on the workspace's device."""
    together = _evaluated_together(workspace)
    in_16_bits = workspace.precision in ("bf16", "fp16")
    n_classes = len(workspace.data.record.classes)
    known: dict[tuple[object, ...], int | None] = {}
    found: dict[str, int | None] = {}
    for step, spec in zip(steps, specs, strict=True):
        if spec is None:
            continue
        alike = (spec.model, spec.head, spec.width, spec.freeze, spec.image_size, spec.channels,
                 spec.batch_size, spec.optimizer, spec.ema)  # fmt: skip
        if alike not in known:
            try:
                folders = workspace.options.code_folders
                known[alike] = run_bytes(
                    spec, n_classes, in_16_bits, together, folders, workspace.devices.n
                )
            except Exception:
                known[alike] = None
        found[step.experiment.id] = known[alike]
    experiment = max(found, key=lambda id_: found[id_] or 0, default="")
    unknown = tuple(id_ for id_, n_bytes in found.items() if n_bytes is None)
    return Memory(found, found.get(experiment) or 0, experiment, unknown)


def _evaluated_together(workspace: Workspace) -> int:
    on_cuda = workspace.device.type == "cuda"
    return EVALUATED_TOGETHER_ON_CUDA if on_cuda else EVALUATED_TOGETHER


def _of_stand_ins(
    specs: Sequence[Spec | None],
    stand_ins: Mapping[str, Spec],
    paces: Mapping[tuple[Spec, int], Pace],
) -> list[float]:
    """Return what training stand-in weights takes, at the first step that wants them."""
    seconds = [0.0] * len(specs)
    digests = [spec.weights_digest if spec is not None else None for spec in specs]
    for digest, recipe in stand_ins.items():
        found = paces.get((kind_of(recipe), 1))
        if found is not None:
            n_train, n_choosing = pictures_an_epoch()
            epoch = n_train * found.training + n_choosing * found.evaluation
            seconds[digests.index(digest)] += found.start + recipe.epochs * epoch
    return seconds


def pace(kind: Spec, workspace: Workspace) -> Pace:
    """Train on more and more of the images until that takes `ENOUGH_SECONDS`.

    Raises:
        HomeworkError: The network can't be built, or can't be trained here.
        RuntimeError: The network itself fails, as one of the user's own may.
    """
    n_pictures, n_train = kind.batch_size, len(workspace.data.splits["train"])
    if workspace.devices.n > 1:  # each evaluates whole batches
        n_pictures = workspace.devices.n * max(n_pictures, _evaluated_together(workspace))
    while True:
        found, seconds = _timed(kind, n_pictures, workspace)
        if seconds >= ENOUGH_SECONDS or n_pictures >= n_train:
            return found
        n_pictures *= 2


def _timed(kind: Spec, n_pictures: int, workspace: Workspace) -> tuple[Pace, float]:
    """Return the pace over the first images of each split, and what measuring it took."""
    workspace.pixels_on_device(kind.image_size)  # copied once, for all that is timed
    some = with_first_images(workspace, n_pictures)
    first = some.data.splits
    ends: list[tuple[float, float]] = []
    devices = workspace.devices
    assert isinstance(devices, DevicesHere)
    with devices.timing(kind, n_pictures) as group:
        started = time.perf_counter()
        model = prepare_model(kind, WeightsSource("none"), some)
        ready = time.perf_counter()
        _, features = train_model(
            model, kind, some, group=group,
            log=lambda fit: ends.append((fit.training_seconds, math.fsum(fit.epoch_seconds))),
        )  # fmt: skip
    training, both = (now - before for before, now in zip(*ends[-2:], strict=True))
    n_train, n_validation = len(first["train"]), len(first["validation"])
    together = max(kind.batch_size, _evaluated_together(workspace))
    measured = Pace(
        start=ready - started,
        training=training / n_train,
        evaluation=(both - training) / n_validation,
        features=(features or 0.0) / (n_train + n_validation),
        shared=min(workspace.devices.n, math.ceil(n_validation / together)),
    )
    return measured, time.perf_counter() - ready


def _seconds(step: Step, spec: Spec, found: Pace | None, data: PreparedData) -> float | None:
    if found is None:
        return None
    n_train, n_validation, n_test = (len(data.splits[s]) for s in ("train", "validation", "test"))
    tested = found.shared * (found.features + found.evaluation)
    a_test = n_test * tested
    n_tests = 1 + LEVELS * len(step.experiment.test_with) if step.experiment.test else 0
    named = step.experiment.test_on if step.experiment.test else ()
    n_elsewhere = sum(len(other.rows) for other in data.others if other.record.name in named)
    seconds = n_tests * a_test + n_elsewhere * tested
    if step.experiment.role == "reuse":
        return seconds + found.start * step.experiment.test
    epoch = n_train * found.training + n_validation * found.evaluation
    once = (n_train + n_validation) * found.features
    return seconds + found.start + once + spec.epochs * epoch

"""Run a study from nothing but its description: data, device, plan, executor."""

import dataclasses
from collections.abc import Sequence

import torch

from training.data.locate import locate, locate_others
from training.data.prepare import prepare
from training.device.determinism import keep_deterministic
from training.device.environment import using_threads
from training.device.precision import set_up
from training.errors import DeviceError
from training.executors import (
    Executor,
    InRounds,
    Outcome,
    check_executor,
    check_samplers,
    decoding_elsewhere,
    make_executor,
    threads_each,
)
from training.folders import cache_folder
from training.locks import locked
from training.logs import live_logs
from training.networks.build import build
from training.networks.freezing import count_parameters, freeze
from training.planning.plan import PENDING, Plan, fingerprints_of
from training.planning.run_kinds import likely_spec
from training.progress import Progress
from training.records import (
    RECORD_NAMES,
    Experiment,
    StudyFolder,
    StudyRecord,
    remove_leftovers,
    remove_leftovers_of_the_dead,
    write,
)
from training.run.run_options import RunOptions
from training.run.try_device import why_not
from training.run.workspace import Workspace
from training.stopping import StopSignal
from training.study.choices import choices_of
from training.weights.source import check_setting


def run_study(
    study: StudyRecord,
    folder: StudyFolder,
    experiments: Sequence[Experiment],
    options: RunOptions,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
) -> Outcome:
    """Run what the experiments lack, and write every record below `folder`.

    Args:
        experiments: From `study.select`; grids that they are chosen from are added.
        stop: Says when the user wants the process to end.

    Raises:
        DataError: The images aren't available.
        DeviceError: The device isn't there.
        WeightsError: `settings.weights` names nothing.
    """
    check_executor(options)
    progress = progress or Progress()
    settings = study.settings
    logs = live_logs(options.logs, folder, progress.note)
    device, precision = set_up(options.device, options.precision, settings.image_size)
    keep_deterministic(options.deterministic)
    check_setting(settings.weights)
    elsewhere = decoding_elsewhere(options.where, folder.path.resolve(), progress.note)
    with locked(
        folder.lock("study"),
        lambda holder: progress.note(f"Waiting for {holder}, which is preparing"),
    ):
        remove_leftovers(folder.path, RECORD_NAMES)
        remove_leftovers_of_the_dead(folder.thumbnails)
        data = prepare(
            locate(study.data, progress=progress.stage),
            folder,
            settings.image_size,
            settings.max_per_class,
            settings.seed,
            progress=progress.stage,
            choices=choices_of(settings),
            say=progress.note,
            others=locate_others(study, progress.stage),
            elsewhere=elsewhere,
        )
        write(folder.study, study)
    _say_backbone(settings.backbone, len(data.record.classes), progress)
    plan = Plan(study, folder, data.record.fingerprint, fingerprints_of(data.record))
    everything = plan.with_dependencies(experiments)
    check_samplers(plan, everything)
    if device.type == "mps" and not _trains(device, plan, everything, options, progress):
        options = dataclasses.replace(options, device="cpu")
        device, precision = set_up("cpu", options.precision, settings.image_size)
    workspace = Workspace(
        folder,
        data,
        device,
        progress,
        cache_folder() / "weights",
        stop or StopSignal(),
        options,
        precision,
        logs,
        first_seed=settings.seed,
        layout=settings.feature_map,
    )
    for image_size in {e.image_size for e in everything if e.image_size is not None}:
        data.pixels(image_size, progress.note)  # decoded once, before several processes want them
        for other in data.others:
            other.pixels(image_size, progress.stage, progress.note, elsewhere)
    wanted = {experiment.id for experiment in experiments}

    def run(plan: Plan, some: Sequence[Experiment]) -> Outcome:
        return _run(make_executor(plan, workspace), some, wanted, options.force)

    with using_threads(threads_each(options.where)):
        return InRounds(plan, workspace, run).run(everything)


def _run(
    executor: Executor, experiments: Sequence[Experiment], wanted: set[str], force: bool
) -> Outcome:
    """Run experiments; with `force`, those that were asked for after what they rest on."""
    if not force:
        return executor.run(experiments)
    first = executor.run([experiment for experiment in experiments if experiment.id not in wanted])
    first += executor.run([e for e in experiments if e.id in wanted], force=True)
    return first


def _trains(
    device: torch.device,
    plan: Plan,
    experiments: Sequence[Experiment],
    options: RunOptions,
    progress: Progress,
) -> bool:
    """Tell whether a device can train what is to be run; say so if it can't.

    Raises:
        DeviceError: It can't, and was asked for by its name.
    """
    steps = [step for step in plan.steps(experiments) if options.force or step.state in PENDING]
    specs = [spec for step in steps if (spec := likely_spec(step, plan)) is not None]
    problem = why_not(specs, device, options.code_folders)
    if problem is None:
        return True
    if options.device != "auto":
        raise DeviceError(f"{device} can't train {problem}.", "Use --device cpu.")
    progress.note(f"Computing on the CPU, because {device} can't train {problem}.")
    return False


def _say_backbone(model: str, n_classes: int, progress: Progress) -> None:
    """Say what was found in a library's network, before anything runs."""
    if model.partition(":")[0] not in ("torchvision", "timm"):
        return
    with torch.device("meta"):
        network = build(model, n_classes)
    freeze(network, "backbone")
    counts = count_parameters(network)
    progress.note(
        f"{model}: {counts.total:,} parameters, {counts.trainable:,} of them in the new head "
        f"({network.head})"
    )

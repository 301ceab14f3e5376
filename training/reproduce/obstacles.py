"""Why a recorded run can't be made again here, as far as that is known before it is tried."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from training.data.geometry import resize_size
from training.errors import HomeworkError
from training.own_modules import lies_beside
from training.records import Environment, Experiment, Metrics, Settings, Spec, code_in, names_code
from training.weights.saved_network import LARGEST_SIDE, WIDEST
from training.weights.source import WeightsSource, weights_source

OTHER_STAND_INS = (
    "it starts from stand-in weights, which each machine trains itself, and those of this machine "
    "are others"
)

PERHAPS_OTHER_STAND_INS = (
    "it comes out otherwise, but starts from stand-in weights, which each machine trains itself, "
    "and its record, an older one, doesn’t say whether they were those of this machine"
)


def obstacle(metrics: Metrics, fingerprint: str, code_folders: Sequence[Path]) -> str:
    """Say in a few words why a run can't be made again; nothing if it can, its weights aside.

    Args:
        fingerprint: Of the images that are here.
        code_folders: Where a person's own code may be imported from.
    """
    spec = metrics.spec
    if spec is None or not metrics.epochs_run:
        return f"it is {metrics.status}, so there is nothing to hold a new run against"
    if metrics.dataset_fingerprint != fingerprint:
        return (
            "these are other images or other splits: their fingerprint is "
            f"{fingerprint[:12]}…, the record’s {metrics.dataset_fingerprint[:12]}…"
        )
    if names_code(spec.model) and not code_folders:
        return (
            f"its network is code, {spec.model}, which isn’t imported unasked; if you trust it, "
            "name the study file beside it: -f FILE"
        )
    if code := _unasked(spec, code_folders):
        return code
    if spec.resize_size != resize_size(spec.image_size):
        return f"this version doesn’t resize images to {spec.resize_size} pixels first"
    if spec.image_size > LARGEST_SIDE or not 0 < spec.width <= WIDEST:
        return f"no images of {spec.image_size} pixels and no width of {spec.width:g} are tried"
    if metrics.status == "diverged" and metrics.format < 2:
        return "it diverged, and an older version recorded its last epoch instead of its best"
    return ""


def _unasked(spec: Spec, code_folders: Sequence[Path]) -> str:
    """Say which code isn't imported on a record's word; nothing if there is none.

    A record says what its code is called with, too, so that one from anybody could call anything
    that is installed.
    """
    for code in code_in(spec):
        if code == spec.model:
            continue
        if not code_folders:
            return (
                f"it names code, {code}, which isn’t imported unasked; if you trust it, name the "
                "study file beside it: -f FILE"
            )
        if not lies_beside(code.partition(":")[0], code_folders):
            return (
                f"it names code, {code}, that isn’t beside the study file, and what is installed "
                "isn’t called on a record’s word"
            )
    return ""


def other_stand_ins(spec: Spec, recorded: Environment | None, here: Environment) -> str:
    """Say why stand-in weights made here aren't the record's, where that is so.

    Each machine trains them itself, and that rounding carries as far as any training from scratch.
    """
    if spec.weights != "sample" or recorded is None:
        return ""
    was = recorded.device_name, recorded.torch
    now = here.device_name, here.torch
    if was == now:
        return ""
    return (
        "it starts from stand-in weights, which each machine trains itself: made with "
        f"{now[0]} and torch {now[1]} they are others than with {was[0]} and torch {was[1]}"
    )


def starting_weights(spec: Spec, experiment: Experiment, settings: Settings) -> WeightsSource | str:
    """Return where a run's starting weights are, or why the recorded ones aren't here.

    Args:
        experiment: What the run trained: of a choice, the chosen one.
    """
    if spec.weights == "none":
        return WeightsSource("none")
    named = spec.weights if spec.weights in ("imagenet", "sample") else experiment.weights
    asking = msgspec.structs.replace(experiment, weights=named, model=spec.model)
    try:
        found = weights_source(asking, settings, spec.image_size)
    except (HomeworkError, OSError) as error:
        reason = error.message if isinstance(error, HomeworkError) else str(error)
        return f"its starting weights, {spec.weights}, aren’t here: {reason}"
    if found.digest != spec.weights_digest:
        return (
            f"its starting weights, {spec.weights} ({spec.weights_digest}), aren’t here; "
            f"{found.label} ({found.digest}) is"
        )
    return found

"""Kinds of runs: what takes the same time on the same machine."""

from typing import Any

import msgspec

from training.errors import HomeworkError
from training.planning.plan import Plan, Step, resolve
from training.records import NO_OPTIONS, Spec

ANY_RUN: dict[str, Any] = {
    "weights": "none", "weights_digest": "", "normalisation": "dataset",
    "optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.0, "learning_rate": 1e-9,
    "step_size": 30, "gamma": 0.1, "epochs": 2, "seed": 0, "schedule": "step", "warm_up": 0,
    "label_smoothing": 0.0, "clip_gradient": 0.0, "early_stopping": 0,
    "early_stopping_by": "accuracy", "train_per_class": (),
    "balance": "none", "optimizer_options": NO_OPTIONS, "layer_decay": 1.0,
    "head_learning_rate": 0.0, "two_phase": 0, "loss": "cross-entropy", "fold": 0,
}  # fmt: skip
"""Of a spec, what hardly changes an epoch's time; the rate is so small that nothing diverges."""


def kind_of(spec: Spec) -> Spec:
    """Return a spec that stands for all whose epochs are the same work."""
    work = {"mixup": float(spec.mixes), "cutmix": 0.0, "ema": 0.5 if spec.ema else 0.0}
    return msgspec.structs.replace(spec, **ANY_RUN, **work)


def likely_spec(step: Step, plan: Plan) -> Spec | None:
    """Return a step's spec; before its choice is made, as if the grid's first were chosen."""
    if step.spec is not None:
        return step.spec
    experiment, choice = step.experiment, step.experiment.choice
    chosen = next(iter(plan.group(choice.grid)), None) if choice else None
    base = chosen if experiment.role == "reuse" and chosen is not None else experiment
    try:
        return resolve(base, plan.study.settings, step.seed, chosen)[0]
    except HomeworkError:  # such as a weights file that isn't there: it would be skipped
        return None

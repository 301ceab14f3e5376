"""Train what another process records or times: with others, on a device of this process's own."""

import dataclasses

from training.device.process_group import ProcessGroup
from training.planning.plan import Step
from training.records import Spec
from training.run.prepare_model import prepare_alike
from training.run.train_model import train_model
from training.run.workspace import Workspace
from training.weights.source import WeightsSource


def train_along(step: Step, workspace: Workspace, group: ProcessGroup) -> None:
    """Do what `train_model` does in the group's first process; write nothing.

    Raises:
        GroupError: Another process has died.
    """
    spec = step.spec
    assert spec is not None
    model = prepare_alike(spec, step.weights or WeightsSource("none"), workspace)
    folder = workspace.folder.checkpoint(step.experiment.id, step.seed)
    checkpoints = workspace.checkpoints(folder, spec, workspace.data.record.fingerprint)
    train_model(model, spec, workspace, checkpoints, group=group)


def time_along(kind: Spec, n_images: int, workspace: Workspace, group: ProcessGroup) -> None:
    """Train as the group's first process does to see how long that takes.

    Raises:
        GroupError: Another process has died.
    """
    some = with_first_images(workspace, n_images)
    model = prepare_alike(kind, WeightsSource("none"), some)
    train_model(model, kind, some, group=group)


def with_first_images(workspace: Workspace, n_images: int) -> Workspace:
    """Return a workspace that has only the first images of each split."""
    data = workspace.data
    first = {split: rows[:n_images] for split, rows in data.splits.items()}
    return dataclasses.replace(workspace, data=dataclasses.replace(data, splits=first, folds=()))

"""Train a run that another process records: with others, on a device of this process's own."""

from training.device.process_group import ProcessGroup
from training.planning.plan import Step
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

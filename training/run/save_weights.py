"""Weights that outlive their run: the best epoch's, for a later choice, and networks for use."""

from training.byte_sizes import human_size
from training.engine.checkpoint import Checkpoints
from training.engine.state import State
from training.engine.tensor_files import load_tensors, save_tensors
from training.planning.plan import Step
from training.records import Metrics, RecordError
from training.run.prepare_model import Model
from training.run.run_options import LARGEST_KEPT_BYTES
from training.run.train_model import train_model
from training.run.workspace import Workspace
from training.weights.saved_network import About, keep


def chosen_weights(
    step: Step, model: Model, workspace: Workspace, checkpoints: Checkpoints
) -> State:
    """Return the chosen run's best weights; train them once more if they weren't kept."""
    assert step.selected is not None
    assert step.spec is not None
    note = workspace.progress.note
    file = workspace.folder.weights(step.selected.id, step.seed)
    if file.exists():
        try:
            state: State = load_tensors(file)
            return state
        except RecordError as error:
            note(error.message)
    note(f"The weights of {step.selected.id} weren't saved: training them again")
    return train_model(model, step.spec, workspace, checkpoints)[0].best_state


def save_best_weights(metrics: Metrics, state: State, workspace: Workspace) -> None:
    """Save the best epoch's weights; without them, a choice of this run trains it again.

    Args:
        state: Empty to save none. What an older run left is removed.
    """
    file = workspace.folder.weights(metrics.id, metrics.seed)
    try:
        file.unlink(missing_ok=True)
        if state:
            save_tensors(file, {name: value.cpu() for name, value in state.items()})
    except (OSError, RecordError) as error:
        workspace.progress.note(f"Can't save the weights of {metrics.id}: {error}")


def save_network(step: Step, model: Model, workspace: Workspace) -> str | None:
    """Keep a tested network for use, see `RunOptions.keep_weights`.

    An older one is removed: it isn't the one that the record speaks of.

    Returns:
        The name of its file beside the record; None if it isn't kept.
    """
    assert step.spec is not None
    experiment_id = step.experiment.id
    file = workspace.folder.model(experiment_id, step.seed)
    state = model.network.module.state_dict()
    try:
        file.unlink(missing_ok=True)
        if not _is_wanted(step, state, workspace):
            return None
        about = About(
            id=experiment_id,
            seed=step.seed,
            spec=step.spec,
            classes=tuple(workspace.data.record.classes),
            mean=model.mean,
            std=model.std,
            dataset_fingerprint=workspace.data.record.fingerprint,
        )
        keep(file, about, state)
    except (OSError, RecordError) as error:
        workspace.progress.note(f"Can't save the network of {experiment_id}: {error}")
        return None
    return file.name


def _is_wanted(step: Step, state: State, workspace: Workspace) -> bool:
    asked = workspace.options.keep_weights
    if asked is not None or step.seed != workspace.first_seed:
        return bool(asked)
    n_bytes = sum(value.numel() * value.element_size() for value in state.values())
    if n_bytes <= LARGEST_KEPT_BYTES:
        return True
    workspace.note_once(
        "not kept",
        f"The network of {step.experiment.id} has {human_size(n_bytes)}; those above "
        f"{human_size(LARGEST_KEPT_BYTES)} are kept only with --keep-weights",
    )
    return False

"""What a run's training took in arithmetic and energy."""

from training.engine.outcome import Fit
from training.networks.flops import Arithmetic, count
from training.networks.freezing import freeze
from training.planning.run_kinds import kind_of
from training.records import Cost, Spec
from training.run.peak_flops import peak_flop_per_second
from training.run.prepare_model import Model
from training.run.workspace import Workspace


def cost_of(model: Model, spec: Spec, result: Fit, workspace: Workspace, cached: bool) -> Cost:
    """Say what a fit took; nothing here runs before it is trained.

    Args:
        cached: Whether the frozen part's outputs were computed once.
    """
    kind = kind_of(spec), cached
    if kind not in workspace.counted:
        workspace.counted[kind] = count(model.network, model.trainable, spec.image_size, cached)
    counted, n_epochs = workspace.counted[kind], len(result.train)
    n_first = min(spec.two_phase, n_epochs)
    training, features = _totals(counted, n_epochs - n_first, workspace)
    if n_first and training is not None:
        held = freeze(model.network, "backbone")
        first = count(model.network, held, spec.image_size, cached=False)
        freeze(model.network, spec.freeze)
        of_first = _totals(first, n_first, workspace)[0]
        training = None if of_first is None else training + of_first
    return Cost(
        training_flop=training,
        feature_flop=features,
        peak_flop_per_second=_peak(workspace),
        energy_joules=result.energy_joules,
    )


def _totals(
    counted: Arithmetic | None, n_epochs: int, workspace: Workspace
) -> tuple[int | None, int | None]:
    """Return the FLOP of all epochs, and of what was computed once before them."""
    if counted is None:
        return None, None
    splits = workspace.data.splits
    n_train, n_validation = len(splits["train"]), len(splits["validation"])
    return (
        n_epochs * counted.epoch(n_train, n_validation),
        counted.features(n_train + n_validation),
    )


def _peak(workspace: Workspace) -> float | None:
    """Measure the device; not a GPU that others compute on, which has only a part to give.

    Nor one of several that train together: how fast they are at once isn't measured.
    """
    if workspace.devices.n > 1:
        return None
    if workspace.device.type != "cpu" and not workspace.alone:
        return None
    return peak_flop_per_second(workspace.device, workspace.precision)

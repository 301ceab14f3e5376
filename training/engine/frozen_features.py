"""Compute what is frozen once instead of every epoch.

A frozen part that comes first, has no randomness (frozen parts run as at inference) and sees
unaugmented images gives the same output every epoch. Its outputs are computed once per split;
only what follows is trained. A test holds the logits to those of the plain computation.
"""

import functools
import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from training.device.precision import fp16_forward
from training.device.process_group import ALONE, ProcessGroup
from training.device.transfer import moved
from training.engine.batches import FeatureInputs, Inputs, in_order
from training.engine.out_of_memory import forward, gathered
from training.networks.partial_forward import input_of
from training.progress import Progress


def prefix_features(
    module: nn.Module,
    split: str,
    inputs: Inputs,
    batch_size: int,
    progress: Progress,
    what: str,
    after_batch: Callable[[], object] = bool,
    group: ProcessGroup = ALONE,
) -> FeatureInputs:
    """Run the part of `module` before its submodule `split` over all inputs.

    Where outputs aren't finite in fp16, all are computed again in fp32.

    Args:
        module: The network; put into inference mode.
        split: Dotted path of the submodule whose input is wanted.
        inputs: Unaugmented images.
        what: Name of the stage for progress.
        after_batch: Called after each batch; may raise to leave.
        group: The processes that divide the batches among themselves; each gets all features.

    Returns:
        The inputs that `split` sees, (n, …), on the inputs' device.
    """
    module.eval()
    run = functools.partial(
        _features, module, split, inputs, batch_size, progress, what, after_batch, group
    )
    features, fp16 = run(), fp16_forward(module)
    if fp16 is not None and not fp16.in_fp32 and not features.isfinite().all():
        fp16.in_fp32 = True
        features = run()
    return FeatureInputs(features, inputs.labels)


def _features(
    module: nn.Module,
    split: str,
    inputs: Inputs,
    batch_size: int,
    progress: Progress,
    what: str,
    after_batch: Callable[[], object],
    group: ProcessGroup,
) -> Tensor:
    n = len(inputs.labels)
    features: Tensor | None = None
    with torch.no_grad():
        for chosen in itertools.islice(in_order(n, batch_size), group.rank, None, group.size):
            pictures = gathered(inputs, chosen, module)
            output = forward(functools.partial(input_of, module, split), pictures)
            if features is None:
                make = output.new_empty if group.size == 1 else output.new_zeros
                features = make((n, *output.shape[1:]))
            features[moved(chosen, output.device)] = output
            progress.stage(int(chosen[-1]) + 1, n, what)
            after_batch()
    if group.size > 1:  # where one may have had no batch
        first = group.share(None if features is None else (features.shape, features.dtype))
        if features is None and first is not None:
            features = inputs.labels.new_zeros(first[0], dtype=first[1])
        assert features is not None
        group.assemble(features)
    assert features is not None, "a split is never empty"
    return features

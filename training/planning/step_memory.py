"""The memory that a run takes on its device, from the shapes of its tensors alone.

Its step is taken by tensors without numbers, which needs no memory and hardly any time, and the
most bytes that are alive at once are counted. What a device takes for itself, and a convolution for
its working space, isn't known from shapes.
"""

import math
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from training.device.process_group import BUCKET_BYTES
from training.networks.build import build
from training.networks.freezing import freeze
from training.networks.grey_input import with_channels
from training.records import Spec

STATES = {"sgd": 1, "rmsprop": 1}
"""Running means that an optimizer keeps of each weight; all others are taken for Adam, with two."""

META = torch.device("meta")


def run_bytes(
    spec: Spec,
    n_classes: int,
    in_16_bits: bool,
    evaluated_together: int,
    code_folders: Sequence[Path] = (),
    n_devices: int = 1,
) -> int:
    """Return what a run's weights, its step and its evaluation take on the device, in bytes.

    Args:
        in_16_bits: Whether products are computed in a format of two bytes.
        evaluated_together: Pictures that go through the network at once outside training.
        code_folders: See `networks.build`.
        n_devices: That divide each batch among them; each has all weights.

    Raises:
        Exception: Whatever the network raises when it is built or shown pictures without numbers.
    """
    with META:
        network = build(spec.model, n_classes, spec.head, spec.width, code_folders=code_folders)
        with_channels(network.module, spec.channels, spec.model)
    freeze(network, spec.freeze)
    module = network.module.to(META).train()
    every, trained = _bytes(module), _bytes(module, trained=True)
    kept = every + (STATES.get(spec.optimizer, 2) + bool(spec.ema)) * trained
    if in_16_bits:  # products round the weights to it, gradients stay as wide as the weights
        module, kept = module.to(torch.bfloat16), kept + every // 2 + trained // 2
    pictures = _pictures(spec, math.ceil(spec.batch_size / n_devices), module)
    step = _most_alive(lambda: _step(module, pictures, n_classes))
    if n_devices > 1:  # gradients are joined to be exchanged
        step = max(step, trained + min(trained, BUCKET_BYTES))
    together = _pictures(spec, max(spec.batch_size, evaluated_together), module)
    return kept + max(step, _most_alive(lambda: _evaluate(module.eval(), together)))


def _bytes(module: nn.Module, trained: bool = False) -> int:
    """Return the bytes of parameters and buffers, or of parameters that training changes."""
    tensors = [*module.parameters(), *(() if trained else module.buffers())]
    return sum(t.nbytes for t in tensors if t.requires_grad or not trained)


def _pictures(spec: Spec, n: int, module: nn.Module) -> Tensor:
    kind = next(module.parameters()).dtype
    shape = (n, spec.channels, spec.image_size, spec.image_size)
    made = torch.empty(shape, dtype=kind, device=META)
    return made.to(memory_format=torch.channels_last)


def _step(module: nn.Module, pictures: Tensor, n_classes: int) -> None:
    labels = torch.zeros(len(pictures), dtype=torch.int64, device=META)
    scores = module(pictures.clone())
    cross_entropy(scores.float(), labels).backward()  # type: ignore[no-untyped-call]


def _evaluate(module: nn.Module, pictures: Tensor) -> None:
    with torch.no_grad():
        module(pictures.clone())


def _most_alive(work: Callable[[], None]) -> int:
    with _Alive() as alive:
        work()
    return int(alive.most)


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of tensors that are made while inside, and the most alive at once."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = 0
        self.most = 0
        self._known: dict[int, Any] = {}

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        outside = {t.untyped_storage()._cdata for t in tree_leaves((args, kwargs)) if _is_tensor(t)}
        result = function(*args, **(kwargs or {}))
        for tensor in filter(_is_tensor, tree_leaves(result)):
            storage = tensor.untyped_storage()
            key = storage._cdata
            if key not in outside and key not in self._known:
                self._known[key] = weakref.ref(storage, self._forget(key, storage.nbytes()))
                self.now += storage.nbytes()
        self.most = max(self.most, self.now)
        return result

    def _forget(self, key: int, n_bytes: int) -> Callable[[Any], None]:
        def forget(_: Any) -> None:
            self.now -= n_bytes
            del self._known[key]

        return forget


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)

"""How much arithmetic a network takes, counted from shapes on a copy that holds no numbers.

Floating-point operations (FLOP) as `torch.utils.flop_counter` counts them: a multiplication and an
addition are two, and nothing but products and convolutions counts.
"""

import copy
import functools
import importlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from training.device.randomness import random_state, restore_random_state
from training.networks.build import Network
from training.networks.freezing import Trainable, training_mode
from training.networks.grey_input import channels_of
from training.networks.partial_forward import input_of

META = torch.device("meta")
N_PICTURES = 2
"""How many are counted at a time: batch normalisation needs more than one to train on."""


FOR_SHAPES = "torch.fx.experimental.symbolic_shapes"
"""What torch imports when it first computes a shape without numbers: most of its compiler."""


@functools.cache
def get_ready() -> threading.Thread:
    """Import in the background what counting needs, which takes as long as importing torch.

    Meant for a GPU, whose training leaves the processor idle.
    """
    thread = threading.Thread(target=importlib.import_module, args=(FOR_SHAPES,), daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True)
class Arithmetic:
    """FLOP of `N_PICTURES` images.

    Attributes:
        once: Of the frozen part whose outputs are kept; 0 where there is none.
        forward: Of what is computed every epoch, at inference.
        training: Of the same forward and backward.
    """

    once: int
    forward: int
    training: int

    def features(self, n_pictures: int) -> int:
        """Return the FLOP of computing the kept outputs for so many images."""
        return n_pictures * self.once // N_PICTURES

    def epoch(self, n_train: int, n_validation: int) -> int:
        """Return the FLOP of one epoch: training, then validation."""
        return (n_train * self.training + n_validation * self.forward) // N_PICTURES


def count(network: Network, held: Trainable, image_size: int, cached: bool) -> Arithmetic | None:
    """Count a network's arithmetic without doing it, and without touching the network.

    Args:
        network: With gradients on where it is trained.
        held: What is trained and what is frozen, for the modes of its parts.
        image_size: Side of the images in pixels.
        cached: Whether the outputs of the part before `held.split` are kept over all epochs.

    Returns:
        The count; None for a network that can't be followed without numbers.
    """
    state = random_state(torch.device("cpu"))
    try:
        module = _without_numbers(network.module)
        return _count(Network(module, network.head, network.parts), held, image_size, cached)
    except Exception:  # a network of someone's own may do anything with numbers
        return None
    finally:
        restore_random_state(state, torch.device("cpu"))


def _count(network: Network, held: Trainable, image_size: int, cached: bool) -> Arithmetic:
    module: nn.Module = network.module
    channels = channels_of(module)
    inputs = torch.empty(N_PICTURES, channels, image_size, image_size, device=META)
    once = 0
    mode: Callable[[], object] = functools.partial(training_mode, network, held)
    if cached:
        assert held.split is not None
        module.eval()
        once, inputs = _flop(functools.partial(input_of, module, held.split, inputs))
        module = module.get_submodule(held.split)
        mode = module.train
    module.eval()
    forward, _ = _flop(functools.partial(module, inputs))
    mode()
    with torch.enable_grad():
        training, _ = _flop(functools.partial(_train, module, inputs))
    return Arithmetic(once, forward, training)


def _train(module: nn.Module, inputs: Tensor) -> Tensor:
    labels = torch.zeros(N_PICTURES, dtype=torch.int64, device=META)
    loss = F.cross_entropy(module(inputs), labels)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss


def _without_numbers(module: nn.Module) -> nn.Module:
    """Copy a module, but of its parameters and buffers only the shapes."""
    shapes: dict[int, Any] = {}
    for parameter in module.parameters():
        empty = torch.empty_like(parameter, device=META)
        shapes[id(parameter)] = nn.Parameter(empty, requires_grad=parameter.requires_grad)
    for buffer in module.buffers():
        shapes[id(buffer)] = torch.empty_like(buffer, device=META)
    return copy.deepcopy(module, shapes)


def _flop(function: Callable[[], Tensor]) -> tuple[int, Tensor]:
    """Return the FLOP of a call, and its result."""
    backward = {torch.ops.aten.convolution_backward: _convolution_backward}
    counter: Any = FlopCounterMode(display=False, custom_mapping=backward)
    with counter:
        result = function()
    return int(counter.get_total_flops()), result


def _convolution_backward(
    grad_shape: Sequence[int],
    input_shape: Sequence[int],
    weight_shape: Sequence[int],
    bias: object,
    stride: object,
    padding: object,
    dilation: object,
    transposed: bool,
    output_padding: object,
    groups: object,
    output_mask: Sequence[bool],
    out_shape: object,
) -> int:
    """Count a convolution's gradients: of its input and of its weights, each as much as itself.

    torch's own count of the latter (as of 2.14) takes a grouped convolution for a full one, which
    is tens of times too much for networks of depthwise convolutions.
    """
    forward = conv_flop_count(input_shape, weight_shape, grad_shape, transposed)  # type: ignore[arg-type]
    return forward * (output_mask[0] + output_mask[1])

"""By what the learning rate is multiplied, parameter by parameter."""

from collections.abc import Mapping

from torch import nn

from training.networks.blocks import blocks
from training.networks.build import Network
from training.records import Spec

Factors = Mapping[nn.Parameter, float]
"""Of each parameter's learning rate; 1 for those that aren't there."""


def rate_factors(network: Network, spec: Spec) -> Factors:
    """Return the factors of layer-wise rates, and of a rate of the head's own.

    The last block, which is the head, has the whole rate, and each block before it `layer_decay`
    of the next one's.
    """
    factors: dict[nn.Parameter, float] = {}
    if spec.layer_decay != 1:
        found = blocks(network)
        for place, names in enumerate(found):
            factor = spec.layer_decay ** (len(found) - 1 - place)
            factors |= {network.module.get_parameter(name): factor for name in names}
    if spec.head_learning_rate:
        factor = spec.head_learning_rate / spec.learning_rate
        head = network.module.get_submodule(network.head)
        factors |= dict.fromkeys(head.parameters(), factor)
    return factors

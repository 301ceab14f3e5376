"""An exponential moving average of a network's weights, validated and kept in their place."""

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn


class WeightAverage:
    """The average: after each step it keeps `decay` of itself; after the first it is the weights.

    As `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn`: buffers, such as running
    statistics, are not averaged but those of the network itself.

    Args:
        parameters: That are trained.
        decay: In (0, 1).
    """

    def __init__(self, parameters: Sequence[nn.Parameter], decay: float) -> None:
        self._parameters = list(parameters)
        self._decay = decay
        self._values: list[Tensor] = []

    @torch.no_grad()
    def update(self) -> None:
        """Take up the weights after a step."""
        if not self._values:
            self._values = [parameter.detach().clone() for parameter in self._parameters]
            return
        for value, parameter in zip(self._values, self._parameters, strict=True):
            value.lerp_(parameter, 1 - self._decay)

    def extend(self, parameters: Sequence[nn.Parameter]) -> None:
        """Go on with more parameters, which haven't changed so far."""
        known = dict(zip(self._parameters, self._values, strict=False))
        self._parameters = list(parameters)
        if known:
            values = [known.get(parameter) for parameter in parameters]
            self._values = [
                parameter.detach().clone() if value is None else value
                for parameter, value in zip(parameters, values, strict=True)
            ]

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the average in the network while inside."""
        own = self._exchanged(self._values)
        try:
            yield
        finally:
            self._exchanged(own)

    @torch.no_grad()
    def _exchanged(self, values: Sequence[Tensor]) -> list[Tensor]:
        """Put values into the network, and return what was there."""
        if not values:
            return []
        before = [parameter.detach().clone() for parameter in self._parameters]
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)
        return before

    def state_dict(self) -> list[Tensor]:
        """Return what `load_state_dict` restores; empty before the first step."""
        return self._values

    def load_state_dict(self, values: Sequence[Tensor]) -> None:
        """Go on from where another average of the same weights was."""
        pairs = zip(values, self._parameters, strict=False)
        self._values = [value.to(parameter.device) for value, parameter in pairs]

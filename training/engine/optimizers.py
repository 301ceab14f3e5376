"""Optimizers by name: the rules of `torch.optim`; four by its fused kernels, without its start-up.

Making one of `torch.optim` imports torch's compiler, which takes about as long as importing torch.
The kernels are the same, one pass through memory a step; where a device has none for a rule, some
operations in place do the same within rounding. All others, and those four with options, are
torch's own.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from training.engine.own_parts import own_optimizer
from training.engine.torch_kernels import fused_adam, fused_sgd, has_optimizers
from training.errors import StudyError
from training.lookup import look_up
from training.records import Spec
from training.records.optimizers import WITHOUT_WEIGHT_DECAY


class _Lists(NamedTuple):
    """Parameters of one number format and one learning rate that have gradients.

    Attributes:
        states: For each name in `Optimizer.keeps`, a tensor for each parameter.
        rate: Learning rate of these.
    """

    parameters: list[Tensor]
    gradients: list[Tensor]
    states: list[list[Tensor]]
    rate: float


class Optimizer:
    """Changes parameters by their gradients; gradients may be changed meanwhile.

    Args:
        parameters: That are trained; one without a gradient stays as it is.
        learning_rate: May be changed between steps.
        weight_decay: Times the parameter, added to its gradient.

    Attributes:
        factors: Of each parameter's learning rate.
        keeps: Names of the tensors of its shape that each parameter has; `step` is a number (),
            how many times the parameter was changed.
    """

    keeps: tuple[str, ...] = ()

    def __init__(
        self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float = 0.0
    ) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.factors = [1.0] * len(self.parameters)
        self._states: dict[int, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self, overflow: Tensor | None = None) -> None:
        """Change the parameters by their gradients.

        Args:
            overflow: () float32 on the device; 1 leaves parameters and states as they are.
        """
        alike: defaultdict[tuple[torch.dtype, float], list[int]] = defaultdict(list)
        for place, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                alike[parameter.dtype, self.factors[place]].append(place)
        for (_, factor), places in alike.items():
            parameters: list[Tensor] = [self.parameters[place] for place in places]
            states = [self._state(place) for place in places]
            lists = _Lists(
                parameters,
                [_laid_out_as(parameter) for parameter in parameters],
                [[state[name] for state in states] for name in self.keeps],
                self.learning_rate * factor,
            )
            if has_optimizers(parameters[0].device):
                self._fused(lists, overflow)
            elif overflow is None:
                self._plain(lists)
            else:
                changing = [*parameters, *(state for kept in lists.states for state in kept)]
                before = [value.clone() for value in changing]
                self._plain(lists)
                for value, old in zip(changing, before, strict=True):
                    value.copy_(torch.where(overflow == 1, old, value))

    def _fused(self, lists: _Lists, overflow: Tensor | None) -> None:
        """Make a step by one kernel of torch, unless `overflow` is 1."""
        raise NotImplementedError

    def _plain(self, lists: _Lists) -> None:
        """Make the same step operation by operation."""
        raise NotImplementedError

    def _state(self, place: int) -> dict[str, Tensor]:
        if place not in self._states:
            parameter = self.parameters[place]
            number = parameter.new_zeros((), dtype=torch.float32)
            self._states[place] = {
                name: number if name == "step" else torch.zeros_like(parameter)
                for name in self.keeps
            }
        return self._states[place]

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` restores: the rate, and each parameter's tensors."""
        return {"learning_rate": self.learning_rate, "states": self._states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where another optimizer of the same kind and parameters was."""
        self.learning_rate = state["learning_rate"]
        for place, kept in state["states"].items():
            for name, value in self._state(place).items():
                value.copy_(kept[name])


class SGD(Optimizer):
    """Stochastic gradient descent with Polyak's momentum: v ← m·v + g, p ← p − lr · v."""

    def __init__(
        self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, weight_decay)
        self.momentum = momentum
        self.keeps = ("momentum",) if momentum else ()

    def _fused(self, lists: _Lists, overflow: Tensor | None) -> None:
        fused_sgd(
            lists.parameters, lists.gradients, lists.states[0] if self.momentum else [],
            learning_rate=lists.rate, momentum=self.momentum,
            weight_decay=self.weight_decay, overflow=overflow,
        )  # fmt: skip

    def _plain(self, lists: _Lists) -> None:
        for i, (parameter, gradient) in enumerate(_decayed(lists, self.weight_decay)):
            if self.momentum:
                gradient = lists.states[0][i].mul_(self.momentum).add_(gradient)
            parameter.sub_(gradient, alpha=lists.rate)


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015): by the means of gradients and of their squares."""

    decoupled = False
    keeps = ("mean", "square_mean", "step")
    betas = 0.9, 0.999
    eps = 1e-8

    def _fused(self, lists: _Lists, overflow: Tensor | None) -> None:
        means, square_means, steps = lists.states
        for step in steps:
            step.add_(1 if overflow is None else 1 - overflow)
        _fused(self, lists, means, square_means, steps, self.betas, overflow, self.decoupled)

    def _plain(self, lists: _Lists) -> None:
        beta1, beta2 = self.betas
        means, square_means, steps = lists.states
        if self.decoupled:
            for parameter in lists.parameters:
                parameter.mul_(1 - lists.rate * self.weight_decay)
        decay = 0.0 if self.decoupled else self.weight_decay
        for i, (parameter, gradient) in enumerate(_decayed(lists, decay)):
            step = steps[i].add_(1)
            mean = means[i].lerp_(gradient, 1 - beta1) / (1 - beta1**step)
            square_means[i].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            root = (square_means[i] / (1 - beta2**step)).sqrt_()
            parameter.addcdiv_(mean, root.add_(self.eps), value=-lists.rate)


class AdamW(Adam):
    """Adam with weight decay that isn't scaled like a gradient (Loshchilov and Hutter, 2019)."""

    decoupled = True


class RMSprop(Optimizer):
    """RMSprop (Hinton, 2012) without momentum: p ← p − lr · g / (√v + ε), v ← α·v + (1 − α)·g².

    torch has no fused form of it, but Adam's is RMSprop where the mean of gradients keeps nothing
    of the old ones and nothing is left of the corrections for the first steps. The results are
    those of `torch.optim.RMSprop` within rounding.
    """

    keeps = ("square_mean",)
    alpha = 0.99
    """Share of the old mean square that is kept."""
    eps = 1e-8

    def _fused(self, lists: _Lists, overflow: Tensor | None) -> None:
        # corrections by 1 − β^steps: after endless steps there are none
        endless = torch.full((), math.inf, device=lists.parameters[0].device)
        steps = [endless] * len(lists.parameters)
        # as the means of gradients, which with β₁ = 0 they are
        betas = 0.0, self.alpha
        _fused(self, lists, lists.gradients, lists.states[0], steps, betas, overflow)

    def _plain(self, lists: _Lists) -> None:
        for i, (parameter, gradient) in enumerate(_decayed(lists, self.weight_decay)):
            square_mean = lists.states[0][i].mul_(self.alpha)
            square_mean.addcmul_(gradient, gradient, value=1 - self.alpha)
            root = square_mean.sqrt().add_(self.eps)
            parameter.addcdiv_(gradient, root, value=-lists.rate)


def _fused(
    rule: Adam | RMSprop,
    lists: _Lists,
    means: list[Tensor],
    square_means: list[Tensor],
    steps: list[Tensor],
    betas: tuple[float, float],
    overflow: Tensor | None,
    decoupled: bool = False,
) -> None:
    fused_adam(
        lists.parameters, lists.gradients, means, square_means, steps,
        learning_rate=lists.rate, betas=betas, eps=rule.eps,
        weight_decay=rule.weight_decay, overflow=overflow, decoupled=decoupled,
    )  # fmt: skip


def _decayed(lists: _Lists, weight_decay: float) -> list[tuple[Tensor, Tensor]]:
    """Return each parameter with its gradient, the weight decay in it."""
    pairs = zip(lists.parameters, lists.gradients, strict=True)
    return [(p, g.add(p, alpha=weight_decay) if weight_decay else g) for p, g in pairs]


def _laid_out_as(parameter: Tensor) -> Tensor:
    """Return the parameter's gradient, in the parameter's order in memory as autograd makes it."""
    gradient = parameter.grad
    assert gradient is not None
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


class TorchOptimizer(Optimizer):
    """One of `torch.optim`, or one of somebody's own: those that ours lack, and ours with options.

    A step can't be recorded. One that is skipped for an overflow waits for the device.

    Args:
        options: Of its class, beside rate and weight decay.
        own: Makes one that isn't torch's, see `OwnParts.optimizer`.
    """

    def __init__(
        self, kind: str, parameters: Sequence[nn.Parameter], learning_rate: float,
        weight_decay: float, options: Mapping[str, Any], factors: Sequence[float],
        own: Callable[..., Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, weight_decay)
        self.factors = list(factors)
        decay = {} if kind in WITHOUT_WEIGHT_DECAY else {"weight_decay": weight_decay}
        groups: dict[float, list[nn.Parameter]] = {}
        for parameter, factor in zip(self.parameters, factors, strict=True):
            groups.setdefault(factor, []).append(parameter)
        self._of_groups = list(groups)
        given = [{"params": members} for members in groups.values()]
        told = {"lr": learning_rate, **decay, **options}
        if own is None:
            self._torchs = _made(look_up("optimizer", kind, CLASSES), given, told)
            return
        if not weight_decay:
            told.pop("weight_decay")
        self._torchs = own_optimizer(own, kind, given, told)

    @torch.no_grad()
    def step(self, overflow: Tensor | None = None) -> None:
        """Change the parameters by their gradients, unless `overflow` is 1."""
        if overflow is not None and bool(overflow):
            return
        for group, factor in zip(self._torchs.param_groups, self._of_groups, strict=True):
            group["lr"] = self.learning_rate * factor
        self._torchs.step()

    def state_dict(self) -> dict[str, Any]:
        return {"learning_rate": self.learning_rate, "torch": self._torchs.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.learning_rate = state["learning_rate"]
        self._torchs.load_state_dict(state["torch"])


CLASSES: dict[str, str] = {
    "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adamw": "AdamW", "adadelta": "Adadelta",
    "adafactor": "Adafactor", "adagrad": "Adagrad", "adamax": "Adamax", "asgd": "ASGD",
    "nadam": "NAdam", "radam": "RAdam", "rprop": "Rprop",
}  # fmt: skip
"""Of `torch.optim`."""


def _made(
    name: str, groups: list[dict[str, list[nn.Parameter]]], options: Mapping[str, Any]
) -> torch.optim.Optimizer:
    """Make an optimizer of torch.

    Raises:
        StudyError: torch refuses the options.
    """
    try:
        made: torch.optim.Optimizer = getattr(torch.optim, name)(groups, **options)
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"torch.optim.{name} refuses its options: {error}.", "Change optimizer_options."
        ) from error
    return made


OPTIMIZERS: dict[str, Callable[[list[nn.Parameter], Spec], Optimizer]] = {
    "sgd": lambda p, spec: SGD(p, spec.learning_rate, spec.weight_decay, spec.momentum),
    "adam": lambda p, spec: Adam(p, spec.learning_rate, spec.weight_decay),
    "rmsprop": lambda p, spec: RMSprop(p, spec.learning_rate, spec.weight_decay),
    "adamw": lambda p, spec: AdamW(p, spec.learning_rate, spec.weight_decay),
}


def make_optimizer(
    module: nn.Module,
    spec: Spec,
    rates: Mapping[nn.Parameter, float] | None = None,
    own: Callable[..., Any] | None = None,
) -> Optimizer:
    """Return `spec`'s optimizer for the module's trainable parameters.

    Args:
        rates: Factors of their learning rates; 1 for those that aren't there.
        own: Makes the optimizer, where it is somebody's own; see `OwnParts.optimizer`.
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    factors = [(rates or {}).get(parameter, 1.0) for parameter in trainable]
    options = spec.optimizer_options.given()
    if spec.optimizer in OPTIMIZERS and not options:
        optimizer = OPTIMIZERS[spec.optimizer](trainable, spec)
        optimizer.factors = factors
        return optimizer
    if spec.optimizer == "sgd":
        options["momentum"] = spec.momentum
    return TorchOptimizer(
        spec.optimizer, trainable, spec.learning_rate, spec.weight_decay, options, factors, own
    )

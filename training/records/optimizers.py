"""Which optimizers there are, and which options each of them has: torch's names. No torch."""

from typing import Annotated

import msgspec

from training.records.code_names import CODE

OPTIMIZERS = (
    "sgd", "adam", "rmsprop", "adamw",
    "adadelta", "adafactor", "adagrad", "adamax", "asgd", "nadam", "radam", "rprop",
)  # fmt: skip
Optimizer = Annotated[
    str, msgspec.Meta(pattern=rf"^({'|'.join(OPTIMIZERS)}|{CODE})$", examples=list(OPTIMIZERS))
]
"""One of `OPTIMIZERS`, or a `module:function`."""


class OptimizerOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What else an optimizer of torch can be told, by torch's names; None is torch's default.

    Rate and weight decay are fields of the experiment, as is the momentum of SGD.

    Attributes:
        betas: Shares of the old mean gradient and mean square that are kept.
        eps: Added to the divisor, so that it is never 0.
        amsgrad: Divide by the largest mean square so far (Reddi et al., 2018).
        decoupled_weight_decay: Weight decay shrinks the weights themselves, as AdamW has it.
        momentum_decay: By which NAdam's momentum grows from step to step.
        dampening: Share of a gradient that SGD's momentum leaves out.
        nesterov: Look ahead along SGD's momentum.
        alpha: Of RMSprop, share of the old mean square that is kept; of ASGD, power by which the
            rate falls.
        momentum: Of RMSprop.
        centered: Of RMSprop: divide by the standard deviation of gradients.
        rho: Of Adadelta, share of the old mean squares that is kept.
        lr_decay: Of AdaGrad, by which the rate falls from step to step.
        initial_accumulator_value: Of AdaGrad, sum of squares at the start.
        beta2_decay: Of Adafactor, power of the step by which less of the old mean square is left.
        d: Of Adafactor, root mean square that a step is brought down to; at least 1.
        lambd: Of ASGD, by which weights shrink.
        t0: Of ASGD, step from which weights are averaged.
        etas: Of Rprop, factors of a step's size after a change of sign and without one.
        step_sizes: Of Rprop, smallest and largest size of a step.
    """

    betas: tuple[float, float] | None = None
    eps: float | None = None
    amsgrad: bool | None = None
    decoupled_weight_decay: bool | None = None
    momentum_decay: float | None = None
    dampening: float | None = None
    nesterov: bool | None = None
    alpha: float | None = None
    momentum: float | None = None
    centered: bool | None = None
    rho: float | None = None
    lr_decay: float | None = None
    initial_accumulator_value: float | None = None
    beta2_decay: float | None = None
    d: float | None = None
    lambd: float | None = None
    t0: float | None = None
    etas: tuple[float, float] | None = None
    step_sizes: tuple[float, float] | None = None

    def given(self) -> dict[str, float | bool | tuple[float, float]]:
        """Return those that are set."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not None}

    def of(self, optimizer: Optimizer) -> "OptimizerOptions":
        """Return those that an optimizer has."""
        if self == NO_OPTIONS:
            return NO_OPTIONS
        known = {name: v for name, v in self.given().items() if name in options_of(optimizer)}
        return OptimizerOptions(**known) if known else NO_OPTIONS  # type: ignore[arg-type]


NO_OPTIONS = OptimizerOptions()

OPTIONS: dict[Optimizer, tuple[str, ...]] = {
    "sgd": ("dampening", "nesterov"),
    "adam": ("betas", "eps", "amsgrad"),
    "rmsprop": ("alpha", "eps", "momentum", "centered"),
    "adamw": ("betas", "eps", "amsgrad"),
    "adadelta": ("rho", "eps"),
    "adafactor": ("beta2_decay", "d"),
    "adagrad": ("lr_decay", "initial_accumulator_value", "eps"),
    "adamax": ("betas", "eps"),
    "asgd": ("lambd", "alpha", "t0"),
    "nadam": ("betas", "eps", "momentum_decay", "decoupled_weight_decay"),
    "radam": ("betas", "eps", "decoupled_weight_decay"),
    "rprop": ("etas", "step_sizes"),
}
"""Of `torch.optim`, all that step without a closure and take weights of any shape."""


def options_of(optimizer: Optimizer) -> tuple[str, ...]:
    """Return the options that an optimizer may be given: code of one's own, any."""
    return OPTIONS.get(optimizer, OptimizerOptions.__struct_fields__)


WITHOUT_WEIGHT_DECAY: tuple[Optimizer, ...] = ("rprop",)

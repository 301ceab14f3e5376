"""A part of a batch goes through a network as in the whole batch, whose rest others have.

Dropout's masks are those that one device would draw: every process draws them for the whole batch,
from the same state of its generator, and takes its images'. Batch normalisation normalises by the
statistics of the whole batch, as `torch.nn.SyncBatchNorm` does, which torch has for GPUs only.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from training.device.process_group import ProcessGroup
from training.device.randomness import torch_state
from training.engine.evaluate import batch_totals
from training.engine.objective import Objective
from training.engine.out_of_memory import add_gradient

DROPOUTS = (F.dropout, F.dropout1d, F.dropout2d, F.dropout3d)
"""What multiplies each value by a random factor of its own, or of its channel."""


class WholeBatch(TorchFunctionMode):
    """Makes a network's forward pass over a part of a batch that of the whole batch while inside.

    Args:
        group: The processes that have the parts.
        n: Images of the whole batch.
        device: That the part is on.

    Attributes:
        drew_apart: Whether something else than dropout drew random numbers; then each process drew
            them for its part by itself.
        normalised: Whether a layer was seen that normalises by the batch's statistics.
    """

    def __init__(self, group: ProcessGroup, n: int, device: torch.device) -> None:
        super().__init__()
        self.group, self.n, self.device = group, n, device
        self.part = group.part(n)
        self.drew_apart = self.normalised = False
        self._state = torch_state(device)

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in DROPOUTS:
            return self._dropped(func, *args, **kwargs)
        if func is F.batch_norm:
            return self._normalised(*args, **kwargs)
        return func(*args, **kwargs)

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._look()

    def _dropped(
        self, dropout: Callable[..., Tensor], part: Tensor, p: float = 0.5, training: bool = True,
        inplace: bool = False,
    ) -> Tensor:  # fmt: skip
        """Return what dropout leaves of the part (P, …)."""
        if not training or not p:
            return dropout(part, p, training, inplace)
        self._look()
        with torch.no_grad():
            ones = part.new_ones((self.n, *part.shape[1:]))
            factors = dropout(ones.contiguous(memory_format=_order(part)), p)[self.part]
        self._state = torch_state(self.device)
        return part.mul_(factors) if inplace else part * factors

    def _normalised(
        self, part: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
        weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
        momentum: float = 0.1, eps: float = 1e-5,
    ) -> Tensor:  # fmt: skip
        """Return the part (P, C, …) normalised."""
        if not training:
            return F.batch_norm(part, running_mean, running_var, weight, bias, False, momentum, eps)
        self.normalised = True
        statistics = _statistics(part, self.group)
        if running_mean is not None and running_var is not None:
            mean, variance, n = statistics
            running_mean.lerp_(mean.to(running_mean.dtype), momentum)
            unbiased = variance * (n / (n - 1).clamp(min=1))
            running_var.lerp_(unbiased.to(running_var.dtype), momentum)
        normalised: Tensor = _Normalised.apply(part, weight, bias, *statistics, eps, self.group)
        return normalised

    def _look(self) -> None:
        """Notice whether random numbers were drawn since the last dropout."""
        now = torch_state(self.device)
        same = all(torch.equal(now[name], state) for name, state in self._state.items())
        self.drew_apart = self.drew_apart or not same


def add_gradients_of_part(
    module: nn.Module, inputs: Tensor, labels: Tensor, whole: WholeBatch, scale: Tensor | None,
    objective: Objective,
) -> Tensor:  # fmt: skip
    """Add a part's share of the gradient of a batch's objective, times `scale`.

    The shares of all parts add up to the whole batch's, those of what is returned too.

    Args:
        inputs: (P, …) of the part.
        labels: (B,) of the whole batch.
        objective: Of the part, see `Objective.of`.

    Returns:
        Summed loss and correct count of the part, (2,), see `batch_totals`.
    """
    with whole:
        logits = module(inputs).float()
    own = labels[whole.part]
    loss = add_gradient(logits, own, labels, scale, objective)
    return batch_totals(loss, logits.detach(), objective.larger_of(own), whole.n)


def _order(maps: Tensor) -> torch.memory_format:
    """Return the order of values in memory, in which a CPU draws for them."""
    last = maps.dim() == 4 and not maps.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


@torch.no_grad()
def _statistics(part: Tensor, group: ProcessGroup) -> tuple[Tensor, Tensor, Tensor]:
    """Return the channels' means and variances (C,) over the whole batch, and over how many values.

    Chan, Golub and LeVeque (1979) have how those of parts are joined.

    Args:
        part: (P, C, …).
    """
    others = [axis for axis in range(part.dim()) if axis != 1]
    kind = torch.promote_types(part.dtype, torch.float32)
    variance, mean = torch.var_mean(part.to(kind), others, correction=0)
    rows = torch.zeros((group.size, 2, len(mean)), dtype=torch.float64, device=part.device)
    counts = torch.zeros((group.size, 1), dtype=torch.float64, device=part.device)
    rows[group.rank, 0], rows[group.rank, 1] = mean, variance
    counts[group.rank] = part.numel() / len(mean)
    group.sum([rows, counts])
    n = counts.sum()
    whole = (rows[:, 0] * counts).sum(0) / n
    within = ((rows[:, 1] + (rows[:, 0] - whole).square()) * counts).sum(0) / n
    return whole, within, n


class _Normalised(torch.autograd.Function):
    """Batch normalisation of a part by the whole batch's statistics.

    The gradient of the part's images needs two sums over all images, that of the weights is the
    part's own: the parts' are summed with all others.
    """

    @staticmethod
    def forward(
        ctx: Any, part: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor,
        variance: Tensor, n: Tensor, eps: float, group: ProcessGroup,
    ) -> Tensor:  # fmt: skip
        kind = torch.promote_types(part.dtype, torch.float32)
        mean, variance = mean.to(kind), variance.to(kind)
        ctx.save_for_backward(part, weight, mean, variance, n)
        ctx.eps, ctx.group = eps, group
        return F.batch_norm(part, mean, variance, weight, bias, False, 0.0, eps)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        part, weight, mean, variance, n = ctx.saved_tensors
        known = weight if weight is not None else torch.ones_like(mean)
        of_part, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradients[0], part, known, mean, variance, None, None, False, ctx.eps,
            [True, True, True],
        )  # fmt: skip
        sums = torch.stack((of_weight, of_bias)).double()
        ctx.group.sum([sums])
        inverse = (variance.double() + ctx.eps).rsqrt()
        slope = known * inverse * inverse * sums[0] / n
        shift = known * inverse * sums[1] / n - slope * mean
        shape = (1, -1, *[1] * (part.dim() - 2))
        shift, slope = (values.to(mean.dtype).view(shape) for values in (shift, slope))
        of_part = (of_part - torch.addcmul(shift, part.to(mean.dtype), slope)).to(part.dtype)
        if weight is None:
            return of_part, *[None] * 7
        return of_part, of_weight, of_bias, *[None] * 5

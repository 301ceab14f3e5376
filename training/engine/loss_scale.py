"""Loss scaling for fp16 (Micikevicius et al., 2018): gradients are computed as multiples.

Gradients are often smaller than what fp16 can hold, 6e-8, and seldom near its largest number,
65,504. So the loss is multiplied by a large factor before the backward pass, and the gradients, in
fp32, are divided by it. Where one of them overflowed, the step is skipped and the factor halved;
after many good steps it is doubled. These are the rules of `torch.amp.GradScaler`, which fetches a
value from the device each step; here none is, and all that changes stays where it is in memory, so
that a step can be recorded.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.engine.torch_kernels import divide

START = 2.0**16
INTERVAL = 2000
"""Steps in a row without an overflow after which the scale is doubled."""

LARGEST = 2.0**127
"""The largest power of two in fp32."""


class LossScale:
    """The factor of the loss, and what decides how it changes; all () float32 on the device.

    Attributes:
        scale: The factor.
        good_steps: Without an overflow since the scale changed.
        skipped: Steps with an overflow since the start.
        overflow: 1 if this step has one, else 0.
    """

    def __init__(self, device: torch.device) -> None:
        self.scale = torch.full((), START, device=device)
        self.good_steps, self.skipped, self.overflow = (
            torch.zeros((), device=device) for _ in range(3)
        )

    @torch.no_grad()
    def unscale(self, parameters: Sequence[nn.Parameter], held: Tensor) -> Tensor:
        """Divide the parameters' gradients by the scale.

        Args:
            held: () bool, whether all values of the forward pass were finite.

        Returns:
            `overflow`: whether they weren't, or a gradient isn't.
        """
        self.overflow.copy_(~held)
        inverse = self.scale.double().reciprocal().float()
        gradients = [p.grad for p in parameters if p.grad is not None]
        for kind in {gradient.dtype for gradient in gradients}:
            divide([g for g in gradients if g.dtype == kind], self.overflow, inverse)
        return self.overflow

    def update(self) -> None:
        """Change the scale after a step, made or skipped."""
        good_steps = (self.good_steps + 1) * (1 - self.overflow)
        grows = good_steps == INTERVAL
        self.scale.mul_((1 - self.overflow / 2) * (1 + grows)).clamp_(max=LARGEST)
        self.good_steps.copy_(good_steps * ~grows)
        self.skipped.add_(self.overflow)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state that `load_state_dict` restores."""
        return {"scale": self.scale, "good_steps": self.good_steps, "skipped": self.skipped}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        for name, value in self.state_dict().items():
            value.copy_(state[name])

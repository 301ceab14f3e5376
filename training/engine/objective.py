"""What training makes small: cross-entropy, with smoothed labels or weighted classes if wanted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from training.engine.own_parts import own_loss


@dataclass(frozen=True)
class Objective:
    """The loss whose gradient is followed; what is recorded is the plain cross-entropy.

    Attributes:
        smoothing: Share of each label that is spread evenly over all classes.
        weights: (C,) float32 on the device, one a class that has train images; None: all alike.
        others: (B,) labels of the images that a batch's are mixed with; None: with none.
        share: Of the images' own labels where they are mixed, in [0, 1].
        own: Somebody's own loss, in place of cross-entropy; see `OwnParts.loss`.
    """

    smoothing: float = 0.0
    weights: Tensor | None = None
    others: Tensor | None = None
    share: float = 1.0
    own: Callable[[Tensor, Tensor], Any] | None = None

    @property
    def is_plain(self) -> bool:
        return not self.smoothing and self.weights is None and self.own is None

    def mixed_with(self, others: Tensor, share: float) -> "Objective":
        """Return the same for a batch whose images are mixed with others of these labels (B,)."""
        return replace(self, others=others, share=share)

    def split(self, parts: int) -> list["Objective"]:
        """Return the same for each of the parts that `Tensor.tensor_split` makes of a batch."""
        if self.others is None:
            return [self] * parts
        return [replace(self, others=some) for some in self.others.tensor_split(parts)]

    def of(self, part: slice) -> "Objective":
        """Return the same for a part of a batch."""
        return self if self.others is None else replace(self, others=self.others[part])

    def larger_of(self, labels: Tensor) -> Tensor:
        """Return the labels (B,) that have the larger share, of a whole batch's (B,)."""
        return labels if self.others is None or self.share >= 0.5 else self.others

    def recorded(self, logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
        """Return the mean cross-entropy () of a part: of mixed labels where images are mixed."""
        own = F.cross_entropy(logits, labels, label_smoothing=smoothing)
        if self.others is None:
            return own
        other = F.cross_entropy(logits, self.others, label_smoothing=smoothing)
        return own * self.share + other * (1 - self.share)

    def of_part(self, logits: Tensor, labels: Tensor, batch: Tensor) -> Tensor:
        """Return a part's share () of the mean over a batch, as torch's `cross_entropy` has it.

        Of somebody's own loss it is as the mean over images would have it.

        Args:
            logits: (P, n_classes) of the part.
            labels: (P,) of the part.
            batch: (B,) labels of the whole batch.
        """
        share = len(labels) / len(batch)
        if self.own is not None:
            return self._by_own(self.own, logits, labels) * share
        if self.weights is None:
            return self.recorded(logits, labels, self.smoothing) * share
        assert self.others is None, "soft labels have no class whose weight would count"
        weights = F.pad(self.weights, (0, logits.shape[1] - len(self.weights)))
        share_of_weight = weights[labels].sum() / weights[batch].sum()
        loss = F.cross_entropy(logits, labels, weights, label_smoothing=self.smoothing)
        return loss * share_of_weight

    def _by_own(
        self, loss: Callable[[Tensor, Tensor], Any], logits: Tensor, labels: Tensor
    ) -> Tensor:
        own = own_loss(loss, logits, labels)
        if self.others is None:
            return own
        return own * self.share + own_loss(loss, logits, self.others) * (1 - self.share)


PLAIN = Objective()

"""What training makes small: cross-entropy, with smoothed labels or weighted classes if wanted."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Objective:
    """The loss whose gradient is followed; what is recorded is the plain cross-entropy.

    Attributes:
        smoothing: Share of each label that is spread evenly over all classes.
        weights: (C,) float32 on the device, one a class that has train images; None: all alike.
    """

    smoothing: float = 0.0
    weights: Tensor | None = None

    @property
    def is_plain(self) -> bool:
        return not self.smoothing and self.weights is None

    def of_part(self, logits: Tensor, labels: Tensor, batch: Tensor) -> Tensor:
        """Return a part's share () of the mean over a batch, as torch's `cross_entropy` has it.

        Args:
            logits: (P, n_classes) of the part.
            labels: (P,) of the part.
            batch: (B,) labels of the whole batch.
        """
        if self.weights is None:
            share = len(labels) / len(batch)
            return F.cross_entropy(logits, labels, label_smoothing=self.smoothing) * share
        weights = F.pad(self.weights, (0, logits.shape[1] - len(self.weights)))
        share_of_weight = weights[labels].sum() / weights[batch].sum()
        loss = F.cross_entropy(logits, labels, weights, label_smoothing=self.smoothing)
        return loss * share_of_weight


PLAIN = Objective()

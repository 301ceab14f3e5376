"""How far rounding may carry two runs of one experiment apart."""

from dataclasses import dataclass

from training.records import Environment


@dataclass(frozen=True)
class Tolerance:
    """The largest distances that count as rounding.

    Attributes:
        first_loss: Relative difference of losses in the first epoch.
        later_loss: The same in later epochs.
        accuracy: Difference of train and validation accuracies.
        test_accuracy: Of the test accuracy.
        test_loss: Relative difference of the test loss.
        predicted: Share of test images with another predicted class.
        probability: Mean difference of the probabilities of the others.
        change: Relative difference of how far training moved the first layer.
    """

    first_loss: float
    later_loss: float
    accuracy: float
    test_accuracy: float
    test_loss: float
    predicted: float
    probability: float
    change: float

    def loss(self, epoch: int) -> float:
        """Return what losses may be apart in an epoch, from 1."""
        return self.first_loss if epoch == 1 else self.later_loss


FP32 = Tolerance(1e-3, 0.2, 0.05, 0.05, 0.2, 0.1, 0.05, 0.1)
BF16 = Tolerance(1e-2, 0.3, 0.1, 0.1, 0.3, 0.2, 0.1, 0.2)


def tolerance_of(one: Environment | None, other: Environment | None) -> Tolerance:
    """Return the tolerance between two machines' runs: a wider one where one is in 16 bits."""
    formats = {found.precision for found in (one, other) if found is not None}
    return FP32 if formats <= {"fp32"} else BF16

"""What a run says while it runs. The base class says nothing; the command line shows it."""

from dataclasses import dataclass

from training.records import Metrics


@dataclass(frozen=True)
class EpochEnd:
    """One finished epoch; accuracies in [0, 1], losses in nats."""

    epoch: int
    n_epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class TimeLeft:
    """What the rest of a list may take.

    Attributes:
        besides_stand_ins: Stand-in weights have to be trained, too, which isn't in `seconds`,
            because nothing has shown yet how long that takes.
        for_stand_ins: Of `seconds`, those for training stand-in weights.
    """

    seconds: float
    besides_stand_ins: bool = False
    for_stand_ins: float = 0.0


class Progress:
    """Receives events; override what you want to show."""

    def stage(self, done: int, total: int, what: str) -> None:
        """Report preparation: `done` of `total` images or steps of `what`."""

    def experiment(self, index: int, total: int, experiment_id: str, which: str) -> None:
        """Report that experiment `index` (from 1) of `total` begins.

        Args:
            which: Of its runs, such as `fold 2`; empty where that need not be said.
        """

    def epochs(self, n_epochs: int, n_images: int) -> None:
        """Report that training begins: `n_images` training images an epoch."""

    def batch(self, n_images: int) -> None:
        """Report that a training batch was handed to the device.

        Args:
            n_images: Its images; less than 0 takes back those of an epoch that begins anew.
        """

    def epoch(self, end: EpochEnd) -> None:
        """Report a finished epoch."""

    def finished(self, metrics: Metrics, left: TimeLeft | None = None) -> None:
        """Report the record of a finished, failed or skipped experiment.

        Args:
            left: What the rest of the list may take, where that is known.
        """

    def note(self, text: str) -> None:
        """Report one line worth reading."""

    def lane(self) -> "Progress":
        """Return what receives the events of one experiment while others run beside it."""
        return self

    def close(self) -> None:
        """Report that there is nothing more to come on this lane."""

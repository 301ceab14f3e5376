"""The record of what a run's training took in arithmetic and energy. Plain data, no torch."""

from typing import Annotated

import msgspec

from training.records.dataset import Count

Rate = Annotated[float, msgspec.Meta(ge=1)]
"""How much in a second; a record with nothing or less is refused when it is read.

Not `gt=0`: msgspec compares with the smallest number there is, which is zero to a process that
ignores denormal numbers, as one that trains does.
"""

Amount = Annotated[float, msgspec.Meta(ge=0)]
"""How much of something; a record with less than none is refused when it is read."""


class Cost(msgspec.Struct, frozen=True):
    """What training took beside time and memory; each field is null if it isn't available.

    Floating-point operations (FLOP) are counted from the layers' shapes, by
    `torch.utils.flop_counter`: a multiplication and an addition are two, and nothing but products
    and convolutions counts.

    Attributes:
        training_flop: Of all epochs that `Metrics.train_seconds` covers: forward and backward on
            the train images, forward on the validation images.
        feature_flop: Of computing the frozen part's outputs once, which `training_flop` doesn't
            hold; 0 where they were not.
        peak_flop_per_second: The fastest large matrix product on this device in the run's number
            format, with as many threads, measured in the process that trained.
        energy_joules: What the whole CUDA device consumed during those epochs, by the driver's
            counter; null where other runs of the study shared the device.
    """

    training_flop: Count | None = None
    feature_flop: Count | None = None
    peak_flop_per_second: Rate | None = None
    energy_joules: Amount | None = None

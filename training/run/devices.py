"""The devices that one run trains on together: here one, others where an executor has them."""

import contextlib
from typing import Protocol, runtime_checkable

from training.device.process_group import ALONE, ProcessGroup
from training.planning.plan import Step
from training.records import Spec


class Devices(Protocol):
    """What a run trains on.

    Attributes:
        n: How many devices train one run, each in a process of its own.
        n_machines: On how many machines they are, as far as a run has been trained.
    """

    n: int
    n_machines: int

    def training(self, step: Step) -> contextlib.AbstractContextManager[ProcessGroup]:
        """Have the other processes call `train_model` for a step, too, while inside.

        Raises:
            DeviceError: Another process failed, or has died.
        """


@runtime_checkable
class DevicesHere(Devices, Protocol):
    """The same of devices of this machine, on which runs can be timed."""

    def timing(self, kind: Spec, n_images: int) -> contextlib.AbstractContextManager[ProcessGroup]:
        """Have the other processes time a kind of run, too, on the first images of each split.

        Raises:
            DeviceError: Another process failed, or has died.
        """


class OneDevice:
    """This process's own."""

    n = 1
    n_machines = 1

    def training(self, step: Step) -> contextlib.AbstractContextManager[ProcessGroup]:
        return contextlib.nullcontext(ALONE)

    def timing(self, kind: Spec, n_images: int) -> contextlib.AbstractContextManager[ProcessGroup]:
        return contextlib.nullcontext(ALONE)


ONE_DEVICE = OneDevice()

"""What a person asks of a run beside the study itself: on which device, how, and where."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LARGEST_KEPT_BYTES = 100_000_000
"""Of a tested network that is kept without being asked for."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where experiments run.

    Attributes:
        executor: `local`: on this machine; `ray`: on a Ray cluster.
        jobs: How many experiments at a time; None is 1 here, and on a cluster all it has room for.
        threads: CPU threads of each; None divides this process's among them, and is 1 on a cluster.
        devices: How many devices train one experiment together.
        address: See `RayExecutor`.
        gpus_per_run: See `RayExecutor`.
    """

    executor: Literal["local", "ray"] = "local"
    jobs: int | None = None
    threads: int | None = None
    devices: int = 1
    address: str | None = None
    gpus_per_run: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How experiments run; nothing here is part of what a record answers.

    Attributes:
        device: See `environment.resolve_device`.
        precision: See `precision.resolve_precision`.
        deterministic: Keep the device to algorithms that give the same numbers every time.
        force: Run the named experiments even if their records answer them.
        checkpoint_seconds: Least time between two checkpoints of a run; 0 saves after every batch.
        keep_weights: Keep the networks of tested experiments, for `homework predict`: all of them,
            and train those again that weren't kept; none; or, if None, those of the first seed up
            to `LARGEST_KEPT_BYTES`.
        logs: Kinds of logs to write while training, see `logs.LIVE_LOGS`.
        code_folders: Where a `module:function` is looked for before what is installed.
    """

    device: str = "auto"
    precision: str = "auto"
    deterministic: bool = False
    force: bool = False
    checkpoint_seconds: float = 30.0
    keep_weights: bool | None = None
    logs: tuple[str, ...] = ()
    code_folders: tuple[Path, ...] = ()
    where: Where = Where()

"""Where a list of experiments runs: in this process, in several, on a Ray cluster."""

from training.executors.in_rounds import InRounds, check_samplers
from training.executors.local import LocalExecutor
from training.executors.outcome import Outcome
from training.executors.where import (
    Executor,
    check_executor,
    decoding_elsewhere,
    make_executor,
    threads_each,
)

__all__ = [
    "Executor",
    "InRounds",
    "LocalExecutor",
    "Outcome",
    "check_executor",
    "check_samplers",
    "decoding_elsewhere",
    "make_executor",
    "threads_each",
]

"""Operations on the scores of a split, by the names that sources of numbers give them."""

import operator
from collections.abc import Callable
from typing import Any

from report.evidence.calibration import (
    N_STEPS,
    best_temperature,
    calibration,
    error_at,
    loss_at,
)
from report.evidence.score_metrics import METRICS, metric


def _part(name: str, place: int) -> Callable[..., Any]:
    return lambda scores: metric(scores, name)[place]


def _of_calibration(name: str) -> Callable[..., Any]:
    return lambda scores: getattr(calibration(scores), name)


def _of_bins(name: str) -> Callable[..., Any]:
    return lambda scores: getattr(calibration(scores).bins, name)


def _of_steps(name: str) -> Callable[..., Any]:
    return lambda scores: getattr(calibration(scores).steps, name)


BINS = {
    "low": "low", "high": "high", "size": "n", "confidence": "confidence", "right": "n_right",
    "accuracy": "accuracy",
}  # fmt: skip
"""Fields of `calibration.Bins` by what operations call them."""


SCORE_OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: _part(name, 0) for name in METRICS},
    **{f"{name}_low": _part(name, 1) for name in METRICS},
    **{f"{name}_high": _part(name, 2) for name in METRICS},
    "mean_confidence": _of_calibration("confidence"),
    "confidence_gap": _of_calibration("gap"),
    "confidence_gap_low": _of_calibration("gap_low"),
    "confidence_gap_high": _of_calibration("gap_high"),
    "calibration_error": _of_calibration("error"),
    "calibration_error_by_chance": _of_calibration("error_by_chance"),
    "calibration_error_high": _of_calibration("error_high"),
    "best_temperature": best_temperature,
    "nll_at": loss_at,
    "calibration_error_at": error_at,
    **{f"bin_{name}": _of_bins(field) for name, field in BINS.items()},
    **{f"step_{name}": _of_steps(field) for name, field in BINS.items()},
    **{f"item_{i}": operator.itemgetter(i - 1) for i in range(1, N_STEPS + 1)},
}
"""Each takes the scores of a split; `…_at` a temperature, too; `item_2` the second of a list."""

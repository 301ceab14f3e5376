"""Operations on the scores of a split, by the names that sources of numbers give them."""

import operator
from collections.abc import Callable
from typing import Any

from report.evidence.calibration import (
    MOST_BINS,
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
    "bin_low": _of_bins("low"),
    "bin_high": _of_bins("high"),
    "bin_size": _of_bins("n"),
    "bin_confidence": _of_bins("confidence"),
    "bin_right": _of_bins("n_right"),
    "bin_accuracy": _of_bins("accuracy"),
    **{f"item_{i}": operator.itemgetter(i - 1) for i in range(1, MOST_BINS + 1)},
}
"""Each takes the scores of a split; `…_at` a temperature, too; `item_2` the second of a list."""

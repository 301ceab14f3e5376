"""Runs for the tools that people watch them with: TensorBoard, MLflow, W&B. Imports no torch.

Training writes here an epoch at a time (`--log`), and `report.export` writes finished records with
the same code. It depends on `training.records` and `training.errors` alone, so that both may use
it; the libraries themselves, which are extras, are imported when a log is opened.
"""

from training.logs.live import LIVE_LOGS, Logs, live_logs
from training.logs.run_log import RunLog, RunName
from training.logs.scalars import SCALARS, epoch_scalars, test_scalars

__all__ = [
    "LIVE_LOGS",
    "SCALARS",
    "Logs",
    "RunLog",
    "RunName",
    "epoch_scalars",
    "live_logs",
    "test_scalars",
]

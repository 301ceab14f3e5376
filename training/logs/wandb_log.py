"""Runs of Weights & Biases, by its package `wandb`: into files, unless sent on purpose."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from training.logs.run_log import RunName, need
from training.logs.scalars import epoch_scalars, test_scalars
from training.logs.server import check_server
from training.records import Curves, Metrics
from training.records.spec_fields import spec_values

PROJECT = "homework"
"""Where runs go unless `WANDB_PROJECT` says otherwise; studies are groups in it."""

_SENT = ".synced"
"""How the name of the file ends by which `wandb sync` marks a run that it has sent."""


def mode() -> str:
    """Return whether runs are written into files (`offline`) or sent (`online`).

    `WANDB_MODE` says so; without it, a key in `WANDB_API_KEY` means that they are to be sent.
    """
    usual = "online" if os.environ.get("WANDB_API_KEY") else "offline"
    return os.environ.get("WANDB_MODE") or usual


def _wandb() -> Any:
    """Import the package without the reports of errors that it would send."""
    need("wandb", "wandb", "Logging to Weights & Biases")
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    import wandb

    return wandb


class WandbStore:
    """Where the runs of one study are written.

    Args:
        folder: Of the study's logs; files go into `wandb` in it.
        say: Told when a server takes a while to answer.

    Raises:
        AwayError: Runs are to be sent, and the server doesn't answer.
    """

    def __init__(self, folder: Path, say: Callable[[str], object] = lambda _: None) -> None:
        self.folder = folder.resolve()  # its service may have been started in another folder
        self.wandb = _wandb()
        self.mode = mode()
        if self.mode == "online":
            usual = self.wandb.Settings().base_url
            check_server(os.environ.get("WANDB_BASE_URL") or usual, say, "W&B")

    def remove_unsent(self, name: str) -> None:
        """Remove a run's files that an earlier process left, unless they have been sent."""
        for place in (self.folder / "wandb").glob(f"offline-run-*-{name}-*"):
            if not any(place.glob(f"*{_SENT}")):
                shutil.rmtree(place, ignore_errors=True)


class WandbLog:
    """One run of Weights & Biases.

    A run that goes on from a checkpoint is written anew with all its epochs: a file that is begun
    can't be added to. Files of the one that was broken off are removed, unless they have been sent.
    """

    def __init__(self, name: RunName, store: WandbStore) -> None:
        self._name, self._store = name, store
        self._run: Any = None
        self._written = 0

    def epochs(self, curves: Curves, times: Sequence[float] | None = None) -> None:
        if self._run is None:
            self._start()
        for index in range(self._written, len(curves.epoch)):
            values = epoch_scalars(curves, index)
            if times:
                values["_timestamp"] = times[index]
            self._run.log(values, step=curves.epoch[index])
        self._written = len(curves.epoch)

    def end(self, metrics: Metrics, time: float | None = None) -> None:
        if self._run is None:
            return
        outcome = {
            "status": metrics.status,
            "best_epoch": metrics.best_epoch,
            "finished_at": metrics.finished_at,
            "reused_from": metrics.reused_from or None,
        }
        scores: dict[str, Any] = {**test_scalars(metrics)}
        found = scores | {f"homework/{key}": value for key, value in outcome.items()}
        self._run.summary.update({key: each for key, each in found.items() if each is not None})
        self._finish(0 if metrics.status in ("done", "diverged") else 1)

    def close(self, error: BaseException | None = None) -> None:
        if self._run is not None:
            self._finish(1)

    def _finish(self, exit_code: int) -> None:
        run, self._run = self._run, None
        run.finish(exit_code=exit_code)

    def _start(self) -> None:
        name, store = self._name, self._store
        (store.folder / "wandb").mkdir(parents=True, exist_ok=True)  # else wandb takes another
        known = _digest(name)
        store.remove_unsent(known)
        self._run = store.wandb.init(
            project=os.environ.get("WANDB_PROJECT") or PROJECT,
            group=name.study,
            job_type=name.id.partition("/")[0],
            name=f"{name.id} seed {name.seed}",
            id=f"{known}-{secrets.token_hex(4)}",
            config=_config(name),
            dir=str(store.folder),
            mode=store.mode,
            settings=_settings(store.wandb),
        )


def _config(name: RunName) -> dict[str, Any]:
    """Return what decides the run's outcome, by the names of all logs."""
    about = {
        "homework/study": name.study,
        "homework/experiment": name.id,
        "homework/seed": name.seed,
        "homework/spec_hash": name.spec.digest(),
        "homework/dataset_fingerprint": name.dataset_fingerprint,
    }
    return {**spec_values(name.spec), **about}


def _digest(name: RunName) -> str:
    """Return 12 hexadecimal digits of this very run."""
    about = "\n".join(map(str, _config(name).items()))
    return hashlib.sha256(about.encode()).hexdigest()[:12]


def _settings(wandb: Any) -> Any:
    """Keep the package quiet, and to what is logged: no terminal, code, machine or user."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_code=True,
        disable_git=True,
        disable_job_creation=True,
        init_timeout=15,
        host="",
        save_code=False,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )

"""What another process needs to run experiments of a study."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch

from training.data.prepare import PreparedData
from training.device.determinism import keep_deterministic
from training.device.environment import resolve_device
from training.device.precision import Precision, use_precision
from training.device.process_state import own_process
from training.executors.single import SingleRuns
from training.logs import live_logs
from training.planning.plan import Plan, fingerprints_of
from training.progress import Progress
from training.records import StudyFolder, StudyRecord
from training.run.run_options import RunOptions
from training.run.workspace import Workspace
from training.stopping import StopSignal


@dataclass(frozen=True)
class Setup:
    """A study's plan and workspace, so that they can be sent to another process.

    Attributes:
        folder: The study's folder, absolute.
        data: Its pixels travel as names of files.
        device: That the process computes on.
        n_threads: CPU threads of each experiment; they are part of what decides a run's last bits.
        working_folder: What relative paths of the study start from.
        alone: Whether each process has a device to itself.
    """

    study: StudyRecord
    folder: Path
    data: PreparedData
    device: str
    precision: Precision
    options: RunOptions
    n_threads: int
    weights_cache: Path
    working_folder: Path
    alone: bool

    @classmethod
    def of(cls, plan: Plan, workspace: Workspace, n_threads: int, alone: bool) -> "Setup":
        options = workspace.options
        code_folders = tuple(folder.resolve() for folder in options.code_folders)
        return cls(
            study=plan.study,
            folder=workspace.folder.path.resolve(),
            data=dataclasses.replace(workspace.data, progress=None, say=None, elsewhere=None),
            device=str(workspace.device),
            precision=workspace.precision,
            options=dataclasses.replace(options, code_folders=code_folders),
            n_threads=n_threads,
            weights_cache=workspace.weights_cache.resolve(),
            working_folder=Path.cwd(),
            alone=alone,
        )

    def open(self, progress: Progress, stop: StopSignal) -> SingleRuns:
        """Set this process up to run experiments.

        Raises:
            DeviceError: The device isn't there.
        """
        own_process()
        torch.set_num_threads(self.n_threads)
        device = resolve_device(self.device)
        use_precision(self.precision)
        keep_deterministic(self.options.deterministic)
        folder = StudyFolder(self.folder)
        data = dataclasses.replace(self.data, progress=progress.stage, say=progress.note)
        workspace = Workspace(
            folder,
            data,
            device,
            progress,
            self.weights_cache,
            stop,
            self.options,
            self.precision,
            live_logs(self.options.logs, folder, progress.note),
            first_seed=self.study.settings.seed,
            layout=self.study.settings.feature_map,
            alone=self.alone,
        )
        plan = Plan(self.study, folder, data.record.fingerprint, fingerprints_of(data.record))
        return SingleRuns(plan, workspace)

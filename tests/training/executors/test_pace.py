"""Which runs are held against others of their kind."""

from types import SimpleNamespace

import pytest
import torch

from training.executors.single import SingleRuns
from training.run.devices import ONE_DEVICE


@pytest.mark.parametrize("alone", [True, False])
def test_runs_that_share_a_processor_are_held_against_nothing(recorder, alone):
    workspace = SimpleNamespace(
        alone=alone, device=torch.device("cpu"), precision="fp32", note_once=print,
        devices=ONE_DEVICE,
    )  # fmt: skip
    spec = recorder.step("scratch/grid-sgd-1e-3").spec
    assert (SingleRuns(recorder.plan, workspace).pace(spec) is not None) == alone

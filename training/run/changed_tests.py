"""Test a network on changed test pictures, which have no part in any choice."""

from collections.abc import Sequence

import torch
from torch import Tensor

from training.data.changes import changed
from training.device.precision import computing
from training.device.transfer import moved
from training.engine.batches import WHOLE, PictureInputs
from training.engine.evaluate import answers_of, evaluate_logits
from training.records import Change, ChangedTest, Spec
from training.records.changed_tests import CHANGES, LEVELS, strength_of
from training.run.prepare_model import Model
from training.run.workspace import Workspace


class ChangedInputs:
    """A split's images, each changed before it is normalised.

    What is drawn for an image depends on the run's seed, the change, its level and the image's
    place, and on nothing else.

    Args:
        plain: The split as it is.
    """

    def __init__(self, plain: PictureInputs, change: Change, level: int, seed: int) -> None:
        self.labels = plain.labels
        self.generator: torch.Generator | None = None
        self._plain, self._change = plain, change
        self._strength = strength_of(change, level, plain.pixels.shape[1])
        self._first = ((seed * len(CHANGES) + CHANGES.index(change)) * LEVELS + level) * 2**24

    def gather(self, chosen: Tensor, part: slice = WHOLE) -> Tensor:
        chosen = chosen[part]
        rows = self._plain.positions[chosen.numpy()]
        pictures = torch.from_numpy(self._plain.pixels[rows])
        seeds = [self._first + place for place in chosen.tolist()]
        altered = changed(pictures, self._change, self._strength, seeds)
        return self._plain.normalised(moved(altered, self._plain.device))


def changed_tests(
    changes: Sequence[Change], model: Model, spec: Spec, test: PictureInputs, workspace: Workspace
) -> tuple[ChangedTest, ...]:
    """Return what a network answers to the test pictures, changed in each way at each level.

    Args:
        model: With the tested weights.
        test: The test images.
    """
    wanted = [(change, level) for change in changes for level in range(1, LEVELS + 1)]
    module, labels, found = model.network.module, test.labels.cpu(), []
    for done, (change, level) in enumerate(wanted):
        workspace.progress.stage(done, len(wanted), "Testing on changed pictures")
        inputs = ChangedInputs(test, change, level, spec.seed)
        with computing(module, workspace.precision, workspace.device):
            _, logits = evaluate_logits(module, inputs, spec.batch_size, workspace.stop.check)
        answers = answers_of(logits, labels)
        strength = strength_of(change, level, spec.image_size)
        n_correct = sum(answers.right_in_class)
        found.append(ChangedTest(change, level, strength, n_correct, answers.right))
    if wanted:
        workspace.progress.stage(len(wanted), len(wanted), "Testing on changed pictures")
    return tuple(found)

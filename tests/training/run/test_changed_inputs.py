"""A split's images, changed: each by its own draw, whatever the batch, and normalised after it."""

import numpy as np
import torch

from training.data.changes import changed
from training.engine.batches import PictureInputs
from training.run import changed_tests
from training.run.changed_tests import ChangedInputs

SIDE, N = 32, 6
PIXELS = np.random.default_rng(0).integers(60, 180, (N + 2, SIDE, SIDE, 3), dtype=np.uint8)
ROWS = np.arange(2, N + 2)


def plain():
    return PictureInputs(
        PIXELS, ROWS, np.arange(N + 2), mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3),
        device=torch.device("cpu"),
    )  # fmt: skip


def inputs(change="noise", level=2, seed=0):
    return ChangedInputs(plain(), change, level, seed)


def test_what_becomes_of_an_image_is_the_same_in_any_batch():
    whole = inputs().gather(torch.arange(N))
    parts = [inputs().gather(some) for some in torch.arange(N).split([1, 3, 2])]
    assert torch.equal(torch.cat(parts), whole)
    assert inputs().labels.tolist() == ROWS.tolist()


def test_seeds_changes_and_levels_have_draws_of_their_own(monkeypatch):
    monkeypatch.setattr(changed_tests, "strength_of", lambda *_: 0.1)
    first = inputs().gather(torch.arange(N))
    for other in (inputs(seed=1), inputs(level=3), inputs("rotation")):
        assert not torch.equal(other.gather(torch.arange(N)), first)


def test_it_is_changed_before_it_is_normalised():
    found = inputs("darkness", 1).gather(torch.arange(N))
    darker = changed(torch.from_numpy(PIXELS[ROWS]), "darkness", 0.7, range(N))
    torch.testing.assert_close(found, plain().normalised(darker))

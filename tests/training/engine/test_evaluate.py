"""Scores are those of the whole split at once, in batches of whatever size."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from training.engine.batches import FeatureInputs
from training.engine.evaluate import answers_of, batch_totals, evaluate, evaluate_logits, scores_of
from training.errors import DeviceError

N = 150


@pytest.fixture
def inputs():
    x = torch.randn(N, 6, generator=torch.Generator().manual_seed(0))
    return FeatureInputs(x, x[:, :3].argmax(1))


class Counted(nn.Linear):
    """Notes the sizes of its batches."""

    def __init__(self):
        torch.manual_seed(1)
        super().__init__(6, 3)
        self.sizes = []

    def forward(self, x):
        assert not self.training
        assert not torch.is_grad_enabled()
        self.sizes.append(len(x))
        return super().forward(x)


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(8, [64, 64, 22]), (64, [64, 64, 22]), (100, [100, 50]), (999, [N])]
)
def test_scores_are_those_of_all_at_once(inputs, batch_size, sizes):
    module, seen = Counted(), []
    scores, logits = evaluate_logits(module, inputs, batch_size, lambda: seen.append(1))
    assert module.sizes == sizes
    assert len(seen) == len(sizes)
    with torch.no_grad():
        expected = F.linear(inputs.features, module.weight, module.bias)
    torch.testing.assert_close(logits, expected)
    assert scores.loss == pytest.approx(F.cross_entropy(expected, inputs.labels).item(), rel=1e-6)
    assert scores.accuracy == (expected.argmax(1) == inputs.labels).sum().item() / N
    same, answers = evaluate(module, inputs, batch_size)
    assert same == scores
    assert answers == answers_of(logits, inputs.labels)


@pytest.mark.parametrize("n", [1, 4, 5, 9, 150])
def test_answers_are_kept_a_bit_a_picture_and_counted_by_class(n):
    generator = torch.Generator().manual_seed(n)
    logits, labels = torch.randn(n, 3, generator=generator), torch.arange(n) % 3
    answers = answers_of(logits, labels)
    right = (logits.argmax(1) == labels).tolist()
    digits = [right[i : i + 4] + [False] * (4 - len(right[i : i + 4])) for i in range(0, n, 4)]
    expected = "".join(f"{8 * a + 4 * b + 2 * c + d:x}" for a, b, c, d in digits)
    assert answers.right == expected
    given = logits.argmax(1).tolist()
    assert answers.given == [given.count(c) for c in range(3)]
    assert answers.right_in_class == [
        sum(r and t == c for r, t in zip(right, labels.tolist(), strict=True)) for c in range(3)
    ]


def test_the_sum_of_a_batch_counts_every_picture():
    logits = torch.tensor([[9.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    loss, correct = batch_totals(torch.tensor(0.5), logits, torch.tensor([0, 1, 1])).tolist()
    assert (loss, correct) == (1.5, 2.0)


@pytest.mark.parametrize("loss", [math.inf, math.nan, -math.inf])
def test_a_loss_that_is_not_finite_is_none(loss):
    scores = scores_of(torch.tensor([loss, 3.0], dtype=torch.float64), 4)
    assert (scores.loss, scores.accuracy) == (None, 0.75)
    assert scores_of(torch.tensor([6.0, 4.0], dtype=torch.float64), 4).loss == 1.5


class Small(FeatureInputs):
    """Has room for so many at a time."""

    room = 8

    def gather(self, chosen):
        if len(chosen) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return super().gather(chosen)


@pytest.mark.parametrize("batch_size", [8, 7, 3])
def test_what_does_not_fit_goes_in_batches_of_trainings_size(inputs, batch_size):
    module = Counted()
    expected = evaluate_logits(module, inputs, 64)
    module.sizes.clear()
    found = evaluate_logits(module, Small(inputs.features, inputs.labels), batch_size)
    assert max(module.sizes) == batch_size
    assert found[0].accuracy == expected[0].accuracy
    torch.testing.assert_close(found[1], expected[1])


@pytest.mark.parametrize("batch_size", [9, 100, 999])
def test_where_trainings_size_does_not_fit_either_it_ends(inputs, batch_size):
    with pytest.raises(DeviceError, match="too small for a batch of"):
        evaluate_logits(Counted(), Small(inputs.features, inputs.labels), batch_size)

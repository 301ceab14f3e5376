"""Mixed batches and their loss, held to torchvision's transforms given the same draw."""

import itertools

import msgspec
import numpy as np
import pytest
import torch
from plain_loop import spec_with
from torch import nn
from torch.nn import functional as F
from torchvision.transforms import v2

from training.engine import loop
from training.engine.loop import fit
from training.engine.mixing import draw_mix, mixed
from training.engine.out_of_memory import backward
from training.progress import Progress

N_CLASSES = 3


class Pictures:
    generator = None

    def __init__(self, n=40):
        self.x = torch.randn(n, 3, 6, 9, generator=torch.Generator().manual_seed(0))
        self.labels = self.x.mean((2, 3)).argmax(1)

    def gather(self, chosen):
        return self.x[chosen]


def torchvisions(x, labels, mix):
    """Return a batch and its soft labels as torchvision mixes them, by a draw that is given."""
    if mix.box is None:
        transform, drawn = v2.MixUp(num_classes=N_CLASSES), {"lam": mix.share}
    else:
        transform = v2.CutMix(num_classes=N_CLASSES)
        drawn = {"box": mix.box, "lam_adjusted": mix.share}
    params = {"labels": labels, "batch_size": len(labels), **drawn}
    return transform.transform(x, params), transform.transform(labels, params)


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 6 * 9, N_CLASSES))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_batches_are_mixed_as_torchvision_does(name, layout):
    x = torch.randn(5, 3, 6, 9).to(memory_format=layout)
    labels = torch.arange(5) % N_CLASSES
    spec = spec_with(**{name: 1.0})
    for batch in range(20):
        mix = draw_mix(spec, 1, batch, 6, 9)
        assert (mix.box is None) == (name == "mixup")
        found = mixed(x, mix)
        assert torch.equal(found, torchvisions(x, labels, mix)[0])
        assert found.stride() == x.stride()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_shares_and_boxes_are_drawn_as_torchvision_does(alpha, monkeypatch):
    """The share and the centre are the same draw; its Beta distribution has the same moments."""
    spec, height, width = spec_with(cutmix=alpha), 24, 30
    drawn = [draw_mix(spec, 1, batch, height, width) for batch in range(600)]
    inner = {}

    class Knowing:
        """Draws the numbers that are given, in torchvision's order."""

        def __init__(self, seed):
            random = np.random.default_rng(seed)
            inner["lam"] = float(random.beta(alpha, alpha))
            inner["at"] = iter([random.integers(width), random.integers(height)])

        def sample(self, _):
            return inner["lam"]

    cutmix = v2.CutMix(num_classes=N_CLASSES)
    monkeypatch.setattr(torch, "randint", lambda high, size: torch.tensor([int(next(inner["at"]))]))
    for batch, mix in enumerate(drawn[:100]):
        cutmix._dist = Knowing((spec.seed, 1, batch))
        made = cutmix.make_params([torch.zeros(2, 3, height, width)])
        assert made == {"box": mix.box, "lam_adjusted": pytest.approx(mix.share)}
    shares = [draw_mix(spec_with(mixup=alpha), 1, b, 9, 9).share for b in range(3000)]
    beta = torch.distributions.Beta(alpha, alpha)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)
    assert np.var(shares) == pytest.approx(float(beta.variance), rel=0.1)


def test_every_batch_of_every_epoch_and_seed_has_a_draw_of_its_own():
    spec = spec_with(mixup=1.0)
    specs = [msgspec.structs.replace(spec, seed=seed) for seed in range(3)]
    keys = itertools.product(specs, range(1, 4), range(4))
    shares = [draw_mix(*key, 6, 9).share for key in keys]
    assert len(set(shares)) == len(shares)
    assert draw_mix(spec, 2, 3, 6, 9) == draw_mix(spec, 2, 3, 6, 9)


def test_with_both_ways_each_has_its_half():
    spec = spec_with(mixup=0.2, cutmix=1.0)
    n_cut = sum(draw_mix(spec, 1, batch, 6, 9).box is not None for batch in range(1000))
    assert 430 < n_cut < 570


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("fields", [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 0.4, "cutmix": 1.0}])
@pytest.mark.parametrize("parts", [1, 3])
def test_the_loss_that_is_followed_is_torchs_of_torchvisions_labels(
    fields, smoothing, parts, monkeypatch
):
    spec = spec_with(optimizer="sgd", learning_rate=0.1, label_smoothing=smoothing, **fields)
    monkeypatch.setattr(loop, "backward", lambda module, inputs, labels, _, *others: backward(
        module, inputs, labels, parts, *others))  # fmt: skip
    data, module = Pictures(), network()
    result = fit(module, module.train, data, data, spec, Progress())

    plain = network()
    optimizer = torch.optim.SGD(plain.parameters(), 0.1, momentum=0.9, weight_decay=5e-5)
    order = torch.Generator().manual_seed(spec.seed)
    for epoch in range(3):
        total, right = 0.0, 0
        for batch, chosen in enumerate(torch.randperm(40, generator=order).split(8)):
            mix = draw_mix(spec, epoch + 1, batch, 6, 9)
            x, soft = torchvisions(data.x[chosen], data.labels[chosen], mix)
            optimizer.zero_grad()
            logits = plain(x)
            F.cross_entropy(logits, soft, label_smoothing=smoothing).backward()
            optimizer.step()
            total += F.cross_entropy(logits, soft).item() * len(chosen)
            right += int((logits.argmax(1) == soft.argmax(1)).sum())
        assert result.train[epoch].loss == pytest.approx(total / 40, rel=1e-5)
        assert result.train[epoch].accuracy == pytest.approx(right / 40)
    for ours, torchs in zip(module.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-5, atol=1e-6)

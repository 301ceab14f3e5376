"""The moving average of the weights, held to torch's `AveragedModel`."""

import contextlib

import pytest
import torch
from killed_runs import network, pictures, spec_with
from plain_loop import plain_epochs
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.device.randomness import seed_all
from training.engine.average import WeightAverage
from training.engine.evaluate import evaluate
from training.engine.loop import fit
from training.engine.state import changing, load_state
from training.progress import Progress
from training.stopping import StoppedError


def trained(spec):
    seed_all(spec.seed)
    module = network()
    return module, fit(
        module, module.train, pictures(spec.augmentation), pictures(), spec, Progress()
    )


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_what_is_validated_and_kept_is_torchs_average(decay):
    spec = spec_with(ema=decay, augmentation="none", learning_rate=1e-2, epochs=4)
    module, result = trained(spec)

    seed_all(spec.seed)
    plain = network()
    averaged = AveragedModel(plain, multi_avg_fn=get_ema_multi_avg_fn(decay))
    optimizer = torch.optim.SGD(plain.parameters(), 1e-2, momentum=0.9, weight_decay=5e-5)
    data, states = pictures(), []
    epochs = plain_epochs(
        plain, optimizer, data, 4, begin=lambda _: plain.train(),
        stepped=lambda: averaged.update_parameters(plain),
    )  # fmt: skip
    for epoch, _ in enumerate(epochs):
        scores, _ = evaluate(averaged.module, data, 8)
        assert result.validation[epoch].accuracy == scores.accuracy
        assert result.validation[epoch].loss == pytest.approx(scores.loss, rel=1e-5)
        states.append({name: v.clone() for name, v in changing(averaged.module).items()})
    for name, value in result.best_state.items():
        torch.testing.assert_close(value, states[result.best_epoch - 1][name], rtol=1e-4, atol=1e-6)
    for ours, torchs in zip(module.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-4, atol=1e-6)


def test_training_itself_is_the_same_with_and_without():
    plain, with_average = trained(spec_with()), trained(spec_with(ema=0.9))
    assert [s.loss for s in plain[1].train] == [s.loss for s in with_average[1].train]
    assert plain[1].validation != with_average[1].validation
    for a, b in zip(plain[0].parameters(), with_average[0].parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_best_state_has_the_scores_that_were_recorded():
    module, result = trained(spec_with(ema=0.9, epochs=5))
    load_state(module, result.best_state)
    scores, _ = evaluate(module, pictures(), 8)
    assert scores == result.validation[result.best_epoch - 1]


def test_weights_are_put_back_whatever_happens():
    module = network()
    average = WeightAverage(list(module.parameters()), 0.5)
    average.update()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)
    before = [parameter.clone() for parameter in module.parameters()]
    with contextlib.suppress(StoppedError), average.in_place():
        first = next(module.parameters())
        assert torch.allclose(first, before[0] - 1)
        raise StoppedError(15)
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), before, strict=True))

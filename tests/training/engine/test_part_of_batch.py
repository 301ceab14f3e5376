"""Two processes that divide batches, held to one process and to torch's own layers."""

import copy

import msgspec
import pytest
import torch
import two_processes as two
from torch import nn

from training.device.process_group import ALONE, ProcessGroup
from training.networks.build import build
from training.records import Transform

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    with two.TwoProcesses(tmp_path_factory.mktemp("group")) as both:
        yield both


def curve(result):
    rows = zip(result.train, result.validation, strict=True)
    return [x for t, v in rows for x in (t.loss, t.accuracy, v.loss, v.accuracy)]


WAYS = {
    "dropout": {},
    "batch statistics": {"model": "resnet18"},
    "augmented": {"augmentation": "one-of-three", "ema": 0.9},
    "transforms": {"augmentation": (Transform("ColorJitter", (("brightness", 0.5),)),)},
    "mixed": {"model": "resnet18", "mixup": 0.4, "cutmix": 1.0, "clip_gradient": 0.5},
    "weighted": {"balance": "loss", "label_smoothing": 0.1, "optimizer": "adam"},
    "sampled": {"balance": "sampling", "batch_size": 7},
    "a batch of less than two": {"batch_size": 1},
}


@pytest.mark.parametrize("way", WAYS)
def test_two_processes_train_as_one(processes, way):
    """Batches of 8, 8 and 5, or of 7, or of 1: odd ones are divided unevenly."""
    spec = two.spec_with(**WAYS[way])
    alone, weights, draws = two.trained(ALONE, spec)
    both = processes.call(two.trained, spec)
    digits = 2e-4 if spec.model == "resnet18" else 2e-5  # few values a channel, and steep
    for result, state, next_draws in both:
        assert curve(result) == pytest.approx(curve(alone), rel=digits, abs=1e-6)
        assert not result.drew_apart
        assert torch.equal(next_draws, draws)
        for name, value in weights.items():
            assert torch.allclose(state[name].double(), value.double(), rtol=1e-3, atol=1e-4), name
    for name, value in both[0][1].items():  # both go on from the same bytes
        assert torch.equal(value, both[1][1][name]), name
    assert both[0][0].best_answers == both[1][0].best_answers == alone.best_answers


@pytest.mark.parametrize("model", ["alexnet", "resnet18"])
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_two_processes_train_as_one_in_16_bits(processes, model, precision):
    """To the digits that these formats leave; steps are skipped by both or by none."""
    spec = two.spec_with(model=model)
    alone, *_ = two.trained(ALONE, spec, precision)
    both = processes.call(two.trained, spec, precision)
    for result, _, _ in both:
        assert curve(result)[::2] == pytest.approx(curve(alone)[::2], rel=2e-2)
        assert result.loss_scaling == alone.loss_scaling
    for name, value in both[0][1].items():
        assert torch.equal(value, both[1][1][name]), name


def test_another_seed_or_order_would_be_noticed():
    """What the tolerances above can tell apart."""
    spec = two.spec_with()
    curves = [curve(two.trained(ALONE, msgspec.structs.replace(spec, seed=s))[0]) for s in (0, 1)]
    assert curves[0] != pytest.approx(curves[1], rel=1e-3)


@pytest.mark.parametrize("n", [8, 5])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.BatchNorm2d(3), (4, 5)), (nn.BatchNorm1d(3), ()), (nn.BatchNorm3d(3), (2, 3, 2)),
     (nn.BatchNorm2d(3, affine=False, momentum=None), (4, 5)),
     (nn.BatchNorm2d(3, track_running_stats=False), (4, 5))],
)  # fmt: skip
def test_batches_are_normalised_as_torch_normalises_whole_ones(processes, layer, shape, n):
    generator = torch.Generator().manual_seed(0)
    maps = 3 + 2 * torch.randn(n, 3, *shape, dtype=torch.float64, generator=generator)
    slopes = torch.randn(n, 3, *shape, dtype=torch.float64, generator=generator)
    layer = copy.deepcopy(layer).double()
    both = processes.call(two.normalised, layer, maps, slopes)
    maps.requires_grad_()
    expected = layer.train()(maps)
    (expected * slopes).sum().backward()
    for found, wanted in (
        (torch.cat([answer[0] for answer in both]), expected.detach()),
        (torch.cat([answer[1] for answer in both]), maps.grad),
    ):
        assert torch.allclose(found, wanted, rtol=1e-10, atol=1e-12)
    for answer in both:
        gradients = [parameter.grad for parameter in layer.parameters()]
        for found, wanted in zip(answer[2], gradients, strict=True):
            assert torch.allclose(found, wanted, rtol=1e-10, atol=1e-12)
        for found, wanted in zip(answer[3], layer.buffers(), strict=True):
            assert torch.allclose(found.double(), wanted.double(), rtol=1e-6)


@pytest.mark.parametrize("dropout", [nn.Dropout(0.3), nn.Dropout(0.5, True), nn.Dropout2d(0.4)])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_dropout_leaves_what_it_leaves_of_the_whole_batch(processes, dropout, order):
    module = nn.Sequential(nn.Conv2d(3, 4, 1), dropout, nn.Flatten(), nn.Linear(4 * 25, 3))
    inputs, labels = batch(7, order)
    scored, gradients, _ = two.gradients(ALONE, module, inputs, labels)
    expected = [scored, *(gradient.clone() for gradient in gradients)]
    for scored, gradients, apart in processes.call(two.gradients, module, inputs, labels):
        assert not apart
        for found, wanted in zip([scored, *gradients], expected, strict=True):
            assert torch.allclose(found, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layers", [[two.Noisy(), nn.Dropout()], [nn.Dropout(), two.Noisy()]])
def test_other_draws_are_noticed(processes, layers):
    module = nn.Sequential(nn.Flatten(), *layers, nn.Linear(75, 3))
    assert all(apart for *_, apart in processes.call(two.gradients, module, *batch(8)))


def test_gradients_are_those_of_torchs_distributed_data_parallel(processes):
    torch.manual_seed(1)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3))
    inputs, labels = batch(8)
    theirs = processes.call(two.torchs_gradients, module, inputs, labels)
    ours = processes.call(two.gradients, module, inputs, labels)
    for (_, found, _), wanted in zip(ours, theirs, strict=True):
        for own, torchs in zip(found, wanted, strict=True):
            assert torch.allclose(own, torchs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("n", "batch_size"), [(200, 8), (13, 8), (129, 70)])
def test_all_answers_are_the_bytes_of_one_process(processes, n, batch_size):
    torch.manual_seed(0)
    module = build("alexnet", 3, width=1 / 16).module
    scores, logits = two.answered(ALONE, module, n, batch_size)
    for found_scores, found in processes.call(two.answered, module, n, batch_size):
        assert found_scores == scores
        assert torch.equal(found, logits)


def test_tensors_of_every_size_and_dtype_are_exchanged(processes):
    wide = (2**23 + 5,)  # which no other tensor is joined with
    for tensors in processes.call(two.summed, (2, 3), wide, (), (0,)):
        assert [tuple(tensor.shape) for tensor in tensors] == [(2, 3), wide, (), (0,), (3,)]
        assert all((tensor == 3).all() for tensor in tensors)
    for said, own in processes.call(two.first_ones):
        assert said == "from 0"
        assert not any(tensor.any() for tensor in own)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_what_is_put_together_keeps_every_byte(processes, dtype):
    expected = torch.tensor([1.5, -0.0, -2.0, float("nan")], dtype=dtype)
    for found in processes.call(two.assembled, dtype):
        assert torch.equal(found.view(torch.uint8), expected.view(torch.uint8))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [2, 3, 7, 8, 64, 257])
def test_parts_are_torchs(n, size):
    group, parts = ProcessGroup(), []
    for group.rank in range(size):
        group.size = size
        parts.append(torch.arange(n)[group.part(n)])
    if n < size:  # too few to divide: each has all
        assert all(torch.equal(part, torch.arange(n)) for part in parts)
        return
    for part, torchs in zip(parts, torch.arange(n).tensor_split(size), strict=True):
        assert torch.equal(part, torchs)


def batch(n, order=torch.contiguous_format):
    inputs = torch.randn(n, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    return inputs.to(memory_format=order), torch.arange(n) % 3

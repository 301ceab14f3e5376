"""On an Apple GPU: held to a stand-in, because no Mac was at hand."""

from pathlib import Path

import pytest
import stand_in_device
import torch
from click.testing import CliRunner

from training.cli import cli
from training.engine.evaluate import evaluate
from training.planning.plan import resolve
from training.records import Experiment, Metrics, Settings, StudyFolder, read
from training.run import try_device

MPS = torch.device("mps")


@pytest.fixture
def mac(monkeypatch, tmp_path):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with stand_in_device.apple_gpu(monkeypatch):
        yield


def homework(*arguments):
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is None, result.output + repr(result.exception)
    return " ".join(result.output.split())


def refused(*arguments):
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is not None, result.output
    return f"{result.exception} {getattr(result.exception, 'hint', '')}"


SMALL = (
    "run", "scratch/baseline", "--preset", "quick", "--epochs", "1", "--max-per-class", "4",
    "--width", "0.125", "--image-size", "64",
)  # fmt: skip


def record():
    return read(StudyFolder(Path("runs/quick")).metrics("scratch/baseline", 0), Metrics)


def spec_of(model, side, optimizer="sgd"):
    experiment = Experiment(id="x/y", question="?", model=model, optimizer=optimizer)
    return resolve(experiment, Settings(width=0.125, image_size=side), 0)[0]


def test_the_stand_in_refuses_what_the_device_refuses(mac):
    values = torch.rand(2, 3, 5, 5).to("mps")
    for refuses in (
        values.double,
        lambda: values.to("cpu", torch.float64),
        lambda: torch.zeros(1, dtype=torch.float64, device=MPS),
        lambda: torch.tensor([1.0], dtype=torch.float64).to(MPS),
    ):
        with pytest.raises(TypeError, match="float64"):
            refuses()
    for refuses in (
        lambda: torch.nn.functional.adaptive_avg_pool2d(values, (2, 5)),
        lambda: values + torch.rand(2, 3, 5, 5),
    ):
        with pytest.raises(RuntimeError):
            refuses()
    assert torch.nn.functional.adaptive_avg_pool2d(values, (10, 1)).shape == (2, 3, 10, 1)
    assert (values * 2).cpu().equal(values.cpu() * 2)


def test_the_default_device_trains_and_tests_like_the_cpu(mac, monkeypatch):
    homework(*SMALL)
    assert record().status == "done"
    assert record().environment.device == "mps"
    losses = record().train.loss, record().validation.loss
    homework(*SMALL, "--device", "cpu", "--force")
    assert record().environment.device == "cpu"
    assert losses == pytest.approx((record().train.loss, record().validation.loss), rel=1e-5)


@pytest.mark.parametrize(("model", "side"), [("alexnet", 160), ("vgg16", 64), ("resnet18", 64)])
def test_networks_whose_maps_dont_divide_take_a_step(mac, model, side):
    assert try_device.why_not([spec_of(model, side, "adam")], MPS) is None


def without_pooling(monkeypatch):
    monkeypatch.setattr(try_device, "use_steady_pooling", lambda *_: None)


def test_what_the_device_cant_falls_back_to_the_cpu(mac, monkeypatch):
    without_pooling(monkeypatch)
    said = homework(*SMALL, "--image-size", "160")
    reason = "mps can't train alexnet at 160 px: Adaptive pool MPS: input sizes must be divisible"
    assert f"Computing on the CPU, because {reason}" in said
    assert record().environment.device == "cpu"
    assert "Computing on the CPU" not in homework(*SMALL, "--image-size", "160")  # it is done
    said = refused(*SMALL, "--image-size", "160", "--device", "mps", "--force")
    assert reason in said
    assert "--device cpu" in said


def test_what_the_device_does_wrongly_is_noticed(mac, monkeypatch):
    right = stand_in_device.computed

    def computed(function, arguments, options):
        result = right(function, arguments, options)
        if isinstance(result, stand_in_device.OnDevice) and "aten.convolution.default" in str(
            function
        ):
            result.plain.mul_(1.5)
        return result

    monkeypatch.setattr(stand_in_device, "computed", computed)
    problem = try_device.why_not([spec_of("alexnet", 64)], MPS)
    assert problem.startswith("alexnet at 64 px: scores differ by")


def test_memory_that_runs_out_is_left_to_the_run(mac, monkeypatch):
    def short(*_):
        raise RuntimeError("MPS backend out of memory")

    expected = try_device._step
    monkeypatch.setattr(
        try_device, "_step", lambda n, s, d: short() if d.type == "mps" else expected(n, s, d)
    )
    assert try_device.why_not([spec_of("alexnet", 64)], MPS) is None


def test_sums_without_float64_are_close_to_those_with_it(mac):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(3000, 7, generator=generator)
    labels = torch.randint(7, (3000,), generator=generator)

    class Given:
        generator = None

        def __init__(self, device):
            self.device, self.labels = device, labels.to(device)

        def gather(self, chosen):
            return features[chosen].to(self.device)

    (there, _), (here, _) = (
        evaluate(torch.nn.Identity(), Given(torch.device(name)), 1) for name in ("mps", "cpu")
    )
    assert there.accuracy == here.accuracy
    assert there.loss == pytest.approx(here.loss, rel=1e-6)

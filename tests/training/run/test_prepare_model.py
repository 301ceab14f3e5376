"""A network that was just drawn is copied for the next run, which notices nothing of it."""

from types import SimpleNamespace

import msgspec
import pytest
import torch

from training.errors import WeightsError
from training.run import prepare_model as preparing
from training.run.prepare_model import prepare_model
from training.weights.load import StartingWeights
from training.weights.source import WeightsSource


@pytest.fixture
def workspace():
    data = SimpleNamespace(
        record=SimpleNamespace(classes=["a", "b", "c"]),
        channel_statistics=lambda _, grey: ((0.4 if grey else 0.5,) * 3, (0.5,) * 3),
    )
    return SimpleNamespace(
        data=data, device=torch.device("cpu"), drawn=None, unavailable={}, nudge=0.0
    )


@pytest.fixture
def built(monkeypatch):
    """Count what is built."""
    calls = []
    build = preparing.build

    def counted(*arguments):
        calls.append(arguments)
        return build(*arguments)

    monkeypatch.setattr(preparing, "build", counted)
    return calls


def thin(spec, **changes):
    return msgspec.structs.replace(spec, width=1 / 16, **changes)


def prepared(spec, workspace):
    """Return the network and the next random number."""
    module = prepare_model(spec, WeightsSource("none"), workspace).network.module
    return module, torch.rand(()).item()


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_one_channel_is_normalised_by_grey_or_by_the_weights_means(spec, workspace, monkeypatch):
    """The same three times: whichever of them is taken, it is the one."""
    grey = thin(spec, channels=1)
    assert prepare_model(grey, WeightsSource("none"), workspace).mean == (0.4, 0.4, 0.4)
    assert prepare_model(thin(spec), WeightsSource("none"), workspace).mean == (0.5, 0.5, 0.5)
    weights = StartingWeights({}, (0.3, 0.4, 0.8), (0.1, 0.2, 0.3))
    monkeypatch.setattr(preparing, "_starting_weights", lambda *_: weights)
    monkeypatch.setattr(preparing, "load_backbone", lambda *_: None)
    found = prepare_model(grey, WeightsSource("file:x"), workspace)
    assert (found.mean, found.std) == ((0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    assert found.network.module.features[0].weight.shape[1] == 1


def test_the_second_run_starts_like_the_first(spec, workspace, built):
    first, number = prepared(thin(spec), workspace)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.zero_()  # training changes it
    second, same_number = prepared(thin(spec), workspace)
    assert len(built) == 1
    workspace.drawn = None
    drawn, drawn_number = prepared(thin(spec), workspace)
    assert len(built) == 2
    assert same(second, drawn)
    assert not same(first, second)
    assert number == same_number == drawn_number


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"width": 1 / 8}, {"model": "resnet18"}, {"head": (5,)}]
)
def test_another_network_is_drawn_anew(spec, workspace, built, change):
    prepared(thin(spec), workspace)
    other = msgspec.structs.replace(thin(spec), **change)
    module, number = prepared(other, workspace)
    assert len(built) == 2
    workspace.drawn = None
    again, same_number = prepared(other, workspace)
    assert same(module, again)
    assert number == same_number


def test_a_nudge_moves_every_weight_a_little_and_leaves_no_trace(spec, workspace):
    spec = thin(spec)
    plain, _ = prepared(spec, workspace)
    workspace.nudge = 2.0**-20
    nudged, _ = prepared(spec, workspace)
    workspace.nudge = 0.0
    after, _ = prepared(spec, workspace)
    for weights, moved, same in zip(
        plain.parameters(), nudged.parameters(), after.parameters(), strict=True
    ):
        assert torch.equal(weights, same)
        change = (moved - weights)[weights != 0].abs() / weights[weights != 0].abs()
        assert 2.0**-21 < change.mean() < 2.0**-19
        assert change.max() < 2.0**-18


def test_a_gpu_reads_a_weights_file_once(spec, workspace, monkeypatch, tmp_path):
    workspace.device, workspace.loaded = torch.device("meta"), None
    state = preparing.build("alexnet", 3, (), 1 / 16).module.state_dict()
    read = []

    def counted(source, network):
        read.append(source)
        return StartingWeights(state, (0.5,) * 3, (0.5,) * 3)

    monkeypatch.setattr(preparing, "from_file", counted)
    one, other = (WeightsSource("file:x", digest, tmp_path / "x") for digest in ("one", "other"))
    for source in (one, one, other):
        prepare_model(thin(spec), source, workspace)
    assert read == [one, other]
    workspace.device = torch.device("cpu")
    prepare_model(thin(spec), other, workspace)
    assert read == [one, other, other]  # there the memory is the runs' own


def test_a_file_that_is_not_what_its_name_says_is_told_once(spec, workspace, tmp_path):
    said = []
    workspace.note_once = lambda kind, text: said.append((kind, text))
    file = tmp_path / "alexnet-owt-7be5be79.pth"
    torch.save(preparing.build("alexnet", 3, (), 1 / 16).module.state_dict(), file)
    for digest in ("0123456789abcdef", "7be5be7901234567"):
        prepare_model(thin(spec), WeightsSource(f"file:{file.name}", digest, file), workspace)
    ((kind, text),) = said
    assert kind == f"file:{file.name}"
    assert text.startswith(f"{file} isn't the file that was published under this name")


def grey_and_colour(spec, network):
    """Return the weights of a network, and those that timm's way makes of them for one channel."""
    state = {name: value.clone() for name, value in network.state_dict().items()}
    return state | {"features.0.weight": state["features.0.weight"].sum(1, keepdim=True)}, state


@pytest.mark.parametrize("which", ["of grey", "of colours"])
def test_grey_networks_start_from_weights_of_either(spec, workspace, monkeypatch, which):
    other, _ = prepared(thin(spec, seed=9), workspace)
    grey, colours = grey_and_colour(spec, other)
    weights = StartingWeights(grey if which == "of grey" else colours, (0.5,) * 3, (0.5,) * 3)
    monkeypatch.setattr(preparing, "_starting_weights", lambda *_: weights)
    found = prepare_model(thin(spec, channels=1), WeightsSource("file:x"), workspace)
    own = found.network.module.state_dict()
    assert own["features.0.weight"].shape[1] == 1
    for name, value in grey.items():
        if not name.startswith(f"{found.network.head}."):
            assert torch.equal(own[name], value), name


def test_networks_of_colours_refuse_weights_of_grey_and_say_both_shapes(
    spec, workspace, monkeypatch
):
    other, _ = prepared(thin(spec), workspace)
    weights = StartingWeights(grey_and_colour(spec, other)[0], (0.5,) * 3, (0.5,) * 3)
    monkeypatch.setattr(preparing, "_starting_weights", lambda *_: weights)
    shape = tuple(other.features[0].weight.shape)
    with pytest.raises(WeightsError) as found:
        prepare_model(thin(spec), WeightsSource("file:x"), workspace)
    assert f"has shape {(shape[0], 1, *shape[2:])}, the model expects {shape}" in str(found.value)
    assert "set channels = 1" in str(found.value)

"""Starting weights: downloaded with their hash checked, read from files, loaded by shape."""

import functools
import hashlib
import http.server
import threading

import pytest
import torch

from training.errors import WeightsError
from training.networks.build import build
from training.records import Experiment, Settings
from training.weights import load as weights_module
from training.weights.load import MissingWeightsError, imagenet, load_backbone, read_state
from training.weights.source import weights_source


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serve `tmp_path/served` on loopback; torch's cache is elsewhere."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("HOMEWORK_WEIGHTS_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


STATE = {"conv1.weight": torch.arange(6.0).reshape(2, 3)}


def publish(folder, monkeypatch, name=None):
    """Put a state dict on the server under a name with its hash, as the published files have."""
    torch.save(STATE, folder / "file")
    digest = hashlib.sha256((folder / "file").read_bytes()).hexdigest()
    name = name or f"resnet18-{digest[:8]}.pth"
    (folder / "file").rename(folder / name)
    monkeypatch.setitem(weights_module.IMAGENET_FILES, "resnet18", name)
    return name


def test_weights_are_downloaded_once(served, monkeypatch, tmp_path):
    name = publish(served, monkeypatch)
    first = imagenet("resnet18", 1.0)
    assert torch.equal(first.state["conv1.weight"], STATE["conv1.weight"])
    assert first.mean == (0.485, 0.456, 0.406)
    (served / name).unlink()
    assert torch.equal(imagenet("resnet18", 1.0).state["conv1.weight"], STATE["conv1.weight"])
    assert (tmp_path / "torch" / "hub" / "checkpoints" / name).is_file()


def test_a_wrong_hash_is_refused_and_not_kept(served, monkeypatch, tmp_path):
    name = publish(served, monkeypatch, "resnet18-00000000.pth")
    with pytest.raises(MissingWeightsError, match="hash"):
        imagenet("resnet18", 1.0)
    assert not (tmp_path / "torch" / "hub" / "checkpoints" / name).exists()


def test_a_file_that_is_not_there_names_file_address_and_folder(served, tmp_path):
    with pytest.raises(MissingWeightsError) as caught:
        imagenet("alexnet", 1.0)
    text = f"{caught.value.message} {caught.value.hint}"
    for part in ("alexnet-owt-7be5be79.pth", "127.0.0.1", "not found", str(tmp_path / "torch")):
        assert part in text


def test_thin_networks_have_no_imagenet_weights():
    with pytest.raises(MissingWeightsError, match="width"):
        imagenet("alexnet", 0.25)


def test_a_folder_gives_each_model_its_file(tmp_path):
    torch.save(STATE, tmp_path / "resnet18.pth")
    experiment = Experiment(id="beyond/x", question="?", model="resnet18", weights="pretrained")
    source = weights_source(experiment, Settings(weights=str(tmp_path)), 224)
    assert (source.label, source.file) == ("file:resnet18.pth", tmp_path / "resnet18.pth")
    other = Experiment(id="beyond/y", question="?", model="vgg16", weights="pretrained")
    with pytest.raises(WeightsError, match="no weights for vgg16"):
        weights_source(other, Settings(weights=str(tmp_path)), 224)


def test_a_pickle_with_code_in_it_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(WeightsError, match=r"trap\.pth"):
        read_state(tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04broken"])
def test_a_file_that_holds_no_weights_is_named(tmp_path, content):
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=r"x\.pth"):
        read_state(tmp_path / "x.pth")


def test_the_head_keeps_its_random_start():
    source = build("resnet18", 7, width=0.25)
    target = build("resnet18", 5, width=0.25)
    head = target.module.fc.weight.clone()
    load_backbone(target, source.module.state_dict(), "of a test")
    assert torch.equal(target.module.conv1.weight, source.module.conv1.weight)
    assert torch.equal(target.module.fc.weight, head)


def test_weights_of_another_width_are_refused_by_tensor():
    target = build("resnet18", 5, width=0.25)
    with pytest.raises(WeightsError, match=r"conv1\.weight.*shape"):
        load_backbone(target, build("resnet18", 5, width=0.5).module.state_dict(), "of a test")

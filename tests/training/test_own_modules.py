"""A person's modules: found by where they lie, with all beside them, and in nobody's way."""

import sys
from pathlib import Path

import pytest
import torch

from training.networks.build import build
from training.own_modules import own_function

NETS = """
from torch import nn
{imports}

def build(n_classes, weights):
    return nn.Sequential(nn.Flatten(), nn.Linear({width}, n_classes))
"""


def write(folder, **files):
    """Write modules by their dotted names."""
    for name, text in files.items():
        file = folder.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def width(model, *folders):
    """Return how many inputs the network has that a model names."""
    library, _, function = model.partition(":")
    return own_function(library, function, folders)(3, None)[1].in_features


@pytest.fixture(autouse=True)
def nobody_else_meets_them(tmp_path):
    """Hold `sys.path` to what it was, and every module's name to what it is for others."""
    path = list(sys.path)
    yield
    assert sys.path == path
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    theirs = {name for name, file in files.items() if file and Path(file).is_relative_to(tmp_path)}
    assert {name for name in theirs if not name.startswith("homework_beside_")} == set()


@pytest.mark.parametrize("name", ["nets", "report", "training", "templates", "numpy", "random"])
def test_a_module_is_found_whatever_it_is_called(tmp_path, name):
    write(tmp_path, **{name: NETS.format(imports="", width=7)})
    assert width(f"{name}:build", tmp_path) == 7


def test_two_folders_may_both_have_one(tmp_path):
    for n in (5, 6):
        write(tmp_path / str(n), nets=NETS.format(imports="", width=n))
    assert [width("nets:build", tmp_path / str(n)) for n in (5, 6, 5)] == [5, 6, 5]


def test_the_first_folder_counts(tmp_path):
    write(tmp_path / "a", nets=NETS.format(imports="", width=5))
    write(tmp_path / "b", nets=NETS.format(imports="", width=6),
          others=NETS.format(imports="", width=7))  # fmt: skip
    assert width("nets:build", tmp_path / "a", tmp_path / "b") == 5
    assert width("others:build", tmp_path / "a", tmp_path / "b") == 7


IMPORTS = {
    "import layers": "layers.N",
    "import layers as l": "l.N",
    "from layers import N": "N",
    "from layers import *": "N",
    "import parts.layers": "parts.layers.N",
    "import parts.layers as l": "l.N",
    "from parts import layers": "layers.N",
    "from parts.layers import N": "N",
    "from . import layers": "layers.N",
    "import bare.layers": "bare.layers.N",
    "import through": "through.N",
    "import training": "training.N",
    "from report import N": "N",
}


@pytest.mark.parametrize("statement", IMPORTS)
def test_what_lies_beside_it_can_be_imported(tmp_path, statement):
    write(tmp_path, nets=NETS.format(imports=statement, width=IMPORTS[statement]), layers="N = 9\n",
          parts____init__="", parts__layers="N = 9\n", bare__layers="N = 9\n",
          through="from layers import N\n", training="N = 9\n", report="N = 9\n")  # fmt: skip
    assert width("nets:build", tmp_path) == 9


def test_an_import_inside_a_function_is_found_there_as_well(tmp_path):
    text = "def build(n_classes, weights):\n    import layers\n    return layers.N\n"
    write(tmp_path, nets=text, layers="N = 9\n")
    assert own_function("nets", "build", [tmp_path])(3, None) == 9


@pytest.mark.parametrize("has_init", [True, False])
def test_a_package_of_ones_own_with_its_parts(tmp_path, has_init):
    text = NETS.format(imports="from nets import widths\nfrom .widths import N\nimport layers",
                       width="N + widths.N + layers.N")  # fmt: skip
    write(tmp_path, nets__resnet=text, nets__widths="N = 2\n", layers="N = 9\n")
    if has_init:
        write(tmp_path, nets____init__="from nets import widths\n")
    assert width("nets.resnet:build", tmp_path) == 13


def test_a_library_in_use_is_no_file_beside(tmp_path):
    """torch's numpy, PIL and the standard library are meant, whatever else lies there."""
    bad = "raise AssertionError('imported')\n"
    text = NETS.format(imports="import numpy as np\nimport random, json\nfrom PIL import Image",
                       width="np.arange(4).size + len(json.dumps(random.__name__))")  # fmt: skip
    write(tmp_path, nets=text, numpy=bad, random=bad, json=bad, PIL=bad)
    import PIL.Image  # noqa: F401

    assert width("nets:build", tmp_path) == 4 + len('"random"')


def test_a_module_that_is_installed_is_imported_by_its_name(tmp_path, monkeypatch):
    write(tmp_path / "site", installed_nets=NETS.format(imports="", width=4))
    (tmp_path / "study" / "installed_nets").mkdir(parents=True)  # pictures, say
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path / "site")
        assert width("installed_nets:build", tmp_path / "study") == 4
    assert sys.modules.pop("installed_nets").__name__ == "installed_nets"


def test_what_a_notebook_imported_from_another_folder_is_not_taken_for_it(tmp_path, monkeypatch):
    write(tmp_path / "there", layers="N = 1\n")
    write(tmp_path / "study", layers="N = 9\n", nets=NETS.format(
        imports="import layers", width="layers.N"))  # fmt: skip
    monkeypatch.chdir(tmp_path / "there")
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    import layers

    monkeypatch.setattr(sys, "path", sys.path[1:])
    try:
        assert layers.N == 1
        assert width("nets:build", tmp_path / "study") == 9
    finally:
        del sys.modules["layers"]


def test_errors_speak_of_modules_as_the_person_does(tmp_path):
    write(tmp_path, nets="from layers import Wide\n", layers="N = 9\n", others="import layers.wide")
    with pytest.raises(Exception, match=r"cannot import name 'Wide' from 'layers'"):
        build("nets:build", 3, code_folders=[tmp_path])
    with pytest.raises(Exception, match=r"No module named 'layers.wide'; 'layers' is not a pack"):
        build("others:build", 3, code_folders=[tmp_path])
    with pytest.raises(Exception, match=r"module 'layers' has no attribute 'build'"):
        build("layers:build", 3, code_folders=[tmp_path])


def test_a_network_of_ones_own_is_built_with_a_head(tmp_path):
    write(tmp_path, nets=NETS.format(imports="", width=12))
    network = build("nets:build", 3, (5,), code_folders=[tmp_path])
    assert network.module(torch.zeros(2, 3, 2, 2)).shape == (2, 3)

"""What help says of options that were misread, held to what the program does."""

import re

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.cli.completion import DEVICES
from training.run.run_options import LARGEST_KEPT_BYTES
from training.study import PRESETS
from training.study.resolve import NETWORKS


def help_of(command, option):
    """Return an option's help as one line."""
    text = CliRunner().invoke(cli, [command, "--help"], terminal_width=1000).output
    rows = re.split(r"\n  (?=-)", text.partition("Options:")[2])
    return next(" ".join(row.split()) for row in rows if option in re.findall(r"--[\w-]+", row)[:1])


@pytest.mark.parametrize(
    ("command", "option", "words"),
    [
        ("run", "--backbone", [name for name in NETWORKS if name != "module:function"]),
        ("run", "--backbone", ["module:function", "but “Beyond AlexNet”"]),
        ("run", "--weights", ["imagenet (downloaded", "sample (stand-ins", "folder"]),
        ("run", "--width", ["alexnet, vgg16 and resnet18", "imagenet weights fit 1 only"]),
        ("run", "--width", [f"default: {PRESETS['reference'].settings.width:g}"]),
        ("run", "--width", [f"quick: {PRESETS['quick'].settings.width:g}"]),
        ("run", "--device", [device.partition(":")[0] for device in DEVICES]),
        ("run", "--device", ["CUDA where it is there, else mps", "else the CPU", "every CUDA"]),
        ("run", "--threads", ["last digits", "divided by --jobs"]),
        ("run", "--study", ["its settings hold", "default: the study file's name"]),
        ("run", "--keep-weights", [f"{LARGEST_KEPT_BYTES // 10**6} MB", "first seed"]),
        ("render", "--study-file", ["settings change nothing", "unless --study does"]),
        ("export-model", "--output", ["SECTION-EXPERIMENT.FORMAT"]),
    ],
)
def test_help_says_what_was_misread(command, option, words):
    for word in words:
        assert word in help_of(command, option)

"""Commands that only read or explain answer without loading the machinery."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "matplotlib", "seaborn", "pandas", "scipy", "weasyprint")


def loaded_by(*arguments, folder):
    code = (
        "import sys\n"
        f"sys.argv = ['homework', *{arguments!r}]\n"
        "from training.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as leave:\n    code = leave.code\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True
    )
    return done.stdout.rpartition("LOADED ")[2].strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",), ("run-all", "--help"), ("render", "--help"), ("verify", "--help"),
        ("export", "--help"),
        ("list", "--preset", "quick"), ("plan", "--preset", "quick"),
        ("status", "--preset", "quick"), ("schema",), ("init", "study.toml"),
        ("render", "--list-sections"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_nothing_heavy_is_imported(tmp_path, arguments):
    assert loaded_by(*arguments, folder=tmp_path) == "[]"

"""The report stays light: no torch ever, and nothing heavy before it is needed."""

import importlib.util
import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "matplotlib", "pandas", "seaborn", "scipy", "weasyprint", "jinja2")


def modules_after(code, *arguments):
    """Run code in a fresh interpreter and return the names of the modules it has loaded."""
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_command_alone_loads_nothing_heavy():
    assert modules_after("import report.cli").isdisjoint(HEAVY)


def test_help_loads_nothing_heavy():
    code = """
from training.cli import cli
try:
    cli(["render", "--help"])
except SystemExit:
    pass"""
    assert modules_after(code).isdisjoint(HEAVY)


@pytest.mark.parametrize("format_name", ["html", "pdf"])
def test_rendering_never_loads_torch_and_html_no_weasyprint(finished_study, tmp_path, format_name):
    code = f"""
from pathlib import Path
from report.build import build_report
build_report(Path(sys.argv[1]), Path(sys.argv[2]), ["{format_name}"])"""
    loaded = modules_after(code, str(finished_study), str(tmp_path / "out"))
    assert "report.writing.templating" in loaded
    assert not any(name.split(".")[0] in ("torch", "torchvision") for name in loaded)
    assert ("weasyprint" in loaded) == (format_name == "pdf")
    assert (tmp_path / "out" / f"report.{format_name}").is_file()


def test_of_the_rooms_of_training_the_report_imports_only_records_study_and_logs():
    code = """
import importlib, pkgutil, report
for module in pkgutil.walk_packages(report.__path__, "report."):
    importlib.import_module(module.name)"""
    loaded = {name for name in modules_after(code) if name.startswith("training.")}
    rooms = {name.split(".")[1] for name in loaded if is_room(name.split(".")[1])}
    assert rooms == {"records", "study", "logs", "cli"}
    assert {name for name in loaded if name.startswith("training.cli.")} == {
        "training.cli.runs_path",
        "training.cli.completion",
        "training.cli.memory_limit",
    }
    assert loaded.isdisjoint({"training.api", "training.session"})


def is_room(name):
    """Return whether training/NAME is a package, not a small module beside the packages."""
    return importlib.util.find_spec(f"training.{name}").submodule_search_locations is not None

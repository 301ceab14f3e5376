"""The study that ships with the source renders, is whole, and can be trusted."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli

EXAMPLE = Path(__file__).parents[2] / "runs" / "example"


@pytest.fixture
def example(tmp_path):
    return Path(shutil.copytree(EXAMPLE, tmp_path / "runs" / "example"))


def test_it_is_small():
    files = [f for f in EXAMPLE.rglob("*") if f.is_file() and not f.name.startswith("report.")]
    assert sum(file.stat().st_size for file in files) < 1_000_000


def test_it_renders_and_every_number_of_it_can_be_recomputed(example):
    options = ["--runs", str(example.parent)]
    rendered = CliRunner().invoke(cli, ["render", *options, "--format", "html"])
    assert rendered.exception is None, rendered.output
    html = (example / "report.html").read_text(encoding="utf-8")
    assert "No record yet" not in html
    assert len(html.encode()) < 3_000_000
    verdict = CliRunner().invoke(cli, ["verify", *options])
    assert verdict.exit_code == 0, verdict.output

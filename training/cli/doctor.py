"""`homework doctor`: look for what homework needs, and say how to get what is missing."""

import contextlib
import importlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import click

from training.byte_sizes import human_size
from training.cli.memory_limit import check_torch_loads
from training.cli.options import json_option
from training.errors import HomeworkError
from training.folders import cache_folder, expanded
from training.fonts import SAMPLES, missing, packages, said_missing
from training.plurals import counted
from training.records import Dataset, StudyFolder, find_studies, read_if_there
from training.system import how_to_install_pango, memory_bytes
from training.weights.source import IMAGENET_FILES

PEAK_MEMORY_BYTES = {"quick": 1_300_000_000, "reference": 4_600_000_000}
"""Peak of a process that runs a preset's list on a CPU, measured."""

CACHE_BYTES = 1_300_000_000
"""Decoded pictures of Caltech-101 at 224 px."""

RECORDS_BYTES = 2_000_000_000
"""Of a reference study while it runs: two checkpoints of AlexNet with Adam, the best weights."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's answer.

    Attributes:
        needed: Whether homework can't work without it.
    """

    ok: bool
    what: str
    mend: str = ""
    needed: bool = True


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding(sys.version_info >= (3, 11), f"Python {found}", "Python 3.11 or newer")


def _memory() -> Finding | None:
    """Say that memory is limited too much for torch; nothing where it isn't."""
    try:
        check_torch_loads()
    except HomeworkError as error:
        return Finding(False, error.message, error.hint)
    return None


def _torch() -> Finding:
    mend = "pip install torch torchvision (together, so that they match)"
    try:
        importlib.import_module("torchvision")
    except Exception as error:  # a pair that doesn't match raises RuntimeError
        return Finding(False, f"torch and torchvision can't be imported: {error}", mend)
    return Finding(True, f"torch {version('torch')}, torchvision {version('torchvision')}")


def _device() -> Finding:
    try:
        from training.device.environment import device_name, resolve_device

        device = resolve_device("auto")
    except ImportError as error:
        return Finding(False, f"no device: {error}", "install torch")
    name = f"{device} ({device_name(device)}, {os.cpu_count()} cores)"
    mend = (
        "no GPU: the reference preset takes hours here (`homework plan --time` estimates them); "
        "--preset quick takes minutes"
    )
    return Finding(device.type != "cpu", f"device {name}", mend, needed=False)


def _energy() -> Finding | None:
    """Say whether a CUDA device tells what it consumes; nothing where there is none."""
    try:
        from training.device.energy import energy_meter
        from training.device.environment import resolve_device

        device = resolve_device("auto")
    except ImportError:
        return None
    if device.type != "cuda":
        return None
    if energy_meter(device).joules() is not None:
        return Finding(True, f"energy: {device} has an energy counter", needed=False)
    mend = "records will lack it; pip install nvidia-ml-py (whole GPUs, Volta or later)"
    return Finding(False, f"energy: can't read the counter of {device}", mend, needed=False)


def _weasyprint() -> Finding:
    mend = f"WeasyPrint needs Pango: {how_to_install_pango()}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            module = importlib.import_module("weasyprint")
            size = len(module.HTML(string="<p>ok").write_pdf())
        except Exception as error:  # a missing library raises OSError, others vary
            return Finding(False, f"PDF: {str(error).splitlines()[0]}", mend)
    found = f"PDF by WeasyPrint {version('weasyprint')}"
    if any("HarfBuzz-Subset" in str(warning.message) for warning in caught):
        later = "a later WeasyPrint needs it: apt-get install libharfbuzz-subset0"
        return Finding(False, f"{found}, without HarfBuzz-Subset", later, needed=False)
    return Finding(size > 0, found, mend)


def _fonts() -> list[Finding]:
    """Look for letters of further scripts, and for those of the class names that are at hand."""
    try:
        lacking = missing(frozenset(SAMPLES.values()))
    except ImportError as error:
        reason = " ".join(str(error).split())[:80]
        return [Finding(False, f"fonts: matplotlib can't be imported: {reason}")]
    scripts = [script for script, letter in SAMPLES.items() if letter in lacking]
    mend = f"only for such names: apt-get install {' '.join(packages(lacking))}"
    found = [
        Finding(False, f"no font for {', '.join(scripts)}", mend, needed=False)
        if scripts
        else Finding(True, f"fonts for {', '.join(SAMPLES)}")
    ]
    if said := said_missing(_class_names()):
        found.append(Finding(False, *said, needed=False))
    return found


def _class_names() -> list[str]:
    """Return the classes of the studies in ./runs."""
    names: list[str] = []
    with contextlib.suppress(HomeworkError):
        for folder in find_studies(Path("runs")).values():
            dataset = read_if_there(StudyFolder(folder).dataset, Dataset)
            names += dataset.classes if dataset is not None else []
    return names


def _data() -> Finding:
    mend = (
        "homework data fetch, or --data DIR, or the variable HOMEWORK_DATA; "
        "--preset quick needs no images"
    )
    place = os.environ.get("HOMEWORK_DATA")
    if not place:
        fetched = cache_folder() / "caltech101"
        there = fetched.is_dir()
        what = f"Caltech-101 in {fetched}" if there else f"Caltech-101 is not in {fetched}"
        return Finding(there, what, mend, needed=False)
    from training.data.layouts import index_pictures

    try:
        index = index_pictures(expanded(place))
    except HomeworkError as error:
        return Finding(False, f"HOMEWORK_DATA: {error.message}", error.hint)
    return Finding(
        True,
        f"{counted(len(index.paths), 'image')}, {counted(len(index.classes), 'class')} in {place}",
    )


def _weights() -> Finding:
    try:
        import torch
    except ImportError:
        return Finding(False, "ImageNet weights: no torch", needed=False)
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    missing = [name for name in IMAGENET_FILES.values() if not (folder / name).exists()]
    if not missing:
        return Finding(True, f"ImageNet weights in {folder}")
    mend = f"downloaded when needed; offline, put them into {folder} or use --weights FOLDER"
    return Finding(False, f"ImageNet weights not downloaded yet: {', '.join(missing)}", mend, False)


def _free_memory() -> Finding | None:
    """Say how much memory is free, and what the presets take; nothing where it isn't known."""
    memory = memory_bytes()
    if memory is None:
        return None
    free, total = memory
    quick, reference = (human_size(PEAK_MEMORY_BYTES[name]) for name in ("quick", "reference"))
    what = (
        f"memory: {human_size(free)} free of {human_size(total)}; "
        f"preset quick takes {quick}, reference {reference}"
    )
    if free < PEAK_MEMORY_BYTES["quick"]:
        return Finding(False, what, "close other programs, or choose --image-size 64", needed=False)
    mend = "enough for quick; for reference, choose --batch-size 64, or close other programs"
    return Finding(free >= PEAK_MEMORY_BYTES["reference"], what, mend, needed=False)


def _space() -> list[Finding]:
    """Say how much room is where the cache and the records go, and what they take."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return [Finding(False, f"cache folder {folder}: {error.strerror}", "set HOMEWORK_CACHE")]
    here = Path.cwd()
    return [
        _room(folder, free, CACHE_BYTES, "for the cache", "set HOMEWORK_CACHE to another disk"),
        _room(
            here, shutil.disk_usage(here).free, RECORDS_BYTES, "for runs", "choose --runs elsewhere"
        ),
    ]


def _room(folder: Path, free: int, wanted: int, what: str, mend: str) -> Finding:
    takes = f"Caltech-101 at 224 px takes {human_size(wanted)}"
    said = f"{human_size(free)} free {what} in {folder}; {takes}"
    return Finding(free >= wanted, said, mend, needed=False)


CHECKS: tuple[Callable[[], Finding | list[Finding] | None], ...] = (
    _python,
    _torch,
    _device,
    _energy,
    _weasyprint,
    _fonts,
    _data,
    _weights,
    _free_memory,
    _space,
)


LOADING_TORCH = {_torch, _device, _energy, _weights}
"""What is left out where torch can't be loaded for want of memory, which ends the process."""


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check that this machine has what homework needs; exit 1 if a necessary part is missing.

    \b
    Examples:
        homework doctor
        homework doctor --json
    """
    findings: list[Finding] = []
    memory = _memory()
    for check in CHECKS:
        if memory is not None and check in LOADING_TORCH:
            if check is _torch:
                findings.append(memory)
            continue
        found = check() or []
        findings += found if isinstance(found, list) else [found]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        _print(findings)
    if any(not finding.ok and finding.needed for finding in findings):
        ctx.exit(1)


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        mark = "ok  " if finding.ok else "MISS" if finding.needed else "note"
        click.echo(f"{mark}  {finding.what}")
        if not finding.ok and finding.mend:
            click.echo(f"      {finding.mend}")

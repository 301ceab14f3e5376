"""The device and the versions that a run happens with."""

import contextlib
import ctypes
import importlib.metadata
import platform
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

import training
from training.errors import DeviceError
from training.lookup import unknown_name
from training.plurals import counted
from training.records import Environment

CPU_FILE = Path("/proc/cpuinfo")
"""Where Linux describes its processors."""

BF16_UNITS = ("amx_bf16", "avx512_bf16")
"""Instructions of x86 processors that multiply bf16: Intel's since 2023, AMD's since Zen 4."""


def resolve_device(name: str) -> torch.device:
    """Turn `auto`, `cpu`, `cuda`, `cuda:N` or `mps` into a device that is there.

    Raises:
        DeviceError: Unknown name, or the machine lacks it.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not number.isdigit()):
        raise unknown_name("device", name, ["auto", "cpu", "cuda", "cuda:N", "mps"], DeviceError)
    if kind == "cuda":
        return _cuda(int(number or 0))
    if kind == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("This machine has no Apple GPU (mps).", "Use --device cpu.")
    return torch.device(kind)


def all_devices(name: str) -> list[torch.device]:
    """Return the devices that a name leaves open: every CUDA device for `auto` and `cuda`.

    Raises:
        DeviceError: See `resolve_device`.
    """
    first = resolve_device(name)
    if first.type != "cuda" or name not in ("auto", "cuda"):
        return [first]
    return [torch.device("cuda", number) for number in range(torch.cuda.device_count())]


@contextlib.contextmanager
def using_threads(n_threads: int) -> Iterator[None]:
    """Compute with a number of CPU threads in this block."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cuda(number: int) -> torch.device:
    n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if n_devices == 0:
        raise DeviceError(
            "CUDA was requested, but torch finds no CUDA device.",
            "Use --device cpu, or run `homework doctor`.",
        )
    if number >= n_devices:
        raise DeviceError(
            f"There is no cuda:{number}; this machine has {counted(n_devices, 'CUDA device')}."
        )
    return torch.device("cuda", number)


def layout(device: torch.device) -> torch.memory_format:
    """Return the order of a network's weights in memory that suits a device's convolutions."""
    return torch.preserve_format if device.type == "mps" else torch.channels_last


def ignore_denormals() -> None:
    """Let the CPU treat numbers below 1e-38 as zero.

    Squared gradients of a network that doesn't learn fall that low, and arithmetic on such
    numbers takes the processor many times as long. Threads inherit this from the one that starts
    them, so it has to come before the first parallel operation.
    """
    torch.set_flush_denormal(True)


M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of glibc's `mallopt`, from its malloc.h."""


def keep_memory() -> None:
    """Have glibc keep memory that was freed, for the arrays of the next batch.

    Otherwise every large array comes fresh from the system and goes back to it, and the system
    clears each page of it. Other C libraries are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, 64 * 2**20)


def device_name(device: torch.device) -> str:
    """Return the processor's own name, such as “NVIDIA H100” or a CPU's model name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return cpu_name() if device.type == "cpu" else "Apple GPU"


def cpu_name() -> str:
    """Return the processor's model name."""
    return _cpu_says("model name") or platform.processor() or platform.machine()


def multiplies_bf16() -> bool:
    """Say whether the CPU has instructions for products of bf16 (`BF16_UNITS`).

    torch tells, on every system; versions before it could leave it to Linux.
    """
    try:
        told = torch.cpu.get_capabilities()
    except AttributeError:
        told = dict.fromkeys(_cpu_says("flags").split(), True)
    return any(told.get(unit) for unit in BF16_UNITS)


def _cpu_says(what: str) -> str:
    """Return a line of Linux's description of the first CPU; empty where there is none."""
    try:
        lines = CPU_FILE.read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in found if name.strip() == what), "")


def describe(
    device: torch.device, precision: str = "fp32", n_devices: int = 1, n_machines: int = 1
) -> Environment:
    """Describe where, and in which number format, a run happens."""
    return Environment(
        homework=training.__version__,
        python=platform.python_version(),
        torch=str(torch.__version__),
        torchvision=importlib.metadata.version("torchvision"),
        platform=platform.platform(terse=True),
        device=str(device),
        device_name=device_name(device),
        n_threads=torch.get_num_threads(),
        git_commit=git_commit(),
        precision=precision,
        deterministic=torch.are_deterministic_algorithms_enabled(),
        n_devices=n_devices,
        n_machines=n_machines,
    )


def git_commit() -> str | None:
    """Return the commit of the working folder, if it is in a repository."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
"""Where Linux lets a process forget the peak of its memory, and says what it is."""

FORGET_PEAK = "5"
"""What is written to `CLEAR_REFS`, see proc(5)."""


def forget_peak_memory(device: torch.device) -> bool:
    """Measure the peak of a CUDA device's memory, else of this process's, from now on.

    Returns:
        Whether that can be done; otherwise the process's peak is that of all it has done.
    """
    if device.type == "cuda":
        # a process that computed nothing yet, such as a worker, doesn't know its devices
        torch.cuda.init()  # type: ignore[no-untyped-call]
        torch.cuda.reset_peak_memory_stats(device)
        return True
    _give_back_memory()
    try:
        CLEAR_REFS.write_text(FORGET_PEAK)
    except OSError:  # not Linux, or a container without that
        return False
    return True


def _give_back_memory() -> None:
    """Have glibc give back what earlier runs have freed, which would count as this one's."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def peak_memory_bytes(device: torch.device) -> int:
    """Return the peak of device memory on CUDA, else of this process's resident memory."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    with contextlib.suppress(OSError, ValueError):
        lines = (line.partition(":") for line in STATUS.read_text().splitlines())
        return next(int(v.split()[0]) * 1024 for name, _, v in lines if name == "VmHWM")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

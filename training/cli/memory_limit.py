"""Too little memory to load torch: said before it ends the process without a word."""

import errno
import subprocess
import sys

from training.byte_sizes import human_size
from training.errors import HomeworkError

NEEDED_BYTES = 4 * 10**9
"""Address space of a process that has loaded torch's CUDA build; most of it is never used."""

REFUSED = ("failed to map segment", "cannot allocate memory", "Cannot allocate memory")
"""What the loader of shared libraries says where memory is refused."""


def address_space() -> int | None:
    """Return the bytes of memory that this process may map (`ulimit -v`); None without a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether loading a library failed because memory was refused."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, ImportError | OSError) and any(said in str(error) for said in REFUSED)


def little_memory() -> tuple[str, str] | None:
    """Say that the limit is too low for torch, and what to do; None if it isn't."""
    limit = address_space()
    if limit is None or limit >= NEEDED_BYTES:
        return None
    what = (
        f"This process may use only {human_size(limit)} of memory (ulimit -v); torch can’t be "
        f"loaded, which takes up to {human_size(NEEDED_BYTES)} of address space."
    )
    mend = (
        "Raise the limit: ulimit -v unlimited, in this shell or in the job’s script; on a "
        "cluster, ask for more memory."
    )
    return what, mend


def check_torch_loads() -> None:
    """Try to load torch in another process where memory is limited: C++ ends this one at once.

    Raises:
        HomeworkError: The limit is too low.
    """
    said = little_memory()
    if said is None:
        return
    tried = subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True)
    if tried.returncode != 0:
        raise HomeworkError(*said)

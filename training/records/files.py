"""Read and write records: atomic writes, strict reads, one place for the file layout."""

import contextlib
import functools
import hashlib
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from training.byte_names import escaped
from training.errors import RecordError
from training.records.content import content_of
from training.records.dataset import FORMAT, Dataset
from training.records.picture_files import ANSWERS_NAME, PATHS_NAME, as_list, put_back
from training.records.results import Curves, Metrics, Predictions, StudyRecord
from training.records.score_files import SCORES_NAME
from training.records.spec import ID_PATTERN

R = TypeVar("R", StudyRecord, Dataset, Metrics, Curves, Predictions)

RECORD_TYPES: dict[str, type[msgspec.Struct]] = {
    "study.json": StudyRecord,
    "dataset.json": Dataset,
    "metrics.json": Metrics,
    "curves.json": Curves,
    "predictions.json": Predictions,
}

BESIDE = {"dataset.json": PATHS_NAME, "predictions.json": ANSWERS_NAME}
"""Records to the file beside each that has what would be too long in it."""

PICTURE_FILES = (*BESIDE.values(), SCORES_NAME)
"""Files of records that aren't JSON and have an entry a picture."""

RECORD_NAMES = (*RECORD_TYPES, *PICTURE_FILES)
"""Names of all files that the records of a study are made of, small pictures aside."""

OF_A_STUDY = ("study.json", "dataset.json", PATHS_NAME)
"""Those that lie in the study's folder."""

OF_A_RUN = tuple(name for name in RECORD_NAMES if name not in OF_A_STUDY)
"""Those that lie in the folder of each run."""


class StudyFolder:
    """The paths of one study's records below `runs/`.

    Args:
        path: The study's folder, `runs/<study>`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def study(self) -> Path:
        return self.path / "study.json"

    @property
    def dataset(self) -> Path:
        return self.path / "dataset.json"

    @property
    def thumbnails(self) -> Path:
        return self.path / "thumbnails"

    def run(self, experiment_id: str, seed: int) -> Path:
        """Return the folder of one run.

        Raises:
            RecordError: The id isn't `section/experiment`, or would leave the study's folder.
        """
        return self._in_run(experiment_id, seed, "")

    def _in_run(self, experiment_id: str, seed: int, name: str) -> Path:
        if not ID_PATTERN.fullmatch(experiment_id):
            raise RecordError(f"“{experiment_id}” is not an experiment id (section/experiment).")
        return self.path / f"{experiment_id}/seed-{seed}/{name}"

    def metrics(self, experiment_id: str, seed: int) -> Path:
        return self._in_run(experiment_id, seed, "metrics.json")

    def curves(self, experiment_id: str, seed: int) -> Path:
        return self._in_run(experiment_id, seed, "curves.json")

    def predictions(self, experiment_id: str, seed: int) -> Path:
        return self._in_run(experiment_id, seed, "predictions.json")

    def scores(self, experiment_id: str, seed: int) -> Path:
        """Return where a tested run keeps its log-probabilities; see `records.scores`."""
        return self._in_run(experiment_id, seed, "scores.npy")

    def weights(self, experiment_id: str, seed: int) -> Path:
        return self._in_run(experiment_id, seed, "weights.pt")

    def running(self, experiment_id: str, seed: int) -> Path:
        """Return where an unfinished run stores its curves so far."""
        return self._in_run(experiment_id, seed, "running.json")

    def model(self, experiment_id: str, seed: int) -> Path:
        """Return where a finished network is kept for use."""
        return self._in_run(experiment_id, seed, "model.pt")

    def checkpoint(self, experiment_id: str, seed: int) -> Path:
        """Return the folder of an unfinished run's checkpoints."""
        return self._in_run(experiment_id, seed, "checkpoint")

    def lock(self, name: str) -> Path:
        """Return the file that a process locks while it works on what `name` says."""
        return self.path / ".locks" / f"{name.replace('/', '--')}.lock"

    def stand_in_lock(self, digest: str) -> Path:
        """Return the file that a process locks while it trains stand-in weights for this study."""
        return self.lock(f"stand-in-weights/{digest}")


@functools.cache
def host_mark() -> str:
    """Return six characters that stand for this machine in names of temporary files."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Give an empty temporary file in `path`'s folder; remove it in the end, if still there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = f"{host_mark()}-{os.getpid()}-"  # tells `remove_leftovers` whose it is
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.{mark}", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def make_durable(temporary: Path) -> None:
    """Flush a temporary file to the disk and give it the mode of an ordinary one."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o666 & ~_umask())


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` into the message that `path` can't be written."""
    try:
        yield
    except OSError as error:
        raise RecordError(
            f"Can't write {path}: {error.strerror or error}.",
            "Free some space or choose another folder (--runs, --output), then run again; "
            "earlier files are intact.",
        ) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it there on success, remove it on failure.

    A file that exists under its final name is therefore whole. Data is flushed to the disk
    before the rename.

    Raises:
        RecordError: The folder can't be written (permissions, no space left).
    """
    with writing(path), temporary_beside(path) as temporary:
        yield temporary
        make_durable(temporary)
        os.replace(temporary, path)  # noqa: PTH105


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def encode(record: msgspec.Struct) -> bytes:
    """Return a record's JSON text: indented, fields in their declared order, UTF-8.

    Names that aren't UTF-8 are written escaped, see `byte_names`.
    """
    try:
        plain = msgspec.json.encode(record, enc_hook=as_list)
    except UnicodeEncodeError:
        plain = msgspec.json.encode(_escaped(msgspec.to_builtins(record, enc_hook=as_list)))
    return msgspec.json.format(plain, indent=1) + b"\n"


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list | tuple) else value


USUAL = re.compile(rb'\{\s*"format": [1-%d],\s' % FORMAT)
"""How records begin that this program wrote."""


def read(path: Path, kind: type[R]) -> R:
    """Read a record and hold it to its type.

    Raises:
        RecordError: The file is missing, isn't JSON, has another format number, or a field is
            missing or of the wrong type.
    """
    try:
        content = content_of(path)
    except FileNotFoundError:
        raise RecordError(f"{path} doesn't exist.", "Run the experiments first.") from None
    except OSError as error:
        raise RecordError(f"Can't read {path}: {error.strerror or error}.") from error
    try:
        if not USUAL.match(content):
            _check_format(path, content)
        record = msgspec.json.decode(content, type=kind)
        if not 1 <= record.format <= FORMAT:  # which stands there twice
            _check_format(path, content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(
            f"{path} is not a valid {kind.__name__} record: {error}.",
            "Remove the file and run its experiment again.",
        ) from error
    found: R = put_back(record, path)
    return found


class _Format(msgspec.Struct):
    """What is read of a record first."""

    format: Any = None


def _check_format(path: Path, content: bytes) -> None:
    try:
        found = msgspec.json.decode(content, type=_Format).format
    except msgspec.ValidationError:  # JSON, but no object
        found = None
    if found not in range(1, FORMAT + 1):
        raise RecordError(
            f"{path} has record format {found!r}; this version reads formats 1 to {FORMAT}.",
            "Use the version of homework that wrote it, or run the experiment again.",
        )


def read_if_there(path: Path, kind: type[R]) -> R | None:
    """Read a record, or return None where there is no file."""
    try:
        return read(path, kind)
    except RecordError:
        if path.exists():
            raise
        return None

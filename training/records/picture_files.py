"""Keep what records say of each test picture beside the JSON, where there are very many.

Up to `MOST_IN_JSON` pictures it stands in the record itself. Whoever reads a record gets the same
fields either way: lists, or sequences that lie in the file.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from training.byte_names import escaped
from training.errors import RecordError
from training.records.columns import AT_ONCE, Column, Entries, Filed, Lines
from training.records.content import LARGEST_BYTES, chunks_of, sha256_of
from training.records.dataset import Dataset
from training.records.npy import header
from training.records.picture_file import MOST_IN_JSON, PictureFile
from training.records.results import Predictions

if TYPE_CHECKING:
    import numpy as np

ANSWERS_NAME = "predictions.npy"
"""Beside `predictions.json`: true class, answer and its probability of each test picture."""

PATHS_NAME = "test_images.jsonl"
"""Beside `dataset.json`: the path of each test picture, a JSON string a line."""

ANSWERS = ("label", "predicted", "probability")
_FIELDS: list[tuple[Any, ...]] = [("label", "<i4"), ("predicted", "<i4"), ("probability", "<f8")]


def is_long(record: msgspec.Struct) -> bool:
    """Tell whether a record says something of more pictures than its JSON should hold."""
    if isinstance(record, Predictions):
        return len(record.label) > MOST_IN_JSON
    return isinstance(record, Dataset) and len(record.test_images) > MOST_IN_JSON


def set_aside(record: msgspec.Struct) -> tuple[msgspec.Struct, str, bytes]:
    """Take out of a record what is said of very many pictures.

    Returns:
        The record as its JSON holds it, and name and content of the file beside it; no name where
        the record is written as it is.

    Raises:
        RecordError: The file would be larger than one may be that is read.
    """
    if not is_long(record):
        return record, "", b""
    if isinstance(record, Predictions):
        name, content, n = ANSWERS_NAME, _answers(record), len(record.label)
    else:
        assert isinstance(record, Dataset)
        name, content, n = PATHS_NAME, _lines(record), len(record.test_images)
    if len(content) > LARGEST_BYTES:
        raise RecordError(
            f"{name} would have {len(content):,} bytes; at most {LARGEST_BYTES:,} can be read.",
            "Use fewer test pictures, or shorter paths.",
        )
    about = PictureFile(hashlib.sha256(content).hexdigest(), n)
    if isinstance(record, Predictions):
        kept: msgspec.Struct = msgspec.structs.replace(
            record, label=[], predicted=[], probability=[], answers=about
        )
    else:
        kept = msgspec.structs.replace(record, test_images=[], test_list=about)
    return kept, name, content


def put_back(record: Any, path: Path) -> Any:
    """Return a record that was read, with what lies in the file beside it.

    Args:
        path: Of the record.

    Raises:
        RecordError: The file is missing, or isn't the one that the record speaks of.
    """
    if isinstance(record, Predictions) and isinstance(record.answers, PictureFile):
        fields, file = ANSWERS, path.with_name(ANSWERS_NAME)
        _check_lists(record, fields, path)
        found = _columns(file, record.answers, path)
        return msgspec.structs.replace(record, **found, answers=msgspec.UNSET)
    if isinstance(record, Dataset) and isinstance(record.test_list, PictureFile):
        file, about = path.with_name(PATHS_NAME), record.test_list
        _check_lists(record, ("test_images",), path)
        _check_file(file, about, path)
        n_lines = sum(chunk.count(b"\n") for chunk in chunks_of(file))
        if n_lines != about.n_images:
            raise _wrong(file, f"it has {n_lines:,} lines, not {about.n_images:,}")
        found_paths = Lines(file, about.n_images)
        return msgspec.structs.replace(record, test_images=found_paths, test_list=msgspec.UNSET)
    return record


def as_list(value: object) -> object:
    """Return the list that a sequence in a file stands for, for an encoder of JSON.

    Raises:
        NotImplementedError: It is something else, as encoders expect.
    """
    if isinstance(value, Filed):
        return list(value)
    raise NotImplementedError(f"{type(value).__name__} isn't part of a record.")


def _answers(record: Predictions) -> bytes:
    import numpy as np

    n = len(record.label)
    entries = np.zeros(n, _dtype())
    for name in ANSWERS:
        entries[name] = np.asarray(getattr(record, name))
    return header(_FIELDS, n) + entries.tobytes()


def _lines(record: Dataset) -> bytes:
    return b"".join(_line(path) for path in record.test_images)


def _line(path: str) -> bytes:
    try:
        return msgspec.json.encode(path) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(escaped(path)) + b"\n"


def _columns(file: Path, about: PictureFile, record: Path) -> dict[str, "Column[Any]"]:
    _check_file(file, about, record)
    head = header(_FIELDS, about.n_images)
    dtype = _dtype()
    if file.stat().st_size != len(head) + about.n_images * dtype.itemsize:
        raise _wrong(file, f"it doesn't hold {about.n_images:,} answers")
    if not next(chunks_of(file)).startswith(head):
        raise _wrong(file, "its header isn't that of a file of answers")
    if not _are_probabilities(file, dtype, len(head)):
        raise _wrong(file, "it holds a probability that isn't between 0 and 1")
    entries = Entries(file, dtype, len(head), about.n_images)
    return {name: Column(entries.n, entries.field(name)) for name in ANSWERS}


def _are_probabilities(file: Path, dtype: "np.dtype[np.void]", offset: int) -> bool:
    """Tell whether the answers have probabilities; without keeping the file open."""
    import numpy as np

    with file.open("rb") as opened:
        opened.seek(offset)
        while len(some := np.fromfile(opened, dtype, AT_ONCE)):
            values = some["probability"]
            if not ((values >= 0) & (values <= 1)).all():  # nan isn't, either
                return False
    return True


def _dtype() -> "np.dtype[np.void]":
    import numpy as np

    return np.dtype(_FIELDS)


def _check_lists(record: msgspec.Struct, fields: tuple[str, ...], path: Path) -> None:
    if any(getattr(record, name) for name in fields):
        raise RecordError(
            f"{path} has {fields[0]} in it and in a file beside it.", "Run its experiment again."
        )


def _check_file(file: Path, about: PictureFile, record: Path) -> None:
    try:
        found = sha256_of(file)
    except FileNotFoundError:
        raise RecordError(
            f"{file} doesn't exist; {record.name} speaks of it.",
            "Copy it along with the record, or run the experiment again.",
        ) from None
    except OSError as error:
        raise RecordError(f"Can't read {file}: {error.strerror or error}.") from error
    if found != about.sha256:
        raise _wrong(file, f"its SHA-256 isn't the one in {record.name}")


def _wrong(file: Path, problem: str) -> RecordError:
    return RecordError(
        f"{file} isn't the file that the record beside it speaks of: {problem}.",
        "Copy both again, or remove them and run the experiment again.",
    )

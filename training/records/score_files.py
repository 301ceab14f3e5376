"""The scores of a tested run: `scores.npy`, of its test and validation images.

A score says how far the logarithm of a class's probability lies below that of the likeliest class
of the image. float16 is finest near 0, so the order of classes that are almost level is kept, as it
wouldn't be of the logarithms themselves.

NumPy's own format, an entry an image, so that `numpy.load` reads it. The reader here is stricter:
header, size and SHA-256 must be what `metrics.json` says, and the values such scores.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from training.errors import RecordError
from training.records.content import LARGEST_BYTES, content_of, sha256_of
from training.records.npy import header
from training.records.scores import KeptScores
from training.records.split_scores import FiledScores, SplitScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCORES_NAME = "scores.npy"

MOST_CLASSES = 1000
"""Of more classes, only the highest scores of each image are kept."""

N_HIGHEST = 20
"""So many of them."""


IN_MEMORY = 2**22
"""Bytes of a file up to which all its scores are held in memory."""


@dataclass(frozen=True, eq=False)
class ScoreFile:
    """The content of `scores.npy`."""

    test: SplitScores
    validation: SplitScores


Scored: TypeAlias = "tuple[NDArray[Any], NDArray[Any] | Callable[[], Iterator[NDArray[Any]]]]"
"""True classes, (n,), and log-probabilities, (n, n_classes), or what yields rows of them."""


def encode_scores(test: Scored, validation: Scored) -> tuple[bytes, KeptScores] | None:
    """Return the file's content, and what `metrics.json` says of it.

    Args:
        test: Of at least one image.
        validation: The same of the other split.

    Returns:
        None where a score isn't finite, or the file would be larger than a record may be.
    """
    import numpy as np

    n_classes = next(_parts(test))[1].shape[1]
    kept = KeptScores(
        "0" * 64, len(test[0]), len(validation[0]), n_classes,
        n_classes if n_classes <= MOST_CLASSES else N_HIGHEST,
    )  # fmt: skip
    if _size(kept) > LARGEST_BYTES:
        return None
    pieces = [_header(kept)]
    for label, scores in itertools.chain(_parts(test), _parts(validation)):
        if not np.isfinite(scores).all():
            return None
        pieces.append(_entries(label, scores, kept).tobytes())
    content = b"".join(pieces)
    return content, msgspec.structs.replace(kept, sha256=hashlib.sha256(content).hexdigest())


def _parts(scored: Scored) -> "Iterator[tuple[NDArray[Any], NDArray[Any]]]":
    """Yield true classes and log-probabilities of some images after others."""
    label, scores = scored
    first = 0
    for some in scores() if callable(scores) else [scores]:
        yield label[first : first + len(some)], some
        first += len(some)


def read_scores(path: Path, kept: KeptScores) -> ScoreFile:
    """Read a file of scores and hold it to what its record says.

    Of a large file only the true classes are kept in memory, see `SplitScores.parts`.

    Raises:
        RecordError: It is missing, isn't the file that the record speaks of, or holds anything but
            scores.
    """
    try:
        if path.stat().st_size > IN_MEMORY:
            return _filed(path, kept)
        content = content_of(path)
    except FileNotFoundError:
        raise RecordError(f"{path} doesn't exist.", _MEND) from None
    except OSError as error:
        raise RecordError(f"Can't read {path}: {error.strerror or error}.") from error
    return decode_scores(content, kept, path)


def decode_scores(content: bytes, kept: KeptScores, path: Path) -> ScoreFile:
    """Return the scores that a file's content stands for, held to what its record says.

    Args:
        path: Of the file, for messages.

    Raises:
        RecordError: It isn't the file that the record speaks of, or holds anything but scores.
    """
    import numpy as np

    head = _header(kept)
    _check(kept, path, len(content), hashlib.sha256(content).hexdigest(), content[: len(head)])
    entries = np.frombuffer(content, _dtype(kept), offset=len(head))
    if problem := _problem(entries, kept):
        raise _wrong(path, problem)
    test, validation = entries[: kept.n_test], entries[kept.n_test :]
    return ScoreFile(_split(test, kept, "test"), _split(validation, kept, "validation"))


def _filed(path: Path, kept: KeptScores) -> ScoreFile:
    """Return the scores of a large file, which stay in it."""
    head, dtype = _header(kept), _dtype(kept)
    with path.open("rb") as file:
        start = file.read(len(head))
    _check(kept, path, path.stat().st_size, sha256_of(path), start)

    def split(name: str, first: int, n: int) -> FiledScores:
        offset = len(head) + first * dtype.itemsize
        found = FiledScores(path, lambda entries: _split(entries, kept), dtype, offset, n,
                            kept.n_kept, kept.n_classes, _known_as(kept, name))  # fmt: skip
        if problem := next(filter(None, (_problem(e, kept) for e in found.entries())), ""):
            raise _wrong(path, problem)
        return found

    test = split("test", 0, kept.n_test)
    return ScoreFile(test, split("validation", kept.n_test, kept.n_validation))


def _check(kept: KeptScores, path: Path, n_bytes: int, sha256: str, start: bytes) -> None:
    if n_bytes != _size(kept):
        raise _wrong(path, f"it has {n_bytes:,} bytes, not the {_size(kept):,} of its record")
    if sha256 != kept.sha256:
        raise _wrong(path, "its SHA-256 isn't the one in metrics.json")
    if start != _header(kept):
        raise _wrong(path, "its header isn't the one that its record asks for")


def _known_as(kept: KeptScores, name: str) -> str:
    return f"{kept} {name}"


def _split(entries: "NDArray[np.void]", kept: KeptScores, name: str = "") -> SplitScores:
    """Return the log-probabilities that scores stand for."""
    import numpy as np

    known_as = _known_as(kept, name) if name else ""
    scores = entries["score"].astype(np.float64)
    total = np.exp(scores).sum(1)
    if not _is_cut(kept):
        return SplitScores(
            entries["label"], scores - np.log(total)[:, None], kept.n_classes, known_as=known_as
        )
    total += np.exp(entries["rest"].astype(np.float64))
    return SplitScores(
        entries["label"], scores - np.log(total)[:, None], kept.n_classes, entries["class"],
        entries["own"].astype(np.float64) - np.log(total), known_as,
    )  # fmt: skip


_MEND = "Remove the run's metrics.json and run its experiment again."


def _wrong(path: Path, problem: str) -> RecordError:
    return RecordError(f"{path} is not a valid file of scores: {problem}.", _MEND)


def _is_cut(kept: KeptScores) -> bool:
    return kept.n_kept != kept.n_classes


def _fields(kept: KeptScores) -> list[tuple[Any, ...]]:
    if not _is_cut(kept):
        return [("label", "<i4"), ("score", "<f2", (kept.n_kept,))]
    return [
        ("label", "<i4"), ("own", "<f2"), ("rest", "<f2"), ("class", "<i4", (kept.n_kept,)),
        ("score", "<f2", (kept.n_kept,)),
    ]  # fmt: skip


def _dtype(kept: KeptScores) -> "np.dtype[np.void]":
    import numpy as np

    return np.dtype(_fields(kept))


def _header(kept: KeptScores) -> bytes:
    return header(_fields(kept), kept.n_test + kept.n_validation)


def _size(kept: KeptScores) -> int:
    each = 4 + 2 * kept.n_kept + (4 + 4 * kept.n_kept if _is_cut(kept) else 0)
    return len(_header(kept)) + (kept.n_test + kept.n_validation) * each


def _entries(label: "NDArray[Any]", scores: "NDArray[Any]", kept: KeptScores) -> "NDArray[np.void]":
    import numpy as np

    entries: NDArray[np.void] = np.zeros(len(label), _dtype(kept))
    entries["label"] = label
    lowest = float(np.finfo(np.float16).min)
    within = np.maximum(scores - scores.max(1, keepdims=True), lowest)
    if not _is_cut(kept):
        entries["score"] = within
        return entries
    order = np.argsort(-within, axis=1, kind="stable")
    likeliest, others = order[:, : kept.n_kept], order[:, kept.n_kept :]
    entries["class"] = likeliest
    entries["score"] = np.take_along_axis(within, likeliest, 1)
    entries["own"] = within[np.arange(len(label)), label]
    rest = np.exp(np.take_along_axis(within, others, 1).astype(np.float64)).sum(1)
    entries["rest"] = np.log(np.maximum(rest, np.exp(-80.0)))
    return entries


def _problem(entries: "NDArray[np.void]", kept: KeptScores) -> str:
    """Say what is wrong with the values; nothing if they are scores."""
    import numpy as np

    cut = _is_cut(kept)
    values = [entries["score"], *([entries["own"]] if cut else [])]
    if not all(np.isfinite(some).all() and (some <= 0).all() for some in values):
        return "it holds something else than scores, which are 0 or less"
    if not (entries["score"].max(1) == 0).all():
        return "the likeliest class of an image hasn't the score 0"
    if cut and not (entries["rest"] <= np.log(kept.n_classes)).all():  # nan isn't, either
        return "the classes left out are more likely together than as many likeliest ones"
    for name in ("label", *(["class"] if cut else [])):
        if len(entries) and not (0 <= entries[name].min() <= entries[name].max() < kept.n_classes):
            return f"it holds a {name} that isn't one of the {kept.n_classes} classes"
    return ""

"""Tell whether the records behind a section have changed."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from report.load import StudyView
from training.records import Experiment, encode, matches_group


def records_hash(view: StudyView, reads: Sequence[str]) -> str:
    """Hash the bytes of all records that a section reads.

    Args:
        view: The study.
        reads: Experiment ids, sections, grid prefixes such as `transfer/grid`, or `*` for all.
    """
    digest = hashlib.sha256(_questions(view))
    for file in _files(view, reads):
        if file.is_file():
            content = file.read_bytes()
            name = file.relative_to(view.folder.path).as_posix()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _questions(view: StudyView) -> bytes:
    """Return the study's record without what only the cover prints."""
    blank = msgspec.structs.replace(view.study, title="", author="", course="", abstract="",
                                    command="")  # fmt: skip
    return encode(blank)


def _files(view: StudyView, reads: Sequence[str]) -> Iterable[Path]:
    yield view.folder.dataset
    for experiment in view.study.experiments:
        if any(_reads(name, experiment) for name in reads):
            for run in sorted((view.folder.path / experiment.id).glob("seed-*")):
                yield from (run / "metrics.json", run / "curves.json", run / "predictions.json")


def _reads(name: str, experiment: Experiment) -> bool:
    return name in ("*", experiment.id, experiment.section) or matches_group(experiment.id, name)

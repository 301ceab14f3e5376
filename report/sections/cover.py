"""What the report's cover says."""

from dataclasses import dataclass

from report.audit.manifest import record_digests
from report.audit.rendering import Detail
from report.evidence.display_names import CALTECH, data_set_name
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer
from report.evidence.sentences import Code, Parts, numbered, parts
from report.findings.chosen import chosen
from report.sections import sections_for
from training.records import SPLITS
from training.study import PRESETS


@dataclass(frozen=True)
class Cover:
    """The cover's text.

    Attributes:
        headline: The main result in a sentence; empty before any network is tested.
        lines: Pairs of label and value.
        records: Every record's path and digest, for `homework verify`.
    """

    title: str
    author: str
    course: str
    abstract: str
    headline: Parts
    lines: tuple[tuple[str, Parts], ...]
    records: str


def make_cover(view: StudyView, detail: Detail = "full") -> Cover:
    """Collect the cover from the study's record, its data set and its runs."""
    study = view.study
    headline = next((sentence.parts for sentence in chosen(view)), ())
    digests = record_digests(view.files)
    return Cover(
        _title(view),
        study.author,
        study.course,
        study.abstract,
        headline if detail == "full" else (),  # the brief first page says it already
        tuple(_lines(view, detail)),
        " ".join(f"{path}={digest}" for path, digest in digests.items()),
    )


def _title(view: StudyView) -> str:
    """Return the study's title; the homework's own names the pictures that were used."""
    title, dataset = view.study.title, view.dataset
    if view.study.sections and title in (preset.title for preset in PRESETS.values()):
        return view.study.name.replace("-", " ").replace("_", " ").capitalize()
    if dataset is None or dataset.kind != "folder" or title != PRESETS["reference"].title:
        return title
    return title.replace(CALTECH.text, dataset.name)


def _lines(view: StudyView, detail: Detail) -> list[tuple[str, Parts]]:
    study = view.study
    lines = [("Data set", _data_set(view)), ("Study", parts(Code(view.folder.name)))]
    if devices := _devices(view):
        lines.append(("Trained on", parts(", ".join(devices))))
    if detail == "brief":
        lines.append(("Form", parts("brief: answers, figures and tests")))
    elif left_out := study.report.leave_out:
        entries = sections_for(study.sections)
        titles = (entries[slug].title for slug in entries if slug in left_out)
        lines.append(("Left out", parts(", ".join(titles))))
    if day := _last_day(view):
        complete = all(view.run(experiment.id) is not None for experiment in view.listed)
        lines.append(("Finished" if complete else "Newest record", parts(day)))
    return lines


def _data_set(view: StudyView) -> Parts:
    if view.dataset is None:
        return parts(view.study.data or "not read yet")
    splits = [view.dataset_number(f"/n_{split}") for split in SPLITS]
    n_pictures = derive("sum", *splits)
    n_classes = derive("length", view.dataset_number("/classes"))
    size = parts(
        numbered(integer(n_pictures), "picture"), " in ",
        numbered(integer(n_classes), "class", "classes"),
    )  # fmt: skip
    return parts(data_set_name(view), ": ", size)


def _devices(view: StudyView) -> list[str]:
    """Name every device that a run was trained on, in order of first use."""
    found = [r.metrics.environment for r in view.all_runs() if r.metrics.environment is not None]
    return list(dict.fromkeys(environment.device_name for environment in found))


def _last_day(view: StudyView) -> str:
    """Return the date of the newest record, so that the same records give the same cover."""
    times = [run.metrics.finished_at for run in view.all_runs() if run.metrics.finished_at]
    return max(times)[:10] if times else ""

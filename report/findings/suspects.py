"""Train labels that heads fitted on the other pictures confidently contradict."""

from report.evidence.load import StudyView
from report.evidence.run import Run
from training.records import LabelSuspect


def suspects(view: StudyView) -> tuple[Run, list[tuple[int, LabelSuspect]]] | None:
    """Return the run that looked for them and the suspects with their places in its record.

    None where no run of the pictures described here did, or none was found.
    """
    dataset = view.dataset
    for run in (run for e in view.listed for run in view.finished(e.id)):
        found = run.metrics.label_suspects
        if found is None or dataset is None:
            continue
        if run.metrics.dataset_fingerprint != dataset.fingerprint:
            continue
        n_classes = len(dataset.classes)
        kept = [
            (place, item)
            for place, item in enumerate(found.first)
            if item.label < n_classes > item.answer
        ]
        if kept:
            return run, kept
    return None

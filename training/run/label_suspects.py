"""Look for wrong labels among the train pictures, by the frozen features of a network."""

import time

import numpy as np
from torch import Tensor

from training.byte_names import escaped
from training.data.thumbnails import jpeg, small
from training.engine.confident_learning import held_out_probabilities, suspects
from training.records import LabelSuspect, LabelSuspects, Spec, write_bytes
from training.run.near_train import nearest_to_own, with_copies
from training.run.workspace import Workspace

SHOWN = 24

MOST_PICTURES = 20_000
"""Heads of more would take too long beside what they are for."""


def label_suspects(
    features: Tensor, labels: Tensor, spec: Spec, workspace: Workspace
) -> LabelSuspects | None:
    """Name the train pictures whose labels are confidently contradicted; keep small copies.

    Args:
        features: Of the train pictures, (n, d).
        labels: (n,).
    """
    data = workspace.data
    n_classes = len(data.record.classes)
    if len(labels) > MOST_PICTURES or min(np.bincount(labels, minlength=n_classes)) < 2:
        return None
    started = time.perf_counter()
    truth = labels.numpy()
    found = suspects(truth, held_out_probabilities(features, truth, n_classes, spec.seed))
    seconds = time.perf_counter() - started
    rows = data.splits["train"]
    pixels = data.pixels(spec.image_size)
    first = []
    shown = found.places[:SHOWN].tolist()
    near = nearest_to_own(features, shown)
    nearest = with_copies(near, data, spec.image_size, workspace.folder)
    for number, place in enumerate(shown):
        image = small(pixels[rows[place]])
        file = f"thumbnails/suspects/{number + 1:02d}.jpg"
        write_bytes(workspace.folder.path / file, jpeg(image))
        first.append(
            LabelSuspect(
                path=escaped(data.paths[rows[place]]),
                label=int(truth[place]),
                answer=int(found.answers[number]),
                margin=round(float(found.margins[number]), 4),
                file=file,
                width=image.width,
                height=image.height,
                nearest=nearest[number],
            )
        )
    return LabelSuspects(len(labels), len(found.places), seconds, first)

"""What fewer train pictures give, by linear heads on features that are computed once."""

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.device.precision import computing
from training.engine.feature_cache import frozen_digest
from training.engine.ridge import RidgeHead, ridge_heads
from training.records import CurvePoint, LabelSuspects, LearningCurve, Spec, Split
from training.run.label_suspects import label_suspects
from training.run.prepare_model import Model
from training.run.train_model import split_features
from training.run.workspace import Workspace

DRAWS = 3

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Of the penalty, of which validation chooses."""


def from_frozen_features(
    model: Model, spec: Spec, workspace: Workspace
) -> tuple[LearningCurve | None, LabelSuspects | None]:
    """Fit heads on parts of the train split, and look for wrong labels there.

    The test split is read with each head, but chooses nothing.

    Returns:
        Nothing unless the spec asks and the backbone is frozen.
    """
    split = model.trainable.split
    if not spec.train_per_class or split is None:
        return None, None
    module = model.network.module
    with computing(module, workspace.precision, workspace.device):
        frozen = frozen_digest(module, split)
        features = {}
        for name in ("train", "validation", "test"):
            found, _ = split_features(model, split, frozen, spec, workspace, _as_split(name))
            features[name] = _flat(found.features), found.labels.cpu()
    started = time.perf_counter()
    points, skipped = curve_points(
        features, len(workspace.data.record.classes), spec.train_per_class, spec.seed, workspace
    )
    curve = LearningCurve(
        n_validation=len(features["validation"][1]),
        n_test=len(features["test"][1]),
        seconds=time.perf_counter() - started,
        points=points,
        skipped=skipped,
    )
    return curve, label_suspects(*features["train"], spec, workspace)


def _as_split(name: str) -> Split:
    return name  # type: ignore[return-value]


def _flat(features: Tensor) -> Tensor:
    return features.cpu().float().flatten(1)


Features = dict[str, tuple[Tensor, Tensor]]
"""Of each split: features (n, d) and labels (n,)."""


def curve_points(
    features: Features,
    n_classes: int,
    counts: Sequence[int],
    seed: int,
    workspace: Workspace | None = None,
) -> tuple[list[CurvePoint], list[int]]:
    """Return the points, and the counts that fewer than half of the classes have.

    Args:
        workspace: Told of the progress, and asked whether to stop.
    """
    x, labels = features["train"]
    sizes = np.bincount(labels.numpy(), minlength=n_classes)
    skipped = [n for n in counts if 2 * (sizes >= n).sum() < n_classes]
    wanted = [(n, draw) for n in counts if n not in skipped for draw in range(1, DRAWS + 1)]
    points = []
    for done, (n, draw) in enumerate(wanted, start=1):
        rows = torch.from_numpy(drawn(labels.numpy(), n_classes, n, (seed, n, draw)))
        strength, right, head = _best_head(x[rows], labels[rows], n_classes, features["validation"])
        points.append(
            CurvePoint(n, draw, len(rows), strength, right, _right(head, features["test"]))
        )
        if workspace is not None:
            workspace.progress.stage(done, len(wanted), "heads of the learning curve")
            workspace.stop.check()
    return points, skipped


def drawn(
    labels: NDArray[np.int64], n_classes: int, per_class: int, seed: Sequence[int]
) -> NDArray[np.int64]:
    """Return places of so many pictures of each class at random, sorted; all of a smaller class."""
    dice = np.random.Generator(np.random.PCG64(list(seed)))
    chosen = [
        dice.permutation(np.flatnonzero(labels == index))[:per_class] for index in range(n_classes)
    ]
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _best_head(
    x: Tensor, labels: Tensor, n_classes: int, validation: tuple[Tensor, Tensor]
) -> tuple[float, int, RidgeHead]:
    """Return the head of the strength that is right most often on validation; ties: the larger."""
    heads = zip(STRENGTHS, ridge_heads(x, labels, n_classes, STRENGTHS), strict=True)
    tried = [(_right(head, validation), strength, head) for strength, head in heads]
    right, strength, head = max(tried, key=lambda item: item[:2])
    return strength, right, head


def _right(head: RidgeHead, split: tuple[Tensor, Tensor]) -> int:
    features, labels = split
    return int((head.answers(features) == labels).sum())

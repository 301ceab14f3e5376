"""What a tested network is looked at for, beside its test."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from torch import Tensor

from training.device.precision import computing
from training.engine.batches import PictureInputs
from training.engine.evaluate import evaluate_logits
from training.engine.feature_cache import frozen_digest
from training.networks.freezing import Trainable
from training.records import (
    Layout,
    NearTrain,
    Predictions,
    Scores,
    Spec,
    Speed,
    doubtful_mistakes,
    maps_wanted,
)
from training.run.feature_map import describe, has_t_sne, head_inputs, shown_of
from training.run.heat_maps import heat_maps
from training.run.measure_speed import Passes, measure_speed
from training.run.near_train import watching, with_copies
from training.run.prepare_model import Model
from training.run.train_model import computed_once, pictures, split_features
from training.run.workspace import Workspace


@dataclass(frozen=True)
class Inspection:
    """What was found beside the test scores; nothing of a run that isn't tested.

    Attributes:
        train: Scores on the train images as they are, with the tested weights at inference.
        speed: Null where other runs used the device at the same time.
        nearest: The train images nearest to the test images whose labels a person may look at.
    """

    train: Scores | None = None
    speed: Speed | None = None
    nearest: list[NearTrain] | None = None


def starting_features(model: Model, spec: Spec, workspace: Workspace) -> Tensor | None:
    """Return what the head is given of test images before training, where that will change.

    Returns:
        (n, n_features), of the images that `shown_of` picks; None without pre-trained weights, or
        where all that comes before the head is frozen.
    """
    if spec.weights == "none" or not _changes_features(model.trainable, model.network.head):
        return None
    test = pictures(model, spec, workspace, "test")
    shown = shown_of(len(test.labels)).tolist()
    with computing(model.network.module, workspace.precision, workspace.device):
        return head_inputs(model.network, test, shown, spec.batch_size)


def _changes_features(trainable: Trainable, head: str) -> bool:
    return any(path != head for path in trainable.paths)


def inspect_network(
    record: Predictions,
    model: Model,
    spec: Spec,
    test: PictureInputs,
    passes: Passes,
    workspace: Workspace,
) -> Inspection:
    """Measure a tested network on the train images, and its speed.

    Args:
        record: What it answered to the test images.
        model: With the tested weights.
        test: The test images.
        passes: Their way through the network.
    """
    speed = None
    if workspace.alone:
        with computing(model.network.module, workspace.precision, workspace.device):
            speed = measure_speed(model.network.module, test, passes)
    doubtful, network = doubtful_mistakes(record), model.network
    if not doubtful:
        return Inspection(_train_scores(model, spec, workspace), speed, [])
    with computing(network.module, workspace.precision, workspace.device):
        queries = head_inputs(network, test, doubtful, spec.batch_size)
    with watching(network, queries, len(workspace.data.splits["train"])) as found:
        scores = _train_scores(model, spec, workspace)
    images = with_copies(found, workspace.data, spec.image_size, workspace.folder)
    nearest = [NearTrain(i, some) for i, some in zip(doubtful, images, strict=True)]
    return Inspection(scores, speed, nearest)


def _train_scores(model: Model, spec: Spec, workspace: Workspace) -> Scores:
    """Return loss and accuracy on the train images, without augmentation, at inference."""
    network, split = model.network, computed_once(model, spec)
    if split is None:
        with computing(network.module, workspace.precision, workspace.device):
            train = pictures(model, spec, workspace, "train")
            return evaluate_logits(network.module, train, spec.batch_size)[0]
    with computing(network.module, workspace.precision, workspace.device):
        frozen = frozen_digest(network.module, split)
        seen, _ = split_features(model, split, frozen, spec, workspace, "train")
    rest = network.module.get_submodule(split)
    with computing(rest, workspace.precision, workspace.device):
        return evaluate_logits(rest, seen, spec.batch_size)[0]


def with_views(
    record: Predictions,
    model: Model,
    spec: Spec,
    test: PictureInputs,
    end: Sequence[Tensor],
    start: Tensor | None,
    workspace: Workspace,
) -> Predictions:
    """Add to a record what speaks for its answers, and how the network lays the images out.

    Args:
        end: What `overheard` noted of the test.
        start: What `starting_features` returned.
    """
    index = shown_of(len(record.label))
    pixels, rows = workspace.data.pixels(spec.image_size), workspace.data.splits["test"]
    squares = [pixels[rows[i]] for i in maps_wanted(record)]
    return msgspec.structs.replace(
        record,
        heat_maps=heat_maps(model.network, record, test, squares, workspace.folder),
        feature_map=describe(
            torch.cat(list(end)).to(workspace.device),
            None if start is None else start.to(workspace.device),
            np.array(record.label)[index],
            _layout(workspace),
        ),
    )


def _layout(workspace: Workspace) -> Layout:
    """Return how features are laid out: as asked for, if what that needs is installed."""
    if workspace.layout == "t-sne" and not has_t_sne():
        workspace.note_once(
            "t-sne",
            "Features are laid out on principal components: t-SNE needs scikit-learn, "
            "pip install 'cnn-homework[embed]'.",
        )
        return "pca"
    return workspace.layout

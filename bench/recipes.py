"""One training run by one recipe, as a process of its own; prints JSON. `train.py` compares them.

naive: what students write. PIL opens every picture every epoch, DataLoader workers, fp32.
peer:  torchvision's own tensor decoding and v2 transforms, channels_last, fused optimizer,
       persistent workers, and on CUDA pinned memory and bf16 autocast.
ours:  this project's `train_model`: decoded once, gathered on the device, frozen parts run once.

All train the same network on the same pictures in batches of the same size, and validate after
every epoch. The weights are random: the work is the same.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from training.data.geometry import resize_size
from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.device.environment import ignore_denormals, keep_memory
from training.device.precision import resolve_precision
from training.engine.feature_cache import FeatureCache
from training.networks.build import build
from training.networks.freezing import freeze, training_mode
from training.progress import EpochEnd, Progress
from training.records import Freeze, Spec, StudyFolder
from training.run.prepare_model import prepare_model
from training.run.train_model import train_model
from training.run.workspace import Workspace
from training.weights.source import WeightsSource

TASKS: dict[str, tuple[str, Freeze, tuple[int, ...]]] = {
    "all": ("alexnet", "none", ()),
    "cnn": ("alexnet", "features", ()),
    "vgg16": ("vgg16", "backbone", (2024,)),
}
"""Task to network, what is frozen, and hidden layers of the head."""

AUGMENTATIONS: dict[str, Callable[[Any], list[Any]]] = {
    "none": lambda t: [],
    "horizontal-flip": lambda t: [t.RandomHorizontalFlip(0.85)],
    "vertical-flip": lambda t: [t.RandomVerticalFlip(0.15)],
    "rotation": lambda t: [t.RandomRotation(180)],
    "one-of-three": lambda t: [t.RandomChoice(
        [t.RandomHorizontalFlip(0.85), t.RandomRotation(180), t.RandomVerticalFlip(0.15)])],
}  # fmt: skip
"""By torchvision's transforms, old or v2."""

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main() -> None:
    """Run one recipe and print what it took and what it learned."""
    options = _options()
    torch.manual_seed(0)
    is_ours = options.recipe.startswith("ours")
    if is_ours:
        ignore_denormals()
        keep_memory()
    data = _data(options)
    device = torch.device(options.device)
    started = time.perf_counter()
    if is_ours:
        precision = "fp32" if options.recipe == "ours-fp32" else "auto"
        with tempfile.TemporaryDirectory() as place:
            spec = spec_of(options, options.epochs)
            epochs, before = ours(spec, data, device, Path(place), precision)
            seconds = time.perf_counter() - started
            again = None
            if options.again:
                again = whole_run(*ours(spec, data, device, Path(place), precision), spec.epochs)
    else:
        epochs, before = _loop(options, data, device), 0.0
        seconds, again = time.perf_counter() - started, None
    answer = {
        "recipe": options.recipe, "task": options.task, "device": options.device,
        "epochs": epochs, "seconds_before": before, "seconds": seconds,
        "seconds_again": again, "peak_bytes": _peak_bytes(),
    }  # fmt: skip
    print(json.dumps(answer))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=["naive", "peer", "ours", "ours-fp32"])
    add_options(parser)
    parser.add_argument("--task", choices=list(TASKS), default="all")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="ours once more on kept features")
    return parser.parse_args()


def whole_run(epochs: list[dict[str, float]], before: float, n_epochs: int) -> float:
    """Return a run's seconds: what comes before, and its best epoch for each epoch."""
    return before + min(epoch["seconds"] for epoch in epochs) * n_epochs


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what describes the pictures and the device."""
    parser.add_argument("--data", default="sample", help="a folder of pictures, or sample")
    parser.add_argument("--pictures", type=int, default=768, help="of each of train, validation")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2, help="of the DataLoaders")
    parser.add_argument("--device", default="cpu")


def spec_of(options: argparse.Namespace, epochs: int) -> Spec:
    """Return the recipe's specification: SGD, as in the homework's baseline."""
    model, frozen, head = TASKS[options.task]
    return Spec(
        model=model, head=head, width=1.0, weights="none", weights_digest="", freeze=frozen,
        augmentation="none", normalisation="dataset", mean=IMAGENET[0], std=IMAGENET[1],
        image_size=options.image_size, resize_size=resize_size(options.image_size),
        optimizer="sgd", learning_rate=1e-2, momentum=0.9, weight_decay=5e-5, step_size=20,
        gamma=0.1, epochs=epochs, batch_size=options.batch_size, seed=0,
    )  # fmt: skip


def _data(options: argparse.Namespace) -> PreparedData:
    """Index and decode; the same random pictures for every recipe."""
    data = prepare(locate(options.data), None, options.image_size, None, 0)
    random = np.random.default_rng(0)
    for name in ("train", "validation"):
        rows = data.splits[name]
        data.splits[name] = np.sort(random.permutation(rows)[: options.pictures])
    return data


def _peak_bytes() -> int:
    """Return the peak of host memory: this process's and its largest worker's."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(kind).ru_maxrss for kind in kinds) * 1024


class _Epochs(Progress):
    """Collects what every epoch took and reached."""

    def __init__(self) -> None:
        self.found: list[dict[str, float]] = []
        self.last = time.perf_counter()

    def epochs(self, n_epochs: int, n_images: int) -> None:
        self.last = time.perf_counter()

    def epoch(self, end: EpochEnd) -> None:
        now = time.perf_counter()
        self.found.append(
            {"seconds": now - self.last, "train_loss": end.train_loss,
             "validation_loss": end.validation_loss,
             "validation_accuracy": end.validation_accuracy}
        )  # fmt: skip
        self.last = now


def ours(
    spec: Spec, data: PreparedData, device: torch.device, place: Path, precision: str
) -> tuple[list[dict[str, float]], float]:
    """Train by this project, caches in `place`; return the epochs and the seconds before them."""
    progress = _Epochs()
    workspace = Workspace(
        StudyFolder(place), data, device, progress, place,
        precision=resolve_precision(precision, device, spec.image_size),
        feature_cache=FeatureCache(place),
    )  # fmt: skip
    model = prepare_model(spec, WeightsSource("none"), workspace)
    started = time.perf_counter()
    train_model(model, spec, workspace)
    whole = time.perf_counter() - started
    return progress.found, whole - sum(epoch["seconds"] for epoch in progress.found)


class _Pictures(Dataset[tuple[Tensor, int]]):
    """Opens, resizes and crops a picture each time it is asked for."""

    def __init__(self, data: PreparedData, split: str, spec: Spec, recipe: str) -> None:
        self.rows = data.splits[split]
        self.data = data
        self.recipe = recipe
        self.transform = _transform(
            spec.image_size, recipe, spec.augmentation if split == "train" else "none"
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        row = self.rows[position]
        file = self.data.root / self.data.paths[row]
        label = int(self.data.labels[row])
        if self.recipe == "naive":
            from PIL import Image

            with file.open("rb") as stream:
                picture = Image.open(stream).convert("RGB")
        else:
            from torchvision.io import ImageReadMode, decode_image

            picture = decode_image(str(file), ImageReadMode.RGB)
        return self.transform(picture), label


def _transform(image_size: int, recipe: str, augmentation: str):  # type: ignore[no-untyped-def]
    """Resize to 256/224 of the size, crop the middle, augment, scale and normalise."""
    from torchvision import transforms
    from torchvision.transforms import v2

    around = resize_size(image_size)
    if recipe == "naive":
        return transforms.Compose([
            transforms.Resize(around), transforms.CenterCrop(image_size),
            *AUGMENTATIONS[augmentation](transforms),
            transforms.ToTensor(), transforms.Normalize(*IMAGENET),
        ])  # fmt: skip
    return v2.Compose([
        v2.Resize(around, antialias=True), v2.CenterCrop(image_size),
        *AUGMENTATIONS[augmentation](v2),
        v2.ToDtype(torch.float32, scale=True), v2.Normalize(*IMAGENET),
    ])  # fmt: skip


def _loop(
    options: argparse.Namespace, data: PreparedData, device: torch.device
) -> list[dict[str, float]]:
    spec = spec_of(options, options.epochs)
    return _train(options.recipe, spec, data, device, options.epochs, options.workers)


def train_naively(
    spec: Spec, data: PreparedData, device: torch.device, n_epochs: int, workers: int
) -> list[dict[str, float]]:
    """Train what a specification says by the naive recipe, from random weights."""
    return _train("naive", spec, data, device, n_epochs, workers)


def _train(
    recipe: str, spec: Spec, data: PreparedData, device: torch.device, n_epochs: int, workers: int
) -> list[dict[str, float]]:
    """Train and validate as the recipe's scripts do."""
    peer = recipe == "peer"
    network = build(spec.model, len(data.record.classes), spec.head, spec.width)
    module = network.module.to(device)
    if peer:
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    held = freeze(network, spec.freeze)
    optimizer = _optimizer([p for p in module.parameters() if p.requires_grad], spec, peer)
    train, validation = (
        picture_loader(recipe, spec, data, split, device, workers)
        for split in ("train", "validation")
    )
    found = []
    for _ in range(n_epochs):
        started = time.perf_counter()
        training_mode(network, held)
        loss = _pass(module, _batches(train, device, peer), device, peer, optimizer)[0]
        module.eval()
        with torch.no_grad():
            validated = _pass(module, _batches(validation, device, peer), device, peer, None)
        found.append(
            {"seconds": time.perf_counter() - started, "train_loss": loss,
             "validation_loss": validated[0], "validation_accuracy": validated[1]}
        )  # fmt: skip
    return found


def _optimizer(parameters: list[nn.Parameter], spec: Spec, fused: bool) -> torch.optim.Optimizer:
    rate, decay, quick = spec.learning_rate, spec.weight_decay, fused or None
    if spec.optimizer == "sgd":
        return torch.optim.SGD(parameters, rate, spec.momentum, weight_decay=decay, fused=quick)
    if spec.optimizer == "adam":
        return torch.optim.Adam(parameters, rate, weight_decay=decay, fused=quick)
    return torch.optim.RMSprop(parameters, rate, weight_decay=decay)


def picture_loader(
    recipe: str, spec: Spec, data: PreparedData, split: str, device: torch.device, workers: int
) -> "DataLoader[tuple[Tensor, int]]":
    """Return the DataLoader that a recipe's script would make of a split."""
    peer = recipe == "peer"
    return DataLoader(
        _Pictures(data, split, spec, recipe),
        batch_size=spec.batch_size,
        shuffle=split == "train",
        num_workers=workers,
        persistent_workers=peer and workers > 0,
        pin_memory=peer and device.type == "cuda",
    )


def _batches(
    loader: "DataLoader[tuple[Tensor, int]]", device: torch.device, peer: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    for pictures, labels in loader:
        moved = pictures.to(device, non_blocking=peer)
        if peer:
            moved = moved.contiguous(memory_format=torch.channels_last)
        yield moved, labels.to(device, non_blocking=peer)


def _pass(
    module: nn.Module,
    batches: Iterator[tuple[Tensor, Tensor]],
    device: torch.device,
    peer: bool,
    optimizer: torch.optim.Optimizer | None,
) -> tuple[float, float]:
    """Go over a split once; return mean loss and accuracy."""
    mixed = peer and device.type == "cuda"
    loss_sum, n_correct, n = 0.0, 0, 0
    for pictures, labels in batches:
        autocast: AbstractContextManager[object] = (
            torch.autocast("cuda", torch.bfloat16) if mixed else nullcontext()
        )
        with autocast:
            logits = module(pictures)
            loss = F.cross_entropy(logits, labels)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        loss_sum += float(loss.detach()) * len(labels)
        n_correct += int((logits.argmax(1) == labels).sum().item())
        n += len(labels)
    return loss_sum / n, n_correct / n


if __name__ == "__main__":
    main()

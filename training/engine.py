"""The epoch loop: train, validate, step the learning rate, remember the best epoch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.batches import Inputs, in_order, shuffled
from training.names import look_up
from training.progress import EpochEnd, Progress
from training.records import Curves, Scores, Spec

State = dict[str, Tensor]


@dataclass
class Fit:
    """The outcome of training; lists have one entry a finished epoch.

    Attributes:
        diverged: A loss stopped being finite; that epoch's weights are thrown away.
        best_epoch: 1-based, see `Metrics.best_epoch`; 0 if there was no finite epoch.
        best_state: Trainable parameters and buffers after `best_epoch`.
        training_seconds: Time of the training passes alone.
    """

    learning_rate: list[float] = field(default_factory=list)
    train: list[Scores] = field(default_factory=list)
    validation: list[Scores] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    diverged: bool = False
    best_epoch: int = 0
    best_state: State = field(default_factory=dict)
    training_seconds: float = 0.0

    def curves(self, experiment_id: str, seed: int) -> Curves:
        return Curves(
            id=experiment_id,
            seed=seed,
            epoch=list(range(1, len(self.train) + 1)),
            learning_rate=self.learning_rate,
            train_loss=[scores.loss for scores in self.train],
            train_accuracy=[scores.accuracy for scores in self.train],
            validation_loss=[scores.loss for scores in self.validation],
            validation_accuracy=[scores.accuracy for scores in self.validation],
            epoch_seconds=self.epoch_seconds,
        )


def _sgd(parameters: list[nn.Parameter], spec: Spec) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=spec.learning_rate,
        momentum=spec.momentum,
        weight_decay=spec.weight_decay,
        fused=True,
    )


def _adam(parameters: list[nn.Parameter], spec: Spec) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True
    )


def _rmsprop(parameters: list[nn.Parameter], spec: Spec) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay)


OPTIMIZERS: dict[str, Callable[[list[nn.Parameter], Spec], torch.optim.Optimizer]] = {
    "sgd": _sgd,
    "adam": _adam,
    "rmsprop": _rmsprop,
}


def fit(
    module: nn.Module,
    training_mode: Callable[[], object],
    train: Inputs,
    validation: Inputs,
    spec: Spec,
    progress: Progress,
) -> Fit:
    """Train by cross-entropy with `spec`'s optimizer and step schedule, from torch's random state.

    Args:
        module: Maps gathered inputs to logits (B, n_classes); trainable where gradients are on.
        training_mode: Puts the modules into their modes before each training pass.
        spec: Recipe; `spec.seed` decides the order of the pictures.

    Returns:
        Curves, and the state of the best epoch. The module keeps its last state.
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    optimizer = look_up("optimizer", spec.optimizer, OPTIMIZERS)(trainable, spec)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, spec.step_size, spec.gamma)
    order = torch.Generator().manual_seed(spec.seed)
    result = Fit()
    progress.epochs(spec.epochs, len(train.labels))
    last: State = {}
    for epoch in range(1, spec.epochs + 1):
        start = time.perf_counter()
        training_mode()
        trained = _train_epoch(module, train, optimizer, spec.batch_size, order, progress)
        seconds = time.perf_counter() - start
        result.training_seconds += seconds
        validated = evaluate(module, validation, spec.batch_size)
        result.learning_rate.append(float(optimizer.param_groups[0]["lr"]))
        result.train.append(trained)
        result.validation.append(validated)
        result.epoch_seconds.append(time.perf_counter() - start)
        _report(progress, epoch, spec.epochs, result, len(train.labels) / max(seconds, 1e-9))
        if trained.loss is None or validated.loss is None:
            # the state before this epoch is the last that means anything
            result.diverged = True
            result.best_epoch, result.best_state = epoch - 1, last
            break
        better = _is_better(result, epoch)
        # `last` is only needed if the next epoch diverges; reuse its memory unless it is the best
        last = _copy_state(module, {} if last is result.best_state else last)
        if better:
            result.best_epoch, result.best_state = epoch, last
        scheduler.step()
    return result


def _is_better(result: Fit, epoch: int) -> bool:
    """Compare with the best epoch so far: validation accuracy, then lower validation loss."""
    if result.best_epoch == 0:
        return True
    new, best = result.validation[epoch - 1], result.validation[result.best_epoch - 1]
    assert new.loss is not None
    assert best.loss is not None
    return (new.accuracy, -new.loss) > (best.accuracy, -best.loss)


def _train_epoch(
    module: nn.Module,
    inputs: Inputs,
    optimizer: torch.optim.Optimizer,
    batch_size: int,
    order: torch.Generator,
    progress: Progress,
) -> Scores:
    n = len(inputs.labels)
    totals = torch.zeros(2, dtype=torch.float64, device=inputs.labels.device)
    for chosen in shuffled(n, batch_size, order):
        labels = inputs.labels[chosen.to(inputs.labels.device)]
        optimizer.zero_grad(set_to_none=True)
        logits = module(inputs.gather(chosen))  # B, n_classes
        loss = F.cross_entropy(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        totals += _batch_totals(loss.detach(), logits.detach(), labels)
        progress.batch(len(chosen))
    return _scores(totals, n)


def _batch_totals(loss: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """Return summed loss and correct count of a batch, (2,) float64, without leaving the device."""
    correct = (logits.argmax(1) == labels).sum()
    return torch.stack((loss.double() * len(labels), correct.double()))


def _scores(totals: Tensor, n: int) -> Scores:
    loss, correct = totals.tolist()
    return Scores(loss=loss / n if math.isfinite(loss) else None, accuracy=int(correct) / n)


@torch.no_grad()
def evaluate(module: nn.Module, inputs: Inputs, batch_size: int) -> Scores:
    """Return mean cross-entropy and top-1 accuracy in inference mode."""
    return evaluate_logits(module, inputs, batch_size)[0]


@torch.no_grad()
def evaluate_logits(module: nn.Module, inputs: Inputs, batch_size: int) -> tuple[Scores, Tensor]:
    """Return the scores and all logits (n, n_classes), float32 on the CPU."""
    module.eval()
    totals = torch.zeros(2, dtype=torch.float64, device=inputs.labels.device)
    outputs = []
    for chosen in in_order(len(inputs.labels), batch_size):
        labels = inputs.labels[chosen.to(inputs.labels.device)]
        logits = module(inputs.gather(chosen)).float()
        totals += _batch_totals(F.cross_entropy(logits, labels), logits, labels)
        outputs.append(logits)
    return _scores(totals, len(inputs.labels)), torch.cat(outputs).cpu()


def _changing(module: nn.Module) -> dict[str, Tensor]:
    """Return what training can change: trainable parameters and all buffers."""
    parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
    return {**parameters, **dict(module.named_buffers())}


def _copy_state(module: nn.Module, memory: State) -> State:
    """Copy what training can change, into `memory` where it fits."""
    if not memory:
        return {name: value.detach().clone() for name, value in _changing(module).items()}
    for name, value in _changing(module).items():
        memory[name].copy_(value.detach())
    return memory


def load_state(module: nn.Module, state: State) -> None:
    """Put a state of `Fit.best_state` back into the module."""
    current = _changing(module)
    with torch.no_grad():
        for name, value in state.items():
            current[name].copy_(value)


def _report(progress: Progress, epoch: int, n_epochs: int, result: Fit, speed: float) -> None:
    train, validation = result.train[-1], result.validation[-1]
    progress.epoch(
        EpochEnd(
            epoch=epoch,
            n_epochs=n_epochs,
            train_loss=math.nan if train.loss is None else train.loss,
            train_accuracy=train.accuracy,
            validation_loss=math.nan if validation.loss is None else validation.loss,
            validation_accuracy=validation.accuracy,
            images_per_second=speed,
        )
    )

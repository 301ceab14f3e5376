"""The epoch loop: train, validate, step the learning rate, remember the best epoch."""

import contextlib
import functools
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from training.device.energy import EnergyMeter
from training.device.precision import computes_in_bf16, fp16_forward, of_sums
from training.device.process_group import ALONE, ProcessGroup
from training.device.randomness import random_state, restore_random_state
from training.device.transfer import moved
from training.engine.average import WeightAverage
from training.engine.batches import Inputs, class_weights, drawn, n_batches, shuffled
from training.engine.checkpoint import Checkpoints, Position
from training.engine.evaluate import batch_totals, evaluate, scores_of
from training.engine.loss_scale import LossScale
from training.engine.mixing import draw_mix, mixed
from training.engine.objective import Objective
from training.engine.optimizers import OPTIMIZERS, make_optimizer
from training.engine.out_of_memory import (
    add_gradients,
    backward,
    gathered,
    normalises_batches,
    statistics_of,
    told,
)
from training.engine.outcome import KEPT_OF_FIT, Fit, is_better, report
from training.engine.own_parts import NO_PARTS, OwnParts
from training.engine.part_of_batch import WholeBatch, add_gradients_of_part
from training.engine.recorded_step import Capture, RecordedStep, cuda_graph
from training.engine.schedule import rate_in, rate_of_cycle
from training.engine.state import changing, copy_state, load_state, shapes
from training.networks.build import ARCHITECTURES
from training.progress import Progress
from training.records import NO_OPTIONS, LossScaling, Scores, Spec, ValidationAnswers, code_in
from training.stopping import StoppedError, StopSignal


@dataclass(frozen=True)
class FirstPhase:
    """Epochs at the start in which less is trained than later.

    Attributes:
        epochs: How many.
        begin: Stops the gradients of what isn't trained yet.
        mode: Puts the modules into their modes meanwhile.
        end: Lets the gradients of all that is trained later flow.
    """

    epochs: int
    begin: Callable[[], object]
    mode: Callable[[], object]
    end: Callable[[], object]


def fit(
    module: nn.Module,
    training_mode: Callable[[], object],
    train: Inputs,
    validation: Inputs,
    spec: Spec,
    progress: Progress,
    checkpoints: Checkpoints | None = None,
    stop: StopSignal | None = None,
    log: Callable[[Fit], object] = lambda _: None,
    meter: EnergyMeter | None = None,
    rates: Mapping[nn.Parameter, float] | None = None,
    first_phase: FirstPhase | None = None,
    own: OwnParts = NO_PARTS,
    group: ProcessGroup = ALONE,
) -> Fit:
    """Train by `spec`'s loss, optimizer and schedule, from torch's random state.

    Args:
        module: Maps gathered inputs to logits (B, n_classes); trainable where gradients are on.
        training_mode: Puts the modules into their modes before each training pass.
        spec: Recipe; `spec.seed` decides the order of the images.
        checkpoints: Where training resumes from and saves its state.
        stop: Asks to leave after a batch.
        log: Receives the epochs so far, at the start and after each.
        meter: Of the device's energy.
        rates: Factors of the learning rates of the parameters that are here.
        first_phase: How the first epochs train, where they don't train everything.
        own: Code of somebody's own that the recipe names.
        group: The processes that train together. All call this alike; the network, random numbers
            and checkpoints of the first one hold, which alone is asked to stop.

    Returns:
        Curves, and the state of the best epoch. The module keeps its last state.

    Raises:
        GroupError: Another process of the group has died.
        StoppedError: `stop` asked for it; a checkpoint was written.
        DeviceError: Not even a single image fits the device's memory.
    """
    training = _Training(module, training_mode, train, spec, progress, checkpoints, meter, rates,
                         first_phase, own, group)  # fmt: skip
    progress.epochs(spec.epochs, len(train.labels))
    training.begin_alike()
    training.resume()
    training.meter.go_on_from(training.result.energy_joules)
    log(training.result)
    stop = stop or StopSignal()
    with stop.held():
        try:
            while not training.is_over():
                training.train_epoch(stop)
                started = time.perf_counter()
                with training.averaged():
                    scores, answers = evaluate(
                        module, validation, spec.batch_size, stop.check, group
                    )
                training.end_epoch(scores, answers, time.perf_counter() - started)
                log(training.result)
        except StoppedError as stopped:
            if not stopped.at_once:
                training.save()
            raise
        finally:
            training.recorded.forget()
    training.train_everything()
    training.result.energy_joules = training.meter.joules()
    return training.result


class _Training:
    """All that changes while training, so that it can be put down and taken up again.

    Attributes:
        epoch: The one that is running, from 1.
        batch: Batches of it that are done.
        seconds: Training time of it so far.
        order_state: Of the generator before it drew this epoch's order.
        totals: Of this epoch, (3,), see `of_sums`: summed loss, correct count, and how many images
            they leave out because fp16 couldn't hold the values of their batches.
        scaling: While training is in fp16.
    """

    def __init__(
        self, module: nn.Module, training_mode: Callable[[], object], train: Inputs, spec: Spec,
        progress: Progress, checkpoints: Checkpoints | None, meter: EnergyMeter | None,
        rates: Mapping[nn.Parameter, float] | None, first_phase: FirstPhase | None,
        own: OwnParts, group: ProcessGroup,
    ) -> None:  # fmt: skip
        self.module, self.training_mode, self.train = module, training_mode, train
        self.rates, self.first_phase, self.group = rates, first_phase, group
        self._n_first = first_phase.epochs if first_phase is not None else 0
        if first_phase is not None:
            first_phase.begin()
        self.spec, self.progress, self.checkpoints, self.own = spec, progress, checkpoints, own
        self.device = train.labels.device
        self.meter = meter or EnergyMeter()
        self.optimizer = make_optimizer(module, spec, rates, own.optimizer)
        self.optimizer.learning_rate = rate_in(spec, 1, own.schedule)
        self.average = WeightAverage(self.optimizer.parameters, spec.ema) if spec.ema else None
        self.order = torch.Generator().manual_seed(spec.seed)
        self.odds, self.objective = _balanced(spec, train.labels)
        self.objective = replace(self.objective, own=own.loss)
        self.result = Fit()
        self.totals = torch.zeros(3, dtype=of_sums(self.device), device=self.device)
        self.fp16 = fp16_forward(module)
        self.scaling = LossScale(self.device) if self.fp16 is not None else None
        self.recorded = self._unrecorded()
        self._begin_epoch(1)

    def begin_alike(self) -> None:
        """Take over the network and the random numbers of the first process."""
        self.group.copy_first([*self.module.parameters(), *self.module.buffers()])
        if self.group.size > 1:
            restore_random_state(self.group.share(random_state(self.device)), self.device)

    def is_over(self) -> bool:
        """Tell whether no further epoch is trained: all are done, or nothing gets better."""
        if self.epoch > self.spec.epochs or self.result.diverged:
            return True
        patience, best = self.spec.early_stopping, self.result.best_epoch
        if patience and self.spec.early_stopping_by == "loss":
            losses = [math.inf if s.loss is None else s.loss for s in self.result.validation]
            best = losses.index(min(losses)) + 1 if losses else 0
        return bool(patience) and self.epoch - 1 - max(best, self._n_first) >= patience

    def train_everything(self) -> None:
        """End the first phase, if it hasn't ended; the optimizer begins anew.

        What wasn't trained so far is in every epoch's state, and in an average, as it is now.
        """
        if self.first_phase is None:
            return
        self.first_phase.end()
        self.first_phase = None
        rate = self.optimizer.learning_rate
        self.optimizer = make_optimizer(self.module, self.spec, self.rates, self.own.optimizer)
        self.optimizer.learning_rate = rate
        if self.average is not None:
            self.average.extend(self.optimizer.parameters)
        if self.result.best_state:
            self.result.best_state = copy_state(self.module, {}) | self.result.best_state
        self.recorded.forget()
        self.recorded = self._unrecorded()

    def _begin_epoch(self, epoch: int) -> None:
        if epoch > self._n_first:
            self.train_everything()
        self.epoch, self.batch, self.seconds = epoch, 0, 0.0
        self.order_state = self.order.get_state()
        self.totals.zero_()

    def _unrecorded(self) -> RecordedStep:
        if self.group.size > 1:
            return RecordedStep()
        return RecordedStep(_way_to_record(self.device, self.spec, self.module))

    def train_epoch(self, stop: StopSignal) -> None:
        """Train on what is left of this epoch's batches.

        Where fp16 could hold the values of none, no step was made: then by all of them in fp32.
        """
        self._train_batches(stop)
        if self.scaling is None:
            return
        left_out, n = int(self.totals[2].item()), len(self.train.labels)
        if left_out == n:
            self._go_on_in_fp32(self.epoch)
            self._begin_again()
            self._train_batches(stop)
        elif left_out:
            self._go_on_in_fp32(self.epoch + 1, left_out)

    def _begin_again(self) -> None:
        """Begin this epoch anew, where its batches changed nothing."""
        self.progress.batch(-len(self.train.labels))
        seconds = self.seconds
        self._begin_epoch(self.epoch)
        self.seconds = seconds
        if self.checkpoints is not None and self.group.is_first:
            self.checkpoints.remove()  # by their names they are newer than those to come
            self.save()

    def _go_on_in_fp32(self, epoch: int, left_out: int = 0) -> None:
        """Compute no more in fp16.

        Args:
            epoch: The first one in fp32.
            left_out: Images that the scores of the epoch before it leave out.
        """
        assert self.fp16 is not None
        assert self.scaling is not None
        self.result.loss_scaling = self._scaled(epoch, left_out)
        self.fp16.in_fp32, self.scaling = True, None
        self.recorded = self._unrecorded()
        self.progress.note("Values are too large for fp16: continuing in fp32")

    def _scaled(self, fp32_from_epoch: int | None = None, left_out: int = 0) -> LossScaling:
        assert self.scaling is not None
        scale, skipped = float(self.scaling.scale), int(self.scaling.skipped)
        return LossScaling(scale, skipped, fp32_from_epoch, left_out)

    def _train_batches(self, stop: StopSignal) -> None:
        start = time.perf_counter() - self.seconds
        mode = self.training_mode if self.first_phase is None else self.first_phase.mode
        mode()
        batches = self._batches()
        for chosen in itertools.islice(batches, self.batch, None):
            self._train_batch(chosen)
            self.batch += 1
            self.seconds = time.perf_counter() - start
            self.progress.batch(len(chosen))
            stop.check()
            self._save_if_due()
        self.totals.sum().item()  # waits for the device
        self.seconds = time.perf_counter() - start

    def _batches(self) -> Iterator[Tensor]:
        n, size = len(self.train.labels), self.spec.batch_size
        if self.odds is None:
            return shuffled(n, size, self.order)
        return drawn(self.odds, size, self.order)

    def _train_batch(self, chosen: Tensor) -> None:
        if self.group.size > 1 and len(chosen) >= self.group.size:
            self._train_part(chosen)
            return
        labels = self.train.labels[moved(chosen, self.device)]
        inputs = gathered(self.train, chosen, self.module)
        parts = self.result.batch_parts
        self._follow_cycle()
        inputs, objective = self._mixed(inputs, labels)
        rate = self.optimizer.learning_rate
        if parts == 1 and self.recorded.made(self._step, inputs, labels, rate):
            return
        before, scale = self._before()
        loss, logits, used = backward(self.module, inputs, labels, parts, scale, objective)
        del inputs  # so that the optimizer has their room
        self.result.batch_parts = max(parts, used)  # a last, smaller batch may do with fewer
        scored = batch_totals(loss, logits, objective.larger_of(labels))
        with told(f"{self.spec.optimizer}'s state of this network", "a smaller --width"):
            self._learn(scored, before, len(chosen))
        if used > parts:
            self.progress.note(f"Out of memory: splitting each batch into {used} parts")

    def _train_part(self, chosen: Tensor) -> None:
        """Train on a batch of which this process computes a part, and the others the rest."""
        self._follow_cycle()
        labels = self.train.labels[moved(chosen, self.device)]
        part = self.group.part(len(chosen))
        if self.spec.mixes:
            inputs, objective = self._mixed(gathered(self.train, chosen, self.module), labels)
            inputs = inputs[part]
        else:
            inputs = gathered(self.train, chosen, self.module, part)
            objective = self.objective
        before, scale = self._before()
        self.module.zero_grad(set_to_none=True)
        whole = WholeBatch(self.group, len(chosen), self.device)
        with told(f"{len(inputs)} images of a batch", "a smaller --batch-size or more --devices"):
            scored = add_gradients_of_part(
                self.module, inputs, labels, whole, scale, objective.of(part)
            )
        del inputs
        self.result.drew_apart = self.result.drew_apart or whole.drew_apart
        if normalises_batches(self.module) and not whole.normalised:
            self.result.normalised_apart = True
        self.group.sum([scored, *self._gradients()])
        with told(f"{self.spec.optimizer}'s state of this network", "a smaller --width"):
            self._learn(scored, before, len(chosen))

    def _gradients(self) -> list[Tensor]:
        gradients = [parameter.grad for parameter in self.optimizer.parameters]
        return [gradient for gradient in gradients if gradient is not None]

    def _mixed(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Objective]:
        """Mix a batch (B, C, H, W), (B,) where the recipe says so; return it and its objective."""
        if not self.spec.mixes:
            return inputs, self.objective
        mix = draw_mix(self.spec, self.epoch, self.batch, *inputs.shape[2:])
        with told(f"a batch of {len(labels)}", "a smaller --batch-size or --image-size"):
            return mixed(inputs, mix), self.objective.mixed_with(labels.roll(1, 0), mix.share)

    def _step(self, inputs: Tensor, labels: Tensor) -> None:
        """Train on a batch that fits the device's memory."""
        self.module.zero_grad(set_to_none=True)
        before, scale = self._before()
        loss, logits = add_gradients(
            self.module, inputs, labels, scale=scale, objective=self.objective
        )
        self._learn(batch_totals(loss, logits, labels), before, len(labels))

    def _before(self) -> tuple[list[tuple[Tensor, Tensor]], Tensor | None]:
        """Return what a step that is skipped restores, and the factor of the loss."""
        if self.scaling is None:
            return [], None
        return statistics_of(self.module), self.scaling.scale

    def _learn(self, scored: Tensor, before: list[tuple[Tensor, Tensor]], n: int) -> None:
        """Step by the gradients of a batch of `n`, count its scores as far as fp16 held them.

        Args:
            scored: See `batch_totals`.
            before: What a step that is skipped restores.
        """
        if self.scaling is None:
            self._clip()
            self.optimizer.step()
            self._average()
            self.totals[:2].add_(scored)
            return
        held = scored[0].isfinite()
        overflow = self.scaling.unscale(self.optimizer.parameters, held)
        self._clip()
        self.optimizer.step(overflow)
        self._average()
        self.scaling.update()
        for buffer, value in before:
            buffer.copy_(torch.where(held, buffer, value))
        self.totals[:2].add_(scored.masked_fill(~held, 0))
        self.totals[2].add_(~held, alpha=n)

    def _clip(self) -> None:
        """Bring the gradient of all weights together down to the norm that the recipe allows."""
        if self.spec.clip_gradient:
            nn.utils.clip_grad_norm_(self.optimizer.parameters, self.spec.clip_gradient)

    def _average(self) -> None:
        if self.average is not None:
            self.average.update()

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Have the moving average of the weights in the network while inside, if there is one."""
        return contextlib.nullcontext() if self.average is None else self.average.in_place()

    def _follow_cycle(self) -> None:
        """Set the rate of this batch, where it isn't one of the whole epoch."""
        spec = self.spec
        if spec.schedule != "one-cycle" or self.epoch <= spec.warm_up:
            return
        an_epoch = n_batches(len(self.train.labels), spec.batch_size)
        done = (self.epoch - 1 - spec.warm_up) * an_epoch + self.batch
        everything = (spec.epochs - spec.warm_up) * an_epoch
        self.optimizer.learning_rate = rate_of_cycle(spec, done, everything)

    def end_epoch(
        self, validated: Scores, answers: ValidationAnswers | None, seconds: float
    ) -> None:
        """Note the epoch's scores, remember its state if it is the best, step the rate.

        Args:
            answers: To the validation images.
            seconds: What validating took.
        """
        result, epoch = self.result, self.epoch
        left_out = int(self.totals[2].item())
        trained = scores_of(self.totals[:2], len(self.train.labels) - left_out)
        if self.scaling is not None:
            self.result.loss_scaling = self._scaled()
            if self.fp16 is not None and self.fp16.in_fp32:  # since validation
                self._go_on_in_fp32(epoch + 1)
        result.training_seconds += self.seconds
        result.learning_rate.append(self.optimizer.learning_rate)
        result.train.append(trained)
        result.validation.append(validated)
        result.epoch_seconds.append(self.seconds + seconds)
        speed = len(self.train.labels) / max(self.seconds, 1e-9)
        report(self.progress, epoch, self.spec.epochs, result, speed)
        if trained.loss is None or validated.loss is None:
            result.diverged, result.last_answers = True, None  # the best epoch is one before
            return
        result.last_answers = answers
        if is_better(result, epoch):
            result.best_epoch, result.best_answers = epoch, answers
            with self.averaged():
                result.best_state = copy_state(self.module, result.best_state)
        self._step_rate()
        self._begin_epoch(epoch + 1)
        self._save_if_due()

    def _step_rate(self) -> None:
        """Set the next epoch's rate."""
        self.optimizer.learning_rate = rate_in(self.spec, self.epoch + 1, self.own.schedule)

    def _save_if_due(self) -> None:
        if self.checkpoints is not None and self.checkpoints.due():
            self.save()

    def save(self) -> None:
        """Write a checkpoint of this very moment, between two batches."""
        if self.checkpoints is None or (self.epoch, self.batch) == (1, 0):
            return
        if not self.group.is_first:  # the others are as it is
            return
        result = self.result
        result.energy_joules = self.meter.joules()
        position = Position(
            epoch=self.epoch,
            batch=self.batch,
            seconds=self.seconds,
            **{name: getattr(result, name) for name in KEPT_OF_FIT},
        )
        tensors: dict[str, Any] = {
            "module": {name: value.detach() for name, value in changing(self.module).items()},
            "best": result.best_state,
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average is not None else [],
            "scaling": self.scaling.state_dict() if self.scaling is not None else {},
            "totals": self.totals,
            "order": self.order_state,
            "random": random_state(self.device),
        }
        if self.train.generator is not None:
            tensors["inputs"] = self.train.generator.get_state()
        self.checkpoints.save(position, tensors)

    def _newest(self) -> tuple[Position, dict[str, Any]] | None:
        """Return the newest checkpoint; other processes read what the first one could read."""
        if self.checkpoints is None:
            return None
        found = self.checkpoints.newest() if self.group.is_first else None
        if self.group.share(found is not None) and not self.group.is_first:
            found = self.checkpoints.newest()
        return found

    def resume(self) -> None:
        """Resume from the newest checkpoint that fits, if any."""
        found = self._newest()
        if found is None:
            return
        position, tensors = found
        if position.epoch > self._n_first:
            self.train_everything()
        if shapes(tensors["module"]) != shapes(changing(self.module)):
            self.progress.note("Ignoring a checkpoint: the network has changed")
            return
        self.epoch, self.batch, self.seconds = position.epoch, position.batch, position.seconds
        for name in KEPT_OF_FIT:
            setattr(self.result, name, getattr(position, name))
        load_state(self.module, tensors["module"])
        self.optimizer.load_state_dict(tensors["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(tensors["average"])
        if self.scaling is not None and tensors["scaling"]:
            self.scaling.load_state_dict(tensors["scaling"])
        elif self.fp16 is not None:
            self.fp16.in_fp32, self.scaling = True, None
        best = {name: value.to(self.device) for name, value in tensors["best"].items()}
        self.result.best_state = best
        self.totals.copy_(tensors["totals"])
        self.order_state = tensors["order"]
        self.order.set_state(self.order_state)
        restore_random_state(tensors["random"], self.device)
        if self.train.generator is not None:
            self.train.generator.set_state(tensors["inputs"])
        self.progress.note(f"Resuming at epoch {self.epoch}, batch {self.batch}")
        n, size = len(self.train.labels), self.spec.batch_size
        self.progress.batch((self.epoch - 1) * n + min(self.batch * size, n))


def _balanced(spec: Spec, labels: Tensor) -> tuple[Tensor | None, Objective]:
    """Return the odds (N,) that images are drawn by, if they are, and what training makes small."""
    if spec.balance == "none":
        return None, Objective(spec.label_smoothing)
    weights = class_weights(labels, int(labels.max()) + 1)
    if spec.balance == "sampling":
        return weights[labels.cpu()], Objective(spec.label_smoothing)
    return None, Objective(spec.label_smoothing, weights.float().to(labels.device))


def _way_to_record(device: torch.device, spec: Spec, module: nn.Module) -> Capture | None:
    """Return how to record steps; None where that isn't known to give the bytes of plain ones.

    Other people's networks may ask the device for values, after which torch can't draw random
    numbers any more. In bf16 a test on an H200 found the same bytes (`test_devices.py`); in fp16
    Adam's step couldn't be recorded there.
    """
    known = spec.model in ARCHITECTURES and computes_in_bf16(module)
    known = known and not spec.clip_gradient and spec.schedule != "one-cycle"
    known = known and spec.optimizer in OPTIMIZERS and spec.optimizer_options == NO_OPTIONS
    known = known and not spec.mixes and not spec.ema and not spec.two_phase
    known = known and not code_in(spec) and spec.channels == 3
    known = known and spec.layer_decay == 1 and not spec.head_learning_rate
    return functools.partial(cuda_graph, device) if device.type == "cuda" and known else None

"""Two processes connected by gloo, which call the same function; and what they are given to do."""

import contextlib
import datetime
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from training.device import process_group
from training.device.meeting import LOOPBACK, by_address, by_file
from training.device.precision import computing
from training.device.process_group import connected
from training.device.randomness import seed_all
from training.engine.batches import PictureInputs
from training.engine.evaluate import evaluate_logits
from training.engine.loop import fit
from training.engine.objective import PLAIN
from training.engine.part_of_batch import WholeBatch, add_gradients_of_part
from training.networks.build import build
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, Settings

CPU = torch.device("cpu")


class TwoProcesses:
    """They live as long as the context, and find each other in a folder or at an address."""

    def __init__(self, meeting: Path | str, seconds_to_connect: float = 60) -> None:
        context = multiprocessing.get_context("spawn")
        self._all = []
        port = 0
        for rank in range(2):
            ours, theirs = context.Pipe()
            arguments = (theirs, rank, meeting, port, seconds_to_connect)
            process = context.Process(target=_answer, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._all.append((process, ours))
            if isinstance(meeting, str) and not rank:
                port = ours.recv()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, connection in self._all:
            connection.close()
            process.join(10)
            process.kill()

    def call(self, function, *arguments, **fields):
        """Return what both processes return; the function gets the group before all else."""
        for _, connection in self._all:
            connection.send((function, arguments, fields))
        answers = [connection.recv() for _, connection in self._all]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers


def _answer(connection, rank, meeting, port, seconds_to_connect):
    torch.set_num_threads(1)
    process_group.SECONDS_TO_CONNECT = seconds_to_connect
    if isinstance(meeting, str):
        store, address = by_address(meeting, port), meeting
        if not rank:
            connection.send(store.port)
        store.set(f"ready/{rank}", "")
        store.wait(["ready/0", "ready/1"], datetime.timedelta(minutes=1))
    else:
        store, address = by_file(meeting, 2), LOOPBACK
    with contextlib.suppress(EOFError), connected(store, rank, 2, CPU, address) as group:
        while True:
            function, arguments, fields = connection.recv()
            try:
                connection.send(function(group, *arguments, **fields))
            except Exception as error:
                connection.send(error)


def spec_with(model="alexnet", batch_size=8, **fields):
    settings = Settings(image_size=64, batch_size=batch_size, width=1 / 16)
    options = {"epochs": 2, "learning_rate": 1e-3, "model": model} | fields
    return resolve(Experiment(id="scratch/x", question="?", **options), settings, 0)[0]


def pictures(n, augmentation="none"):
    pixels = np.random.default_rng(0).integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)
    return PictureInputs(
        pixels, np.arange(n), np.arange(n) % 5 // 2, mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3),
        device=CPU, augmentation=augmentation, generator=torch.Generator().manual_seed(1),
    )  # fmt: skip


def trained(group, spec, precision="fp32", n=21):
    """Train on `n` pictures; return the curves, the last weights and what draws would come next."""
    seed_all(spec.seed + group.rank)  # the first one's holds
    module = build(spec.model, 3, spec.head, spec.width).module
    if group.is_first:
        seed_all(7)
    with computing(module, precision, CPU):
        result = fit(module, module.train, pictures(n, spec.augmentation), pictures(13), spec,
                     Progress(), group=group)  # fmt: skip
    state = {name: value.clone() for name, value in module.state_dict().items()}
    return result, state, torch.rand(3)


class Noisy(nn.Module):
    """Draws as no layer of torch does."""

    def forward(self, maps):
        return maps + torch.rand(len(maps), 1)


def gradients(group, module, inputs, labels):
    """Return the totals and the gradients of a batch, of which each process has a part."""
    module.train()
    module.zero_grad()
    torch.manual_seed(3)
    whole = WholeBatch(group, len(labels), CPU)
    scored = add_gradients_of_part(module, inputs[whole.part], labels, whole, None, PLAIN)
    found = [parameter.grad for parameter in module.parameters()]
    group.sum([scored, *found])
    return scored, found, whole.drew_apart


def normalised(group, layer, maps, slopes):
    """Return what a layer of batch normalisation makes of the whole batch, of parts."""
    layer.train()
    whole = WholeBatch(group, len(maps), CPU)
    part = maps[whole.part].clone().requires_grad_()
    with whole:
        result = layer(part)
    (result * slopes[whole.part]).sum().backward()
    of_weights = [parameter.grad for parameter in layer.parameters()]
    group.sum(of_weights)
    return result.detach(), part.grad, of_weights, list(layer.buffers())


def torchs_gradients(group, module, inputs, labels):
    """Return the gradients that torch's DistributedDataParallel gives, of halves of a batch."""
    module.train()
    module.zero_grad()
    parallel = nn.parallel.DistributedDataParallel(module)
    half = len(labels) // 2
    part = slice(group.rank * half, (group.rank + 1) * half)
    F.cross_entropy(parallel(inputs[part]), labels[part]).backward()
    return [parameter.grad.clone() for parameter in module.parameters()]


def answered(group, module, n, batch_size):
    return evaluate_logits(module, pictures(n), batch_size, group=group)


def summed(group, *shapes):
    tensors = [torch.full(shape, float(group.rank + 1)) for shape in shapes]
    tensors.append(torch.full((3,), group.rank + 1, dtype=torch.float64))
    group.sum(tensors)
    return tensors


def late(group, seconds):
    """Exchange when one has kept the other waiting."""
    time.sleep(seconds * group.rank)
    group.sum([torch.zeros(1)])
    return group.share("late")


def gloos_interface(group):
    return os.environ["GLOO_SOCKET_IFNAME"]


def first_ones(group):
    own = [torch.full((2, 3), group.rank, dtype=torch.bfloat16), torch.tensor(group.rank)]
    group.copy_first(own)
    return group.share(f"from {group.rank}"), own


def assembled(group, dtype):
    values = torch.zeros(4, dtype=dtype)
    values[group.rank :: 2] = torch.tensor([-0.0, float("nan")] if group.rank else [1.5, -2.0])
    group.assemble(values)
    return values

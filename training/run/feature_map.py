"""How a network's features lay the test images out: two principal components and neighbours."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.engine.batches import Inputs
from training.engine.out_of_memory import forward, gathered
from training.networks.build import Network
from training.networks.partial_forward import input_of
from training.records import FeatureMap, Projection, spread_over
from training.records.inspection import N_PLACES

MOST_POINTS = 2000
"""Images that a record keeps the places of."""

N_NEIGHBOURS = 5

Matrix = NDArray[np.float64]


def shown_of(n_images: int) -> NDArray[np.int64]:
    """Return the images that are laid out: all, or as many as are kept, evenly spread."""
    return np.array(spread_over(n_images, MOST_POINTS), dtype=np.int64)


@contextlib.contextmanager
def overheard(network: Network, index: NDArray[np.int64], n_images: int) -> Iterator[list[Tensor]]:
    """Note what the head is given of some images while all go through the network in their order.

    Args:
        index: Positions of those images, rising.
        n_images: Of the whole pass; after them the next pass begins, and replaces what was noted.

    Yields:
        Features of the images, (n, n_features) when put together, float32 on the CPU.
    """
    noted: list[Tensor] = []
    place = 0

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal place
        features = inputs[0]
        if place >= n_images:
            place = 0
            noted.clear()
        within = index[(index >= place) & (index < place + len(features))] - place
        chosen = torch.from_numpy(within).to(features.device)
        noted.append(features.detach()[chosen].float().cpu())
        place += len(features)

    hook = network.module.get_submodule(network.head).register_forward_pre_hook(note)
    try:
        yield noted
    finally:
        hook.remove()


@torch.no_grad()
def head_inputs(network: Network, inputs: Inputs, chosen: Sequence[int], batch: int) -> Tensor:
    """Return what the head is given of some images, (n, n_features), float32 on the CPU."""
    network.module.eval()
    found = []
    for some in torch.split(torch.tensor(chosen), batch):
        pictures = gathered(inputs, some, network.module)
        features = forward(lambda x: input_of(network.module, network.head, x), pictures)
        found.append(features.float().cpu())
    return torch.cat(found)


def describe(end: Tensor, start: Tensor | None, labels: NDArray[np.int64]) -> FeatureMap | None:
    """Lay features out.

    Args:
        end: The images' features with the tested weights, (n, n_features).
        start: Those with the starting weights, likewise, if they are others.
        labels: Their classes, (n,).

    Returns:
        None where there are fewer than three images, or features that aren't finite.
    """
    n = len(end)
    if n < 3 or end.ndim != 2 or not bool(end.isfinite().all()):
        return None
    k = min(N_NEIGHBOURS, n - 1)
    usable = start is not None and start.ndim == 2 and bool(start.isfinite().all())
    return FeatureMap(
        n_images=n,
        n_features=end.shape[1],
        n_neighbours=k,
        end=_projection(end.numpy(), labels, k),
        start=_projection(start.numpy(), labels, k) if usable and start is not None else None,
    )


def _projection(features: NDArray[np.float32], labels: NDArray[np.int64], k: int) -> Projection:
    centred = features - features.mean(0, dtype=np.float64).astype(np.float32)
    products = (centred @ centred.T).astype(np.float64)
    places, share = principal_components(products, centred)
    low, high = places.min(0), places.max(0)
    length = max(float((high - low).max()), 1e-300)
    return Projection(
        x=_kept(places[:, 0], low[0], length),
        y=_kept(places[:, 1], (low[1] + high[1] - length) / 2, length),
        share=(round(share[0], 4), round(share[1], 4)),
        same_class="".join(map(str, same_class(products, labels, k).tolist())),
    )


def principal_components(
    products: Matrix, centred: NDArray[np.float32]
) -> tuple[Matrix, tuple[float, float]]:
    """Project onto the first two principal components.

    By orthogonal iteration on the products, which holds all that is needed of features of any
    width. Of a component's two directions, the one whose largest loading is positive is taken.

    Args:
        products: Scalar products of the centred features, (n, n).
        centred: (n, n_features), of which the directions follow.

    Returns:
        Coordinates (n, 2), and the share of the variance that each component holds.
    """
    n = len(products)
    basis = np.random.default_rng(0).standard_normal((n, min(n, 8)))
    values = np.zeros(basis.shape[1])
    for _ in range(300):
        basis, _ = np.linalg.qr(products @ basis)
        before, values = values, np.einsum("ij,ij->j", basis, products @ basis)
        if np.all(np.abs(values - before)[:2] <= 1e-10 * max(abs(values[0]), 1e-300)):
            break
    values, turn = np.linalg.eigh(basis.T @ products @ basis)
    vectors = (basis @ turn)[:, ::-1][:, :2]
    values = np.clip(values[::-1][:2], 0, None)
    loadings = centred.T @ vectors  # directions of the components, not normed
    signs = np.sign(loadings[np.abs(loadings).argmax(0), [0, 1]])
    places = vectors * np.sqrt(values) * np.where(signs == 0, 1, signs)
    whole = max(float(np.trace(products)), 1e-300)
    return places, (float(values[0]) / whole, float(values[1]) / whole)


def same_class(products: Matrix, labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Count of each image how many of its `k` nearest neighbours have its class, (n,).

    Args:
        products: Scalar products of the features, centred or not, (n, n).
    """
    length = np.diag(products)
    distance = length[:, None] + length[None] - 2 * products  # squared, Euclidean
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
    counts: NDArray[np.int64] = (labels[nearest] == labels[:, None]).sum(1)
    return counts


def _kept(values: Matrix, low: float, length: float) -> str:
    steps = np.rint(N_PLACES * np.clip((values - low) / length, 0, 1)).astype(int)
    return "".join(f"{step:03x}" for step in steps.tolist())

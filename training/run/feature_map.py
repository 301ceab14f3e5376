"""How a network's features lay the test images out: in two dimensions, and by neighbours."""

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.engine.batches import Inputs
from training.engine.out_of_memory import forward, gathered
from training.networks.build import Network
from training.networks.partial_forward import input_of
from training.records import FeatureMap, Layout, Projection, spread_over
from training.records.inspection import N_PLACES

MOST_POINTS = 1500
"""Images that a record keeps the places of."""

MOST_FITTED = 500
"""Images among them that principal components are fitted to."""

N_NEIGHBOURS = 5

PERPLEXITY = 30.0
"""Of t-SNE, scikit-learn's default; a third of the images, where they are few."""

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


def has_t_sne() -> bool:
    """Tell whether scikit-learn is installed, whose t-SNE is used."""
    return importlib.util.find_spec("sklearn") is not None


def describe(
    end: Tensor, start: Tensor | None, labels: NDArray[np.int64], layout: Layout = "pca"
) -> FeatureMap | None:
    """Lay features out.

    Args:
        end: The images' features with the tested weights, (n, n_features).
        start: Those with the starting weights, likewise, if they are others.
        labels: Their classes, (n,).
        layout: In which way.

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
        end=_projection(end, labels, k, layout),
        start=_projection(start, labels, k, layout) if usable and start is not None else None,
        layout=layout,
    )


def _projection(features: Tensor, labels: NDArray[np.int64], k: int, layout: Layout) -> Projection:
    """Lay out features (n, n_features), on the device where products are fastest."""
    fitted = torch.from_numpy(np.array(spread_over(len(features), MOST_FITTED)))
    centred = features - features[fitted.to(features.device)].mean(0)
    products = (centred @ centred.T).cpu().double().numpy()
    share = 0.0, 0.0
    if layout == "pca":
        places, share = principal_components(products, fitted.numpy(), centred)
    else:
        places = t_sne(features.cpu().numpy())
    low, high = places.min(0), places.max(0)
    length = max(float((high - low).max()), 1e-300)
    return Projection(
        x=_kept(places[:, 0], low[0], length),
        y=_kept(places[:, 1], (low[1] + high[1] - length) / 2, length),
        share=share,
        same_class="".join(map(str, same_class(products, labels, k).tolist())),
    )


def t_sne(features: NDArray[np.float32]) -> Matrix:
    """Lay features (n, n_features) out by t-SNE (van der Maaten and Hinton, 2008), seeded.

    By scikit-learn, from the first two principal components on.

    Returns:
        (n, 2).
    """
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    places: Matrix = TSNE(2, perplexity=perplexity, init="pca", random_state=0).fit_transform(
        features
    )
    return places.astype(np.float64)


def principal_components(
    products: Matrix, fitted: NDArray[np.int64], centred: Tensor
) -> tuple[Matrix, tuple[float, float]]:
    """Project onto the first two principal components.

    The scalar products hold all that is needed of features of any width. Of a component's two
    directions, the one whose largest loading is positive is taken.

    Args:
        products: Of the features, less their mean over `fitted`, (n, n).
        fitted: Images whose components are taken, for their number decides how long it takes.
        centred: The features themselves, (n, n_features).

    Returns:
        Coordinates (n, 2), and the share of the fitted images' variance along each component.
    """
    own = products[np.ix_(fitted, fitted)]
    values, vectors = np.linalg.eigh(own)
    values, vectors = np.clip(values[-2:][::-1], 0, None), vectors[:, [-1, -2]]
    scale = np.sqrt(np.where(values > 0, values, np.inf))  # along nothing all lie at 0
    places: Matrix = products[:, fitted] @ vectors / scale
    weights = torch.from_numpy(vectors).to(centred.dtype).to(centred.device)
    loadings = (centred[torch.from_numpy(fitted).to(centred.device)].T @ weights).cpu().numpy()
    signs = np.sign(loadings[np.abs(loadings).argmax(0), [0, 1]])
    whole = max(float(np.trace(own)), 1e-300)
    share = [round(float(value) / whole, 4) for value in values]
    return places * np.where(signs == 0, 1, signs), (share[0], share[1])


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

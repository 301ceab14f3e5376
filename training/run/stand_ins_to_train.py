"""Stand-in weights that have yet to be trained: which they are, and how much work that is."""

import contextlib
import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from training.data.layouts import index_pictures
from training.data.locate import locate
from training.data.splits import split
from training.networks.build import build
from training.networks.flops import count
from training.networks.freezing import freeze
from training.records import Spec
from training.run.train_stand_in import CHOOSING, source_spec


def is_trained(digest: str, cache: Path) -> bool:
    """Say whether the cache holds the weights that a spec's `weights_digest` stands for."""
    return any(cache.glob(f"{glob.escape(digest)}-*.pt"))


def missing(specs: Iterable[Spec], cache: Path) -> dict[str, Spec]:
    """Return the recipes of all stand-ins that runs want and the cache lacks, by their digests."""
    wanted = {spec.weights_digest: spec for spec in specs if spec.weights == "sample"}
    return {digest: source_spec(spec) for digest, spec in wanted.items()
            if not is_trained(digest, cache)}  # fmt: skip


def pictures_an_epoch() -> tuple[int, int]:
    """Return how many images of the source alphabet train a stand-in, and how many choose."""
    splits = split(index_pictures(locate("sample-source")), None, 0)
    return len(splits["train"]), len(splits["validation"][CHOOSING])


def flop_of_missing(
    specs: Iterable[Spec], cache: Path, code_folders: Sequence[Path] = ()
) -> dict[str, int]:
    """Return the arithmetic of training all that `missing` names, by their digests.

    What can't be counted is left out: why it can't be trained either is for its run to say.

    Args:
        code_folders: See `networks.build`.
    """
    found = {}
    for digest, recipe in missing(specs, cache).items():
        with contextlib.suppress(Exception):  # a network of someone's own may fail in any way
            found[digest] = _flop(recipe, code_folders)
    return found


def _flop(recipe: Spec, code_folders: Sequence[Path]) -> int:
    with torch.device("meta"):
        network = build(recipe.model, 2, width=recipe.width, code_folders=code_folders)
    counted = count(network, freeze(network, "none"), recipe.image_size, cached=False)
    if counted is None:
        raise ValueError(f"{recipe.model} can't be followed without numbers.")
    return recipe.epochs * counted.epoch(*pictures_an_epoch())

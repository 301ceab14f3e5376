"""Pictures that stand in for those that a page speaks of."""

import itertools
import random
from pathlib import Path

from PIL import Image

FIRST_TEN_MINUTES = {"butterfly": 91, "dolphin": 65, "flamingo": 67, "helicopter": 88, "lotus": 66,
                     "pizza": 53, "starfish": 86, "umbrella": 75}  # fmt: skip


def draw(file: Path, size: tuple[int, int], rng: random.Random, mode: str = "RGB") -> None:
    """Draw blocks of random colours, so that no two pictures look alike."""
    small = Image.frombytes("RGB", (6, 6), rng.randbytes(108))
    file.parent.mkdir(parents=True, exist_ok=True)
    small.resize(size, Image.Resampling.NEAREST).convert(mode).save(file)


def draw_classes(
    folder: Path, n_classes: int, n_each: int, size: tuple[int, int], seed: int = 0
) -> None:
    rng = random.Random(seed)
    for k, i in itertools.product(range(n_classes), range(n_each)):
        draw(folder / f"class-{k + 1}" / f"{i + 1:03}.png", size, rng)


def draw_first_hour(folder: Path) -> None:
    """Draw what docs/first-hour.md had: as many pictures, of such sizes, some grey."""
    rng = random.Random(0)
    places = [(name, i) for name, n in FIRST_TEN_MINUTES.items() for i in range(n)]
    sizes = [(80, 102), (300, 300), *[(300, 238)] * (len(places) - 2)]
    for k, ((name, i), size) in enumerate(zip(places, sizes, strict=True)):
        draw(folder / name / f"{i + 1:04}.jpg", size, rng, "L" if k < 15 else "RGB")


def draw_one(file: Path) -> None:
    draw(file, (70, 66), random.Random(str(file.name)))

"""Small folders of pictures in the layouts that homework accepts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pictures import noise

from training.data import decode


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Give each test a cache of its own."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("HOMEWORK_CACHE", str(cache))
    monkeypatch.delenv("HOMEWORK_DATA", raising=False)
    return cache


@pytest.fixture
def make_classes():
    """Write `counts[name]` pictures into each class folder below `root`."""

    def make(root, counts, suffix=".png"):
        seed = 0
        for name, n in counts.items():
            (root / name).mkdir(parents=True, exist_ok=True)
            for i in range(1, n + 1):
                seed += 1
                size = (20 + seed % 7, 16 + seed % 5)
                noise(*size, seed).save(root / name / f"image_{i:04d}{suffix}")
        return root

    return make


@pytest.fixture
def caltech(tmp_path, make_classes):
    """Return a folder like the distribution's: clutter, a stray file, both lists."""
    folder = tmp_path / "data"
    root = folder / "101_ObjectCategories"
    counts = {"ant": 9, "bass": 6, "BACKGROUND_Google": 3}
    make_classes(root, counts)
    (root / "BACKGROUND_Google" / "tmp").write_text("not a picture")
    train, test = [], []
    for name, n in counts.items():
        for i in range(1, n + 1):
            (test if i % 3 == 0 else train).append(f"{name}/image_{i:04d}.png")
    (folder / "train.txt").write_text("\n".join(train) + "\n")
    (folder / "test.txt").write_text("\n".join(test) + "\n")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """Return the names of the pictures that have been decoded so far."""
    names, original = [], decode.open_picture

    def counting(path):
        names.append(path.name)
        return original(path)

    monkeypatch.setattr(decode, "open_picture", counting)
    return names

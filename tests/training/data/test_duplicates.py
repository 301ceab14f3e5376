"""The same picture twice: hashes, their pairs, what is counted and named."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from training.data import difference_hash as difference_hash_module
from training.data.contents import contents_of
from training.data.decode import Decoded
from training.data.difference_hash import DETAIL, N_BYTES, NEAR, difference_hash, near_pairs
from training.data.duplicates import LISTED_PAIRS, find_twins


def drawn(seed, size=(240, 180)):
    dice = random.Random(seed)
    image = Image.new("RGB", size, tuple(dice.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(25):
        x, y, side = dice.randrange(size[0]), dice.randrange(size[1]), dice.randrange(10, 70)
        pen.ellipse([x, y, x + side, y + side], fill=tuple(dice.randrange(256) for _ in range(3)))
    return image


def compressed(image, quality):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def bits_apart(first, second):
    return (int(difference_hash(first), 16) ^ int(difference_hash(second), 16)).bit_count()


CHANGED = {
    "compressed": lambda image: compressed(image, 60),
    "smaller": lambda image: image.resize((150, 112), Image.Resampling.LANCZOS),
    "larger": lambda image: image.resize((700, 525), Image.Resampling.BICUBIC),
    "darker": lambda image: image.point(lambda value: int(value * 0.9)),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_changed_copy_is_near_and_another_picture_is_not(change):
    for seed in range(12):
        image = drawn(seed)
        assert bits_apart(image, CHANGED[change](image)) <= NEAR
        assert bits_apart(image, drawn(seed + 1)) > 3 * NEAR


def test_a_picture_without_detail_has_no_hash():
    noise = np.random.default_rng(0).integers(-1, 2, (64, 64, 1)) + 200
    for pixels in (np.full((64, 64, 3), 7), np.repeat(noise, 3, 2)):
        assert difference_hash(Image.fromarray(pixels.astype(np.uint8))) == ""
    assert len(difference_hash(drawn(0))) == 2 * N_BYTES
    assert len(difference_hash(drawn(0, (1, 90)).resize((3, 2)))) in (0, 2 * N_BYTES)


def all_pairs(hashes):
    bits = np.unpackbits(hashes, axis=1).astype(int)
    both = bits.sum(1)[:, None] + bits.sum(1)
    apart = both - 2 * bits @ bits.T
    return np.argwhere(np.triu((apart <= NEAR) & (DETAIL * apart <= both), 1))


MIXED = np.linspace(0.03, 0.6, 600)[:, None]


@pytest.mark.parametrize("density", [0.05, 0.1, 0.5, MIXED], ids=["0.05", "0.1", "0.5", "mixed"])
def test_the_search_by_bands_finds_what_comparing_all_finds(density):
    dice = np.random.default_rng(0)
    originals = dice.random((600, N_BYTES * 8)) < density
    near = originals[dice.integers(0, 600, 600)]
    for row, n_flipped in zip(near, dice.integers(1, NEAR + 4, 600), strict=True):
        row[dice.choice(len(row), n_flipped, replace=False)] ^= True
    hashes = np.unique(np.packbits(np.concatenate([originals, near]), axis=1), axis=0)
    found = near_pairs(hashes)
    assert len(found) > 20
    assert np.array_equal(found, all_pairs(hashes))


@pytest.mark.parametrize("density", [0.08, 0.15, 0.5])
def test_the_search_compares_few_of_all_pairs(density, monkeypatch):
    """Hashes of few set bits have most bits in common, but no band of those that decide."""
    n, compared, are_near = 4000, [], difference_hash_module._are_near
    monkeypatch.setattr(
        difference_hash_module,
        "_are_near",
        lambda words, n_set, rows, others: (
            compared.append(len(rows)) or are_near(words, n_set, rows, others)
        ),
    )
    bits = np.random.default_rng(0).random((n, N_BYTES * 8)) < density
    near_pairs(np.packbits(bits, axis=1))
    assert sum(compared) < n


def test_the_search_does_without_hashes_and_with_one():
    for n in (0, 1):
        assert near_pairs(np.full((n, N_BYTES), 255, np.uint8)).shape == (0, 2)


def flipped(text, n):
    return f"{int(text, 16) ^ ((1 << n) - 1):0{2 * N_BYTES}x}"


def contents(*pictures):
    return contents_of([Decoded(f"{digest:032x}", (8, 8), hash=look) for digest, look in pictures])


def rows(**splits):
    return {name: np.array(splits.get(name, []), np.int64)
            for name in ("train", "validation", "test")}  # fmt: skip


LOOK = "0f" * N_BYTES
OTHER = "3c" * N_BYTES


def test_pairs_are_counted_by_kind_and_the_worst_are_named_first():
    found = contents((1, LOOK), (1, LOOK), (2, flipped(LOOK, 3)), (3, OTHER), (3, OTHER), (4, ""))
    splits = rows(train=[0, 3, 4], validation=[1, 5], test=[2])
    record = find_twins(found, splits).record("abcdef", splits)
    assert (record.n_identical_within, record.n_identical_across) == (1, 1)
    assert (record.n_near_within, record.n_near_across) == (0, 2)
    assert record.test_twins == [0]
    assert [(pair.kind, pair.paths, pair.splits) for pair in record.pairs] == [
        ("near", ("c", "a"), ("test", "train")),
        ("identical", ("b", "a"), ("validation", "train")),
        ("identical", ("d", "e"), ("train", "train")),
    ]


def test_what_has_no_detail_is_twin_of_its_own_file_only():
    found = contents((1, ""), (1, ""), (2, ""), (3, ""))
    splits = rows(train=[0], validation=[2], test=[1, 3])
    record = find_twins(found, splits).record("abcd", splits)
    assert (record.n_identical_across, record.n_near_across) == (1, 0)
    assert record.test_twins == [0]


def test_a_picture_that_is_in_no_split_is_nobodys_twin():
    found = contents((1, LOOK), (1, LOOK), (2, OTHER), (0, ""))
    splits = rows(train=[0], validation=[2])
    record = find_twins(found, splits).record("abcd", splits)
    assert record.n_identical_within + record.n_identical_across + len(record.pairs) == 0


def test_many_twins_are_counted_and_some_are_named():
    n = 4 * LISTED_PAIRS
    found = contents(*[(1, LOOK)] * n)
    splits = rows(train=range(n // 2), test=range(n // 2, n))
    record = find_twins(found, splits).record([str(i) for i in range(n)], splits)
    assert record.n_identical_across == (n // 2) ** 2
    assert record.n_identical_within == 2 * (n // 2 * (n // 2 - 1) // 2)
    assert len(record.pairs) == LISTED_PAIRS
    assert record.test_twins == list(range(n // 2))


def test_random_data_sets_are_counted_as_pair_by_pair():
    dice = np.random.default_rng(1)
    looks = [LOOK, OTHER, flipped(LOOK, 5), flipped(LOOK, 9), flipped(OTHER, 14), ""]
    for _ in range(30):
        n = 25
        kinds = [(int(d), looks[d % len(looks)]) for d in dice.integers(0, 18, n)]
        division = dice.integers(0, 4, n)  # the last: in none
        splits = rows(**{name: np.flatnonzero(division == i)
                         for i, name in enumerate(("train", "validation", "test"))})  # fmt: skip
        record = find_twins(contents(*kinds), splits).record([str(i) for i in range(n)], splits)
        counts = dict.fromkeys(["identical within", "identical across", "near within",
                                "near across"], 0)  # fmt: skip
        tested = set()
        for i in range(n):
            for j in range(i + 1, n):
                (one, look), (other, second) = kinds[i], kinds[j]
                apart = look and second and (int(look, 16) ^ int(second, 16)).bit_count()
                same = one == other
                if 3 in (division[i], division[j]) or not (same or (apart != "" and apart <= NEAR)):
                    continue
                where = "within" if division[i] == division[j] else "across"
                counts[f"{'identical' if same else 'near'} {where}"] += 1
                if where == "across":
                    tested |= {row for row in (i, j) if division[row] == 2}
        assert list(counts.values()) == [record.n_identical_within, record.n_identical_across,
                                         record.n_near_within, record.n_near_across]  # fmt: skip
        assert [int(splits["test"][place]) for place in record.test_twins] == sorted(tested)

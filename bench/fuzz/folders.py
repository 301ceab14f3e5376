"""Read random folders of pictures and hold the reading to the written rules, written again here.

    python bench/fuzz/folders.py --trees 10000
    python bench/fuzz/folders.py --tree 4711

The trees are made of what people have: splits under many names, classes, wrappers, loose pictures,
folders below classes, predictions and annotations beside, hidden files, look-alike names. For each
the program must use exactly the pictures, classes and splits that `expected` names from the rules
of docs/own-pictures.md, or refuse where those refuse; and every picture must be used or be counted
among what is left out. Trees are numbered and always the same; --tree shows one.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

Folder = dict[str, Any]
"""Names to folders, or to True for a picture and False for another file."""

SPLITS = {
    "train": "train", "Train": "train", "training": "train", "training_set": "train",
    "seg_train": "train", "train2017": "train", "TrainImages": "train", "trainset": "train",
    "val": "validation", "valid": "validation", "Validation": "validation", "dev": "validation",
    "val_set": "validation", "test": "test", "TEST": "test", "testing": "test", "test_set": "test",
    "seg_test": "test", "test-images": "test", "eval": "eval", "Evaluation": "eval",
}  # fmt: skip
PREFIXED = {"asl_train": "train", "asl_test": "test"}
"""Splits only beside each other."""

CLASSES = ("cat", "dog", "emu", "fox", "__background__", "_x", "1", "test_tube", "Cat", "caf\u00e9",
           "cafe\u0301", "BACKGROUND_Google", "bus station")  # fmt: skip
FILLERS = ("images", "data", "Dataset", "raw_images")
BESIDE = ("predictions", "samples", "annotations", "runs", "__MACOSX", ".git", ".ipynb_checkpoints")
HIDDEN = ("._0.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden.jpg")
OTHERS = ("notes.txt", "a.json", "README")
DEEPEST = 4


class RefusedError(Exception):
    """The rules allow no reading, or two."""


# --- the trees ---------------------------------------------------------------------------------


def random_tree(number: int) -> Folder:
    """Return the tree of that number."""
    rng = random.Random(f"tree {number}")
    tree = rng.choice((_flat, _divided, _unlabelled, _mixed, _nested))(rng)
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3, 5))):
        wrapper = rng.choice((*FILLERS, *FILLERS, "cat", "train", "pets"))
        tree = {wrapper: tree}
        if rng.random() < 0.3:
            tree[rng.choice(BESIDE)] = _loose(rng, 0.5)
        if rng.random() < 0.2:
            tree |= _loose(rng, 0.5)
    return tree


def _loose(rng: random.Random, share: float = 1.0) -> Folder:
    """Return some pictures and other files."""
    content: Folder = {f"{i}.jpg": True for i in range(rng.randint(1, 4)) if rng.random() < share}
    if rng.random() < 0.15:
        content["drawn"] = True  # a picture without a suffix
    if rng.random() < 0.2:
        content[rng.choice(OTHERS)] = False
    if rng.random() < 0.2:
        content[rng.choice(HIDDEN)] = rng.random() < 0.5
    return content


def _class(rng: random.Random) -> Folder:
    content = _loose(rng, 0.9)
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        content[rng.choice(("a", "b", "old", "2020", "images"))] = _loose(rng, 0.8)
    return content


def _classes(rng: random.Random, most: int = 4) -> Folder:
    return {name: _class(rng) for name in rng.sample(CLASSES, rng.randint(1, most))}


def _with_beside(rng: random.Random, tree: Folder) -> Folder:
    for _ in range(rng.choice((0, 0, 1, 2))):
        tree.setdefault(rng.choice(BESIDE), _loose(rng, 0.6))
    if rng.random() < 0.2:
        tree |= _loose(rng, 0.6)
    return tree


def _flat(rng: random.Random) -> Folder:
    return _with_beside(rng, _classes(rng, 6))


def _divided(rng: random.Random) -> Folder:
    names = rng.sample([*SPLITS, *PREFIXED], rng.randint(1, 3))
    if rng.random() < 0.7:
        names[0] = rng.choice([name for name, split in SPLITS.items() if split == "train"])
    classes = rng.sample(CLASSES, rng.randint(1, 4))
    tree: Folder = {}
    for name in names:
        chosen = classes if rng.random() < 0.7 else rng.sample(CLASSES, rng.randint(1, 3))
        inner: Folder = {c: _class(rng) for c in chosen}
        if rng.random() < 0.15:
            inner |= _loose(rng, 0.5)
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            inner = {rng.choice((name, "images", "data", "cat")): inner}
        tree[name] = inner if rng.random() < 0.8 else _loose(rng)
    return _with_beside(rng, tree)


def _unlabelled(rng: random.Random) -> Folder:
    names = rng.sample([*SPLITS, *PREFIXED], rng.randint(1, 3))
    tree: Folder = {name: _loose(rng) for name in names}
    for name in rng.sample(CLASSES, rng.randint(0, 4)):
        tree[name] = _class(rng)
    return _with_beside(rng, tree)


def _mixed(rng: random.Random) -> Folder:
    """Return folders of any names, with anything in them."""
    pool = (*CLASSES, *SPLITS, *PREFIXED, *BESIDE, *FILLERS)
    return _with_beside(
        rng,
        {
            name: rng.choice((_loose, _class, _classes, _classes))(rng)
            for name in rng.sample(pool, rng.randint(1, 5))
        },
    )


def _nested(rng: random.Random) -> Folder:
    """Return several data sets side by side."""
    names = rng.sample(("color", "grey", "cat", "dog", "old"), rng.randint(2, 3))
    inner = rng.sample(("a", "b", "c", "train", "test"), rng.randint(1, 5))
    return {name: {i: _loose(rng) for i in inner} for name in names}


def write_tree(tree: Folder, place: Path, picture: bytes) -> None:
    """Write a tree's files."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        if isinstance(content, dict):
            write_tree(content, place / name, picture)
        else:
            (place / name).write_bytes(picture if content else b"{}")


# --- the rules ---------------------------------------------------------------------------------


def expected(tree: Folder) -> set[tuple[str, str, str]]:
    """Return path, class and split of every picture that the rules use; "" is by chance."""
    return _read(tree, "", 0)


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in ("thumbs.db", "desktop.ini", "__macosx")


def pictures(folder: Folder, path: str) -> list[str]:
    """Return the pictures in a folder and below."""
    found = []
    for name, content in folder.items():
        if _passed_over(name):
            continue
        if isinstance(content, dict):
            found += pictures(content, f"{path}{name}/")
        elif content or name.endswith(".jpg"):
            found.append(path + name)
    return found


def _folders(folder: Folder) -> Folder:
    """Return the folders in which a picture is."""
    return {
        name: content
        for name, content in folder.items()
        if isinstance(content, dict) and not _passed_over(name) and pictures(content, "")
    }


def _has_pictures(folder: Folder) -> bool:
    return any(
        n for n in pictures({k: v for k, v in folder.items() if not isinstance(v, dict)}, "")
    )


def _named_splits(names: Folder) -> dict[str, str]:
    found = {name: SPLITS[name] for name in names if name in SPLITS}
    if PREFIXED.keys() <= names.keys():
        found |= PREFIXED
    if "eval" in found.values():
        others = set(found.values())
        meant = "test" if "validation" in others or "test" not in others else "validation"
        found = {name: meant if split == "eval" else split for name, split in found.items()}
    return found


def _inner(name: str, folder: Folder) -> tuple[str, Folder]:
    """Return the folder of a split's classes and the way there."""
    way, last = "", name
    for _ in range(DEEPEST):
        inside = _folders(folder)
        if _has_pictures(folder) or len(inside) != 1:
            break
        ((only, content),) = inside.items()
        same_split = only in SPLITS and SPLITS[only] == SPLITS.get(last)
        if only != last and only not in FILLERS and not same_split:
            break
        way, folder, last = f"{way}{only}/", content, only
    return way, folder


def _holding_classes(folders: Folder, splits: dict[str, str]) -> dict[str, str]:
    inside = {name: set(_folders(_inner(name, folders[name])[1])) for name in splits}
    holding = {name: split for name, split in splits.items() if inside[name]}
    of_train = {c for name, split in holding.items() if split == "train" for c in inside[name]}
    if len(of_train) < 2:
        return holding
    return {
        name: split
        for name, split in holding.items()
        if split == "train" or len(inside[name]) > 1 or inside[name] & of_train
    }


def _read(tree: Folder, path: str, depth: int) -> set[tuple[str, str, str]]:
    folders = _folders(tree)
    splits = _named_splits(folders)
    holding = _holding_classes(folders, splits)
    if "train" in holding.values() and len(set(holding.values())) > 1:
        return _read_divided(folders, holding, path)
    if list(holding.values()) == ["train"] and len(splits) == len(folders):
        (name,) = holding
        way, inner = _inner(name, folders[name])
        return _read(inner, f"{path}{name}/{way}", depth + 1)
    if len(folders) > 1 and splits:
        both = "train" in splits.values() and len(set(splits.values())) > 1
        if holding or both or len(splits) > len(folders) / 2:
            raise RefusedError("splits or classes")
    if not folders:
        raise RefusedError("nothing")
    if len(folders) == 1 and depth < DEEPEST:
        ((name, only),) = folders.items()
        if not _folders(only):
            raise RefusedError("one class")
        return _read(only, f"{path}{name}/", depth + 1)
    _refuse_variants(folders)
    _refuse_alike(folders)
    if len(folders) < 2:
        raise RefusedError("one class")
    return {(p, name, "") for name in folders for p in pictures(folders[name], f"{path}{name}/")}


def _read_divided(folders: Folder, holding: dict[str, str], path: str) -> set[tuple[str, str, str]]:
    if len(set(holding.values())) < len(holding):
        raise RefusedError("two folders for one split")
    found, names = set(), set()
    for name, split in holding.items():
        way, inner = _inner(name, folders[name])
        classes = _folders(inner)
        _refuse_variants(classes)
        _refuse_alike(classes)
        names |= set(classes)
        for c, content in classes.items():
            found |= {(p, c, split) for p in pictures(content, f"{path}{name}/{way}{c}/")}
    spelled = {c: unicodedata.normalize("NFC", c) for c in names}
    twice = Counter(spelled.values())
    one = {c: nfc if twice[nfc] > 1 else c for c, nfc in spelled.items()}
    _refuse_alike({one[c]: {} for c in names})
    if len(set(one.values())) < 2:
        raise RefusedError("one class")
    return {(p, one[c], split) for p, c, split in found}


def _refuse_variants(folders: Folder) -> None:
    held = []
    for name, content in folders.items():
        inside = _folders(content)
        splits = _named_splits(inside)
        if "train" in splits.values() and len(set(splits.values())) > 1:
            raise RefusedError("splits further down")
        if len(inside) > 1 and not _has_pictures(content):
            if name in FILLERS and len(folders) > 1:
                raise RefusedError("classes in a folder whose name says nothing")
            held.append(frozenset(inside))
    if held:
        names, n = Counter(held).most_common(1)[0]
        if 1 < n < len(names):
            raise RefusedError("several data sets")


def _refuse_alike(names: Folder) -> None:
    looks = [unicodedata.normalize("NFC", n).replace("_", " ").casefold().split() for n in names]
    if len({tuple(look) for look in looks}) < len(looks):
        raise RefusedError("names that look alike")


# --- the comparison ----------------------------------------------------------------------------


def compare(number: int, place: Path, picture: bytes) -> tuple[str, str]:
    """Return how a tree was read (`read`, `refused`, `fault`), and what is wrong with that."""
    from training.data.index import index_folder
    from training.errors import DataError

    tree = random_tree(number)
    write_tree(tree, place, picture)
    try:
        wanted = expected(tree)
    except RefusedError as refused:
        wanted, why = None, str(refused)
    try:
        index = index_folder(place)
    except DataError as error:
        if wanted is None:
            return "refused", ""
        return "fault", f"refused ({error.message}), but the rules use {len(wanted)} pictures"
    if wanted is None:
        return "fault", f"read, but the rules refuse: {why}"
    root = index.root.relative_to(place).as_posix()
    before = "" if root == "." else f"{root}/"
    splits = index.given.splits if index.given else [""] * len(index.paths)
    used = {
        (before + path, index.classes[label], split)
        for path, label, split in zip(index.paths, index.labels, splits, strict=True)
    }
    if used != wanted:
        return "fault", f"used, not in the rules: {used - wanted}; lost: {wanted - used}"
    n_left_out = sum(item.n_pictures for item in index.left_out)
    if len(used) + n_left_out != len(pictures(tree, "")):
        n = len(pictures(tree, ""))
        return "fault", f"{n} pictures: {len(used)} used, {n_left_out} said to be left out"
    return "read", ""


def small_picture() -> bytes:
    """Return a picture's bytes."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return file.getvalue()


def main() -> None:
    """Compare many trees and print the table."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--trees", type=int, default=10_000)
    parser.add_argument("--tree", type=int, help="only this one")
    options = parser.parse_args()
    numbers = range(options.trees) if options.tree is None else [options.tree]
    tally: Counter[str] = Counter()
    picture, started = small_picture(), time.perf_counter()
    for number in numbers:
        place = Path(tempfile.mkdtemp(prefix="folders-"))
        try:
            how, fault = compare(number, place / "D", picture)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        tally[how] += 1
        if options.tree is not None:
            print(random_tree(number))
        if fault and tally["fault"] <= 10:
            print(f"--- tree {number}: {fault}", file=sys.stderr)
    seconds = time.perf_counter() - started
    print(f"{sum(tally.values()):,} trees: {tally['read']:,} read as the rules say, "
          f"{tally['refused']:,} refused as the rules say, {tally['fault']:,} faults; "
          f"{seconds:.0f} s")  # fmt: skip
    sys.exit(1 if tally["fault"] else 0)


if __name__ == "__main__":
    main()

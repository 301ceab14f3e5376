"""Decide what a folder of images means: which of its folders are splits, which are classes.

The rules, in order, are those of docs/own-pictures.md. A reading says in words what was decided;
where two readings are possible, none is taken.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from training.byte_names import escaped
from training.data.class_names import check_alike, composed
from training.data.split_names import EVALUATION, WORDS, is_filler, split_word, splits_among
from training.data.tree import CLUTTER, Tree
from training.errors import DataError
from training.lookup import unknown_name
from training.plurals import counted
from training.records import SPLITS, LeftOut, LeftOutReason, Split
from training.study.choices import NONE, Choices

CALTECH_FOLDER = "101_ObjectCategories"
CALTECH_CLASSES = frozenset({"Faces", "Faces_easy", "Leopards", "accordion", "yin_yang"})
"""Some of its classes, by which it is known under another name."""

STUDY = "study.json"
"""What the folder of a study's records holds."""

DEEPEST = 4
"""Folders that may lie around the images, each alone in the one above."""

FURTHER_DOWN = "The images are further down, in"

LAYOUTS = (
    f"Expected DIR/<class>/*.jpg, DIR/{CALTECH_FOLDER}/<class>/*.jpg, DIR/train/<class>/*.jpg "
    "with DIR/test (and DIR/val) beside it, or a CSV file with columns path and label; "
    "two classes or more."
)

BY_NAME = (
    "If the files' names say the class, name it by an expression: "
    r"--labels-from-name '^([a-z]+)' takes “cat” from cat.0.jpg."
)


@dataclass(frozen=True)
class Reading:
    """What a folder means.

    Attributes:
        root: The folder that the images' paths are relative to.
        classes: The folders of each class, where nothing divides the images.
        splits: The folders of each class in each split, where folders do.
        left_out: What isn't used, and why.
        words: What was decided, where it isn't plain.
    """

    root: Tree
    classes: Mapping[str, Tree]
    splits: Mapping[Split, Mapping[str, Tree]]
    left_out: tuple[LeftOut, ...] = ()
    words: tuple[str, ...] = ()


def read_folder(tree: Tree, choices: Choices = NONE) -> Reading:
    """Decide what a folder means.

    Raises:
        DataError: No reading is possible, or more than one.
    """
    caltech = _caltech(tree)
    reading = _flat(caltech, choices) if caltech else _read(tree, choices, 0)
    _check_named(reading, choices)
    return reading


def _caltech(tree: Tree) -> Tree | None:
    if tree.place.name == CALTECH_FOLDER:
        return tree
    for place in (tree, tree.folders.get("caltech101")):
        if place is not None and CALTECH_FOLDER in place.folders:
            return place.folders[CALTECH_FOLDER]
    return None


def _read(node: Tree, choices: Choices, depth: int) -> Reading:
    out = [_left_out(node, name, "no pictures") for name in node.folders if name not in node.filled]
    filled = dict(node.filled)
    for name in _asked_away(filled, choices):
        out.append(_left_out(node, name, "asked"))
        del filled[name]
    for name in [name for name, folder in filled.items() if _holds_records(folder)]:
        out.append(_left_out(node, name, "records"))
        del filled[name]
    if choices.classes and {composed(name) for name in filled} >= set(choices.classes):
        return _flat(node, choices)  # the person says that these folders are the classes
    splits = splits_among(filled)
    labelled = _labelled(filled, splits)
    if "train" in labelled.values() and len(set(labelled.values())) > 1:
        return _divided(node, filled, labelled, splits, choices, out)
    if labelled and list(labelled.values()) == ["train"] and len(splits) == len(filled):
        return _train_alone(node, filled, next(iter(labelled)), choices, out, depth)
    if len(filled) > 1 and splits:
        _refuse_unless_classes(node, filled, splits, labelled)
    if not filled:
        _refuse_loose(node)
    if len(filled) == 1 and depth < DEEPEST:
        return _inside(node, next(iter(filled.values())), choices, out, depth)
    _refuse_variants(node, filled)
    return _flat(replace(node, folders={n: f for n, f in node.folders.items() if n in filled}),
                 choices, tuple(out))  # fmt: skip


def _left_out(node: Tree, name: str, reason: LeftOutReason) -> LeftOut:
    folder = node.folders[name]
    n_files = sum(1 for _ in folder.all_others())
    return LeftOut(escaped(node.below(name)), reason, folder.n_pictures, n_files)


def _holds_records(folder: Tree) -> bool:
    """Tell whether a folder is where this program keeps its records, thumbnails among them."""
    return any(STUDY in tree.others for tree in (folder, *folder.folders.values()))


def _asked_away(filled: Mapping[str, Tree], choices: Choices) -> list[str]:
    return [name for name in filled if composed(name) in map(composed, choices.leave_out)]


def _labelled(filled: Mapping[str, Tree], splits: Mapping[str, Split]) -> dict[str, Split]:
    """Return the splits whose folders hold folders of classes.

    A lone folder in another split that train doesn't know holds images without a class
    (`test/unknown/`), as torchvision's ImageFolder wants them.
    """
    inner = {name: _unwrapped(filled[name]).filled for name in splits}
    labelled = {name: split for name, split in splits.items() if inner[name]}
    known = {c for name, split in labelled.items() if split == "train" for c in inner[name]}
    if len(known) < 2:
        return labelled
    return {
        name: split
        for name, split in labelled.items()
        if split == "train" or len(inner[name]) > 1 or set(inner[name]) & known
    }


def _unwrapped(folder: Tree) -> Tree:
    """Return the folder that holds a split's classes: `seg_train/seg_train/`, `train/images/`."""
    for _ in range(DEEPEST):
        inside = list(folder.filled.values())
        if folder.pictures or len(inside) != 1:
            break
        name, split = inside[0].name, _split_meant(inside[0].name)
        same = name == folder.name or (split and split == _split_meant(folder.name))
        if not same and not is_filler(name):
            break
        folder = inside[0]
    return folder


def _split_meant(name: str) -> str | None:
    """Return what a split's name means: the split, or `eval` where that can't be known."""
    word = split_word(name)
    return None if word is None else WORDS.get(word, EVALUATION[0])


def _divided(
    node: Tree,
    filled: Mapping[str, Tree],
    labelled: Mapping[str, Split],
    splits: Mapping[str, Split],
    choices: Choices,
    out: list[LeftOut],
) -> Reading:
    by_split: dict[Split, str] = {}
    for name, split in labelled.items():
        if split in by_split:
            raise DataError(
                f"{node.place} holds {by_split[split]} and {name}, which both mean {split}.",
                f"Leave one of them out: --leave-out {name}.",
            )
        by_split[split] = name
    classes: dict[Split, dict[str, Tree]] = {}
    for split, name in by_split.items():
        inner = _unwrapped(filled[name])
        _refuse_variants(inner, inner.filled)
        check_alike(inner.filled, str(inner.place), choices.classes)
        classes[split] = inner.filled
        out += [_left_out(inner, c, "no pictures") for c in inner.folders if c not in inner.filled]
        out += _loose(inner)
    out += [
        _left_out(node, name, "no class" if name in splits else "no split")
        for name in filled
        if name not in labelled
    ]
    out += _loose(node)
    one, spelled = _one_spelling(classes)
    check_alike({name for inner in one.values() for name in inner}, str(node.place),
                choices.classes)  # fmt: skip
    chosen = {split: _chosen(node, inner, choices, out) for split, inner in one.items()}
    said = ", ".join(f"{by_split[split]}/ as {split}" for split in SPLITS if split in by_split)
    words = (f"Divided by its folders: {said}.", *spelled, *_subfolders(chosen.values()))
    return Reading(node, {}, chosen, tuple(_once(out)), words)


def _one_spelling(
    classes: Mapping[Split, Mapping[str, Tree]],
) -> tuple[dict[Split, dict[str, Tree]], list[str]]:
    """Give a class that Unicode spells differently in two splits one name."""
    spellings: dict[str, set[str]] = {}
    for inner in classes.values():
        for name in inner:
            spellings.setdefault(composed(name), set()).add(name)
    usual = {n: c if len(names) > 1 else n for c, names in spellings.items() for n in names}
    one = {
        split: {usual[name]: tree for name, tree in inner.items()}
        for split, inner in classes.items()
    }
    several = [name for name, names in spellings.items() if len(names) > 1]
    said = f"Spelled in two ways (NFC, NFD) and taken as one class: {', '.join(several)}."
    return one, [said] if several else []


def _train_alone(
    node: Tree,
    filled: Mapping[str, Tree],
    train: str,
    choices: Choices,
    out: list[LeftOut],
    depth: int,
) -> Reading:
    """Read the only split that has classes as an undivided folder."""
    out += [_left_out(node, name, "no class") for name in filled if name != train]
    out += _loose(node)
    reading = _read(_unwrapped(filled[train]), choices, depth + 1)
    alone = f"Only {train}/ has folders of classes: its images are split at random."
    further = f"{FURTHER_DOWN} {escaped(reading.root.path)}/."
    return _with(reading, out, (alone if len(filled) > 1 else further,))


def _inside(node: Tree, only: Tree, choices: Choices, out: list[LeftOut], depth: int) -> Reading:
    if not only.filled:
        in_split = split_word(only.name) is not None
        if in_split:
            _refuse_unlabelled(node, {only.name: only})
        raise DataError(
            f"{node.place} holds 1 class with images, {escaped(only.name)}; at least 2 are needed.",
            f"{LAYOUTS} {BY_NAME}",
        )
    out += _loose(node)
    reading = _read(only, choices, depth + 1)
    return _with(reading, out, (f"{FURTHER_DOWN} {escaped(only.path)}/.",))


def _with(reading: Reading, out: list[LeftOut], words: tuple[str, ...]) -> Reading:
    said = (*words, *reading.words)
    deeper = [line for line in said if line.startswith(FURTHER_DOWN)]  # the innermost says it all
    return replace(
        reading,
        left_out=tuple(_once([*out, *reading.left_out])),
        words=tuple(line for line in said if line not in deeper[:-1]),
    )


def _flat(node: Tree, choices: Choices, known: tuple[LeftOut, ...] = ()) -> Reading:
    """Read a folder's folders as classes.

    Args:
        known: What was left out of it already.
    """
    filled = dict(node.filled)
    out = list(known)
    out += [_left_out(node, name, "no pictures") for name in node.folders if name not in filled]
    if CLUTTER in filled and _is_caltech(node, filled) and CLUTTER not in choices.classes:
        out.append(_left_out(node, CLUTTER, "clutter"))
        del filled[CLUTTER]
    out += _loose(node)
    classes = _chosen(node, filled, choices, out)
    check_alike(classes, str(node.place), choices.classes)
    return Reading(node, classes, {}, tuple(_once(out)), tuple(_subfolders([classes])))


def _is_caltech(node: Tree, filled: Mapping[str, Tree]) -> bool:
    return node.place.name == CALTECH_FOLDER or filled.keys() >= CALTECH_CLASSES


def _chosen(
    node: Tree, classes: Mapping[str, Tree], choices: Choices, out: list[LeftOut]
) -> dict[str, Tree]:
    """Return the classes that the person wants."""
    only, away = set(map(composed, choices.classes)), set(map(composed, choices.leave_out))
    wanted = {
        name: tree
        for name, tree in classes.items()
        if composed(name) not in away and (not only or composed(name) in only)
    }
    n_pictures: Counter[str] = Counter()
    for name, tree in classes.items():
        if name not in wanted:
            n_pictures[name] += tree.n_pictures
    for name, n in n_pictures.items():
        same = next((i for i in out if i.name == escaped(name) and i.reason == "asked"), None)
        if same is not None:
            out.remove(same)
            n += same.n_pictures
        out.append(LeftOut(escaped(name), "asked", n))
    return wanted


def _loose(node: Tree) -> list[LeftOut]:
    """Name the images that lie beside folders of classes."""
    if not node.pictures:
        return []
    return [LeftOut(escaped(node.below("*")), "no class", len(node.pictures))]


def _once(items: list[LeftOut]) -> list[LeftOut]:
    return list(dict.fromkeys(items))


def _subfolders(groups: Iterable[Mapping[str, Tree]]) -> list[str]:
    """Say how many images lie in folders below their classes' folders."""
    n_below, example = 0, ""
    for classes in groups:
        for tree in classes.values():
            for inner in tree.filled.values():
                n_below += inner.n_pictures
                example = example or inner.path
    if not n_below:
        return []
    lie = counted(n_below, "image lies", "images lie")
    belong = "belongs" if n_below == 1 else "belong"
    said = f"{lie} in folders below a class, such as {escaped(example)}/"
    return [f"{said}, and {belong} to that class."]


def _refuse_unless_classes(
    node: Tree,
    filled: Mapping[str, Tree],
    splits: Mapping[str, Split],
    labelled: Mapping[str, Split],
) -> None:
    """Refuse folders that may be splits or classes; return where they can only be classes."""
    if not labelled:
        several = len(set(splits.values())) > 1 and "train" in splits.values()
        if several or 2 * len(splits) > len(filled):
            _refuse_unlabelled(node, {name: filled[name] for name in splits})
        return
    names = _named(splits)
    if "train" not in labelled.values():
        raise DataError(
            f"{node.place} holds {names}, but no train split with folders of classes.",
            f"Expected DIR/train/<class>/*.jpg beside {_named(labelled)}; "
            f"to use one of them by itself: --data {node.place / next(iter(labelled))}.",
        )
    others = _named([name for name in filled if name not in splits])
    train = next(name for name, split in labelled.items() if split == "train")
    raise DataError(
        f"{node.place} can be read in two ways: {train}/ holds folders of classes, and beside it "
        f"{others} hold images without.",
        f"To use {train}/ alone, try {node.place / train}. If all these folders are classes, "
        f"name them: --classes {','.join(filled)}.",
    )


def _refuse_unlabelled(node: Tree, splits: Mapping[str, Tree]) -> NoReturn:
    example = next(path for tree in splits.values() for path in tree.all_pictures())
    n = sum(tree.n_pictures for tree in splits.values())
    raise DataError(
        f"{node.place} holds {_named(splits)}, which are names of splits, not of classes; "
        f"they hold {counted(n, 'image')}, such as {escaped(example)}, outside of class folders.",
        f"Expected DIR/train/<class>/*.jpg. {BY_NAME}{_tables_in(node)} "
        f"If they are classes all the same: --classes {','.join(splits)}.",
    )


def _refuse_loose(node: Tree) -> NoReturn:
    if node.pictures:
        raise DataError(
            f"{node.place} holds {counted(len(node.pictures), 'image')}, such as "
            f"{escaped(node.pictures[0])}, and 0 classes with images: none is in a class "
            "folder.",
            f"{LAYOUTS} {BY_NAME}{_tables_in(node)}",
        )
    n_others = sum(1 for _ in node.all_others())
    found = f" ({counted(n_others, 'file')}, no image among them)" if n_others else ""
    raise DataError(
        f"{node.place} holds 0 classes with images{found}; at least 2 are needed.",
        f"{LAYOUTS}{_tables_in(node)}",
    )


def _tables_in(node: Tree) -> str:
    tables = [name for name in node.others if name.lower().endswith((".csv", ".tsv"))]
    return f" A table lies there: --data {node.place / tables[0]}." if tables else ""


def _named(names: Iterable[str]) -> str:
    shown = [escaped(name) for name in names]
    if len(shown) > 5:
        return f"{', '.join(shown[:5])} and {len(shown) - 5} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else ""


def _refuse_variants(node: Tree, filled: Mapping[str, Tree]) -> None:
    """Refuse folders that look like several data sets side by side rather than like classes."""
    for name, tree in filled.items():
        splits = splits_among(tree.filled)
        inside = _labelled(tree.filled, splits)
        if "train" in inside.values() and len(set(inside.values())) > 1:
            raise DataError(
                f"{node.place} can be read in two ways: {escaped(name)}/ holds splits of its own "
                f"({_named(splits)}), beside {_named([n for n in filled if n != name])}.",
                f"Try {tree.place}, or name the folders that are classes: "
                f"--classes {','.join(filled)}.",
            )
        if "train" in splits.values() and len(set(splits.values())) > 1:
            raise DataError(
                f"{node.place} holds splits inside classes: {escaped(name)}/ holds "
                f"{_named(splits)}.",
                "Expected the splits outside: DIR/train/<class>/*.jpg, DIR/test/<class>/*.jpg. To "
                f"divide all images anew, name the classes: --classes {','.join(filled)}.",
            )
        if len(filled) > 1 and is_filler(name) and len(tree.filled) > 1 and not tree.pictures:
            raise DataError(
                f"{node.place} can be read in two ways: {escaped(name)}/ holds "
                f"{_named(tree.filled)}, which may be the classes, beside "
                f"{_named([n for n in filled if n != name])}.",
                f"Try {tree.place}, or name the folders that are classes: "
                f"--classes {','.join(filled)}.",
            )
    holders = {
        name: frozenset(tree.filled)
        for name, tree in filled.items()
        if len(tree.filled) > 1 and not tree.pictures
    }
    inner = Counter(holders.values()).most_common(1)
    if inner and inner[0][1] > 1 and inner[0][1] < len(inner[0][0]):
        alike = [name for name, names in holders.items() if names == inner[0][0]]
        raise DataError(
            f"{node.place} can be read in two ways: {_named(alike)} each hold the folders "
            f"{_named(sorted(inner[0][0]))}, so these may be the classes.",
            f"To use one of them, try {filled[alike[0]].place}. If {_named(alike)} are the "
            f"classes, name them: --classes {','.join(filled)}.",
        )


def _check_named(reading: Reading, choices: Choices) -> None:
    """Make sure that the classes the person named are there."""
    there = {composed(name) for name in reading.classes}
    there |= {composed(name) for inner in reading.splits.values() for name in inner}
    gone = {composed(item.name.rpartition("/")[2]) for item in reading.left_out}
    for option, names in (("--classes", choices.classes), ("--leave-out", choices.leave_out)):
        for name in names:
            if composed(name) not in there | gone:
                raise unknown_name(f"class of {option} in {reading.root.place}:", name,
                                   sorted(there | gone))  # fmt: skip

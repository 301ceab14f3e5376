"""What people call the splits: names of folders, of lists, and words in a table's column."""

import re
from collections.abc import Iterable

from training.records import Split

WORDS: dict[str, Split] = {
    "train": "train", "training": "train", "trn": "train", "trainval": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test", "tst": "test",
}  # fmt: skip
"""In lower case."""

EVALUATION = ("eval", "evaluation")
"""Names that some use for validation, others for testing; the neighbouring folders decide."""

FILLERS = frozenset(
    {"set", "sets", "data", "dataset", "images", "image", "imgs", "img", "pictures", "picture",
     "pics", "photos", "photo", "split", "splits", "folder", "dir", "seg", "raw", "clean",
     "cleaned", "resized", "cropped", "augmented", "aug", "new", "final", "full", "all", "small",
     "large", "mini", "class", "classes", "label", "labels", "labelled", "labeled", "unlabelled",
     "unlabeled", "jpg", "jpeg", "png", "px", "version", "v"}
)  # fmt: skip
"""Words that say nothing of what a picture shows; numbers say nothing either."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


def split_word(name: str) -> str | None:
    """Return the one word that stands for a split in a name that says nothing else.

    `Train`, `training_set`, `seg_test`, `val2017`, `TestImages`; not `test_tube`, `train_station`.
    """
    words, rest = _taken_apart(name)
    return words[0] if len(words) == 1 and not rest else None


def _taken_apart(name: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the splits' words of a name, and its other words that say something."""
    words: list[str] = []
    rest: list[str] = []
    for token in _TOKEN.findall(_CAMEL.sub(" ", name).casefold()):
        word = _word_in(token)
        if word is not None:
            words.append(word)
        elif token not in FILLERS and not token.isdigit():
            rest.append(token)
    return list(dict.fromkeys(words)), tuple(rest)


def _word_in(token: str) -> str | None:
    """Return the split's word that a token is, alone or grown together with a filler."""
    for word in (*WORDS, *EVALUATION):
        if token == word:
            return word
        for filler in FILLERS:
            if len(filler) > 2 and token in (word + filler, filler + word):
                return word
    return None


def is_filler(name: str) -> bool:
    """Tell whether a name says nothing of what pictures show: `images`, `data2`; not `2`."""
    words, rest = _taken_apart(name)
    return not words and not rest and any(letter.isalpha() for letter in name)


def splits_among(names: Iterable[str]) -> dict[str, Split]:
    """Return which of some folders that lie together bear a split's name, and which split's.

    Names that share all other words count, too: `asl_alphabet_train` beside `asl_alphabet_test`.
    """
    names = list(names)
    words = {name: word for name in names if (word := split_word(name)) is not None}
    alike: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        found, rest = _taken_apart(name)
        if len(found) == 1 and rest:
            alike.setdefault(rest, {})[name] = found[0]
    for group in alike.values():
        if "train" in {WORDS.get(word) for word in group.values()} and len(group) > 1:
            words |= group
    known = {WORDS[word] for word in words.values() if word in WORDS}
    other: Split = "test" if "validation" in known or "test" not in known else "validation"
    return {name: WORDS.get(word, other) for name, word in words.items()}

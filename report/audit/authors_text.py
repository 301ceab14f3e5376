"""Hold what a person wrote into a study against its records, where it is clear what is meant.

Free text can't be understood by rules, so all that is found here is a warning.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import msgspec

from report.audit.problems import Problem
from report.evidence.load import Run, StudyView
from training.records import SPLITS

NUMBER = r"(?P<n>\d{1,3}(?:[,\u202f\u00a0’' ]\d{3})+|\d+)(?![.,]?\d)"
ABOUT = r"(?P<about>~|≈|about|around|roughly|nearly|almost|over|more than|some|circa|ca\.)?\s*"
PICTURES = r"(?:images?|pictures?|photos?|photographs?|samples|examples)"
SPLIT = r"(?P<split>train(?:ing)?|validation|valid|test(?:ing)?)"

COUNTS = (
    re.compile(rf"{ABOUT}{NUMBER}\s+{SPLIT}\s+{PICTURES}", re.I),
    re.compile(rf"{ABOUT}{NUMBER}\s+{PICTURES}\s+(?:to|for|in the|of the)\s+{SPLIT}\b", re.I),
    re.compile(
        rf"{SPLIT}\s+(?:set|split|part)\s+(?:of|has|with|holds|contains)\s+{ABOUT}{NUMBER}\b", re.I
    ),
    re.compile(rf"\b{SPLIT}(?:ed)?\s+on\s+{ABOUT}{NUMBER}\s+{PICTURES}", re.I),
)
ALL_PICTURES = re.compile(
    rf"(?:data ?set of|data ?set has|in all|in total,?)\s+{ABOUT}{NUMBER}\s+{PICTURES}", re.I
)
CLASSES = re.compile(rf"{NUMBER}\s+(?:classes|categories)\b", re.I)
OUTPUTS = re.compile(
    rf"{NUMBER}\s+(?:neurons?|outputs?|units?)\s+(?:\w+\s+){{1,3}}(?:last|final|output)\s+layer"
    rf"|(?:last|final|output)\s+layer\s+(?:of|with|has|had)\s+(?P<m>\d+)\s+(?:neuron|output|unit)",
    re.I,
)
PROPORTION = re.compile(r"(?:proportion|ratio)\s+(?:of\s+|is\s+|:\s*)?(?P<r>\d+(?:\.\d+)?)", re.I)
FROZEN_SHARE = re.compile(r"(?P<p>\d+(?:\.\d+)?)\s*%[^.;:]{0,60}?\bfrozen", re.I)
ACCURACY = re.compile(r"(?<![\d.])(?:(?P<p>\d{1,3}(?:\.\d+)?)\s*%|(?P<f>0\.\d{2,}))")
PAIR = re.compile(
    r"(?P<rate>\d(?:\.\d+)?e-\d|0\.0*1)\W{1,3}(?:and |with )?(?P<name>rmsprop|adam|sgd)"
    r"|(?P<name2>rmsprop|adam|sgd)\W{1,3}(?:at |with )?(?:a rate of |lr )?"
    r"(?P<rate2>\d(?:\.\d+)?e-\d|0\.0*1)",
    re.I,
)
PRAISE = re.compile(r"\b(very well|well|good|great|excellent|best|promising)\b", re.I)
BLAME = re.compile(r"\b(overfit\w*|bad\w*|poor\w*|worst|diverg\w+|fail\w*|never learn\w*)\b", re.I)

TOLERANCE = 0.03
"""A number called approximate may be off by this share."""

UNREAD = ("command", "name", "preset", "data", "id", "homework", "model", "weights")
"""Fields of a study that hold no prose."""


@dataclass(frozen=True)
class _Sentence:
    where: str
    text: str


def lint_study(view: StudyView) -> list[Problem]:
    """Check every text that a study's author wrote."""
    texts = list(_texts(msgspec.to_builtins(view.study), "study.json#"))
    sentences = [
        _Sentence(where, sentence.strip())
        for where, text in texts
        for sentence in re.split(r"(?<=[.!?;])\s+", text)
    ]
    found = [problem for sentence in sentences for problem in _lint(view, sentence)]
    return [*found, *praised_and_blamed((s.where, s.text) for s in sentences)]


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if re.search(r"\s", value):
            yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in UNREAD:
                yield from _texts(item, f"{where}/{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _texts(item, f"{where}/{i}")


def _lint(view: StudyView, sentence: _Sentence) -> Iterator[Problem]:
    for check in (_counts, _classes, _outputs, _proportions, _frozen, _accuracies):
        for quoted, problem in check(view, sentence.text):
            yield Problem(sentence.where, quoted.strip(), problem, severity="warning")


Found = Iterator[tuple[str, str]]


def _value(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["n"]))


def _close(said: int, actual: int, about: str | None) -> bool:
    return said == actual or (bool(about) and abs(said - actual) <= TOLERANCE * actual)


def _counts(view: StudyView, text: str) -> Found:
    if view.dataset is None:
        return
    for match in (match for pattern in COUNTS for match in pattern.finditer(text)):
        split = next(s for s in SPLITS if s.startswith(match["split"].lower()[:4]))
        actual = getattr(view.dataset, f"n_{split}")
        if not _close(_value(match), actual, match["about"]):
            yield match[0], f"the {split} split has {actual} pictures"
    for match in ALL_PICTURES.finditer(text):
        actual = sum(getattr(view.dataset, f"n_{split}") for split in SPLITS)
        if not _close(_value(match), actual, match["about"]):
            yield match[0], f"the data set has {actual} pictures"


def _classes(view: StudyView, text: str) -> Found:
    if view.dataset is None or re.search("imagenet", text, re.I):
        return
    for match in CLASSES.finditer(text):
        if _value(match) != len(view.dataset.classes):
            yield match[0], f"the data set has {len(view.dataset.classes)} classes"


def _outputs(view: StudyView, text: str) -> Found:
    if view.dataset is None:
        return
    n_classes = len(view.dataset.classes)
    for match in OUTPUTS.finditer(text):
        said = int(match["m"]) if match["m"] else _value(match)
        original = re.search(r"imagenet|original|pre-?trained|published", text, re.I)
        if said != (1000 if original else n_classes) and said not in (n_classes, 1000):
            problem = f"the last layer has {n_classes} outputs here, and 1000 for ImageNet"
            yield match[0], problem


def _proportions(view: StudyView, text: str) -> Found:
    dataset = view.dataset
    if dataset is None or not dataset.n_validation:
        return
    if not re.search("train", text, re.I) or not re.search("valid|test|split", text, re.I):
        return
    actual = dataset.n_train / dataset.n_validation
    for match in PROPORTION.finditer(text):
        if abs(float(match["r"]) - actual) > 0.05 * actual:
            yield match[0], f"train to validation is {actual:.2f}"


def _frozen(view: StudyView, text: str) -> Found:
    runs = [run for run in view.all_runs() if run.parameters is not None and run.parameters.total]
    convolutions = re.search(r"\b(conv|cnn|feature)", text, re.I)
    connected = re.search(r"\b(fc|fully|classifier)", text, re.I)
    if bool(convolutions) != bool(connected):
        kinds = ("features",) if convolutions else ("classifier", "classifier-but-head")
        runs = [run for run in runs if run.metrics.spec and run.metrics.spec.freeze in kinds]
    shares = [100 * run.parameters.frozen / run.parameters.total for run in runs if run.parameters]
    for match in FROZEN_SHARE.finditer(text):
        if shares and not any(_rounds_to(share, match["p"]) for share in shares):
            known = ", ".join(f"{share:.1f} %" for share in dict.fromkeys(shares))
            yield match[0], f"of such runs the frozen share is {known}"


def _rounds_to(value: float, said: str) -> bool:
    digits = len(said.partition(".")[2])
    half: float = 0.5 / 10**digits
    return abs(value - float(said)) <= half + 1e-9


def _accuracies(view: StudyView, text: str) -> Found:
    """An accuracy in prose must be one that some run has."""
    if not re.search(r"accura", text, re.I):
        return
    known = [100 * value for value in _known_accuracies(view)]
    for match in ACCURACY.finditer(text):
        percent = match["p"] is not None
        said = match["p"] if percent else match["f"]
        values = known if percent else [value / 100 for value in known]
        if values and not any(_rounds_to(value, said) for value in values):
            yield match[0], "no run has this accuracy"


def _known_accuracies(view: StudyView) -> Iterator[float]:
    by_id: dict[str, list[Run]] = {}
    for run in view.all_runs():
        by_id.setdefault(run.id, []).append(run)
    for name in ("train", "validation", "test"):
        for runs in by_id.values():
            scores = [getattr(run.metrics, name) for run in runs]
            values = [score.accuracy for score in scores if score is not None]
            yield from values
            if len(values) > 1:
                yield fmean(values)


def praised_and_blamed(sentences: Iterable[tuple[str, str]]) -> list[Problem]:
    """Find pairs of optimizer and rate that one sentence praises and another blames.

    Args:
        sentences: Where each stands, and its text.
    """
    praised: dict[tuple[str, float], str] = {}
    blamed: dict[tuple[str, float], tuple[str, str]] = {}
    for where, text in sentences:
        pairs = [_pair(match) for match in PAIR.finditer(text)]
        praise, blame = PRAISE.search(text), BLAME.search(text)
        if praise and blame:
            continue
        for pair in pairs:
            if praise:
                praised.setdefault(pair, text)
            if blame:
                blamed.setdefault(pair, (where, text))
    return [
        Problem(where, text[:120], f"the same pair is praised elsewhere: “{praised[pair][:120]}”",
                severity="warning")
        for pair, (where, text) in blamed.items()
        if pair in praised
    ]  # fmt: skip


def _pair(match: re.Match[str]) -> tuple[str, float]:
    name, rate = match["name"] or match["name2"], match["rate"] or match["rate2"]
    return name.lower(), float(rate)

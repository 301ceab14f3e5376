"""Hold what a person wrote into a study against its records, where it is clear what is meant.

Free text can't be understood by rules, so all that is found here is a warning, and only where a
sentence itself names this study's data set, a split or an experiment.
"""

import re
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Any

import msgspec

from report.audit.about_this_study import (
    Statement,
    names_a_network,
    names_a_split,
    names_an_experiment,
    names_the_data,
    networks,
    statements,
)
from report.audit.problems import Problem
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted
from training.records import SPLITS

NUMBER = r"(?<!\d)(?<!\d[.,])(?P<n>\d{1,3}(?:[,\u202f\u00a0’' ]\d{3}){1,3}|\d{1,9})(?![.,]?\d)"
ABOUT = r"(?P<about>~|≈|about|around|roughly|nearly|almost|over|more than|some|circa|ca\.)?\s*"
PICTURES = r"(?:images?|pictures?|photos?|photographs?|samples|examples)"
SPLIT = r"(?P<split>train(?:ing)?|validation|valid|test(?:ing)?)"
HOLDS = r"(?:of|has|have|had|with|holds?|contains?|comprises?|consists? of|uses?)"

COUNTS = (
    re.compile(
        rf"(?:^|\b{HOLDS}|\b(?:are|were|used?|into|on|and)|[,:])\s*(?:the\s+|only\s+)?{ABOUT}{NUMBER}"
        rf"\s+{SPLIT}\s+{PICTURES}",
        re.I,
    ),
    re.compile(rf"{ABOUT}{NUMBER}\s+{PICTURES}\s+(?:to|for|in the|of the)\s+{SPLIT}\b", re.I),
    re.compile(rf"{SPLIT}\s+(?:set|split|part)\s+{HOLDS}\s+{ABOUT}{NUMBER}\b(?!\s*%)", re.I),
    re.compile(rf"\b{SPLIT}(?:ed)?\s+on\s+{ABOUT}{NUMBER}\s+{PICTURES}", re.I),
)
ALL_PICTURES = re.compile(
    rf"(?:data ?set {HOLDS}|in all|in total,?)\s+{ABOUT}{NUMBER}\s+{PICTURES}", re.I
)
N_CLASSES = rf"{ABOUT}{NUMBER}\s+(?:\w+\s+)?(?:classes|categories)\b"
CLASSES = (
    rf"\b(?:data ?set|task|problem|we|NAME)\s+(?:{HOLDS}|tells?)\s+{N_CLASSES}",
    rf"\bthere (?:are|were)\s+{N_CLASSES}",
    rf"{PICTURES}\s+(?:in|across|over|from)\s+{N_CLASSES}",
)
"""NAME stands for the data set's."""

PART_OF_ALL = re.compile(
    r"\b(?:per|each|every)\b|\bbatch|\bepoch|\bhalf\b|\bfewer\b|\bless\b|\bmore\b|\bfirst\b|\brandom"
    r"|\bextra\b|\badditional\b|\bwrong|\bmis\w+|\bconfus\w+|\berrors?\b|\bcorrect|\bright(?:ly)?\b"
    r"|\bduplicate|\bthat\b|\bwhich\b|\bwhose\b|\bwhere\b|\bshow[sn]?\b|\bfigure\b|\btable\b"
    r"|\b(?:hardest|easiest|largest|smallest|rarest|step|second|minute|hour|worker)s?\b",
    re.I,
)
"""Such a sentence may count some pictures or classes of a whole, or what a batch or class holds."""

OUTPUTS = re.compile(
    rf"{NUMBER}\s+(?:neurons?|outputs?|units?)\s+(?:at|in|of|on|as)\s+(?:\w+\s+){{0,2}}"
    r"(?:last|final|output)\s+layer"
    r"|(?:last|final|output)\s+layer\s+(?:of|with|has|had)\s+(?P<m>\d{1,9})\s+(?:neuron|output|unit)",
    re.I,
)
PROPORTION = re.compile(
    r"(?:proportion|ratio)\s+(?:(?:of|is|was)\s+|:\s*)?(?P<r>\d+(?:\.\d+)?)\s+(?:between|of|for)\s+"
    r"(?:the\s+)?train\w*\s+(?:set\s+|split\s+)?(?:and|to)\s+(?:the\s+)?(?P<split>valid|test)"
    r"|(?:proportion|ratio)\s+(?:of|between)\s+(?:the\s+)?train\w*\s+(?:and|to)\s+(?:the\s+)?"
    rf"(?P<split2>valid|test)\w*(?:\s+{PICTURES})?\s+(?:is|was|of)\s+(?P<r2>\d+(?:\.\d+)?)",
    re.I,
)
FROZEN_SHARE = (
    r"(?P<p>\d+(?:\.\d+)?)\s*%\s+of\s+(?:(?:the|all|its|our)\s+)*"
    r"(?:parameters|weights|{networks})[^.;:]{{0,40}}?\bfrozen"
)
SHARE = (
    r"(?:(?P<p>\d{1,3}(?:\.\d+)?)\s*%|(?P<f>0\.\d{2,}))"
    r"(?!\d|\s*(?:[-–]|(?:to|or|of|and|points?|higher|lower|better|worse|more|less|wide|above|below)\b))"
)
KIND = (
    r"(?:(?:top-?1|test|validation|train(?:ing)?|mean|best|final|highest|overall|transfer"
    r"|classification)\s+){0,4}"
)
LEADS = (
    r"(?:\s+(?!(?:rate|decay|momentum|dropout|loss|differences?|gaps?|gain\w*|drop\w*|changes?|cost"
    r"|improve\w*|increase\w*|decrease\w*|deviation|variance|spread|errors?|interval|factor|gamma"
    r"|than|by|between|from|falls?|rises?)\b)[^\W\d][\w/’'-]*){0,6}?"
)
ACCURACIES = (
    re.compile(rf"(?<![\d.–-]){SHARE}\s+{KIND}accura(?:cy|te)\b", re.I),
    re.compile(
        rf"\baccuracy{LEADS}\s*(?:\bof|\bis|\bwas|\breach\w*|\bat|=|:)\s*"
        rf"(?:about\s+|around\s+|roughly\s+|nearly\s+|~\s*|≈\s*)?{SHARE}",
        re.I,
    ),
)
SOME_ANSWERS = re.compile(
    r"\bclass(?:es)?\b|\bcategor|\btop-?[2-9]|\bepochs?\b|\bbalanced\b|\bensemble|\bpatien|\bhuman",
    re.I,
)
"""Such a sentence speaks of an accuracy that no run has as a whole."""

PAIR = re.compile(
    r"(?P<rate>\d(?:\.\d+)?e-\d|0\.0*1)\W{1,3}(?:and |with )?(?P<name>rmsprop|adam|sgd)"
    r"|(?P<name2>rmsprop|adam|sgd)\W{1,3}(?:at |with )?(?:a rate of |lr )?"
    r"(?P<rate2>\d(?:\.\d+)?e-\d|0\.0*1)",
    re.I,
)
PRAISE = re.compile(r"\b(very well|well|good|great|excellent|best|promising)\b", re.I)
BLAME = re.compile(r"\b(overfit\w*|bad\w*|poor\w*|worst|diverg\w+|fail\w*|never learn\w*)\b", re.I)
START = re.compile(r"\b(?:scratch|transfer|fine-?tun\w*|freez\w*|frozen|augment\w*)\b", re.I)

TOLERANCE = 0.03
"""A number called approximate may be off by this share."""

UNREAD = ("command", "name", "preset", "data", "id", "homework", "model", "weights")
"""Fields of a study that hold no prose."""


def lint_study(view: StudyView) -> list[Problem]:
    """Check every text that a study's author wrote."""
    source = "study file#" if view.other_words else "study.json#"
    texts = list(_texts(msgspec.to_builtins(view.study), source))
    found = [statement for where, text in texts for statement in statements(view, where, text)]
    problems = [problem for statement in found for problem in _lint(view, statement)]
    return [*problems, *praised_and_blamed((s.where, s.text) for s in found)]


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


def _lint(view: StudyView, statement: Statement) -> Iterator[Problem]:
    for check in (_counts, _classes, _outputs, _proportions, _frozen, _accuracies):
        for quoted, problem in check(view, statement.text):
            yield Problem(statement.where, quoted.strip(" ,:"), problem, severity="warning")


Found = Iterator[tuple[str, str]]


def _value(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["n"]))


def _close(said: int, actual: int, about: str | None) -> bool:
    return said == actual or (bool(about) and abs(said - actual) <= TOLERANCE * actual)


def _counts(view: StudyView, text: str) -> Found:
    if view.dataset is None or PART_OF_ALL.search(re.sub(r"\bmore than\b", "", text)):
        return
    for match in (match for pattern in COUNTS for match in pattern.finditer(text)):
        split = next(s for s in SPLITS if s.startswith(match["split"].lower()[:4]))
        actual = getattr(view.dataset, f"n_{split}")
        if not _close(_value(match), actual, match["about"]):
            yield match[0], f"the {split} split has {counted(actual, 'image')}"
    if not names_the_data(view, text):
        return
    for match in ALL_PICTURES.finditer(text):
        actual = sum(getattr(view.dataset, f"n_{split}") for split in SPLITS)
        if not _close(_value(match), actual, match["about"]):
            yield match[0], f"the data set has {counted(actual, 'image')}"


def _classes(view: StudyView, text: str) -> Found:
    """A number of classes must be the data set's, where the data set is what has them."""
    if view.dataset is None or PART_OF_ALL.search(text):
        return
    if not names_the_data(view, text) and not names_a_split(text):
        return
    for pattern in CLASSES:
        own = pattern.replace("NAME", re.escape(view.dataset.name))
        for match in re.finditer(own, text, re.IGNORECASE):
            if not _close(_value(match), len(view.dataset.classes), match["about"]):
                n_classes = counted(len(view.dataset.classes), "class", "classes")
                yield match[0], f"the data set has {n_classes}"


def _outputs(view: StudyView, text: str) -> Found:
    if view.dataset is None or "layer" not in text or not names_a_network(view, text):
        return
    n_classes = len(view.dataset.classes)
    for match in OUTPUTS.finditer(text):
        said = int(match["m"]) if match["m"] else _value(match)
        if said not in (n_classes, 1000):
            problem = f"the last layer has {counted(n_classes, 'output')} here, 1000 for ImageNet"
            yield match[0], problem


def _proportions(view: StudyView, text: str) -> Found:
    dataset = view.dataset
    if dataset is None or re.search(r"loss|time|speed|accura|second", text, re.IGNORECASE):
        return
    for match in PROPORTION.finditer(text):
        split = "validation" if (match["split"] or match["split2"]).lower() == "valid" else "test"
        n_held_out = getattr(dataset, f"n_{split}")
        actual = dataset.n_train / n_held_out if n_held_out else 0
        if actual and abs(float(match["r"] or match["r2"]) - actual) > 0.05 * actual:
            yield match[0], f"the ratio of train to {split} images is {actual:.2f}"


def _frozen(view: StudyView, text: str) -> Found:
    if not re.search(r"\bfrozen\b", text, re.IGNORECASE):
        return
    runs = [run for run in view.all_runs() if run.parameters is not None and run.parameters.total]
    convolutions = re.search(r"\b(conv|cnn|feature)", text, re.I)
    connected = re.search(r"\b(fc|fully|classifier)", text, re.I)
    if bool(convolutions) != bool(connected):
        kinds = ("features",) if convolutions else ("classifier", "classifier-but-head")
        runs = [run for run in runs if run.metrics.spec and run.metrics.spec.freeze in kinds]
    shares = [100 * run.parameters.frozen / run.parameters.total for run in runs if run.parameters]
    pattern = FROZEN_SHARE.format(networks=networks(view))
    for match in re.finditer(pattern, text, re.IGNORECASE):
        if shares and not any(_rounds_to(share, match["p"]) for share in shares):
            known = ", ".join(f"{share:.1f} %" for share in dict.fromkeys(shares))
            yield match[0], f"the frozen share of these runs is {known}"


def _rounds_to(value: float, said: str) -> bool:
    digits = len(said.partition(".")[2])
    half: float = 0.5 / 10**digits
    return abs(value - float(said)) <= half + 1e-9


def _accuracies(view: StudyView, text: str) -> Found:
    """An accuracy in prose must be one that some run has."""
    if not re.search("accura", text, re.IGNORECASE) or SOME_ANSWERS.search(text):
        return
    if not names_a_split(text) and not names_an_experiment(view, text):
        return
    known = [100 * value for value in _known_accuracies(view)]
    for match in (match for pattern in ACCURACIES for match in pattern.finditer(text)):
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

    What is the best pair of one part of a study may be the worst of another, so only sentences
    are compared that name the same parts, or none.

    Args:
        sentences: Where each stands, and its text.
    """
    praised: dict[tuple[str, float, frozenset[str]], str] = {}
    blamed: dict[tuple[str, float, frozenset[str]], tuple[str, str]] = {}
    for where, text in sentences:
        parts = frozenset(found.lower()[:5] for found in START.findall(text))
        pairs = [(*_pair(match), parts) for match in PAIR.finditer(text)]
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

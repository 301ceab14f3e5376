"""Pick out of a person's text the sentences that speak of this study and of nothing else.

Rules can't understand free text, so a sentence counts only where it names something of the study,
and where nothing in it points elsewhere: to a publication, to another data set, to what was once,
to what would be. What is asked, quoted or typed as code is no statement.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from report.evidence.display_names import model_name
from report.evidence.load import StudyView

ENDS = re.compile(
    r"(?<!\b[A-Z])(?<!\b[Aa]l)(?<!\b[Cc]f)(?<!\b[Cc]a)(?<!\b[Vv]s)(?<!\be\.g)(?<!\bi\.e)"
    r"(?<!\b[Ff]ig)(?<!\b[Tt]ab)(?<!\b[Ee]q)(?<!\b[Ss]ec)(?<!\b[Rr]esp)(?<!\b[Aa]pprox)\.\s+"
    r"|(?<=[!?…])\s+|\n\s*\n|\n\s*(?=[-*#|>]|\d+\.\s)"
)
"""Where a sentence ends: not behind an initial or a usual abbreviation."""

NOT_STATED = re.compile(
    r"```.*?(?:```|\Z)|`[^`]*`|^>[^\n]*|“[^”]{0,999}”|„[^“”]{0,999}[“”]|«[^»]{0,999}»|\"[^\"\n]{0,999}\"",
    re.DOTALL | re.MULTILINE,
)
"""Code, and what others said."""

CITED = (
    r"\bet al\b|\[\d+(?:\s*[,–-]\s*\d+)*\]|\]\(|\[@|\\cite|https?:"
    r"|\(\s*(?:[^()]*\s)?(?:19|20)\d\d[a-z]?\s*\)"
    r"|\b(?:in|since|until|by|of|from)\s+(?:19|20)\d\d\b(?!\s+(?:train|valid|test|imag|pict|phot))"
    r"|\b(?:they|he|she|their|theirs|his|her|others?|another|elsewhere|someone|somebody|people)\b"
    r"|\b(?:authors?|papers?|literature|publications?|published|studies|benchmarks?|leaderboards?)\b"
    r"|\b(?:state of the art|sota|according to|cit(?:e[sd]?|ing)|textbooks?|tutorials?|docs)\b"
    r"|\b(?:documentation|torchvision|timm|assignment|lecture|reference report)\b"
    r"|\b(?:classmates?|colleagues?|friends?|neighbours?)\b"
    r"|\b(?:last|previous|earlier) (?:year|report)"
)
OTHER_DATA = (
    r"\b(?:imagenet|ilsvrc|cifar|mnist|svhn|coco|pascal|voc|places|oxford|flowers?-?1\d\d|pets"
    r"|food-?101|stanford|cub|inaturalist|caltech|lfw|celeba|kaggle|jft|laion)\b"
    r"|\b(?:other|another|larger|smaller|full|whole|complete|different) data ?sets?\b"
    r"|\boriginal(?:ly)?\b"
)
ONCE = (
    r"\b(?:before|earlier|formerly|previously|used to|at first|until|once|no longer|older?)\b"
    r"|\b(?:removed|dropped|left out|discarded|cleaned|excluded)\b"
)
WOULD_BE = (
    r"\b(?:if|unless|whether|would|could|should|might|may|must|cannot|can|suppose|imagine|assum\w+)\b"
    r"|\b(?:hypothe\w+|expect\w*|hop(?:e|ed|ing)|aim\w*|goals?|targets?|want\w*|wish\w*|plan\w*)\b"
    r"|\b(?:ideal\w*|for (?:example|instance)|e\.g|such as|future|next time|needs?|needed|will)\b"
)
DENIED = (
    r"\b(?:not|never|none|neither|nor|without|instead|rather than|unlike|false|wrong|impossible"
    r"|cannot|hardly|no (?:run|network|model|pair|epoch|split)|fail\w* to)\b|n[’']t\b"
)
CHANCE = r"\b(?:chance|guess\w*|coin|majority class)\b"
ANY = r"^(?:an?|any|every|each|some|all|most|many|typical\w*|usual\w*|in general)\b"

ELSEWHERE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (CITED, OTHER_DATA, ONCE, WOULD_BE, DENIED, CHANCE, ANY)
)
STARTING_WEIGHTS = re.compile(
    r"\b(?:pre-?trained|trained|learn(?:ed|t)|weights|features|network)\s+(?:on|from|of|for)\s+"
    r"ImageNet|\bImageNet(?:[-\s]pre-?trained)?(?:['’]s)?\s+(?:weights|features|start)",
    re.IGNORECASE,
)
"""ImageNet, but where this study's networks came from."""

GOES_ON = re.compile(r"^(?:it|its|these|those|that|this|both|the (?:former|latter))\b", re.I)
"""How a sentence begins that speaks of what the one before it spoke of."""

OURS = (
    r"\b(?:we|our|ours|us|i|my|here|this (?:study|report|work|homework|data ?set|network|run|split"
    r"|experiment)|(?:this|the|our) data ?set|there (?:are|is|were|was)|in all|in total)\b"
)
PARTS = r"\b(?:from scratch|transfer|fine-?tun\w*|freez\w*|frozen|augment\w*|baseline|best pair)\b"
SPLITS = r"\b(?:train(?:ing)?|validation|valid|test(?:ing)?)\b"


QUESTION = re.compile(r"(?:[\w\s,/+-]|\.(?=\d))+\?")
"""A plain question, which states nothing."""


@dataclass(frozen=True)
class Statement:
    """A sentence about this study, or a part of it that a semicolon ends."""

    where: str
    text: str


def statements(view: StudyView, where: str, text: str) -> Iterator[Statement]:
    """Yield what a text says of this study."""
    if QUESTION.fullmatch(text):  # as all questions of large grids
        return
    elsewhere = False
    for sentence in ENDS.split(NOT_STATED.sub(" ", text)):
        sentence = " ".join(sentence.split())
        if not (elsewhere and GOES_ON.match(sentence)):
            elsewhere = _elsewhere(view, sentence)
        if sentence and not elsewhere and not sentence.endswith("?"):
            for part in re.split(r";\s+", sentence):
                yield Statement(where, part)


def _elsewhere(view: StudyView, sentence: str) -> bool:
    """Tell whether anything in a sentence points away from this study."""
    read = STARTING_WEIGHTS.sub(" ", sentence)
    if view.dataset is not None:
        read = re.sub(rf"(?<!\w){re.escape(view.dataset.name)}(?!\w)", " ", read, flags=re.I)
    return any(pattern.search(read) for pattern in ELSEWHERE)


def names_a_split(text: str) -> bool:
    """Tell whether a text names the train, validation or test split."""
    return re.search(SPLITS, text, re.IGNORECASE) is not None


def names_the_data(view: StudyView, text: str) -> bool:
    """Tell whether a text names the study itself or its data set."""
    name = re.escape(view.dataset.name) if view.dataset is not None else r"(?!)"
    return re.search(rf"{OURS}|(?<!\w){name}(?!\w)", text, re.IGNORECASE) is not None


def names_a_network(view: StudyView, text: str) -> bool:
    """Tell whether a text names the study itself or a network that it trains."""
    return re.search(rf"{OURS}|{networks(view)}", text, re.IGNORECASE) is not None


def names_an_experiment(view: StudyView, text: str) -> bool:
    """Tell whether a text names the study itself, an experiment, or a part of the list."""
    optimizers = "|".join(re.escape(name) for name in view.study.settings.optimizers)
    words = [OURS, PARTS, rf"\b(?:{optimizers})\b"] if optimizers else [OURS, PARTS]
    ids = "|".join(re.escape(experiment.id) for experiment in view.study.experiments)
    return re.search("|".join(words) + rf"|(?<!\w)(?:{ids})(?!\w)", text, re.I) is not None


def networks(view: StudyView) -> str:
    """Return a pattern of the names of the networks that the study trains."""
    models = [view.study.settings.backbone, *(e.model for e in view.study.experiments if e.model)]
    names = {name for model in models for name in (model, model_name(model))}
    letters = (r"[-\s]?".join(map(re.escape, re.findall(r"\d+|[^\W\d]+", name))) for name in names)
    return rf"\b(?:{'|'.join(sorted(letters, key=len, reverse=True))}|net(?:work)?|model)\b"

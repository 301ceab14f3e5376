"""Hold what a report says against the page that its records give."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from report.audit.compare_blocks import Compared, Rule, Rules
from report.audit.problems import Problem
from report.audit.rendering import Rendering
from report.evidence.sentences import counted
from report.figures.style import Lettering
from report.verify.remake import Remade, missing_pictures, remake, with_stand_ins
from report.writing.staleness import program_digest
from training.records import HomeworkError
from training.study import PRESETS

AUTHOR = "what the author wrote"

UNCOUNTED = frozenset(("head", "style sheet", "script", "contents line"))
"""Kinds of blocks that aren't worth naming where their wording can't be checked."""


@dataclass
class Held:
    """What was found in a report's words and figures.

    Attributes:
        n_sentences: Sentences that are as the records give them; tables and figures likewise.
        not_checked: What nothing was held against, each as a phrase.
    """

    problems: list[Problem] = field(default_factory=list)
    n_sentences: int = 0
    n_tables: int = 0
    n_figures: int = 0
    not_checked: list[str] = field(default_factory=list)


def held_against(
    study: Path,
    rendering: Rendering,
    lettering: Lettering,
    compare: Callable[[Remade], Held],
) -> Held:
    """Make a report again and compare it.

    Pictures that don't lie beside the records are left out of the comparison if that explains what
    differs: a report may have been made without them, too.
    """
    try:
        with remake(study, rendering, lettering) as again:
            held = compare(again)
        if held.problems and (missing := missing_pictures(study)):
            with tempfile.TemporaryDirectory() as place:
                with_stand_ins(study, Path(place), missing)
                with remake(Path(place), rendering, lettering) as again:
                    other = compare(again)
            held = min(held, other, key=lambda found: len(found.problems))
    except HomeworkError:  # the audit of the records says why
        return Held(not_checked=["words and figures, since the records can’t be read"])
    except Exception as error:  # records may contradict each other in any way
        reason = f"{type(error).__name__}: {error}"
        problem = f"it can’t be made again from these records ({reason})"
        return Held([Problem("report", "", problem)])
    return held


def rules_for(rendering: Rendering, again: Remade) -> Rules:
    """Say how each section is judged.

    Words of the program that made the report must be this program's, to the letter, if it is the
    same; those of another version, of a person's own templates and of the person can't be judged.
    """
    templates = rendering.templates.keys()
    parts = {name.removeprefix("sections/").removesuffix(".html") for name in templates
             if name.startswith("sections/")}  # fmt: skip
    everywhere = any(name.endswith(".html") and not name.startswith("sections/")
                     for name in templates)  # fmt: skip
    own = f"templates of the author’s own ({', '.join(sorted(templates))})"

    def rule(slug: str) -> Rule:
        if slug in again.titles:
            from_records = rendering.words is None
            return Rule(AUTHOR, "" if from_records and not _differs(rendering) else AUTHOR)
        if everywhere or slug in parts:
            return Rule(other=own)
        return version_rule(rendering)

    return rule


def version_rule(rendering: Rendering) -> Rule:
    """Judge every word that this very program wrote, and of others what agrees with it."""
    return Rule(other=_version(rendering) if _differs(rendering) else "")


def _differs(rendering: Rendering) -> bool:
    """Tell whether another version of the program made a report."""
    return rendering.program != program_digest()


def _version(rendering: Rendering) -> str:
    version = f"homework {rendering.homework}" if rendering.homework else "an unknown program"
    return f"what another state of {version} words differently"


def add_words(held: Held, compared: Compared) -> None:
    """Add a comparison of words to what was found."""
    held.problems += compared.problems
    held.n_sentences += compared.n_sentences
    held.n_tables += compared.n_tables
    held.n_figures += compared.n_figures
    for reason, counts in compared.unchecked.items():
        if reason != AUTHOR:
            held.not_checked.append(f"{reason}: {_listed(counts)}")


def add_authors(held: Held, again: Remade) -> None:
    """Name what the author wrote: it is nothing that records could confirm."""
    if own := list(_by_author(again)):
        held.not_checked.append(f"{AUTHOR} ({', '.join(own)})")


def _by_author(again: Remade) -> Iterator[str]:
    study = again.study
    if study.title not in {preset.title for preset in PRESETS.values()}:
        yield "title"
    for name in ("author", "course", "abstract"):
        if getattr(study, name):
            yield name
    for title in again.titles.values():
        yield f"section “{title}”"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(counted(n, kind) for kind, n in counts.items() if kind not in UNCOUNTED)

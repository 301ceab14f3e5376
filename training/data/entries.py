"""Images with the class and split that lists or a table name, before they are numbered."""

from collections import Counter
from collections.abc import Sequence

from training.byte_names import escaped
from training.data.class_names import composed
from training.errors import HomeworkError
from training.lookup import unknown_name
from training.natural_order import in_natural_order
from training.records import LeftOut, Split
from training.study.choices import Choices

Entry = tuple[str, str, Split]
"""Class, path and split of an image."""


def one_spelling(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Give a class that Unicode spells in two ways one name; also say so."""
    spellings: dict[str, set[str]] = {}
    for name in {name for name, _, _ in entries}:
        spellings.setdefault(composed(name), set()).add(name)
    several = sorted(one for one, names in spellings.items() if len(names) > 1)
    if not several:
        return list(entries), []
    usual = {name: one for one in several for name in spellings[one]}
    said = f"Spelled in two ways (NFC, NFD) and taken as one class: {', '.join(several)}."
    return [(usual.get(name, name), path, split) for name, path, split in entries], [said]


def chosen_entries(entries: Sequence[Entry], choices: Choices) -> tuple[list[Entry], list[LeftOut]]:
    """Return the entries of the classes that the person wants, and the classes left out.

    Raises:
        StudyError: A class that was named isn't there.
    """
    only, away = set(map(composed, choices.classes)), set(map(composed, choices.leave_out))
    counts = Counter(name for name, _, _ in entries)
    for option, names in (("--classes", choices.classes), ("--leave-out", choices.leave_out)):
        for name in names:
            if composed(name) not in map(composed, counts):
                raise _unknown(option, name, list(counts))
    wanted = {
        name
        for name in counts
        if composed(name) not in away and (not only or composed(name) in only)
    }
    kept = [entry for entry in entries if entry[0] in wanted]
    left_out = [
        LeftOut(escaped(n), "asked", counts[n]) for n in in_natural_order(counts) if n not in wanted
    ]
    return kept, left_out


def _unknown(option: str, name: str, there: Sequence[str]) -> HomeworkError:
    return unknown_name(f"class of {option}:", name, there)

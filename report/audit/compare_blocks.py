"""Hold a page's blocks against those that the records give, section by section."""

import difflib
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace

from report.audit.page_blocks import Block, Token
from report.audit.problems import Problem
from report.evidence.sentences import counted

SHOWN, BEFORE = 90, 30
"""Characters shown of a passage that differs, and how many of them before the difference."""

FRONT = "front matter"
"""What stands outside of sections."""


@dataclass(frozen=True)
class Rule:
    """How a section is judged.

    Attributes:
        equal: Why even what agrees with the records isn't checked; mostly nothing.
        other: Why what differs isn't checked; nothing where each difference is an error.
    """

    equal: str = ""
    other: str = ""


Rules = Callable[[str], Rule]
"""Tells how the section of a slug is judged, or what stands outside of sections."""


@dataclass
class Compared:
    """What a comparison found.

    Attributes:
        problems: The first difference of each section.
        n_sentences: Sentences that are as the records give them; tables and figures likewise.
        unchecked: Blocks of the page that nothing was held against: for each reason, how many of
            each kind.
    """

    problems: list[Problem] = field(default_factory=list)
    n_sentences: int = 0
    n_tables: int = 0
    n_figures: int = 0
    unchecked: dict[str, Counter[str]] = field(default_factory=dict)


def compare_blocks(
    page: Sequence[Block],
    expected: Sequence[Block],
    rules: Rules,
    known: Container[tuple[str, str]] = frozenset(),
) -> Compared:
    """Compare a page with what the records give.

    Args:
        page: The page's blocks.
        expected: Those of the page that the records give.
        rules: How each section is judged.
        known: Numbers already found to be wrong, as section (or `FRONT`) and source; a block that
            differs in nothing else isn't named again.
    """
    compared = Compared()
    ours, theirs = _by_section(page), _by_section(expected)
    compared.problems += _order(page, expected, rules)
    for slug in dict.fromkeys((*theirs, *ours)):
        if slug in ours and slug in theirs:
            _section(slug, ours[slug], theirs[slug], rules(slug), known, compared)
    return compared


def _by_section(blocks: Sequence[Block]) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for block in blocks:
        found.setdefault(block.section, []).append(block)
    return found


def _order(page: Sequence[Block], expected: Sequence[Block], rules: Rules) -> Iterator[Problem]:
    """Yield a problem for each section that is missing, added, twice there or out of its place."""
    ours, theirs = _sections(page), _sections(expected)
    for slug in dict.fromkeys(theirs):
        if slug not in ours:
            problem = "this section is missing; the records give it"
            yield Problem(slug, "", problem, severity="warning" if rules(slug).other else "error")
    for slug, n_times in Counter(ours).items():
        if slug not in theirs:
            yield Problem(slug, "", "the records give no such section")
        elif n_times > 1:
            yield Problem(slug, "", f"this section stands {n_times} times in the report")
    both = set(ours) & set(theirs)
    order = [slug for slug in dict.fromkeys(ours) if slug in both]
    right = [slug for slug in dict.fromkeys(theirs) if slug in both]
    for slug, other in zip(order, right, strict=True):
        if slug != other:
            yield Problem(slug, "", f"the sections stand in another order: {other} comes first")
            return


def _sections(blocks: Sequence[Block]) -> list[str]:
    """Return the slugs in the order in which sections begin."""
    found: list[str] = []
    last = ""
    for block in blocks:
        begins = block.tokens[0][:2] == ("begin", "section")
        if block.section and (begins or block.section != last):
            found.append(block.section)
        last = block.section
    return found


def _section(
    slug: str,
    ours: Sequence[Block],
    theirs: Sequence[Block],
    rule: Rule,
    known: Container[tuple[str, str]],
    compared: Compared,
) -> None:
    differences: list[Problem] = []
    for tag, a, b in _aligned(ours, theirs):
        if tag == "equal" and rule.equal:
            _count_unchecked(a, rule.equal, compared)
        elif tag == "equal":
            _count(a, compared)
        elif rule.other:
            _count_unchecked(a, rule.other, compared)
            compared.problems += _missing_notices(slug, a, b)
        else:
            differences += _differences(slug, a, b, known)
    if differences:
        n_more = counted(len(differences) - 1, "more difference")
        more = f" (and {n_more} in this section)" if len(differences) > 1 else ""
        first = differences[0]
        compared.problems.append(replace(first, problem=first.problem + more))


def _aligned(
    ours: Sequence[Block], theirs: Sequence[Block]
) -> Iterator[tuple[str, Sequence[Block], Sequence[Block]]]:
    """Yield stretches that are equal, and stretches that differ, of both."""
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    yield "equal", ours[:start], theirs[:start]
    a, b = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, a, b, False).get_opcodes():
        yield tag, a[i:i_end], b[j:j_end]
    yield "equal", ours[len(ours) - end :], theirs[len(theirs) - end :]


def _count(blocks: Sequence[Block], compared: Compared) -> None:
    compared.n_sentences += sum(block.n_sentences for block in blocks)
    compared.n_tables += sum(block.begins_table for block in blocks)
    compared.n_figures += sum(block.begins_figure for block in blocks)


def _count_unchecked(blocks: Sequence[Block], reason: str, compared: Compared) -> None:
    for block in blocks:
        if block.kind != "markup":
            found = compared.unchecked.setdefault(reason, Counter())
            found[block.kind] += max(1, block.n_sentences) if block.kind == "sentence" else 1


def _missing_notices(
    slug: str, ours: Sequence[Block], theirs: Sequence[Block]
) -> Iterator[Problem]:
    there = {block.text for block in ours}
    for block in theirs:
        if block.kind == "notice" and block.text not in there:
            problem = f"this version of the program adds the notice “{_short(block.text)}”"
            yield Problem(slug or FRONT, "", problem, severity="warning")


def _differences(
    slug: str,
    ours: Sequence[Block],
    theirs: Sequence[Block],
    known: Container[tuple[str, str]],
) -> Iterator[Problem]:
    """Yield what differs in a stretch of both, pair by pair as far as there are pairs."""
    where = slug or FRONT
    for a, b in zip(ours, theirs, strict=False):
        if not (_same_but_numbers(a, b) and _is_known(where, a, b, known)):
            yield _replaced(where, a, b)
    yield from _only_here(where, ours[len(theirs) :])
    yield from _missing(where, theirs[len(ours) :])


def _only_here(where: str, blocks: Sequence[Block]) -> Iterator[Problem]:
    for block in _telling(blocks):
        yield Problem(where, _short(block.text or _markup(block)), "the records don’t give this")


def _missing(where: str, blocks: Sequence[Block]) -> Iterator[Problem]:
    for block in _telling(blocks):
        shown = _short(block.text or _markup(block))
        yield Problem(where, "", f"missing here: the {block.kind} “{shown}”")


def _telling(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks that a reader would name: those with text, if there are any."""
    return [block for block in blocks if block.text] or blocks


def _replaced(where: str, a: Block, b: Block) -> Problem:
    shown, expected = a.text, b.text
    if shown == expected:  # they differ in what isn't text
        shown, expected = _first_differing(a.tokens, b.tokens)
    shown, expected = _around(shown, expected)
    return Problem(where, shown, f"the records give the {b.kind} “{expected}”")


def _first_differing(a: Sequence[Token], b: Sequence[Token]) -> tuple[str, str]:
    pairs = zip((*a, ("nothing",)), (*b, ("nothing",)), strict=False)
    first, second = next(pair for pair in pairs if pair[0] != pair[1])
    return _token(first), _token(second)


def _token(token: Token) -> str:
    if token[0] == "begin":
        pairs = zip(token[2::2], token[3::2], strict=True)
        return "<" + " ".join((token[1], *(f"{name}={value}" for name, value in pairs))) + ">"
    return f"</{token[1]}>" if token[0] == "end" else token[-1]


def _markup(block: Block) -> str:
    return "".join(map(_token, block.tokens))


def _around(a: str, b: str) -> tuple[str, str]:
    """Cut two passages to where they begin to differ."""
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    start = max(0, (min(len(a), len(b)) if same is None else same) - BEFORE)
    if max(len(a), len(b)) <= SHOWN:
        start = 0
    return _short(a, start), _short(b, start)


def _short(text: str, start: int = 0) -> str:
    cut = text[start : start + SHOWN]
    return f"{'…' if start else ''}{cut}{'…' if len(text) > start + SHOWN else ''}"


def _same_but_numbers(a: Block, b: Block) -> bool:
    return _blanked(a) == _blanked(b)


def _blanked(block: Block) -> list[Token]:
    """Return a block's tokens without what its numbers say."""
    found: list[Token] = []
    inside = False
    for token in block.tokens:
        if token[:2] == ("begin", "data"):
            inside = True
            found.append(("number",))
        elif token == ("end", "data"):
            inside = False
        elif token[0] == "number":
            found.append(("number",))
        elif not inside:
            found.append(token)
    return found


def _is_known(where: str, a: Block, b: Block, known: Container[tuple[str, str]]) -> bool:
    """Tell whether the numbers in which two blocks differ have all been named already."""
    ours, theirs = _numbers(a), _numbers(b)
    return all(
        x == y or (where, x[0]) in known or (where, y[0]) in known
        for x, y in zip(ours, theirs, strict=True)
    )


def _numbers(block: Block) -> list[tuple[str, str]]:
    """Return the source and the rest of each number of a block."""
    found: list[tuple[str, str]] = []
    for i, token in enumerate(block.tokens):
        if token[:2] == ("begin", "data"):
            attributes = dict(zip(token[2::2], token[3::2], strict=True))
            text = block.tokens[i + 1][-1] if i + 1 < len(block.tokens) else ""
            source = attributes.pop("data-source", "")
            found.append((source, f"{sorted(attributes.items())} {text}"))
        elif token[0] == "number":
            found.append((token[3], f"{token[1]} {token[2]}"))
    return found

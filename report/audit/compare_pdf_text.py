"""Compare what a PDF's pages show with what its manifest says they show."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from report.audit.read_html import Piece
from report.audit.records import Problem
from training.fonts import right_to_left

KEY = 12
"""Characters that have to agree before two places are taken for the same."""

REACH = 400
"""Characters beyond which a passage that differs isn't followed."""

COUNTER = re.compile(
    r"(?:\.{3,}\d{1,4})?(?:(?:(?:figure|table)s?)?\d{1,3}(?:\.\d{1,3})*[.:]?|[•◦▪–→])?"
)
"""What style sheets put before headings, captions and entries, and behind lines of contents."""

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

BRACKETS = str.maketrans(")]}>»›", "([{<«‹")
"""One form of each: from right to left a bracket is drawn as its counterpart."""

FOOTER = 300
"""Most characters of a page's running titles, bullets and number."""

LEADERS = r"(?:\.{3,}\d{1,4})?(?:[•◦▪–→]|\d{1,3}\.)*"
PAGE_NUMBER = r"(?:page\d+of\d+)?"

SPACES = re.compile(r"[^\S\n]+")

SHOWN = 24


@dataclass
class _Said:
    """Characters that the manifest expects, without spaces and hyphens at line ends.

    Attributes:
        owner: For each character the position of its piece.
        joints: Positions where a counter may come in.
        pictures: Positions where anything may come in.
    """

    text: str = ""
    owner: list[int] = field(default_factory=list)
    joints: set[int] = field(default_factory=set)
    pictures: set[int] = field(default_factory=set)


@dataclass
class _Shown:
    """Characters of the pages, likewise.

    Attributes:
        ends: Where each page ends.
        place: For each character its place in `raw`.
    """

    text: str
    ends: list[int]
    raw: str
    place: list[int]


def compare_pages(
    pieces: Sequence[Piece], pages: Sequence[str], running: Sequence[str] = ()
) -> Iterator[Problem]:
    """Yield each passage of the pages that isn't what the manifest says.

    Args:
        pieces: What the pages should say.
        pages: The text of each page, as extracted.
        running: What can stand as running titles; of older reports that isn't known.
    """
    yield from _page_numbers(pages)
    footer = None
    if running:
        yield from _counters(pages)
        titles = sorted((_bare(title) for title in running), key=len, reverse=True)
        known = "|".join(map(re.escape, titles))
        footer = re.compile(f"{LEADERS}(?:{known}){{0,2}}{PAGE_NUMBER}")
    yield from _Comparison(pieces, _said(pieces), _shown(pages), footer).problems()


def _counters(pages: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem where figures, tables or lines of contents aren't numbered one by one."""
    pages = [SPACES.sub(" ", page) for page in pages]  # several kinds of space share a glyph
    for kind in ("Figure ", "Table ", "Figure S", "Table S"):
        found = [
            (n, int(number))
            for n, page in enumerate(pages, 1)
            for number in re.findall(rf"(?m)^{kind}(\d+)\.\s", page)
        ]
        reached = 0
        for _, number in found:
            reached += number == reached + 1
        beyond = [(n, number) for n, number in found if number > reached]
        for n, number in beyond[:1]:  # smaller ones may be the author's own words
            problem = f"{kind}{number} stands where {kind}{reached + 1} should"
            yield Problem("text", f"page {n}", problem)
    for n, page in enumerate(pages, 1):
        for number, title, at in re.findall(r"(?m)^(\d+) (.+?)(?: \.){3,} (\d+)$", page):
            head = re.compile(rf"(?m)^{number} {re.escape(title)}(?! \.)")
            if not 0 < int(at) <= len(pages) or not head.search(pages[int(at) - 1]):
                problem = f"section {number}, “{title}”, doesn’t begin on page {at}"
                yield Problem("text", f"page {n}", problem)


def _bare(text: str) -> str:
    """Return a text's characters without spaces and hyphens."""
    characters = list(_plain(text))
    return "".join(
        characters[i][0] for i in range(len(characters)) if not _is_hyphen(characters, i)
    )


def _page_numbers(pages: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem where pages are missing, added or out of their order."""
    for position, page in enumerate(pages, 1):
        found = re.search(r"page (\d+) of (\d+)\s*$", page)
        if found and (int(found[1]), int(found[2])) != (position, len(pages)):
            problem = (
                f"it says that it is {found[0].strip()}, of {len(pages)} pages it is {position}"
            )
            yield Problem("text", f"page {position}", problem)
            return


def _plain(text: str) -> Iterator[tuple[str, int]]:
    """Yield a text's characters with their places: one form of each, no spaces."""
    for place, character in enumerate(text):
        for plain in unicodedata.normalize("NFKC", character).casefold().translate(BRACKETS):
            if not plain.isspace() and plain != "\u00ad":
                yield "-" if plain == "\u2010" else plain, place  # they share a glyph


def _is_left_to_right(character: str) -> bool:
    return unicodedata.bidirectional(character) == "L"


def _tokens(text: str) -> list[str]:
    """Return the numbers and the other characters of a passage, sorted."""
    return sorted([*NUMBER.findall(text), *NUMBER.sub("", text)])


def _is_hyphen(characters: Sequence[tuple[str, int]], i: int) -> bool:
    """Tell whether a hyphen is one that a line's end may bring or take."""
    follower = characters[i + 1][0] if i + 1 < len(characters) else ""
    return characters[i][0] == "-" and not follower.isdigit()


def _said(pieces: Sequence[Piece]) -> _Said:
    said = _Said()
    characters: list[tuple[str, int]] = []
    marks: list[tuple[int, str]] = []
    for position, piece in enumerate(pieces):
        if piece.kind in ("block", "picture"):
            marks.append((len(characters), piece.kind))
        characters += [(plain, position) for plain, _ in _plain(piece.text)]
    kept = [i for i in range(len(characters)) if not _is_hyphen(characters, i)]
    moved = {old: new for new, old in enumerate(kept)}
    said.text = "".join(characters[i][0] for i in kept)
    said.owner = [characters[i][1] for i in kept]
    for at, kind in marks:
        while at not in moved and at < len(characters):
            at += 1
        place = moved.get(at, len(kept))
        (said.joints if kind == "block" else said.pictures).add(place)
    return said


def _shown(pages: Sequence[str]) -> _Shown:
    raw, starts = "", []
    for page in pages:
        starts.append(len(raw))
        raw += page + "\n"
    characters = list(_plain(raw))
    kept = [i for i in range(len(characters)) if not _is_hyphen(characters, i)]
    place = [characters[i][1] for i in kept]
    ends = [sum(p < start for p in place) for start in (*starts[1:], len(raw))]
    return _Shown("".join(characters[i][0] for i in kept), ends, raw, place)


class _Comparison:
    """Walks through both texts side by side; what only the pages have must be of a known kind."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        said: _Said,
        shown: _Shown,
        footer: re.Pattern[str] | None,
    ) -> None:
        self._footer = footer
        self._pieces = pieces
        self._said = said
        self._shown = shown

    def problems(self) -> Iterator[Problem]:
        e = p = 0
        said, shown = self._said.text, self._shown.text
        start = e, p
        while e < len(said):
            same = p < len(shown) and said[e] == shown[p]
            if self._is_sure(e):
                start = e, p
            if same and (e not in self._said.joints or self._goes_on(p, e)):
                e, p = e + 1, p + 1
                continue
            turned = None if same else self._turned(start, e)
            if turned is not None:
                e, p = turned
                continue
            after = self._explained(e, p)
            if after is not None:
                p = after
                continue
            if same:
                e, p = e + 1, p + 1
                continue
            resumed = self._resume(e, p)
            if resumed is None:
                yield self._problem(e, e + 1, p, p + SHOWN, "and nothing after that matches")
                return
            yield self._problem(e, resumed[0], p, resumed[1])
            e, p = resumed
        yield from self._rest(p)

    def _is_sure(self, e: int) -> bool:
        """Tell whether no passage that runs from right to left goes on here."""
        return e == 0 or e in self._said.joints or _is_left_to_right(self._said.text[e - 1])

    def _turned(self, start: tuple[int, int], e: int) -> tuple[int, int] | None:
        """Return where a passage ends that runs from right to left, if the pages have all of it.

        A PDF holds such a passage as it is drawn, with numbers and signs from left to right among
        its letters, and readers of PDFs put it in order in ways of their own. So its letters and
        whole numbers are compared, not their order.

        Args:
            start: The last places in both texts that agree for sure.
        """
        said, shown = self._said.text, self._shown.text
        for end in range(start[0] + 1, min(start[0] + REACH, len(said)) + 1):
            closed = end == len(said) or end in self._said.joints or _is_left_to_right(said[end])
            if closed and end > e:
                place = start[1] + end - start[0]
                passage = said[start[0] : end]
                if _tokens(passage) == _tokens(shown[start[1] : place]):
                    return (end, place) if any(map(right_to_left, passage)) else None
                if end < len(said) and _is_left_to_right(said[end]):
                    return None
        return None

    def _explained(self, e: int, p: int) -> int | None:
        """Return where the pages continue after an insertion; None if none is allowed here."""
        if e in self._said.pictures:
            found = self._next(e, p)
            if found is not None:
                return found
        if e in self._said.joints:
            counter = COUNTER.match(self._shown.text, p)
            ends = range(counter.end(), p, -1) if counter else ()
            for end in ends:
                if self._goes_on(end, e):
                    return end
        page_end = next((end for end in self._shown.ends if end >= p), None)
        if page_end is None:
            return None
        for back in range(min(e, p, KEY)):  # a running title may begin as the text goes on
            begun = self._said.text[e - back : e] == self._shown.text[p - back : p]
            if begun and self._ends_page(p - back, page_end):
                found = self._next(e - back, page_end, page_end + REACH)
                if found is not None and self._begins_page(page_end, found, e - back):
                    return found + back
        return None

    def _begins_page(self, start: int, p: int, e: int) -> bool:
        """Tell whether what stands before a page goes on may be there.

        That is the head of a table, which has been printed before, a counter, or nothing.
        """
        if self._footer is None:
            return True
        while (footer := self._footer.match(self._shown.text, start, p)) and footer.end() > start:
            start = footer.end()  # of a page that holds only figures
        counter = COUNTER.match(self._shown.text, start, p)
        if counter and e in self._said.joints and counter.end() == p:
            return True
        return self._shown.text[start:p] in self._said.text[:e]

    def _ends_page(self, p: int, end: int) -> bool:
        """Tell whether what stands from a place to the end of a page is what pages end with."""
        if end - p > FOOTER:
            return False
        return self._footer is None or self._footer.fullmatch(self._shown.text, p, end) is not None

    def _next(self, e: int, p: int, end: int | None = None) -> int | None:
        """Return the first place where pages continue as expected, for a while or to a picture."""
        key = self._key(e)
        while (p := self._shown.text.find(key, p, end)) >= 0:
            q, i, start = p, e, (e, p)
            while i < min(e + 3 * KEY, len(self._said.text)):
                if self._is_sure(i):
                    start = i, q
                same = self._shown.text[q : q + 1] == self._said.text[i]
                if same and (i not in self._said.joints or self._goes_on(q, i)):
                    i, q = i + 1, q + 1
                elif (turned := self._turned(start, i)) is not None:
                    i, q = turned
                elif i in self._said.pictures:
                    break
                elif (after := self._explained(i, q)) is not None:
                    q = after
                elif same:
                    i, q = i + 1, q + 1
                else:
                    break
            if i in self._said.pictures or i >= min(e + 3 * KEY, len(self._said.text)):
                return p
            p += 1
        return None

    def _goes_on(self, p: int, e: int) -> bool:
        """Tell whether the pages continue as expected, up to the next allowed insertion."""
        return self._shown.text.startswith(self._key(e), p)

    def _key(self, e: int) -> str:
        """Return the next characters up to where something may come in."""
        places = self._said.joints | self._said.pictures
        n = next((n for n in range(1, KEY) if e + n in places), KEY)
        return self._said.text[e : e + n]

    def _resume(self, e: int, p: int) -> tuple[int, int] | None:
        """Return the nearest place from which both agree again."""
        best: tuple[int, int] | None = None
        for skipped in range(REACH):
            if best is not None and skipped >= sum(best) - e - p:
                break
            key = self._said.text[e + skipped : e + skipped + KEY]
            if not key:
                break
            found = self._shown.text.find(key, p, p + REACH)
            if found >= 0 and (best is None or skipped + found - p < sum(best) - e - p):
                best = (e + skipped, found)
        return best

    def _problem(self, e: int, e_end: int, p: int, p_end: int, more: str = "") -> Problem:
        owners = [
            self._said.owner[i] for i in range(e, min(max(e_end, e + 1), len(self._said.text)))
        ]
        if e_end == e and e > 0:
            owners.insert(0, self._said.owner[e - 1])
        pieces = [self._pieces[i] for i in dict.fromkeys(owners)]
        piece = next((piece for piece in pieces if piece.kind == "number"), pieces[0])
        problem = f"the page shows “…{self._excerpt(p, p_end)}…”"
        return Problem(
            piece.section or "front matter",
            " ".join(piece.text.split())[:80],
            f"{problem}, {more}" if more else problem,
            piece.source,
        )

    def _excerpt(self, p: int, p_end: int) -> str:
        place, raw = self._shown.place, self._shown.raw
        if not place:
            return ""
        first = place[min(max(0, p - SHOWN), len(place) - 1)]
        last = place[min(p_end + SHOWN, len(place) - 1)]
        return " ".join(raw[first : last + 1].split())

    def _rest(self, p: int) -> Iterator[Problem]:
        """Yield a problem where pages continue after the expected text and the running title."""
        if not self._ends_page(p, len(self._shown.text)):
            text = self._excerpt(p, p + SHOWN)
            yield Problem("end", text, "the pages continue after the end of the report")

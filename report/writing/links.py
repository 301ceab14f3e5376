"""Links inside a report, and what they lead to: neither stays without the other."""

import re

_LINK = re.compile(r'<a\b[^>]*?\bhref="#([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ENTRY = re.compile(r'<li id="(ref-[^"]*)">.*?</li>\s*', re.DOTALL)
_POINTER = re.compile(r'\s*<(span|li|p) data-needs="([^"]*)">.*?</\1>', re.DOTALL)


def without_dangling(page: str, targets: str = "") -> str:
    """Return a page in which every link inside it leads somewhere.

    A link without its target keeps its words. What only points elsewhere, an element with
    `data-needs="<id>"`, goes with its target.

    Args:
        page: The page.
        targets: The page that the links lead into; by default the same.
    """
    head, body, rest = page.partition("<body")
    ids = set(re.findall(r'\sid="([^"]*)"', targets or rest))
    rest = _POINTER.sub(lambda m: m[0] if m[2] in ids else "", rest)
    rest = _LINK.sub(lambda m: m[0] if m[1] in ids else m[2], rest)
    return head + body + rest


def without_uncited(page: str) -> str:
    """Return a page whose references list only what it cites."""
    head, body, rest = page.partition("<body")
    cited = set(re.findall(r'\shref="#(ref-[^"]*)"', rest))
    return head + body + _ENTRY.sub(lambda m: m[0] if m[1] in cited else "", rest)

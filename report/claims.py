"""Read the numbers back out of a rendered report, each with the source that it names."""

from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass(frozen=True)
class Claim:
    """A printed number.

    Attributes:
        section: Slug of the section that it stands in, empty outside of sections.
        text: What a reader sees.
        value: The exact value beside it, as written.
        source: See `numbers.Quantity`.
    """

    section: str
    text: str
    value: str
    source: str


def read_claims(html: str) -> list[Claim]:
    """Return every `<data>` element of a report, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.claims


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.claims: list[Claim] = []
        self._sections: list[str] = []
        self._open: dict[str, str | None] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "section":
            self._sections.append(attributes.get("id") or "")
        elif tag == "data":
            self._open, self._text = attributes, ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "section" and self._sections:
            self._sections.pop()
        elif tag == "data" and self._open is not None:
            section = next((name for name in reversed(self._sections) if name), "")
            value, source = self._open.get("value"), self._open.get("data-source")
            self.claims.append(Claim(section, self._text, value or "", source or ""))
            self._open = None

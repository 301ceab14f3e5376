"""Count what a report asks of its reader: words, numerals, sentences said twice, pages.

    python bench/reading.py runs/example/report.html runs/example/report.pdf

The main part is all but the references and the appendix. A sentence is said twice where another
differs in names and numbers alone. Titles, cells of tables and captions count as words, what only
screens show doesn't. How much of each page's foot is empty takes Poppler's `pdftoppm`.
"""

import argparse
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pypdf import PdfReader

from report.audit.read_html import Piece, read_pieces

NOT_MAIN = ("references", "background", "details", "appendix")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")
WORD = re.compile(r"[^\W\d_][\w’'-]*")
DPI = 25
MARGIN_MM = 24
"""Of the page's head and foot, where only running titles stand."""

LARGEST_HOLE = 0.2
"""Share of a page's height that may be empty at its foot."""

NUMERAL = re.compile(r"[−+±]?\d[\d.,\u202f]*")


def main() -> None:
    """Print the counts of a report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("html", type=Path)
    parser.add_argument("pdf", type=Path, nargs="?")
    options = parser.parse_args()
    mine = main_part(options.html.read_text(encoding="utf-8"))
    found = repeated(mine)
    print(f"words in the main part: {n_words(mine)}")
    print(f"numerals in the main part: {len(NUMERAL.findall(_text(mine)))}")
    print(f"sentences said more than once: {len(found)}, {sum(found.values())} times in all")
    for sentence, n in sorted(found.items(), key=lambda item: -item[1]):
        print(f"  {n} × {sentence[:110]}")
    if options.pdf:
        pdf = PdfReader(options.pdf)
        n_main = pages_before_references(pdf)
        print(f"pages: {len(pdf.pages)}, before the references {n_main}")
        if shutil.which("pdftoppm"):
            for page, share in holes(options.pdf, pdf):
                print(f"  page {page} is {100 * share:.0f} % empty, and no section ends there")


def main_part(html: str) -> list[Piece]:
    """Return what the main part of a report says."""
    pieces = read_pieces(html, paper=True)
    return [piece for piece in pieces if piece.section and piece.section not in NOT_MAIN]


def n_words(pieces: list[Piece]) -> int:
    """Count words."""
    return len(WORD.findall(_text(pieces)))


def repeated(pieces: list[Piece]) -> dict[str, int]:
    """Return sentences that stand more than once, names and numbers masked: how often."""
    return {s: n for s, n in Counter(_masked_sentences(pieces)).items() if n > 1}


def _text(pieces: list[Piece]) -> str:
    return "".join("\n" if piece.kind == "block" else piece.text for piece in pieces)


def _masked_sentences(pieces: list[Piece]) -> list[str]:
    """Return generated sentences with numbers and names masked."""
    masked = ""
    for i, piece in enumerate(pieces):
        if piece.kind == "block":
            masked += "\n"
        elif piece.kind == "number":
            masked += "0"
        else:
            masked += "Name" if _is_name(pieces, i) else piece.text
    lines = (line.strip() for line in masked.split("\n"))
    sentences = (sentence for line in lines for sentence in SENTENCE.split(line))
    return [sentence for sentence in sentences if sentence.endswith(".") and " " in sentence]


def _is_name(pieces: list[Piece], i: int) -> bool:
    """Tell whether a piece is marked as a name, or as code, within a generated sentence."""
    beside = [piece.kind for piece in pieces[max(0, i - 1) : i + 2]]
    return pieces[i].kind == "text" and "result" in beside and bool(pieces[i].text.strip())


def pages_before_references(pdf: PdfReader) -> int:
    """Return how many pages the cover and the main part have."""
    starts = (at for title, at, _ in _sections(pdf) if "References" in title)
    return next(starts, len(pdf.pages))


def holes(file: Path, pdf: PdfReader) -> list[tuple[int, float]]:
    """Return the pages of the main part of which too much is empty, though no section ends there.

    Returns:
        Page number, from 1, and the empty share of its height, from 0 to 1.
    """
    heads = {at for _, at, is_first in _sections(pdf) if is_first} | {len(pdf.pages)}
    shares = _empty_shares(file, pages_before_references(pdf))
    return [
        (i + 1, share)
        for i, share in enumerate(shares)
        if share > LARGEST_HOLE and i > 0 and i + 1 not in heads
    ]


def _sections(pdf: PdfReader) -> Iterator[tuple[str, int, bool]]:
    """Yield each section's title, its page from 0, and whether it begins at that page's head."""
    for item in pdf.outline:
        if not isinstance(item, list):
            at = pdf.get_destination_page_number(item) or 0
            height = float(pdf.pages[at].mediabox.height)
            yield str(item.title), at, float(item.top or 0) > 0.85 * height


def _empty_shares(file: Path, n_pages: int) -> list[float]:
    """Return for each of the first pages which share of its text's height is empty at the foot."""
    command = ["pdftoppm", "-r", str(DPI), "-gray", "-l", str(n_pages), str(file)]
    rest = subprocess.run(command, capture_output=True, check=True).stdout
    margin = round(MARGIN_MM / 25.4 * DPI)
    shares = []
    while rest:
        head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", rest)
        assert head is not None
        width, height = int(head[1]), int(head[2])
        page = np.frombuffer(rest, np.uint8, width * height, head.end()).reshape(height, width)
        inked = np.flatnonzero((page[margin:-margin] < 250).any(axis=1))
        last = int(inked[-1]) + 1 if len(inked) else 0
        shares.append(1 - last / (height - 2 * margin))
        rest = rest[head.end() + width * height :]
    return shares


if __name__ == "__main__":
    main()

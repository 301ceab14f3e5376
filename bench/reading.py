"""Count what a report asks of its reader: words, numerals, sentences said twice, pages.

    python bench/reading.py runs/example/report.html runs/example/report.pdf

The main part is all but the references and the appendix. A sentence is said twice where another
differs in names and numbers alone. Titles, cells of tables and captions count as words, what only
screens show doesn't.
"""

import argparse
import re
from collections import Counter
from pathlib import Path

from pypdf import PdfReader

from report.audit.read_html import Piece, read_pieces

NOT_MAIN = ("references", "background", "details", "appendix")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")
WORD = re.compile(r"[^\W\d_][\w’'-]*")
NUMERAL = re.compile(r"[−+±]?\d[\d.,\u202f]*")


def main() -> None:
    """Print the counts of a report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("html", type=Path)
    parser.add_argument("pdf", type=Path, nargs="?")
    options = parser.parse_args()
    pieces = read_pieces(options.html.read_text(encoding="utf-8"), paper=True)
    mine = [piece for piece in pieces if piece.section and piece.section not in NOT_MAIN]
    text = _text(mine)
    repeated = {s: n for s, n in Counter(_masked_sentences(mine)).items() if n > 1}
    print(f"words in the main part: {len(WORD.findall(text))}")
    print(f"numerals in the main part: {len(NUMERAL.findall(text))}")
    print(f"sentences said more than once: {len(repeated)}, {sum(repeated.values())} times in all")
    for sentence, n in sorted(repeated.items(), key=lambda item: -item[1]):
        print(f"  {n} × {sentence[:110]}")
    if options.pdf:
        _pages(PdfReader(options.pdf))


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


def _pages(pdf: PdfReader) -> None:
    """Print how many pages there are, and how many before the references."""
    starts = {
        str(item.title): pdf.get_destination_page_number(item) or 0
        for item in pdf.outline
        if not isinstance(item, list)
    }
    first_after = next((page for title, page in starts.items() if "References" in title), None)
    print(f"pages: {len(pdf.pages)}, before the references {first_after}")


if __name__ == "__main__":
    main()

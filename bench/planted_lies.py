"""Plant lies into reports and count which of them `homework verify` finds.

    python bench/planted_lies.py              # 176 lies in the example's report, and honest reports

Each lie changes one thing in a report that is right: a number, a word or mark, a notice or section,
a figure, or what a page of the PDF shows. A forgery changes a record, from which a report is made.
A lie is caught if `verify` leaves with 1 and names it.
"""

import argparse
import base64
import html
import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report.build import build_report
from report.verify.report import verify_report

ROOT = Path(__file__).parent.parent
TAG = re.compile(r"(<[^>]*>)")
DATA = re.compile(r'<data value="([^"]*)" data-source="([^"]*)">([^<]*)</data>')
FIGURE = re.compile(r'<figure class="plot[^"]*" id="[^"]*">.*?</figure>', re.DOTALL)
SVG = re.compile(r'src="data:image/svg\+xml;base64,([^"]*)"')


@dataclass(frozen=True)
class Lie:
    """One change to a page.

    Attributes:
        kind: `number`, `word`, `notice`, `figure`, `scores`, `maps`, `looks` or `speed`.
        name: What is changed, for a person.
        page: The page with the lie in it.
    """

    kind: str
    name: str
    page: str


class NotThereError(Exception):
    """What a lie would change isn't on the page."""


def lies(page: str, other: str) -> Iterator[Lie]:
    """Yield lies to plant into a page.

    Args:
        page: A report's HTML.
        other: The report of another study.
    """
    for kind, found in (
        ("number", _numbers(page)),
        ("word", _words(page)),
        ("notice", _notices(page, other)),
        ("figure", _figures(page, other)),
        ("scores", lies_of_scores(page)),
        ("maps", lies_of_maps(page)),
        ("looks", lies_of_looks(page)),
        ("speed", lies_of_speed(page)),
    ):
        for name, changed in found:
            assert changed != page, name
            yield Lie(kind, name, changed)


Changed = Iterator[tuple[str, str]]


def spread(items: list[re.Match[str]], n: int) -> list[re.Match[str]]:
    """Return `n` of the items, evenly spread."""
    return [items[(2 * i + 1) * len(items) // (2 * n)] for i in range(n)]


def _put(page: str, match: re.Match[str], text: str, group: int = 0) -> str:
    return page[: match.start(group)] + text + page[match.end(group) :]


def other_digit(text: str) -> str:
    """Return a number's text with its first digit changed."""
    return re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), text, count=1)


def _numbers(page: str) -> Changed:
    """Thirty: digits, values, signs, sources and places."""
    data = list(DATA.finditer(page))
    for m in spread(data, 12):
        yield f"{m[3]} printed as {other_digit(m[3])}", _put(page, m, other_digit(m[3]), 3)
    for m in spread(data, 6):
        value, text = other_digit(m[1]), other_digit(m[3])
        changed = f'<data value="{value}" data-source="{m[2]}">{text}</data>'
        yield f"{m[3]} with its value changed to {text}", _put(page, m, changed)
    for m in spread(data[:-1], 5):
        following = next(n for n in data if n.start() > m.start() and n[3] != m[3])
        changed = page[: m.start()] + following[0] + page[m.end() : following.start()]
        changed += m[0] + page[following.end() :]
        yield f"{m[3]} and {following[3]} exchanged with their sources", changed
    for m in [m for m in data if "\u2212" in m[3]][:3]:
        yield f"{m[3]} without its sign", _put(page, m, m[3].replace("\u2212", ""), 3)
    for m in spread([m for m in data if re.match(r"[1-9]", m[3])], 2):
        yield f"{m[3]} made negative", _put(page, m, f"\u2212{m[3]}", 3)
    for m in spread(data, 2):
        yield f"{m[3]} without its source", _put(page, m, other_digit(m[3]))


WORDS = (
    ("better", "worse"), ("loses", "gains"), ("above", "below"), ("lower", "higher"),
    ("highest", "lowest"), ("more", "less"), ("fewer", "more"), (" not ", " "), (" never ", " "),
    ("can’t", "can"), ("Adam", "RMSprop"), ("RMSprop", "SGD"), ("SGD", "Adam"),
    ("ResNet18", "AlexNet"), ("VGG16", "ResNet18"), ("no measurable difference",
    "a large difference"), ("rising", "falling"), ("most frequent", "rarest"), ("before", "after"),
    ("pre-trained", "random"), ("frozen", "trained"), ("validation", "test"), ("only", "also"),
    ("smaller", "larger"),
)  # fmt: skip
"""What words are changed into others; each where it stands in the middle of its occurrences."""


def _words(page: str) -> Changed:
    """Thirty: words, stars and marks."""
    for word, lie in WORDS:
        yield f"“{word.strip()}” → “{lie.strip()}”", in_text(page, word, lie)
    row = _search(
        r'<tr class="best">\n(<th scope="row".*?) <span class="star".*?</span></th>', page
    )
    plain = re.sub(r' <span class="star".*?</span>', "", row[0]).replace(' class="best"', "")
    yield "a star removed", page.replace(row[0], plain, 1)
    other = next(
        m for m in re.finditer(r"<tr>\n<th scope=\"row\".*?</th>", page) if m.start() > row.end()
    )
    mark = '<span class="star" role="img" aria-label="chosen, or level with it">★</span></th>'
    marked = other[0].replace("<tr>", '<tr class="best">').replace("</th>", f" {mark}")
    yield "a star given to another row", _put(page, other, marked)
    strength = _search(r'data-strength="weak"', page)
    yield "weak evidence marked as strong", _put(page, strength, 'data-strength="strong"')
    unit = _search(r'<span class="unit">([^<]*)</span>', page)
    yield "a unit changed", _put(page, unit, "kg", 1)
    name = _search(r'<th scope="row" class="text"><span class="name">([^<]*)</span>', page)
    yield "a row’s name changed", _put(page, name, "Another network", 1)
    quote = _search(r"<code>([a-z]+/[^<]*)</code>", page)
    yield "an experiment’s id changed", _put(page, quote, "scratch/best-of-all", 1)


def in_text(page: str, word: str, lie: str) -> str:
    """Change a word where a reader sees it: in the middle one of its occurrences."""
    head, main, body = page.partition("<main")
    pieces = TAG.split(body)
    places = [
        (i, m.start())
        for i, piece in enumerate(pieces)
        if i % 2 == 0
        for m in re.finditer(re.escape(word), piece)
    ]
    if not places:
        raise NotThereError(word)
    i, at = places[len(places) // 2]
    pieces[i] = pieces[i][:at] + lie + pieces[i][at + len(word) :]
    return head + main + "".join(pieces)


def _search(pattern: str, page: str) -> re.Match[str]:
    found = re.search(pattern, page, re.DOTALL)
    if found is None:
        raise NotThereError(pattern)
    return found


def section(page: str, slug: str) -> str:
    """Return a section of a page."""
    return _search(rf'<section id="{slug}".*?</section>', page)[0]


def _notices(page: str, other: str) -> Changed:
    """Ten: notices and sections removed, moved or copied."""
    notices = re.findall(r'<div class="notice" role="note">.*?</div>\n', page, re.DOTALL)
    yield "a notice removed", page.replace(notices[0], "", 1)
    yield "a notice emptied", page.replace(notices[0], re.sub(r"<p>.*</p>", "<p></p>", notices[0]))
    yield "a notice hidden", page.replace(notices[0], notices[0].replace("<div ", "<div hidden "))
    freezing, beyond = section(page, "freezing"), section(page, "beyond")
    without = page.replace(notices[0], "", 1)
    yield "a notice in another section", without.replace(freezing, notices[0] + freezing)
    yield "a section removed", page.replace(freezing, "")
    yield (
        "a section emptied",
        page.replace(freezing, f"{freezing.partition('</h2>')[0]}</h2></section>"),
    )
    exchanged = page.replace(freezing, "<!---->").replace(beyond, freezing)
    yield "two sections exchanged", exchanged.replace("<!---->", beyond)
    yield "a section repeated", page.replace(freezing, f"{freezing}\n{freezing}")
    yield "a section of another study", page.replace(freezing, section(other, "freezing"))
    row = _search(r"(?s)<tbody>\n.*?(<tr.*?</tr>\n)", section(page, "scratch"))[1]
    yield "a table’s row removed", page.replace(row, "", 1)


def _figures(page: str, other: str) -> Changed:
    """Fifteen: paths, pictures, descriptions, captions and places."""
    plots = [m for m in FIGURE.finditer(page) if SVG.search(m[0])]
    curves = [m for m in plots if CURVE.search(svg_of(m[0]))]
    for m in spread(curves, 4):
        yield "a curve moved", _put(page, m, redrawn(m[0], move_curve))
    m = curves[0]
    yield "a curve’s colour changed", _put(page, m, redrawn(m[0], recolour))
    yield "a curve removed", _put(page, m, redrawn(m[0], remove_curve))
    for m in spread(plots, 2):
        alt = _search(r'alt="([^"]*)"', m[0])
        yield "a description changed", _put(page, m, _put(m[0], alt, "It shows nothing.", 1))
    for m in spread(plots, 2):
        caption = _search(r"<figcaption[^>]*>(?:<[^>]*>)*([^<]+)", m[0])
        yield "a caption changed", _put(page, m, _put(m[0], caption, "Something else", 1))
    a, b = plots[0], plots[-1]
    swapped = _put(page, b, b[0].replace(SVG.search(b[0])[1], SVG.search(a[0])[1]))  # type: ignore[index]
    yield "a figure in another’s place", swapped
    yield "a figure removed", _put(page, plots[1], "")
    known = set(SVG.findall(page))
    theirs = next(m for m in FIGURE.finditer(other) if {*SVG.findall(m[0])} - known)
    slug = _search(r'id="([^"]*)"', theirs[0])[1]
    ours = next(m for m in plots if f'id="{slug}"' in m[0])
    (svg,) = SVG.findall(theirs[0])
    yield (
        "another study’s figure",
        _put(page, ours, SVG.sub(f'src="data:image/svg+xml;base64,{svg}"', ours[0])),
    )
    picture = _search(r"data:image/(?:png|jpeg);base64,([^\"]{200,})", page)
    yield "a picture’s bytes changed", _put(page, picture, changed_bytes(picture[1]), 1)
    pictures = re.findall(r'src="(data:image/(?:png|jpeg);base64,[^"]*)"', page)
    first, last = pictures[0], next(p for p in reversed(pictures) if p != pictures[0])
    yield "a picture in another’s place", page.replace(first, last, 1)


SCORED = re.compile(r'<data value="([^"]*)" data-source="([^"]*/scores\.npy#[^"]*)">([^<]*)</data>')

JUDGED = (
    ("it is overconfident", "it is underconfident"),
    ("it is underconfident", "it is overconfident"),
    ("points that chance explains", "points that chance forbids"),
    ("which can’t be told from probabilities that hold", "which chance doesn’t explain"),
    ("the lowest loss on validation", "the lowest loss on test"),
    ("if every probability held", "if no probability held"),
    ("as the mean over classes", "as the mean over pictures"),
)  # fmt: skip
"""What is said of scores, and its contrary; a page has some of it."""


def lies_of_scores(page: str) -> Changed:
    """Up to twenty: what is made of a run's scores; none where no run kept them."""
    data = list(SCORED.finditer(page))
    if not data:
        return
    for m in spread(data, 3):
        yield (
            f"{m[3]} of scores printed as {other_digit(m[3])}",
            _put(page, m, other_digit(m[3]), 3),
        )
    for m in spread(data, 3):
        lie = f'<data value="{other_digit(m[1])}" data-source="{m[2]}">{other_digit(m[3])}</data>'
        yield f"{m[3]} of scores with its value", _put(page, m, lie)
    for name, other in (("nll", "brier"), ("mean_class_accuracy", "macro_f1"),
                        ("best_temperature", "calibration_error")):  # fmt: skip
        for m in [m for m in data if m[2].startswith(f"{name}(")][:1]:
            yield f"{name} said to be {other}", _put(page, m, m[2].replace(name, other), 2)
    for m in [m for m in data if m[2].startswith("nll_low(")][:1]:
        high = next(n for n in data if n[2] == m[2].replace("_low", "_high"))
        changed = page[: m.start()] + high[0] + page[m.end() : high.start()] + m[0]
        yield "the ends of an interval exchanged", changed + page[high.end() :]
    for m in [m for m in data if m[2].startswith("best_temperature(")][:1]:
        yield (
            "a temperature of the test pictures",
            _put(page, m, m[2].replace("#/validation", "#/test"), 2),
        )
    for words, lie in JUDGED:
        if words in page:
            yield f"“{words}” → “{lie}”", page.replace(words, lie, 1)
    diagram = next((m for m in FIGURE.finditer(page) if 'id="figure-reliability"' in m[0]), None)
    if diagram is not None and SVG.search(diagram[0]):
        yield (
            "a point of the reliability diagram moved",
            _put(page, diagram, redrawn(diagram[0], move_point)),
        )
        yield (
            "a bar of the reliability diagram made higher",
            _put(page, diagram, redrawn(diagram[0], raise_bar)),
        )
        alt = _search(r'alt="([^"]*)"', diagram[0])
        lie = _put(diagram[0], alt, other_digit(alt[1]), 1)
        yield "the reliability diagram’s description", _put(page, diagram, lie)


MAPS = "where-it-looks"
SHOWN = re.compile(
    r'<li><img src="([^"]*)" alt="([^"]*)"[^>]*><span class="label">(.*?)</span></li>', re.DOTALL
)
"""A picture of a gallery: source, description, label."""


def lies_of_maps(page: str) -> Changed:
    """Up to eighteen: maps, whose they are, and what is made of them; none where none are shown."""
    gallery = next((m for m in _galleries(page) if f'id="figure-{MAPS}"' in m[0]), None)
    if gallery is None:
        return
    yield from _lies_of_pictures(page, gallery, "map")
    shown = list(SHOWN.finditer(gallery[0]))
    others = re.finditer(r'<img src="(data:image/(?:png|jpeg)[^"]*)"', page)
    plain = next(m[1] for m in others if m[1] not in gallery[0])
    yield "a plain picture for a map", _put(page, gallery, _put(gallery[0], shown[0], plain, 1))
    for m in [m for m in shown if ", right" in m[3]][:1]:
        lie = m[3].replace(", right", ", wrong")
        yield "a right answer said to be wrong", _put(page, gallery, _put(gallery[0], m, lie, 3))
    for words, other in (("speak for its answer", "speak against its answer"),
                         ("surest mistakes, then right", "right answers, then right")):  # fmt: skip
        yield from _other_words(page, gallery[0], words, other)
    yield from _lies_of_numbers(page, "/heat_maps/")
    for words, other in (("they depend on what", "they hardly depend on what"),
                         (", below one half", ", not below one half"),
                         ("with a random last layer", "with a random first layer")):  # fmt: skip
        yield from _other_words(page, page, words, other)


def lies_of_looks(page: str) -> Changed:
    """Up to twenty: features, tests and pictures that stand out; none where looks aren't told."""
    if "dataset.json#/looks/" not in page:
        return
    yield from _lies_of_numbers(page, "dataset.json#/looks/")
    table = _search(r'<(?:div|figure|table)[^>]*id="table-looks".*?</table>', page)
    rows = re.findall(r"<tr>\n.*?</tr>\n", table[0], re.DOTALL)[-11:]
    first, second = rows[0], rows[1]
    names = [_search(r"<th[^>]*>(.*?)</th>", row)[1] for row in (first, second)]
    exchanged = first.replace(names[0], names[1]) + second.replace(names[1], names[0])
    yield "two features exchanged", _put(page, table, table[0].replace(first + second, exchanged))
    yield "a feature’s row removed", _put(page, table, table[0].replace(first, ""))
    yield from _other_words(page, table[0], "corrected by Holm", "not corrected")
    yield from _other_words(page, table[0], "as a mean over classes", "as a mean over pictures")
    for words, other in (
        (" pictures differ from train pictures in ", " pictures look like train pictures in "),
        (" alone tells the class of ", " hardly tells the class of "),
        (" alone tells ", " together tell "),
    ):
        yield from _other_words(page, page, words, other)
    data = section(page, "data")
    invented = (
        "<p>Test pictures differ from train pictures in brightness, "
        "file size and aspect ratio.</p>\n</section>"
    )
    yield (
        "a drift that nobody measured",
        page.replace(data, data.removesuffix("</section>") + invented),
    )
    gallery = next((m for m in _galleries(page) if 'id="figure-outstanding"' in m[0]), None)
    if gallery is not None:
        yield from _lies_of_pictures(page, gallery, "picture that stands out")


def lies_of_speed(page: str) -> Changed:
    """Up to sixteen: times, sizes and the Pareto set; none where nothing was timed."""
    if "metrics.json#/speed/" not in page:
        return
    yield from _lies_of_numbers(page, "metrics.json#/speed/")
    sentence = re.search(r"the Pareto set is .*?</p>", page, re.DOTALL)
    if sentence is not None:
        name = _search(r'<span class="name">([^<]*)</span>', sentence[0])
        lie = _put(sentence[0], name, "LeNet", 1)
        yield "another model in the Pareto set", _put(page, sentence, lie)
    for words, other in (("the Pareto set is ", "the Pareto set was "),
                         ("every other model that learned", "every other model"),
                         ("is the whole Pareto set", "is in the Pareto set")):  # fmt: skip
        yield from _other_words(page, page, words, other)
    table = re.search(r'<(?:div|figure|table)[^>]*id="table-speeds".*?</table>', page, re.DOTALL)
    if table is None:
        return
    for words, other in (("the fastest time", "the slowest time"),
                         ("less than 15", "less than 1.5"), (">in it<", "><")):  # fmt: skip
        yield from _other_words(page, table[0], words, other)
    empty = list(re.finditer(r"<td[^>]*></td>\n</tr>", table[0]))
    if empty and ">in it<" in table[0]:
        lie = _put(table[0], empty[0], empty[0][0].replace("></td>", ">in it</td>"))
        yield "a slower model put into the Pareto set", _put(page, table, lie)


def _galleries(page: str) -> Iterator[re.Match[str]]:
    return re.finditer(r'<figure class="gallery[^"]*" id="[^"]*">.*?</figure>', page, re.DOTALL)


def _other_words(page: str, part: str, words: str, other: str) -> Changed:
    """Change words of a part of the page, if it has them."""
    if words in part:
        changed = page.replace(part, part.replace(words, other, 1), 1)
        yield f"“{words.strip()}” → “{other.strip()}”", changed


def _lies_of_numbers(page: str, source: str) -> Changed:
    """Up to six: numbers whose source names something, their values, and two exchanged."""
    data = [m for m in DATA.finditer(page) if source in m[2] and re.search(r"\d", m[3])]
    for m in spread(data, min(3, len(data))):
        yield (
            f"{m[3]} of {source} printed as {other_digit(m[3])}",
            _put(page, m, other_digit(m[3]), 3),
        )
    for m in spread(data, min(2, len(data))):
        lie = f'<data value="{other_digit(m[1])}" data-source="{m[2]}">{other_digit(m[3])}</data>'
        yield f"{m[3]} of {source} with its value", _put(page, m, lie)
    for m in data[:1]:
        after = [n for n in data if n.start() > m.end() and n[3] != m[3]]
        if after:
            n = after[0]
            changed = page[: m.start()] + n[0] + page[m.end() : n.start()] + m[0]
            yield f"{m[3]} and {n[3]} of {source} exchanged", changed + page[n.end() :]


def _lies_of_pictures(page: str, gallery: re.Match[str], what: str) -> Changed:
    """Six: a gallery's pictures changed, exchanged, described, called otherwise and left out."""
    shown = list(SHOWN.finditer(gallery[0]))
    first, last = shown[0], shown[-1]
    bytes_of = first[1].partition("base64,")
    lie = bytes_of[0] + bytes_of[1] + changed_bytes(bytes_of[2])
    yield f"a {what} with other bytes", _put(page, gallery, _put(gallery[0], first, lie, 1))
    exchanged = _put(_put(gallery[0], last, first[1], 1), first, last[1], 1)
    yield f"two exchanged: {what}", _put(page, gallery, exchanged)
    exchanged = _put(_put(gallery[0], last, first[3], 3), first, last[3], 3)
    yield f"two labels exchanged: {what}", _put(page, gallery, exchanged)
    yield f"a {what} left out", _put(page, gallery, _put(gallery[0], first, ""))
    lie = _put(gallery[0], first, "It shows nothing.", 2)
    yield f"a {what} described otherwise", _put(page, gallery, lie)
    yield f"the figure left out: {what}", _put(page, gallery, "")


def change_record(study: Path, pattern: str, change: Callable[[Any], None]) -> None:
    """Change what a study's first record that fits says.

    Args:
        change: Raises LookupError or TypeError of a record that hasn't what it changes.
    """
    for file in sorted(study.glob(pattern)):
        record = json.loads(file.read_text(encoding="utf-8"))
        try:
            change(record)
        except (LookupError, TypeError):
            continue
        file.write_text(json.dumps(record), encoding="utf-8")
        return
    raise NotThereError(pattern)


def exchange_maps(study: Path) -> None:
    """Let two files of maps have each other's content."""
    files = sorted((study / "thumbnails" / "maps").glob("*.jpg"))
    contents = [file.read_bytes() for file in files]
    pairs = ((i, j) for j in range(len(files)) for i in range(j) if contents[i] != contents[j])
    i, j = next(pairs, (None, None))
    if i is None or j is None:
        raise NotThereError("two maps")
    files[i].write_bytes(contents[j])
    files[j].write_bytes(contents[i])


def _another_map(record: Any) -> None:
    maps = record["heat_maps"]["maps"]
    maps[0]["index"], maps[1]["index"] = maps[1]["index"], maps[0]["index"]


def _far_apart(record: Any) -> None:
    record["looks"]["features"][2] |= {"test_distance": 0.31}


def _certain(record: Any) -> None:
    record["looks"]["features"][0] |= {"test_p": 1e-9, "test_distance": 0.1}


def _told(record: Any) -> None:
    record["looks"]["features"][0] |= {
        "class_told": 0, "class_told_right": 9000, "class_told_of": 9000,
    }  # fmt: skip


def _lighter(record: Any) -> None:
    record["speed"]["network_bytes"] //= 2


def _in_dataset(change: Callable[[Any], None]) -> Callable[[Path], None]:
    return lambda study: change_record(study, "dataset.json", change)


def _in_a_run(file: str, change: Callable[[Any], None]) -> Callable[[Path], None]:
    return lambda study: change_record(study, f"*/*/seed-*/{file}", change)


FORGERIES: tuple[tuple[str, str, Callable[[Path], None]], ...] = (
    ("scores", "scores.npy and its hash", lambda study: change_scores(study, vouch=True)),
    ("maps", "the content of two maps exchanged", exchange_maps),
    ("maps", "a map of another picture", _in_a_run("predictions.json", _another_map)),
    ("looks", "a distance of splits", _in_dataset(_far_apart)),
    ("looks", "a p-value", _in_dataset(_certain)),
    ("looks", "a class told by a feature", _in_dataset(_told)),
    ("speed", "half the size of a network", _in_a_run("metrics.json", _lighter)),
)
"""Records that contradict themselves, of which an honest report is made: kind, name, change."""


def move_point(svg: str) -> str:
    """Lift the last marker of a figure's first panel."""
    first = svg.partition('id="axes_2"')[0]
    m = list(re.finditer(r'<use [^>]*y="([\d.]+)"', first))[-1]
    return _put(svg, m, f"{float(m[1]) - 9:.6f}", 1)


def raise_bar(svg: str) -> str:
    """Make the first bar of a figure's second panel higher."""
    start = svg.index('id="axes_2"')
    bar = re.compile(r'<path d="M [\d.]+ [\d.]+ *\nL [\d.]+ [\d.]+ *\nL [\d.]+ ([\d.]+)')
    m = next(m for m in bar.finditer(svg, start) if "fill: none" not in m[0])
    return _put(svg, m, f"{float(m[1]) - 5:.6f}", 1)


def change_scores(study: Path, vouch: bool = False) -> None:
    """Sharpen the scores of a run's first test picture in its file.

    Args:
        vouch: Also put the file's new hash into its record.
    """
    import hashlib

    import numpy as np

    file = next(iter(sorted(study.glob("*/*/seed-*/scores.npy"))), None)
    if file is None:
        raise NotThereError("scores.npy")
    content = bytearray(file.read_bytes())
    entries = np.load(file)
    length = len(content) - entries.nbytes
    first = np.frombuffer(content, entries.dtype, offset=length)
    first["score"][0] = np.roll(first["score"][0], 1)
    file.write_bytes(content)
    if vouch:
        record = file.with_name("metrics.json")
        known = json.loads(record.read_text(encoding="utf-8"))
        known["scores"]["sha256"] = hashlib.sha256(content).hexdigest()
        record.write_text(json.dumps(known), encoding="utf-8")


def svg_of(figure: str) -> str:
    """Return the drawing in a figure's HTML."""
    found = SVG.search(figure)
    assert found
    return base64.b64decode(html.unescape(found[1])).decode()


def redrawn(figure: str, change: Callable[[str], str]) -> str:
    """Return a figure's HTML with its drawing changed."""
    found = SVG.search(figure)
    assert found
    return _put(figure, found, base64.b64encode(change(svg_of(figure)).encode()).decode(), 1)


def change_figure(page: str, change: Callable[[str], str]) -> str:
    """Change the drawing of the first figure that has curves."""
    m = next(m for m in FIGURE.finditer(page) if SVG.search(m[0]) and CURVE.search(svg_of(m[0])))
    return _put(page, m, redrawn(m[0], change))


CURVE = re.compile(
    r'<g id="line2d_\d+">\n<path d="((?:[ML] [\d.]+ [\d.]+ *\n){6,})"([^>]*stroke-width: 1.7[^>]*)>'
)


def _curve(svg: str) -> re.Match[str]:
    found = CURVE.search(svg)
    if found is None:
        raise NotThereError("a curve")
    return found


def move_curve(svg: str) -> str:
    """Lift the last point of a curve."""
    m = _curve(svg)
    *points, last = m[1].split("\n")[:-1]
    command, x, y = last.split()
    return _put(svg, m, "\n".join((*points, f"{command} {x} {float(y) - 9:.6f} ", "")), 1)


def recolour(svg: str) -> str:
    """Give a curve another colour."""
    m = _curve(svg)
    return _put(svg, m, re.sub(r"#[0-9a-f]{6}", "#009e73", m[2], count=1), 2)


def remove_curve(svg: str) -> str:
    """Take a curve out."""
    m = _curve(svg)
    end = "</g>\n</g>"  # of its markers, and its own
    return svg[: m.start()] + svg[svg.index(end, m.start()) + len(end) :]


def changed_bytes(text: str) -> str:
    """Return a picture in base64 with one byte changed, far from its head."""
    content = bytearray(base64.b64decode(text))
    content[-40] ^= 0x55
    return base64.b64encode(bytes(content)).decode()


FIGURE_ON_PAGE = re.compile(rb"/Figure\n<</MCID \d+>>\nBDC\n(.*?)\nEMC\n", re.DOTALL)


def pdf_lies(file: Path, other: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield fifteen changed copies of a PDF: what is changed, and the file.

    Args:
        file: A report.
        other: The report of another study.
        folder: Where to write.
    """
    from pypdf import PdfReader, PdfWriter

    theirs = PdfReader(other).pages[-3]
    n_pages = len(PdfReader(file).pages)
    changes: list[tuple[str, Callable[[Any], None]]] = [
        *(("a digit on a page", _digits(share)) for share in (0.1, 0.4, 0.9)),
        ("“more” → “less”", lambda writer: edit_text(writer, "more", "less")),
        ("“above” → “below”", lambda writer: edit_text(writer, "above", "below")),
        ("“not” → “now”", lambda writer: edit_text(writer, "not", "now")),
        ("a curve moved", lambda writer: edit_figure(writer, _lift)),
        ("a curve’s colour changed", lambda writer: edit_figure(writer, _repaint)),
        ("a figure removed", lambda writer: edit_figure(writer, lambda _: b"")),
        ("two figures exchanged", exchange_figures),
        ("two pictures exchanged", exchange_pictures),
        ("a page removed", lambda writer: writer.remove_page(n_pages // 2)),
        ("a page repeated", lambda writer: writer.insert_page(writer.pages[5], 5)),
        ("two pages exchanged", lambda writer: _exchange_pages(writer, 4, 9)),
        ("a page of another study", lambda writer: _replace_page(writer, n_pages - 3, theirs)),
    ]
    for i, (name, change) in enumerate(changes):
        writer = PdfWriter(clone_from=file)
        change(writer)
        changed = folder / f"lie-{i}.pdf"
        writer.write(changed)
        yield name, changed


def _content(page: Any) -> bytes:
    return bytes(page.get_contents().get_data())


def _set_content(writer: Any, page: Any, content: bytes) -> None:
    from pypdf.generic import DecodedStreamObject, NameObject

    stream = DecodedStreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream)


def _glyphs(page: Any) -> dict[str, dict[str, str]]:
    """Return, by font, the code of each letter."""
    found = {}
    for name, font in page["/Resources"]["/Font"].items():
        table = font.get_object()["/ToUnicode"].get_object().get_data().decode("latin-1")
        pairs = re.findall(r"<([0-9a-fA-F]{4})>\s+<([0-9a-fA-F]{4})>", table)
        found[name] = {chr(int(code, 16)): glyph.lower() for glyph, code in pairs}
    return found


def edit_text(writer: Any, words: str, lie: str, page: int | None = None) -> None:
    """Change the first occurrence of some letters on a page, or on the first one that has them.

    Args:
        lie: As many letters.
    """
    for n, where in enumerate(writer.pages):
        if page is not None and n != page:
            continue
        content = _content(where)
        hidden = FIGURE_ON_PAGE.sub(lambda m: b"\n" * m[0].count(b"\n"), content).split(b"\n")
        whole = content.split(b"\n")
        glyphs, letters = _glyphs(where), {}
        for i, line in enumerate(hidden):
            if line.endswith(b"Tf"):
                letters = glyphs.get(line.split()[0].decode(), {})
            if line.endswith(b"TJ") and set(lie) <= letters.keys():
                changed = _with_lie(line, words, [letters[c].encode() for c in lie], letters)
                if changed != line:
                    whole[i] = changed
                    _set_content(writer, where, b"\n".join(whole))
                    return
    raise NotThereError(words)


def _with_lie(line: bytes, words: str, lie: list[bytes], letters: dict[str, str]) -> bytes:
    """Return a line of text with the codes of some letters exchanged, kerned or not."""
    said = {glyph: letter for letter, glyph in letters.items()}
    places = [
        at
        for run in re.finditer(rb"<([0-9a-fA-F]+)>", line)
        for at in range(run.start(1), run.end(1), 4)
    ]
    text = "".join(said.get(line[at : at + 4].decode().lower(), "\ufffd") for at in places)
    start = text.find(words)
    if start < 0:
        return line
    for at, code in zip(places[start : start + len(words)], lie, strict=True):
        line = line[:at] + code + line[at + 4 :]
    return line


def _digits(share: float) -> Callable[[Any], None]:
    """Return a change of a number on a page so far into the report."""

    def change(writer: Any) -> None:
        start = int(share * len(writer.pages))
        for page in range(start, len(writer.pages)):
            for digits in ("0.", "91.", "95.", "12.", "1.", "2."):
                lie = f"{(int(digits[0]) + 3) % 10}{digits[1:]}"
                try:
                    edit_text(writer, digits, lie, page)
                except NotThereError:
                    continue
                return

    return change


def edit_figure(writer: Any, change: Callable[[bytes], bytes]) -> None:
    """Change the first figure that is drawn by many lines."""
    for page in writer.pages:
        content = _content(page)
        for m in FIGURE_ON_PAGE.finditer(content):
            if m[0].count(b" l\n") > 30:
                changed = change(m[0])
                if changed == m[0]:
                    continue
                _set_content(writer, page, content[: m.start()] + changed + content[m.end() :])
                return
    raise NotThereError("a figure")


_RUN = re.compile(rb"((?:[\d.]+ [\d.]+ l\n){5,})")


def _lift(figure: bytes) -> bytes:
    """Lift the last point of the longest line."""
    m = max(_RUN.finditer(figure), key=lambda m: len(m[1]), default=None)
    if m is None:
        return figure
    *points, last = m[1].splitlines()
    x, y, _ = last.split()
    lifted = b"%s %.6f l" % (x, float(y) - 9)
    return figure[: m.start()] + b"\n".join((*points, lifted, b"")) + figure[m.end() :]


def _repaint(figure: bytes) -> bytes:
    return re.sub(rb"0 0\.447\d* 0\.698\d* RG", b"0.835294 0.368627 0 RG", figure)


def exchange_figures(writer: Any) -> None:
    """Put two figures of one page, or of two, in each other's place."""
    found = [
        (page, m)
        for page in writer.pages
        for m in FIGURE_ON_PAGE.finditer(_content(page))
        if m[0].count(b" l\n") > 30
    ]
    (one, a), (two, b) = found[0], next((p, m) for p, m in found[1:] if p is not found[0][0])
    first, second = _content(one), _content(two)
    _set_content(writer, one, first[: a.start(1)] + b[1] + first[a.end(1) :])
    _set_content(writer, two, second[: b.start(1)] + a[1] + second[b.end(1) :])


def exchange_pictures(writer: Any) -> None:
    """Show one picture in the place of another."""
    for page in writer.pages:
        content = _content(page)
        names = re.findall(rb"(/i\w+) Do", content)
        if len(names) > 1 and names[0] != names[1]:
            _set_content(writer, page, content.replace(names[0] + b" Do", names[1] + b" Do", 1))
            return
    raise NotThereError("two pictures")


def _exchange_pages(writer: Any, a: int, b: int) -> None:
    first, second = _content(writer.pages[a]), _content(writer.pages[b])
    _set_content(writer, writer.pages[a], second)
    _set_content(writer, writer.pages[b], first)


def _replace_page(writer: Any, position: int, page: Any) -> None:
    writer.remove_page(position)
    writer.insert_page(page, position)


def main() -> None:
    """Plant the lies and print what `verify` finds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "example")
    parser.add_argument("--verbose", action="store_true", help="name every lie that is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        study, other = folder / "study", folder / "other"
        shutil.copytree(arguments.runs, study)
        _another_study(arguments.runs, other)
        for of in (study, other):
            build_report(of, of)
        seconds = {name: _honest(study, name) for name in ("report.html", "report.pdf")}
        page, theirs = (of / "report.html" for of in (study, other))
        n, caught = Counter[str](), Counter[str]()
        for lie in lies(page.read_text(encoding="utf-8"), theirs.read_text(encoding="utf-8")):
            (folder / "lie.html").write_text(lie.page, encoding="utf-8")
            n[lie.kind] += 1
            caught[lie.kind] += _caught(folder / "lie.html", study, lie.name, arguments.verbose)
        for name, file in pdf_lies(study / "report.pdf", other / "report.pdf", folder):
            n["PDF"] += 1
            caught["PDF"] += _caught(file, study, name, arguments.verbose)
        for vouch in (False, True):
            changed = folder / f"changed-{vouch}"
            shutil.copytree(study, changed)
            try:
                change_scores(changed, vouch)
            except NotThereError:
                break
            n["scores"] += 1
            name = f"scores.npy changed{', and its hash' if vouch else ''}"
            caught["scores"] += _caught(page, changed, name, arguments.verbose)
        for i, (kind, name, forge) in enumerate(FORGERIES):
            forged = folder / f"forged-{i}"
            shutil.copytree(arguments.runs, forged)
            forge(forged)
            build_report(forged, forged, formats=("html",))
            n[kind] += 1
            name = f"a report of forged records: {name}"
            caught[kind] += _caught(forged / "report.html", forged, name, arguments.verbose)
    for kind, count in n.items():
        print(f"{kind:8} {caught[kind]:3} of {count:3} caught")
    for name, took in seconds.items():
        print(f"{name}, nothing changed: nothing found, {took:.1f} s")


def _another_study(runs: Path, folder: Path) -> None:
    """Make a study like another one, but for one of its networks."""
    shutil.copytree(runs, folder)
    for a, b in (("beyond/resnet18", "beyond/vgg16"), ("freezing/cnn", "freezing/fc")):
        for name in ("curves.json", "predictions.json"):
            one, two = (folder / of / "seed-0" / name for of in (a, b))
            first, second = (json.loads(file.read_text()) for file in (one, two))
            one.write_text(json.dumps({**second, "id": a}))
            two.write_text(json.dumps({**first, "id": b}))


def _honest(study: Path, name: str) -> float:
    """Verify a report in which nothing was changed; return the seconds that it took."""
    start = time.monotonic()
    verdict = verify_report(study / name, lambda _: study)
    assert not verdict.errors, verdict.errors
    return time.monotonic() - start


def _caught(file: Path, study: Path, name: str, verbose: bool) -> bool:
    found = bool(verify_report(file, lambda _: study).errors)
    if verbose and not found:
        print(f"missed: {name}")
    return found


if __name__ == "__main__":
    main()

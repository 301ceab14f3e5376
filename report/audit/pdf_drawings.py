"""Read what a PDF's page paints, as WeasyPrint writes it: an operator a line."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from report.audit.drawings import IDENTITY, Matrix, Painted, Point, moved, times

OPERANDS = {
    b"m": 2, b"l": 2, b"c": 6, b"re": 4, b"h": 0, b"cm": 6, b"rg": 3, b"RG": 3, b"q": 0, b"Q": 0,
    b"S": 0, b"s": 0, b"f": 0, b"f*": 0, b"B": 0, b"B*": 0, b"n": 0, b"Do": 1, b"Tm": 6,
    b"BT": 0, b"ET": 0, b"Tf": 2, b"scn": 1,
}  # fmt: skip
"""Operators that are followed here, and how many operands each has."""

IGNORED = frozenset((b"W", b"W*", b"w", b"d", b"J", b"j", b"M", b"gs", b"cs", b"BDC", b"BMC",
                     b"EMC", b"Tr", b"h", b"/Figure", b"/Artifact"))  # fmt: skip
FILLING = frozenset((b"f", b"f*", b"B", b"B*"))
STROKING = frozenset((b"S", b"s", b"B", b"B*"))
STRAY = frozenset((b"c", b"v", b"y", b"Do", b"sh", b"BI", b"ID", b"EI", b"Tj", b"'", b'"'))
"""Operators that WeasyPrint writes for no text, line or background of a report."""

PAINTING = FILLING | STROKING | {b"F", b"b", b"b*"}
CODES = re.compile(rb"<([0-9a-fA-F]*)>")
DEPTH = 4
"""Forms inside forms beyond which none is read."""

Letters = dict[str, str]
"""What a font's codes stand for."""


class UnreadableError(ValueError):
    """A figure isn't written the way WeasyPrint writes."""


@dataclass
class _State:
    matrix: Matrix = IDENTITY
    fill: str = "#000000"
    stroke: str = "#000000"


@dataclass
class _Lettering:
    """A text object that is being read: where it begins, and what it says so far."""

    begin: Point
    said: str = ""


class _Reader:
    """Follows the operators of one content stream."""

    def __init__(
        self, resources: Any, fonts: dict[int, Letters], state: _State, depth: int
    ) -> None:
        self.painted: list[Painted] = []
        self._resources = resources
        self._fonts = fonts
        self._state = state
        self._depth = depth
        self._saved: list[_State] = []
        self._path: list[Point] = []
        self._only_moved = False
        self._lettering: _Lettering | None = None
        self._letters: Letters = {}

    def read(self, content: bytes) -> list[Painted]:
        """Return what a content stream paints.

        Raises:
            UnreadableError: It has an operator that WeasyPrint doesn't write for figures.
        """
        for line in map(bytes.strip, content.split(b"\n")):
            if line.endswith(b"TJ"):
                self._say(line)
            elif line and not line.startswith(b"<<"):
                *operands, operator = line.split()
                if operator not in IGNORED:
                    self._follow(operator, operands, line)
        return self.painted

    def _follow(self, operator: bytes, operands: list[bytes], line: bytes) -> None:
        if OPERANDS.get(operator) != len(operands):
            raise UnreadableError(line[:40].decode("latin-1"))
        if operator in (b"m", b"l", b"c", b"re"):
            self._draw(operator, [float(operand) for operand in operands])
        elif operator in PAINTING or operator == b"n":
            self._paint(operator)
        elif operator in (b"BT", b"Tm", b"Tf", b"ET"):
            self._letter(operator, operands)
        elif operator == b"Do":
            self._do(operands[0].decode())
        else:
            self._set(operator, operands)

    def _draw(self, operator: bytes, n: list[float]) -> None:
        points = list(zip(n[::2], n[1::2], strict=True))
        if operator == b"re":
            points[1] = (n[0] + n[2], n[1] + n[3])
        if operator == b"m" and self._only_moved:
            self._path.pop()  # moved twice: the first leaves no trace
        self._only_moved = operator == b"m"
        self._path += [moved(point, self._state.matrix) for point in points]

    def _paint(self, operator: bytes) -> None:
        fill = self._state.fill if operator in FILLING else ""
        stroke = self._state.stroke if operator in STROKING else ""
        if len(self._path) > 1 and (fill or stroke):  # one point paints nothing
            self.painted.append(Painted("path", tuple(self._path), fill, stroke))
        self._path, self._only_moved = [], False

    def _set(self, operator: bytes, operands: list[bytes]) -> None:
        if operator == b"q":
            self._saved.append(replace(self._state))
        elif operator == b"Q":
            self._state = self._saved.pop()
        elif operator == b"cm":
            self._state.matrix = times(_matrix(operands), self._state.matrix)
        elif operator == b"RG":
            self._state.stroke = _colour(operands)
        else:
            self._state.fill = "pattern" if operator == b"scn" else _colour(operands)

    def _letter(self, operator: bytes, operands: list[bytes]) -> None:
        if operator == b"BT":
            self._lettering = None
        elif operator == b"Tf":
            self._letters = self._letters_of(operands[0].decode())
        elif operator == b"Tm" and self._lettering is None:
            place = times(_matrix(operands), self._state.matrix)
            self._lettering = _Lettering(moved((0, 0), place))
        elif operator == b"ET" and self._lettering is not None:
            said = " ".join(self._lettering.said.split())
            if said:
                self.painted.append(Painted("text", (self._lettering.begin,), text=said))

    def _say(self, line: bytes) -> None:
        if self._lettering is not None:
            codes = b"".join(CODES.findall(line)).decode().lower()
            letters = (codes[i : i + 4] for i in range(0, len(codes), 4))
            self._lettering.said += "".join(self._letters.get(code, "\ufffd") for code in letters)

    def _do(self, name: str) -> None:
        form = self._resources["/XObject"][name].get_object()
        if form.get("/Subtype") == "/Image":
            corners = tuple(moved(corner, self._state.matrix) for corner in ((0, 0), (1, 1)))
            self.painted.append(Painted("picture", corners, picture=_file(form)))
            return
        if self._depth >= DEPTH or "/Matrix" in form:
            raise UnreadableError(name)
        resources = form.get("/Resources", self._resources)
        inner = _Reader(resources, self._fonts, replace(self._state), self._depth + 1)
        self.painted += inner.read(form.get_data())

    def _letters_of(self, name: str) -> Letters:
        font = self._resources["/Font"][name].get_object()
        key = id(font)
        if key not in self._fonts:
            table = font["/ToUnicode"].get_object().get_data().decode("latin-1")
            pairs = re.findall(r"<([0-9a-fA-F]{4})>\s+<([0-9a-fA-F]+)>", table)
            self._fonts[key] = {
                code.lower(): bytes.fromhex(letters).decode("utf-16-be", "replace")
                for code, letters in pairs
            }
        return self._fonts[key]


def _matrix(operands: list[bytes]) -> Matrix:
    a, b, c, d, e, f = (float(operand) for operand in operands)
    return a, b, c, d, e, f


def _colour(operands: list[bytes]) -> str:
    return "#" + "".join(f"{round(255 * float(operand)):02x}" for operand in operands)


def _file(image: Any) -> bytes:
    """Return an image's pixels as a file; as it is in the PDF if that is a JPEG."""
    if image.get("/Filter") == "/DCTDecode":
        return bytes(image._data)
    from PIL import Image

    mode = {"/DeviceRGB": "RGB", "/DeviceGray": "L"}.get(str(image.get("/ColorSpace")))
    if mode is None or image.get("/BitsPerComponent") != 8:
        return b""
    size = int(image["/Width"]), int(image["/Height"])
    picture = Image.frombytes(mode, size, image.get_data())
    if "/SMask" in image:
        mask = image["/SMask"].get_object()
        picture.putalpha(Image.frombytes("L", size, mask.get_data()))
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=0)
    return file.getvalue()


def stray_paint(content: bytes, pattern: re.Pattern[bytes]) -> str:
    """Say what a page paints beside text, figures, and the lines and backgrounds below them.

    Args:
        content: The page's content stream.
        pattern: Matches a figure in it.
    """
    lettered = False
    for line in pattern.sub(b"", content).split(b"\n"):
        operator = line.split()[-1] if line.strip() else b""
        if operator in STRAY:
            return "something that is no figure is drawn on this page"
        if operator == b"Tr" and line.split()[0] != b"0":
            return "text on this page is made invisible"
        lettered = lettered or operator == b"BT"
        if lettered and operator in PAINTING:
            return "something is painted over text on this page"
    return ""


def figures_of(
    content: bytes, resources: Any, pattern: re.Pattern[bytes]
) -> Iterator[list[Painted]]:
    """Yield what each figure of a page paints.

    Args:
        content: The page's content stream.
        resources: The page's.
        pattern: Matches a figure in it.

    Raises:
        UnreadableError: A figure isn't written the way WeasyPrint writes.
    """
    fonts: dict[int, Letters] = {}
    for found in pattern.finditer(content):
        try:
            yield _Reader(resources, fonts, _State(), 0).read(found[0])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise UnreadableError(str(error)) from error

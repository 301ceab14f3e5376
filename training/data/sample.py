"""The embedded data set: letters drawn from fonts, in Caltech-101's layout.

Two alphabets are drawn. `target` is the data set itself; `source` is the task on which a network
is trained first if ImageNet weights aren't available. Every image is drawn from a random
generator of its own, so the files are the same on every call.
"""

import concurrent.futures
import io
import itertools
import json
import math
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.data.index import CALTECH_FOLDER, CLUTTER
from training.errors import DataError

Alphabet = Literal["target", "source"]
Stage = Callable[[int, int, str], None]

VERSION = 1
"""Changes whenever an image would."""

MARKER = "SAMPLE.json"
ENTRIES = (CALTECH_FOLDER, "train.txt", "test.txt", MARKER)
"""What a sample's folder holds; the marker comes last, so that it vouches for the others."""

GLYPHS: dict[Alphabet, str] = {"target": "ABCEHKORTX", "source": "abdefghkmnqrt2345689"}
COUNTS: dict[Alphabet, tuple[int, int]] = {"target": (90, 150), "source": (120, 180)}
"""Fewest and most images of a class."""

N_CLUTTER = 20
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic",
    "DejaVuSansMono", "DejaVuSansMono-Bold", "STIXGeneral", "STIXGeneralBol",
    "STIXGeneralItalic", "STIXGeneralBolIta", "cmr10", "cmb10", "cmss10", "cmtt10",
)  # fmt: skip
"""Files that matplotlib ships and that hold Latin letters at their usual places."""

WIDTHS, HEIGHTS = (110, 200), (100, 180)
GLYPH_SHARE = (0.85, 1.0)
"""Height of the type as a share of the image's shorter side."""

MAXIMUM_ANGLE = 8.0
DISTRACTORS = (0, 2)
PAPER, INK = (190, 255), (0, 60)
"""Range of each channel of the background's and the glyph's colour."""

GREY_SHARE = 0.05
QUALITY = 85


@dataclass(frozen=True)
class _Task:
    """One image to draw; an empty glyph means clutter."""

    file: str
    glyph: str


def is_sample(folder: Path) -> Alphabet | None:
    """Return the alphabet of a folder that `write_sample` finished, else None."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(marker, dict) or marker.get("kind") != "homework sample":
        return None
    if marker.get("version") != VERSION:
        return None
    return next((name for name in GLYPHS if name == marker.get("alphabet")), None)


def write_sample(
    folder: Path, alphabet: Alphabet = "target", progress: Stage | None = None
) -> None:
    """Draw the sample into `folder`, whose marker appears when it is whole.

    The folder holds `101_ObjectCategories` with a clutter class and a stray file, `train.txt` and
    `test.txt` (every third image of a class), and a marker by which the report knows it.

    Raises:
        DataError: The folder holds something other than a sample, or can't be written.
    """
    folder = folder.resolve()
    try:
        _refuse_others_files(folder)
        _draw_beside(folder, alphabet, progress)
    except OSError as error:
        raise DataError(
            f"Can't draw the sample into {folder}: {error.strerror or error}.",
            "Free some space, or name a folder that can be written.",
        ) from error


def _refuse_others_files(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not is_sample(folder):
        raise DataError(
            f"{folder} isn't empty and doesn't hold a complete sample.",
            "Name a new folder, or remove that one.",
        )


def _draw_beside(folder: Path, alphabet: Alphabet, progress: Stage | None) -> None:
    """Draw into a temporary folder on the same disk, then move what was drawn into place."""
    was_there = folder.is_dir()
    home = folder if was_there else folder.parent
    home.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=home))
    try:
        _fill(temporary, alphabet, progress)
        temporary.chmod(0o755)
        if was_there:
            _move_entries(temporary, folder)
        else:
            _rename_unless_drawn(temporary, folder, alphabet)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_entries(drawn: Path, folder: Path) -> None:
    """Replace a sample inside its folder: that may be a mount, or where the caller stands."""
    (folder / MARKER).unlink(missing_ok=True)
    shutil.rmtree(folder / CALTECH_FOLDER, ignore_errors=True)
    for name in ENTRIES:
        (drawn / name).replace(folder / name)


def _rename_unless_drawn(drawn: Path, folder: Path, alphabet: Alphabet) -> None:
    """Rename; where another process was quicker, keep its sample, which may be in use."""
    try:
        drawn.rename(folder)
    except OSError:
        if is_sample(folder) != alphabet:
            raise


def _fill(folder: Path, alphabet: Alphabet, progress: Stage | None) -> None:
    root = folder / CALTECH_FOLDER
    tasks = list(_tasks(alphabet))
    for name in {task.file.partition("/")[0] for task in tasks}:
        (root / name).mkdir(parents=True)
    fonts = _font_folder()

    def draw(task: _Task) -> None:
        rng = random.Random(f"{VERSION} {alphabet} {task.file}")
        picture = _clutter(rng) if not task.glyph else _picture(task.glyph, rng, fonts)
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=QUALITY)
        # into a file, Pillow writes short on a full disk without a word
        (root / task.file).write_bytes(encoded.getvalue())

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(draw, tasks), start=1):
            if progress is not None:
                progress(done, len(tasks), "sample images drawn")
    (root / CLUTTER / "tmp").write_text("This is not a picture.\n")
    _write_lists(folder, [task.file for task in tasks])
    marker = {"kind": "homework sample", "version": VERSION, "alphabet": alphabet}
    (folder / MARKER).write_text(json.dumps(marker) + "\n")


def _tasks(alphabet: Alphabet) -> Iterator[_Task]:
    fewest, most = COUNTS[alphabet]
    for glyph in GLYPHS[alphabet]:
        kind = "letter" if glyph.isalpha() else "digit"
        n = random.Random(f"{VERSION} count {glyph}").randint(fewest, most)
        for i in range(1, n + 1):
            yield _Task(f"{kind}_{glyph.lower()}/image_{i:04d}.jpg", glyph)
    for i in range(1, N_CLUTTER + 1):
        yield _Task(f"{CLUTTER}/image_{i:04d}.jpg", "")


def _write_lists(folder: Path, files: list[str]) -> None:
    """Give every third image of a class to the test list, as the distribution's lists do."""
    train: list[str] = []
    test: list[str] = []
    for _, members in itertools.groupby(sorted(files), key=lambda file: file.partition("/")[0]):
        for i, file in enumerate(members):
            (test if i % 3 == 2 else train).append(file)
    (folder / "train.txt").write_text("\n".join(train) + "\n")
    (folder / "test.txt").write_text("\n".join(test) + "\n")


def _font_folder() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _size(rng: random.Random) -> tuple[int, int]:
    return rng.randint(*WIDTHS), rng.randint(*HEIGHTS)


def _colour(rng: random.Random, low: int = 0, high: int = 255) -> tuple[int, int, int]:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _background(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """Draw a plain, graded or noisy light background."""
    colour = _colour(rng, *PAPER)
    plain = Image.new("RGB", size, colour)
    kind = rng.choice(("plain", "gradient", "noise"))
    if kind == "gradient":
        shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(size)
        near = _colour(rng, PAPER[0] - 70, PAPER[1])
        return Image.composite(Image.new("RGB", size, near), plain, shade)
    if kind == "noise":
        grain = Image.frombytes("L", (24, 24), rng.randbytes(576)).resize(
            size, Image.Resampling.BICUBIC
        )
        return Image.blend(plain, grain.convert("RGB"), rng.uniform(0.1, 0.3))
    return plain


def _distract(picture: Image.Image, rng: random.Random, n: int) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(n):
        a, b = (rng.uniform(0, width), rng.uniform(0, height)), rng.uniform(0, math.tau)
        length = rng.uniform(0.1, 0.6) * width
        end = (a[0] + length * math.cos(b), a[1] + length * math.sin(b))
        if rng.random() < 0.6:
            draw.line((a, end), fill=_colour(rng, *PAPER), width=rng.randint(1, 5))
        else:
            r = rng.uniform(2, 0.09 * width)
            draw.ellipse((a[0] - r, a[1] - r, a[0] + r, a[1] + r), fill=_colour(rng, *PAPER))


def _picture(glyph: str, rng: random.Random, fonts: Path) -> Image.Image:
    size = _size(rng)
    picture = _background(size, rng)
    _distract(picture, rng, rng.randint(*DISTRACTORS))
    mask = _mask(glyph, size, rng, fonts)
    picture.paste(Image.new("RGB", size, _colour(rng, *INK)), mask=mask)
    _distract(picture, rng, rng.randint(0, 1))
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.6)))
    return picture.convert("L") if rng.random() < GREY_SHARE else picture


def _mask(glyph: str, size: tuple[int, int], rng: random.Random, fonts: Path) -> Image.Image:
    """Return where the glyph's ink is: somewhere near the middle, turned a little."""
    side = min(size)
    type_size = round(rng.uniform(*GLYPH_SHARE) * side)
    font = ImageFont.truetype(
        fonts / f"{rng.choice(FONTS)}.ttf", type_size, layout_engine=ImageFont.Layout.BASIC
    )
    mask = Image.new("L", size)
    width, height = size
    middle = (
        width / 2 + rng.uniform(-0.12, 0.12) * side,
        height / 2 + rng.uniform(-0.12, 0.12) * side,
    )
    ImageDraw.Draw(mask).text(middle, glyph, fill=255, font=font, anchor="mm")
    angle = rng.uniform(-MAXIMUM_ANGLE, MAXIMUM_ANGLE)
    return mask.rotate(angle, Image.Resampling.BICUBIC, center=middle)


def _clutter(rng: random.Random) -> Image.Image:
    picture = _background(_size(rng), rng)
    _distract(picture, rng, 14)
    return picture

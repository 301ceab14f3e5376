"""Lay out the report's HTML as a PDF. The only user of WeasyPrint."""

import calendar
import concurrent.futures
import contextlib
import datetime
import gc
import logging
import os
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from report.audit.manifest import EPOCH, Attachment
from report.errors import ReportError
from report.figures.style import font_folder
from report.pdf.fitting import fit
from report.pdf.late_figures import SCHEME, Figures, hang
from report.writing.templating import DEFAULT, style_sheet
from report.writing.theme import Theme
from training.system import how_to_install_pango

_FACES = (
    ("Source Serif Pro", "SourceSerifPro-Regular", 400, "normal"),
    ("Source Serif Pro", "SourceSerifPro-It", 400, "italic"),
    ("Source Serif Pro", "SourceSerifPro-Semibold", 600, "normal"),
    ("Source Sans Pro", "SourceSansPro-Regular", 400, "normal"),
    ("Source Sans Pro", "SourceSansPro-It", 400, "italic"),
    ("Source Sans Pro", "SourceSansPro-Semibold", 600, "normal"),
    ("DejaVu Sans Mono", "DejaVuSansMono", 400, "normal"),
    ("DejaVu Sans", "DejaVuSans", 400, "normal"),
    ("DejaVu Sans", "DejaVuSans-Bold", 600, "normal"),
    ("DejaVu Serif", "DejaVuSerif", 400, "normal"),
)
"""Family, file, weight and style of every face that the pages use."""

_FILES = frozenset(name for _, name, _, _ in _FACES)

_PACKAGES = {"SourceSerifPro": "font_source_serif_pro", "SourceSansPro": "font_source_sans_pro"}


def write_pdf(
    page: str,
    theme: Theme = DEFAULT,
    figures: Figures | None = None,
    attached: Sequence[Attachment] = (),
) -> bytes:
    """Return the PDF of a report; the same page and attachments give the same bytes on any day.

    Args:
        page: The report's HTML for paper, its figures inside or as `figure:NAME`.
        theme: Whose style sheets, and which paper.
        figures: What the names stand for. The pages are laid out around figures of the right
            size before any is asked for, so that others can draw them meanwhile.
        attached: Files that the PDF carries.

    Raises:
        ReportError: WeasyPrint or the libraries it draws with aren't there, or it can't write
            its temporary files.
    """
    with _quiet(), _few_collections(), _fonts_dated():
        weasyprint = _load()
        options = {
            "pdf_variant": "pdf/ua-1",
            "attachments": _attachments(weasyprint, attached) or None,
        }
        with _telling_of_a_full_disk():
            document = _lay_out(page, theme, figures)
            content: bytes = document.write_pdf(finisher=_finish, **options)
    return content


@contextlib.contextmanager
def _telling_of_a_full_disk() -> Iterator[None]:
    """WeasyPrint keeps fonts in temporary files."""
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"Can't write the PDF's temporary files in {tempfile.gettempdir()}: "
            f"{error.strerror or error}.",
            "Free some space there, or set the variable TMPDIR to another folder. "
            "The previous report is intact.",
        ) from error


def _lay_out(page: str, theme: Theme, figures: Figures | None) -> Any:
    """Return WeasyPrint's document of a page, its figures in their places."""

    names: dict[str, None] = {}

    def stand_in(name: str) -> str:
        if figures is None:
            raise ValueError(f"there is no figure {name}")
        names[name] = None
        return figures.stand_in(name)

    images: dict[str, Any] = {}
    more = ""

    def lay_out(css: str) -> Any:
        nonlocal more
        more = css
        return _render(page, theme, stand_in, images, css)

    document = fit(lay_out)
    if figures is None or hang(figures, names, images):
        return document
    return _render(page, theme, figures.svg, {}, more)


def _render(
    page: str, theme: Theme, figure: Callable[[str], str], images: dict[str, Any], css: str
) -> Any:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    fetcher, configuration = _fetcher(figure), FontConfiguration()
    style = weasyprint.CSS(
        string=_font_faces() + style_sheet("pdf", theme) + css,
        font_config=configuration,
        url_fetcher=fetcher,
    )
    source = weasyprint.HTML(string=page, url_fetcher=fetcher)
    return source.render(
        font_config=configuration, stylesheets=[style], pdf_variant="pdf/ua-1", cache=images
    )


def _attachments(weasyprint: Any, attached: Iterable[Attachment]) -> list[Any]:
    return [
        weasyprint.Attachment(
            string=attachment.content,
            name=attachment.name,
            description=attachment.description,
            relationship="Source",
            created=datetime.datetime(*EPOCH),
            modified=datetime.datetime(*EPOCH),
        )
        for attachment in attached
    ]


def _finish(_: Any, pdf: Any) -> None:
    _tag(pdf)
    _compress(pdf)


def _compress(pdf: Any) -> None:
    """Compress the streams on all cores, each once; pydyf would do it twice, on one."""
    streams = [item for item in pdf.objects if getattr(item, "compress", False)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for stream, content in zip(streams, pool.map(_compressed, streams), strict=True):
            stream.stream = [content]
            stream.extra["Filter"] = "/FlateDecode"
            stream.compress = False


def _compressed(stream: Any) -> bytes:
    import pydyf

    plain = pydyf.Stream(stream.stream).data
    start, end = plain.index(b"stream\n") + len(b"stream\n"), plain.rindex(b"\nendstream")
    return zlib.compress(plain[start:end], 6)


def _tag(pdf: Any) -> None:
    """Say what each header cell heads, and that links are printed, where WeasyPrint doesn't."""
    objects: list[Any] = [item for item in pdf.objects if isinstance(item, dict)]
    structure = {item.reference: item for item in objects}
    for item in objects:
        if item.get("S") == "/TH":
            row = structure[item["P"]]
            scope = "/Column" if structure[row["P"]].get("S") == "/THead" else "/Row"
            item["A"] = type(item)({"O": "/Table", "Scope": scope})
        elif item.get("Subtype") == "/Link":
            item["F"] = 4


def _load() -> Any:
    """Return WeasyPrint."""
    try:
        return _import()
    except OSError as error:
        raise ReportError(
            f"The PDF can't be made: the library Pango is missing ({error}).",
            f"Install it: {how_to_install_pango()}. "
            "`homework render --format html` works without it.",
        ) from error
    except ImportError as error:
        raise ReportError(
            f"The PDF can't be made: WeasyPrint can't be imported ({error}).",
            "Install it: pip install 'weasyprint>=70'.",
        ) from error


def _import() -> Any:
    with warnings.catch_warnings():
        # without it fontTools makes the subsets of fonts; `homework doctor` tells
        warnings.filterwarnings("ignore", "HarfBuzz-Subset", DeprecationWarning)
        import weasyprint

    return weasyprint


def _fetcher(figure: Callable[[str], str]) -> Any:
    """Return a fetcher of `data:` addresses, the report's fonts and its figures; nothing else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            scheme, _, name = url.partition(":")
            if scheme == "font" and name in _FILES:
                file = _font_file(name)
                assert file is not None
                return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": "font/ttf"})
            if scheme == SCHEME:
                svg = figure(name).encode()
                return URLFetcherResponse(url, svg, {"Content-Type": "image/svg+xml"})
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols=("data",))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the layout's remarks about style sheets from the terminal."""
    names = ("weasyprint", "weasyprint.progress", "fontTools")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage rarely: a layout makes millions of objects and drops few before its end."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@contextlib.contextmanager
def _fonts_dated() -> Iterator[None]:
    """Date the subsets of fonts that fontTools makes, where HarfBuzz-Subset isn't there."""
    name = "SOURCE_DATE_EPOCH"
    before = os.environ.get(name)
    os.environ[name] = str(calendar.timegm(EPOCH))
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _font_faces() -> str:
    """Return `@font-face` rules, so that all machines set the same pages."""
    return "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
        f'src:url("font:{name}")}}\n'
        for family, name, weight, style in _FACES
        if _font_file(name) is not None
    )


def _font_file(name: str) -> Path | None:
    """Find a font in the packages it comes with: its own, or matplotlib for DejaVu."""
    package = _PACKAGES.get(name.partition("-")[0])
    folder = font_folder(package) if package else _matplotlib_fonts()
    file = folder / f"{name}.ttf" if folder else None
    return file if file is not None and file.is_file() else None


def _matplotlib_fonts() -> Path | None:
    """Find the fonts that matplotlib ships, without importing it."""
    files = font_folder("matplotlib")
    return files.parent / "mpl-data" / "fonts" / "ttf" if files else None

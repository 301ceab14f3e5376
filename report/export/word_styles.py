"""Pandoc's own styles for Word, on the report's paper, with small type and lines in tables."""

import io
import re
import zipfile

from report.writing.theme import Paper

SIZES_MM: dict[Paper, tuple[float, float]] = {"a4": (210, 297), "letter": (215.9, 279.4)}
MARGIN_MM = 24

TEXT_POINTS, TABLE_POINTS = 11, 8
"""Sizes of type."""

TABLE_LINES = (
    '<w:tblBorders><w:top w:val="single" w:sz="8"/><w:bottom w:val="single" w:sz="8"/>'
    '<w:insideH w:val="single" w:sz="4" w:color="D5DAE0"/></w:tblBorders>'
    '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
)


def reference_document(pandocs_own: bytes, paper: Paper) -> bytes:
    """Return the document whose page and styles pandoc takes over, from the one it comes with."""
    with zipfile.ZipFile(io.BytesIO(pandocs_own)) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    parts["word/document.xml"] = _on_paper(parts["word/document.xml"], paper)
    parts["word/styles.xml"] = _styled(parts["word/styles.xml"])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, text in parts.items():
            new.writestr(name, text)
    return file.getvalue()


def _on_paper(document: str, paper: Paper) -> str:
    width, height = (_twips(side) for side in SIZES_MM[paper])
    margins = " ".join(
        f'w:{side}="{_twips(MARGIN_MM)}"' for side in ("top", "right", "bottom", "left")
    )
    page = (
        f'<w:pgSz w:w="{width}" w:h="{height}"/>'
        f'<w:pgMar {margins} w:header="720" w:footer="720" w:gutter="0"/>'
    )
    return document.replace("</w:sectPr>", f"{page}</w:sectPr>")


def _styled(styles: str) -> str:
    styles = _in_style(styles, "Compact", f"<w:rPr>{_size(TABLE_POINTS)}</w:rPr></w:style>")
    styles = _in_style(
        styles, "Table", f"{TABLE_LINES}</w:tblPr>", r"<w:tblCellMar>.*?</w:tblCellMar>"
    )
    styles = re.sub(  # code is as large as the text around it
        r'(w:styleId="VerbatimChar">(?:(?!</w:style>).)*?)<w:sz w:val="\d+" ?/>',
        r"\1",
        styles,
        flags=re.DOTALL,
    )
    defaults = re.compile(r'(<w:rPrDefault>.*?)<w:sz w:val="\d+" ?/>\s*<w:szCs[^>]*>', re.DOTALL)
    return defaults.sub(rf"\g<1>{_size(TEXT_POINTS)}", styles, count=1)


def _in_style(styles: str, name: str, ending: str, instead_of: str = "(?!)") -> str:
    """Let a style say more, before its first closing tag of the same name."""
    closing = ending[ending.rindex("</") :]
    pattern = rf'(<w:style [^>]*w:styleId="{name}">.*?){re.escape(closing)}'

    def changed(found: "re.Match[str]") -> str:
        return re.sub(instead_of, "", found[1], flags=re.DOTALL) + ending

    return re.sub(pattern, changed, styles, count=1, flags=re.DOTALL)


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(2 * points)}"/><w:szCs w:val="{round(2 * points)}"/>'


def _twips(millimetres: float) -> int:
    return round(millimetres * 1440 / 25.4)

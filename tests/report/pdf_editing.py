"""Change a finished PDF the way somebody with a PDF editor would."""

import re

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from report.audit.read_pdf import read_pdf


def letters_of(font):
    """Return glyph numbers to characters, and back, from a font's ToUnicode map."""
    table = font["/ToUnicode"].get_object().get_data().decode("latin-1")
    pairs = re.findall(r"<([0-9a-fA-F]{4})>\s+<([0-9a-fA-F]{4})>", table)
    to_letter = {glyph.lower(): chr(int(code, 16)) for glyph, code in pairs}
    return to_letter, {letter: glyph for glyph, letter in to_letter.items()}


def edit_number(file, page_text, digit, other):
    """Replace a digit on the first page that shows a number, in that number.

    Returns:
        How many digits were replaced.
    """
    writer = PdfWriter(clone_from=file)
    shown = read_pdf(file).pages
    n_replaced = 0
    for page in writer.pages:
        if n_replaced or page_text not in shown[page.page_number]:
            continue
        fonts = page["/Resources"]["/Font"]
        lines = page.get_contents().get_data().split(b"\n")
        font, letters = "", {}
        for i, line in enumerate(lines):
            if set_font := re.match(rb"(/\S+) \S+ Tf", line):
                font = set_font[1].decode()
            if not line.endswith(b"TJ") or n_replaced:
                continue
            if font not in letters:
                letters[font] = letters_of(fonts[font].get_object())
            to_letter, to_glyph = letters[font]
            places = [
                at
                for found in re.finditer(rb"<(\w+)>", line)
                for at in range(found.start(1), found.end(1), 4)
            ]
            said = [to_letter.get(line[at : at + 4].decode(), " ") for at in places]
            start = "".join(said).find(page_text)
            if start >= 0 and other in to_glyph:
                at = places[said.index(digit, start)]
                lines[i] = line[:at] + to_glyph[other].encode() + line[at + 4 :]
                n_replaced += 1
        edited = DecodedStreamObject()
        edited.set_data(b"\n".join(lines))
        page[NameObject("/Contents")] = writer._add_object(edited)
    writer.write(file)
    return n_replaced


def edit_attachment(file, name, change):
    """Replace an attached file's bytes by what a function makes of them; None removes it."""
    writer = PdfWriter(clone_from=file)
    names = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]
    position = names.index(name)
    embedded = names[position + 1].get_object()["/EF"]
    changed = change(embedded["/F"].get_object().get_data())
    if changed is None:
        del names[position : position + 2]
    else:
        stream = DecodedStreamObject()
        stream.set_data(changed)
        embedded[NameObject("/F")] = writer._add_object(stream)
    writer.write(file)

"""Change a finished PDF the way somebody with a PDF editor would."""

import re

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from report.attached import read_pdf


def letters_of(font):
    """Return glyph numbers to characters, and back, from a font's ToUnicode map."""
    table = font["/ToUnicode"].get_object().get_data().decode("latin-1")
    pairs = re.findall(r"<([0-9a-fA-F]{4})>\s+<([0-9a-fA-F]{4})>", table)
    to_letter = {glyph.lower(): chr(int(code, 16)) for glyph, code in pairs}
    return to_letter, {letter: glyph for glyph, letter in to_letter.items()}


def edit_number(file, page_text, digit, other):
    """Replace a digit on the page, in the line of text that starts as given.

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
            glyphs = re.findall(r"[0-9a-f]{4}", "".join(re.findall(r"<(\w+)>", line.decode())))
            said = "".join(to_letter.get(glyph, "") for glyph in glyphs)
            if page_text in said and digit in said and other in to_glyph:
                old, new = to_glyph[digit].encode(), to_glyph[other].encode()
                at = re.search(rb"<(?:\w{4})*?(" + old + rb")(?:\w{4})*>", line)
                lines[i] = line[: at.start(1)] + new + line[at.end(1) :]
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

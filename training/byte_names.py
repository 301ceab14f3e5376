"""Names of files in any bytes: shown escaped where they aren't UTF-8, and turned back.

Python keeps a byte that isn't UTF-8 as half of a surrogate pair, which no JSON text, no page and no
terminal takes. Here it is written `\\xfc`; a name that holds such letters itself has its backslash
written `\\x5c`, so that what was escaped can be turned back.
"""

import re

_WRITTEN = re.compile(r"\\(?=x[0-9a-f]{2})")
_ODD = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


def escaped(name: str) -> str:
    """Return a name that any text can hold; one of plain UTF-8 as it is."""
    return _ODD.sub(_shown, _WRITTEN.sub(r"\\x5c", name))


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def unescaped(name: str) -> str:
    """Return the name that was escaped, as the file system knows it."""
    return _ESCAPE.sub(_meant, name)


def _meant(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(0xDC00 + code) if code >= 0x80 else chr(code)


def escape_for_stream(error: UnicodeError) -> tuple[str, int]:
    """Write what a stream's encoding lacks escaped; an error handler of `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    odd = error.object[error.start : error.end]
    return "".join(_shown_on_stream(letter) for letter in odd), error.end


def _shown_on_stream(letter: str) -> str:
    return (
        escaped(letter)
        if _ODD.match(letter)
        else letter.encode("ascii", "backslashreplace").decode()
    )

"""Damage bytes and structures in ways that readers meet, the same for the same random state."""

import copy
import json
import random
from typing import Any

NUMBERS = ("0", "-1", "1e999", "-0.0", "NaN", "Infinity", "9" * 30, "0x10", "1_0", "2147483648")
STRINGS = (
    "", "\x00", "../../etc/passwd", "/etc/passwd", "C:\\x", "a" * 5000, "\u202e\u2066", "😀\ud7ff",
    "<script>alert(1)</script>", "{{ 7*7 }}", "__class__", "nul", "%s%n", "é" * 300, "\r\n", "none",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, 1e308, -1e-308, [], {}, [[]], [None],
    *STRINGS,
)  # fmt: skip


def mutate(
    seed: bytes, others: list[bytes], tokens: tuple[bytes, ...], rng: random.Random
) -> bytes:
    """Return a damaged copy: JSON by structure half of the time, anything by bytes."""
    if seed[:1] in (b"{", b"[") and rng.random() < 0.5:
        return _structure(seed, rng)
    content = bytearray(seed)
    for _ in range(rng.choice((1, 1, 2, 4, 8, 32))):
        _damage(content, others, tokens, rng)
    return bytes(content)


def _damage(
    content: bytearray, others: list[bytes], tokens: tuple[bytes, ...], rng: random.Random
) -> None:
    start = rng.randrange(len(content) + 1)
    end = min(len(content), start + rng.choice((1, 2, 4, 16, 256, 4096)))
    kind = rng.randrange(9)
    if kind == 0 and start < len(content):
        content[start] ^= 1 << rng.randrange(8)
    elif kind == 1 and start < len(content):
        content[start] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    elif kind == 2:
        del content[start:end]
    elif kind == 3:
        content[start:start] = content[start:end] * rng.choice((1, 2, 50))
    elif kind == 4:
        content[start:start] = rng.randbytes(rng.choice((1, 4, 64)))
    elif kind == 5:
        del content[start:]
    elif kind == 6:
        other = rng.choice(others)
        cut = rng.randrange(len(other) + 1)
        content[start:end] = other[cut : cut + (end - start)]
    elif kind == 7 and tokens:
        content[start : start + rng.choice((0, 0, 4))] = rng.choice(tokens)
    else:
        word = 2 ** rng.randrange(4)
        number = rng.choice((0, 1, 2 ** (8 * word) - 1, 2 ** (8 * word - 1)))
        content[start : start + word] = number.to_bytes(word, rng.choice(("little", "big")))


def _structure(seed: bytes, rng: random.Random) -> bytes:
    """Change, remove or nest values of a JSON document, and write numbers as JSON never does."""
    document = json.loads(seed)
    for _ in range(rng.choice((1, 1, 2, 5))):
        document = _change(document, rng)
    text = json.dumps(document)
    if rng.random() < 0.1:
        text = text.replace(": 1", f": {rng.choice(NUMBERS)}", 1)
    if rng.random() < 0.02:
        text = "[" * 100_000 + text
    return text.encode("utf-8", "surrogatepass")


def _change(document: Any, rng: random.Random) -> Any:
    if isinstance(document, dict) and document and rng.random() < 0.9:
        key = rng.choice(list(document))
        kind = rng.random()
        if kind < 0.1:
            del document[key]
        elif kind < 0.2:
            document[rng.choice(STRINGS)] = document.pop(key)
        else:
            document[key] = _change(document[key], rng)
        return document
    if isinstance(document, list) and document and rng.random() < 0.7:
        place = rng.randrange(len(document))
        kind = rng.random()
        if kind < 0.2:
            del document[place]
        elif kind < 0.4:
            document.extend(document[:50])
        else:
            document[place] = _change(document[place], rng)
        return document
    return copy.deepcopy(rng.choice(VALUES))

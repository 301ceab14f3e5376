"""What hostile records say, and what of it may show in a report: text, and nothing else."""

import base64
import json
import re
from collections import Counter
from html.parser import HTMLParser

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "closing tags": "</title></style></script></svg></section><script>alert(1)</script>",
    "event handler": "\"><img src=x onerror=alert(1)> ' onmouseover='alert(1)",
    "vector graphic": '<svg onload=alert(1)><foreignObject><iframe src="file:///etc/passwd">',
    "address": 'javascript:alert(1) <a href="javascript:alert(1)">x</a>',
    "style": '</style><style>@import "http://127.0.0.1:9/x";*{background:url(file:///etc/passwd)}',
    "local file": '<img src="file:///etc/passwd"><link rel="stylesheet" href="file:///etc/passwd">',
    "other machine": '<img src="http://127.0.0.1:9/x"><iframe src="https://127.0.0.1:9/">',
    "template": "{{ 7*7 }}{% include '/etc/passwd' %}{{ ''.__class__.__mro__ }}",
    "path": "../../../../etc/passwd",
    "marks": "\u202eevil\u2066\u0000\u0007\ufeff\r\n\t'\"`&lt;&#60;",
    "length": "A" * 20_000,
}
"""Kind of attack to what is written into records."""

FREE = {
    "study.json": ("title", "author", "course", "abstract", "command", "homework", "data", "preset",
                   "question", "note", "model", "weights", "id", "name"),
    "dataset.json": ("classes", "dropped_classes", "ignored_files", "test_images", "name", "file",
                     "fingerprint", "kind", "split_source", "label", "group"),
    "metrics.json": ("device", "device_name", "git_commit", "homework", "platform", "python",
                     "torch", "torchvision", "finished_at", "error", "notes", "model", "weights",
                     "weights_digest", "spec_hash", "name", "id", "reused_from", "grid",
                     "candidates", "start", "end", "precision"),
    "predictions.json": ("file", "id"),
    "curves.json": ("id",),
}  # fmt: skip
"""Record to the fields that hold text, wherever they lie in it."""

NOT_ALLOWED = frozenset(("iframe", "object", "embed", "link", "base", "form", "foreignobject"))


def poisoned(content, field, payload):
    """Return a record whose field says something else; None if it has no such text."""
    changed = [0]

    def walk(value, here=False):
        if isinstance(value, dict):
            return {key: walk(item, here or key == field) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, here) for item in value]
        if here and (isinstance(value, str) or value is None):
            changed[0] += 1
            return payload
        return value

    found = walk(json.loads(content))
    return json.dumps(found).encode("utf-8", "surrogatepass") if changed[0] else None


class _Seen(HTMLParser):
    """Everything in a page that acts or fetches."""

    def __init__(self):
        super().__init__()
        self.tags = Counter()
        self.handlers = []
        self.addresses = []
        self.pictures = []

    def handle_starttag(self, tag, attrs):
        if (tag, dict(attrs).get("name")) != ("meta", "author"):
            self.tags[tag] += 1
        for name, value in attrs:
            if name.startswith("on") or name in ("srcdoc", "formaction", "style", "http-equiv"):
                self.handlers.append((tag, name, value))
            elif name in ("href", "src", "action", "data", "poster", "xlink:href", "srcset"):
                self.addresses.append((tag, value))


def seen(html):
    found = _Seen()
    found.feed(html)
    found.close()
    return found


def active(html, plain):
    """Return what acts or fetches in a page and doesn't in the same page of harmless records."""
    page, harmless = seen(html), seen(plain)
    allowed = {address for _, address in harmless.addresses}
    found = [f"<{tag}>" for tag in page.tags if tag in NOT_ALLOWED]
    found += [f"{n} <{tag}>" for tag in ("script", "style", "svg", "meta")
              if (n := page.tags[tag]) != harmless.tags[tag]]  # fmt: skip
    found += [str(h) for h in page.handlers if h not in harmless.handlers and h[1] != "http-equiv"]
    for tag, address in page.addresses:
        if address in allowed or address.startswith("#"):
            continue
        if not (tag == "img" and address.startswith("data:image/")):
            found.append(f"{tag} {address[:80]}")
    found += [f"picture: {what}" for what in active_pictures(html)]
    return found


SVG = re.compile(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]*)"')
DRAWN = re.compile(
    r"<script|<foreignObject|\son\w+=|href=\"(?!#|data:image/png)|url\((?!#)|@import", re.I
)


def active_pictures(html):
    """Return what acts or fetches in a page's figures."""
    for content in SVG.findall(html):
        svg = base64.b64decode(content).decode()
        # a figure's lettering is outlines, its text is escaped
        yield from DRAWN.findall(svg)

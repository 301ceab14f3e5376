"""How a person arranges the report of a study. Part of `study.json`."""

import msgspec


class ExtraSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section that a person wrote.

    Attributes:
        title: Its heading.
        markdown: Its text; printed without HTML, images from elsewhere or scripts.
        after: The section it follows.
        pictures: Images that the text names by a path: the path to a `data:` address of PNG or
            JPEG.
    """

    title: str
    markdown: str
    after: str = "conclusion"
    pictures: dict[str, str] = {}


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """What the report holds beside its usual sections, and in which order.

    Attributes:
        sections: These come first, in this order; the others follow in their usual one.
        leave_out: Sections that the report doesn't print.
        extra: Sections that a person wrote.
    """

    sections: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    extra: tuple[ExtraSection, ...] = ()

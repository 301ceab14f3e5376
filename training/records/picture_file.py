"""What a record says of a file beside it that has an entry a picture. Plain data, no NumPy."""

from typing import Annotated

import msgspec

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]

MOST_IN_JSON = 50_000
"""What is said of each of more pictures stands in a file beside the record."""


class PictureFile(msgspec.Struct, frozen=True):
    """A file beside this record with an entry a picture, in place of lists in it.

    Attributes:
        sha256: Of the file, in hexadecimal digits.
        n_images: Entries.
    """

    sha256: Digest
    n_images: Annotated[int, msgspec.Meta(ge=0)]

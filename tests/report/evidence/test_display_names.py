"""What records call briefly, in the words of the report."""

import pytest
from in_memory import a_view

from report.evidence.display_names import weights_name


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("imagenet", "ImageNet weights"),
        ("sample", "weights trained on drawn glyphs"),
        ("file:alexnet-owt-7be5be79.pth", "weights from the file alexnet-owt-7be5be79.pth"),
        ("/home/me/weights", "weights from the folder weights"),
        ("weights/", "weights from the folder weights"),
        ("mine/net.safetensors", "weights from the file net.safetensors"),
    ],
)
def test_weights_are_named_by_where_they_come_from(label, words):
    assert weights_name(a_view(), label) == words

"""What records call briefly, in the words of the report."""

import pytest
from in_memory import a_view

from report.evidence.display_names import model_name, weights_name


@pytest.mark.parametrize(
    ("model", "words"),
    [("alexnet", "AlexNet"), ("timm:tf_efficientnet_lite0", "tf efficientnet lite0"),
     ("torchvision:resnet34", "resnet34"), ("my_nets:wide_one", "wide one"),
     ("efficientnet_lite0:build", "efficientnet lite0"), ("nets.small:make", "nets.small")],
)  # fmt: skip
def test_networks_are_named_by_what_says_most(model, words):
    assert model_name(model) == words


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

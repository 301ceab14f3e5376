"""Attention rollout is that of a plain re-implementation, and maps see the last layer."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import VisionTransformer

from training.networks.attention_maps import attention_maps, attention_places, rollout
from training.networks.build import build
from training.networks.grad_cam import N_DRAWS, rank_correlation

SIDE = 6


@pytest.fixture
def small():
    """A vision transformer of torchvision's code, small, with 6 × 6 places and a class token."""
    torch.manual_seed(0)
    return VisionTransformer(
        image_size=48, patch_size=8, num_layers=3, num_heads=4, hidden_dim=32, mlp_dim=64,
        num_classes=5,
    ).eval()  # fmt: skip


@pytest.fixture
def pictures():
    return torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))


CLASSES = torch.tensor([3, 0])


def attention_of(module, pictures):
    """Return the attention that torch's own layers report, layer by layer, (B, n_heads, T, T)."""
    found = []
    hooks = [
        layer.register_forward_pre_hook(
            lambda layer, given: found.append(
                nn.MultiheadAttention.forward(layer, *given, average_attn_weights=False)[1]
            )
        )
        for layer in module.modules()
        if isinstance(layer, nn.MultiheadAttention)
    ]
    with torch.no_grad():
        module(pictures)
    for hook in hooks:
        hook.remove()
    return found


def abnar_and_zuidema(attention):
    """Roll attention out in numpy, image by image: half of it, and half of the identity."""
    maps = []
    for image in range(len(attention[0])):
        rolled = np.eye(attention[0].shape[-1])
        for layer in attention:
            heads = layer[image].double().numpy()
            joint = 0.5 * heads.mean(0) + 0.5 * np.eye(len(rolled))
            joint = joint / joint.sum(1, keepdims=True)
            rolled = joint @ rolled
        maps.append(rolled)
    return np.stack(maps)


def test_with_weights_of_one_it_is_the_rollout_of_abnar_and_zuidema(small, pictures):
    attention = attention_of(small, pictures)
    assert [tuple(layer.shape) for layer in attention] == [(2, 4, SIDE**2 + 1, SIDE**2 + 1)] * 3
    ours = rollout(attention, [torch.ones_like(layer) for layer in attention])
    expected = abnar_and_zuidema(attention)
    np.testing.assert_allclose(ours.numpy() / 2 ** len(attention), expected, atol=1e-6)
    np.testing.assert_allclose(expected.sum(2), 1)


def chefer(module, pictures, classes):
    """Roll out what is positive of gradient times attention, from layers that torch reports."""
    noted = []

    def forward(layer, query, key, value, **others):
        n, n_tokens, width = query.shape
        parts = F.linear(query, layer.in_proj_weight, layer.in_proj_bias).chunk(3, -1)
        q, k, v = (part.reshape(n, n_tokens, layer.num_heads, -1).transpose(1, 2) for part in parts)
        noted.append((q @ k.mT / q.shape[-1] ** 0.5).softmax(-1))
        joined = (noted[-1] @ v).transpose(1, 2).reshape(n, n_tokens, width)
        return layer.out_proj(joined), None

    layers = [layer for layer in module.modules() if isinstance(layer, nn.MultiheadAttention)]
    for layer in layers:
        layer.forward = forward.__get__(layer)
    maps = []
    for picture, class_ in zip(pictures, classes, strict=True):
        noted.clear()
        score = module(picture[None])[0, class_]
        gradients = torch.autograd.grad(score, noted)
        relevance = np.eye(noted[0].shape[-1])
        for gradient, attention in zip(gradients, noted, strict=True):
            weighed = (gradient * attention).clamp(min=0)[0].detach().double().mean(0).numpy()
            relevance = relevance + weighed @ relevance
        maps.append(relevance[0, 1:].reshape(SIDE, SIDE))
    for layer in layers:
        del layer.forward
    return np.stack(maps)


def test_maps_are_those_of_a_plain_implementation_for_every_last_layer(small, pictures):
    last = small.heads[-1]
    with torch.no_grad():
        last.weight.copy_(torch.randn(last.weight.shape))  # torchvision's begins with zeros
    assert attention_places(small, pictures[:1]) == (SIDE, 1)
    own, *drawn = attention_maps(small, 1, last, pictures, CLASSES)
    assert len(drawn) == N_DRAWS
    np.testing.assert_allclose(own, chefer(small, pictures, CLASSES), rtol=1e-3, atol=1e-7)
    generator, width = torch.Generator().manual_seed(0), last.weight.detach().std()
    for ours in drawn:
        with torch.no_grad():
            last.weight.copy_(torch.randn(last.weight.shape, generator=generator) * width)
        np.testing.assert_allclose(ours, chefer(small, pictures, CLASSES), rtol=1e-3, atol=1e-7)
    assert own.min() >= 0
    assert all(rank_correlation(own[0], other[0]) < 0.999 for other in drawn)


def test_frozen_weights_hide_nothing(small, pictures):
    with torch.no_grad():
        small.heads[-1].weight.normal_()
    expected = attention_maps(small, 1, small.heads[-1], pictures, CLASSES)
    small.requires_grad_(False)
    assert attention_places(small, pictures[:1]) == (SIDE, 1)
    found = attention_maps(small, 1, small.heads[-1], pictures, CLASSES)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_torchs_function_is_as_before_after_it_and_after_an_error(small, pictures):
    before = F.scaled_dot_product_attention
    attention_maps(small, 1, small.heads[-1], pictures, CLASSES)
    with pytest.raises(AssertionError):
        attention_places(small, pictures[:, :, :40])
    assert F.scaled_dot_product_attention is before


@pytest.mark.parametrize("name", ["alexnet", "resnet18"])
def test_convolutions_have_no_attention(name):
    network = build(name, 5, width=1 / 16)
    assert attention_places(network.module.eval(), torch.randn(1, 3, 64, 64)) is None


def test_attention_before_the_last_convolution_is_left_to_grad_cam(small, pictures):
    class Hybrid(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.last = small, nn.Conv2d(32, 8, 1)

        def forward(self, pictures):
            x = self.tokens._process_input(pictures)
            x = self.tokens.encoder(torch.cat([x[:, :1], x], 1))[:, 1:]
            return self.last(x.mT.unflatten(2, (SIDE, SIDE))).mean((2, 3))

    assert attention_places(Hybrid().eval(), pictures[:1]) is None


def test_other_shapes_of_attention_are_no_places():
    class Windows(nn.Module):
        def __init__(self, *shape):
            super().__init__()
            self.shape = shape

        def forward(self, pictures):
            x = pictures.flatten()[: int(np.prod(self.shape))].reshape(self.shape)
            return F.scaled_dot_product_attention(x, x, x).flatten(1)

    picture = torch.randn(1, 3, 32, 32)
    assert attention_places(Windows(1, 2, 17, 4), picture) == (4, 1)
    assert attention_places(Windows(1, 2, 16, 4), picture) == (4, 0)
    assert attention_places(Windows(4, 2, 17, 4), picture) is None  # windows of one picture
    assert attention_places(Windows(1, 17, 4), picture) is None
    assert attention_places(Windows(1, 2, 1, 4), picture) is None
    assert attention_places(Windows(1, 2, 34, 4), picture) is None  # nine more than 25


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224",
                                  "vit_tiny_patch16_224.avg"])  # fmt: skip
def test_timms_transformers_have_maps(name):
    timm = pytest.importorskip("timm", reason="needs the extra timm")
    pool = {"global_pool": "avg"} if name.endswith(".avg") else {}
    torch.manual_seed(0)
    module = timm.create_model(name.removesuffix(".avg"), num_classes=5, depth=2, img_size=64,
                               patch_size=16, **pool).eval()  # fmt: skip
    pictures = torch.randn(2, 3, 64, 64)
    side, before = attention_places(module, pictures[:1])
    assert (side, before) == (4, module.num_prefix_tokens)
    if name.startswith("deit"):
        return  # its score is the mean of two heads
    maps = attention_maps(module, before, module.get_classifier(), pictures, CLASSES)
    assert maps.shape == (1 + N_DRAWS, 2, 4, 4)
    assert np.isfinite(maps).all()
    assert maps.max() > 0

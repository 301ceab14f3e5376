"""What training did to the first layer: the number against a plain computation, the pictures."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from training.networks.first_layer import describe_change, first_filters, with_pictures
from training.records import StudyFolder


class Net(nn.Module):
    def __init__(self, n_filters=5, channels=3):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, n_filters, (2, 4)), nn.ReLU())
        self.late = nn.Conv2d(n_filters, 3, 1)


def moved(net, factor):
    with torch.no_grad():
        net.stem[0].weight.mul_(factor)
    return net


def test_the_change_is_relative_to_the_start():
    net = Net()
    start = first_filters(net)
    before = net.stem[0].weight.detach().double().clone()
    with torch.no_grad():
        net.stem[0].weight.add_(torch.randn_like(net.stem[0].weight) * 0.1)
    after = net.stem[0].weight.detach().double()
    record = describe_change(start, net)
    expected = np.sqrt(((after - before).numpy() ** 2).sum() / (before.numpy() ** 2).sum())
    assert record.relative_change == pytest.approx(float(expected))
    assert (record.name, record.n_filters, record.kernel) == ("stem.0", 5, (2, 4))
    assert record.pictures is None


def test_a_frozen_layer_has_not_moved():
    net = Net()
    assert describe_change(first_filters(net), net).relative_change == 0.0


def test_an_empty_start_has_no_relative_change():
    net = moved(Net(), 0.0)
    start = first_filters(net)
    nn.init.ones_(net.stem[0].weight)
    assert describe_change(start, net).relative_change is None


def test_weights_that_are_not_finite_are_not_described():
    net = Net()
    start = first_filters(net)
    assert describe_change(start, moved(net, float("nan"))) is None


@pytest.mark.parametrize("net", [Net(channels=2), nn.Linear(3, 2)])
def test_networks_without_filters_for_pictures_have_none(net):
    assert first_filters(net) is None
    assert describe_change(None, net) is None


def test_filters_for_grey_are_drawn_in_grey(tmp_path):
    net, folder = Net(channels=1), StudyFolder(tmp_path)
    start = first_filters(net)
    record = with_pictures(describe_change(start, net), start, net, folder)
    drawn = pixels(folder, record.pictures.end)
    assert drawn[..., 3].any()
    assert np.array_equal(drawn[..., 0], drawn[..., 2])


def pixels(folder, file):
    with Image.open(folder.path / file) as image:
        return np.asarray(image)


def test_a_pixel_is_a_weight_on_a_scale_that_both_pictures_share(tmp_path):
    net, folder = Net(), StudyFolder(tmp_path)
    start = first_filters(net)
    moved(net, 0.5)
    record = with_pictures(describe_change(start, net), start, net, folder).pictures
    before, after = pixels(folder, record.start), pixels(folder, record.end)
    assert before.shape == (2 * 3 - 1, 3 * 5 - 1, 4)  # two rows of three filters, gaps between
    assert (record.height, record.width, record.n_shown) == (5, 14, 5)
    weight = start.weight[3].permute(1, 2, 0).numpy()  # filter 3 opens the second row
    for picture, factor in ((before, 1.0), (after, 0.5)):
        second_row = picture[3:5, 0:4, :3].astype(float)
        expected = np.clip(factor * weight / record.limit, -1, 1)
        assert second_row / 127.5 - 1 == pytest.approx(expected, abs=0.005)
    assert (before[2, :, 3] == 0).all()  # the gap between the rows is transparent
    assert (before[3:, 10:, 3] == 0).all()  # as is the place of the sixth filter


def test_of_many_filters_the_first_are_shown(tmp_path):
    net = Net(n_filters=100)
    start = first_filters(net)
    record = with_pictures(describe_change(start, net), start, net, StudyFolder(tmp_path))
    assert (record.n_filters, record.pictures.n_shown) == (100, 64)
    image = Image.open(io.BytesIO((tmp_path / record.pictures.start).read_bytes()))
    assert image.size == (8 * 5 - 1, 8 * 3 - 1)


def test_filters_of_zeros_can_be_drawn(tmp_path):
    net = moved(Net(), 0.0)
    start = first_filters(net)
    record = with_pictures(describe_change(start, net), start, net, StudyFolder(tmp_path))
    assert record.pictures.start == record.pictures.end

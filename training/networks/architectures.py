"""The homework's three networks: AlexNet, VGG16 and ResNet18, thinned where that is wanted.

Names and shapes of their weights are those of torchvision's networks, so that published weights
fit, and so are their outputs and their random start. Importing torchvision's own takes as long as
importing torch.

`width` multiplies every channel count but the input's.
"""

import functools

from torch import Tensor, nn

from training.networks.convolutions import Convolutions, MaxPooling, convolved

N_PUBLISHED = 1000
"""Classes of ImageNet, which the published heads tell apart."""

VGG16_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def scaled(channels: int, width: float) -> int:
    """Scale a channel count to a multiple of 16.

    Convolution kernels are written for that; with fewer channels and odd batches torch 2.15's
    channels-last kernels for the CPU write outside their memory.
    """
    return channels if width == 1.0 else max(16, 16 * round(channels * width / 16))


class AlexNet(nn.Module):
    """AlexNet in one column (Krizhevsky, 2014): five convolutions, three fully connected layers.

    Maps images (B, 3, H, W) from 63 pixels a side on to class scores (B, 1000), thinned too.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        n = functools.partial(scaled, width=width)
        self.features = Convolutions(
            nn.Conv2d(3, n(64), 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            MaxPooling(3, stride=2),
            nn.Conv2d(n(64), n(192), 5, padding=2),
            nn.ReLU(inplace=True),
            MaxPooling(3, stride=2),
            nn.Conv2d(n(192), n(384), 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(n(384), n(256), 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(n(256), n(256), 3, padding=1),
            nn.ReLU(inplace=True),
            MaxPooling(3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(n(256) * 6 * 6, n(4096)),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(n(4096), n(4096)),
            nn.ReLU(inplace=True),
            nn.Linear(n(4096), n(N_PUBLISHED)),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(pictures)).flatten(1))
        return scores


class VGG16(nn.Module):
    """VGG's configuration D (Simonyan and Zisserman, 2015): 13 convolutions of 3 × 3 pixels.

    Maps images (B, 3, H, W) from 32 pixels a side on to class scores (B, 1000), thinned too.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        n = functools.partial(scaled, width=width)
        layers: list[nn.Module] = []
        before = 3
        for block in VGG16_BLOCKS:
            for channels in block:
                layers += [nn.Conv2d(before, n(channels), 3, padding=1), nn.ReLU(inplace=True)]
                before = n(channels)
            layers.append(MaxPooling(2, stride=2))
        self.features = Convolutions(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(n(512) * 7 * 7, n(4096)),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(n(4096), n(4096)),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(n(4096), n(N_PUBLISHED)),
        )
        start_convolutions(self)
        if width == 1.0:  # thin layers keep torch's own start, which follows their width
            start_linear_layers(self)

    def forward(self, pictures: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(pictures)).flatten(1))
        return scores


class BasicBlock(nn.Module):
    """Two convolutions of 3 × 3 pixels whose output is added to what goes past them.

    Maps (B, n_in, H, W) to (B, n_out, H / stride, W / stride).
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        past = None
        if stride != 1 or n_in != n_out:
            past = nn.Sequential(
                nn.Conv2d(n_in, n_out, 1, stride=stride, bias=False), nn.BatchNorm2d(n_out)
            )
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.downsample = past

    def forward(self, maps: Tensor) -> Tensor:
        past = maps if self.downsample is None else self.downsample(maps)
        maps = self.relu(self.bn1(self.conv1(maps)))
        maps = self.bn2(self.conv2(maps))
        maps += past
        output: Tensor = self.relu(maps)
        return output


def two_blocks(n_in: int, n_out: int, stride: int) -> nn.Sequential:
    """Return the blocks of one resolution, the first of which may halve it."""
    return nn.Sequential(BasicBlock(n_in, n_out, stride), BasicBlock(n_out, n_out, 1))


class ResNet18(nn.Module):
    """A residual network of 18 layers (He et al., 2016).

    Maps images (B, 3, H, W) to class scores (B, 1000), thinned too.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        n = functools.partial(scaled, width=width)
        self.conv1 = nn.Conv2d(3, n(64), 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(n(64))
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = MaxPooling(3, stride=2, padding=1)
        self.layer1 = two_blocks(n(64), n(64), stride=1)
        self.layer2 = two_blocks(n(64), n(128), stride=2)
        self.layer3 = two_blocks(n(128), n(256), stride=2)
        self.layer4 = two_blocks(n(256), n(512), stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(n(512), n(N_PUBLISHED))
        start_convolutions(self)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.maxpool(self.relu(self.bn1(convolved(self.conv1, pictures))))
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        scores: Tensor = self.fc(self.avgpool(maps).flatten(1))
        return scores


def start_convolutions(module: nn.Module) -> None:
    """Draw filters for ReLU (He et al., 2015), by the fan-out; biases begin at zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def start_linear_layers(module: nn.Module) -> None:
    """Draw weights of fully connected layers as VGG's authors did; biases begin at zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, 0.01)
            nn.init.zeros_(layer.bias)

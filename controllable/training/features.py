"""Perceptual features: what two pictures look like to a network trained to see, compared layer by layer."""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, as torchvision's models expect their input."""
KINDS = ("own", "squeezenet", "vgg19", "resnet50")


class Features(nn.Module):
    """distance(a, b) of (B, 3, H, W), RGB, [0, 1] → (B,): mean over layers and places of |û - v̂|², û being the features
    before activation (ESRGAN, Wang et al. 2018, section 3.2) with unit length at every place (LPIPS, Zhang et al. 2018,
    eq. 1, without its learned weights).
    """

    def __init__(self, layers: Callable[[Tensor], Iterator[Tensor]], network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self.layers = layers
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pairs = zip(self._seen(a), self._seen(b), strict=True)
        distances = [(F.normalize(u, dim=1) - F.normalize(v, dim=1)).pow(2).sum(1).mean((1, 2)) for u, v in pairs]
        return torch.stack(distances).mean(0)

    def _seen(self, image: Tensor) -> Iterator[Tensor]:
        return self.layers((image.float() - self.mean) / self.std)


def load_features(name: str) -> Features:
    """`own[:FOLDER]`, the image tower of a restoration CLIP (the bundled one); `squeezenet:FILE`, `vgg19:FILE`,
    `resnet50:FILE`, safetensors with torchvision's names; without a file torchvision downloads its weights.

    Raises ValueError for any other name or a file that is not there.
    """
    kind, _, source = name.partition(":")
    if kind not in KINDS:
        raise ValueError(f"features: {kind!r} is not one of {', '.join(KINDS)}")
    if source and not Path(source).exists():
        raise ValueError(f"features: there is no {source}")
    return {"own": _own, "squeezenet": _squeezenet, "vgg19": _vgg19, "resnet50": _resnet50}[kind](source)


def _own(folder: str) -> Features:
    import open_clip

    from controllable.enhancer import BUNDLED

    tower = open_clip.create_model(f"local-dir:{folder or BUNDLED / 'clip'}").visual

    def layers(x: Tensor) -> Iterator[Tensor]:
        yield from _residual_stages(tower.stem(x), tower)

    return Features(layers, tower)


def _resnet50(file: str) -> Features:
    from torchvision.models import ResNet50_Weights, resnet50

    network = _weighted(resnet50(weights=None if file else ResNet50_Weights.DEFAULT), file)

    def layers(x: Tensor) -> Iterator[Tensor]:
        x = network.bn1(network.conv1(x))
        yield x
        yield from _residual_stages(network.maxpool(F.relu(x)), network)

    return Features(layers, network)


def _residual_stages(x: Tensor, network: nn.Module) -> Iterator[Tensor]:
    for stage in (network.layer1, network.layer2, network.layer3):
        x = stage(x)  # type: ignore[operator]
        yield x


def _vgg19(file: str) -> Features:
    from torchvision.models import VGG19_Weights, vgg19

    network = _weighted(vgg19(weights=None if file else VGG19_Weights.DEFAULT), file).features

    def layers(x: Tensor) -> Iterator[Tensor]:
        for index, layer in enumerate(network[:35]):
            x = F.relu(x) if isinstance(layer, nn.ReLU) else layer(x)
            if index in (2, 7, 16, 25, 34):
                yield x

    return Features(layers, network)


def _squeezenet(file: str) -> Features:
    from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

    network = _weighted(squeezenet1_1(weights=None if file else SqueezeNet1_1_Weights.DEFAULT), file).features

    def layers(x: Tensor) -> Iterator[Tensor]:
        x = network[0](x)
        yield x
        x = F.relu(x)
        for layer in network[2:]:
            if isinstance(layer, nn.MaxPool2d):
                x = layer(x)
                continue
            squeezed = F.relu(layer.squeeze(x))
            x = torch.cat((layer.expand1x1(squeezed), layer.expand3x3(squeezed)), 1)
            yield x
            x = F.relu(x)

    return Features(layers, network)


def _weighted(network: nn.Module, file: str) -> nn.Module:
    if file:
        network.load_state_dict(load_file(file))
    return network

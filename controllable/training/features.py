"""Perceptual features: what two pictures look like to a network trained to see, compared layer by layer."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from controllable.quality import mosaic

KINDS = ("own", "squeezenet", "vgg19", "resnet50")
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FIRES = (3, 4, 6, 7, 9, 10, 11, 12)


class Features(nn.Module):
    """distance(a, b) of (B, 3, H, W), RGB, [0, 1], 64 px or more → (B,): mean over layers and places of |û - v̂|².

    û and v̂ are the features before activation (ESRGAN, Wang et al. 2018, section 3.2) with unit length at every place
    (LPIPS, Zhang et al. 2018, eq. 1, without its learned weights).

    taps: activations whose inputs are the layers, by module path; those in one tuple make one layer together. mean,
    deviation: of the input the network was trained on.
    """

    def __init__(
        self, network: nn.Module, taps: Sequence[tuple[str, ...]], mean: Sequence[float], deviation: Sequence[float]
    ) -> None:
        super().__init__()
        self.network = network.float().eval().requires_grad_(False)
        self.taps = tuple(taps)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1), persistent=False)
        self._seen: dict[str, Tensor] = {}
        for name in (name for tap in self.taps for name in tap):
            network.get_submodule(name).register_forward_pre_hook(self._keeper(name))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pairs = zip(self.layers(a), self.layers(b), strict=True)
        distances = [(F.normalize(u, dim=1) - F.normalize(v, dim=1)).pow(2).sum(1).mean((1, 2)) for u, v in pairs]
        return torch.stack(distances).mean(0)

    def layers(self, image: Tensor) -> list[Tensor]:
        """Before activation, one (B, C, h, w) a layer."""
        self.network((image.float() - self.mean) / self.deviation)
        layers = [torch.cat([self._seen[name] for name in tap], 1) for tap in self.taps]
        self._seen = {}
        return layers

    def _keeper(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def keep(activation: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            self._seen[name] = inputs[0].clone()  # activations work in place; one used several times counts last

        return keep


def load_features(name: str) -> Features:
    """`own[:FOLDER]`, the image tower of a restoration CLIP (the bundled one); `squeezenet:FILE`, `vgg19:FILE`,
    `resnet50:FILE`, safetensors with torchvision's names; without a file torchvision downloads its weights.

    Raises ValueError for any other name, and for a file that is not there or holds something else.
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
    tower.layer4 = tower.attnpool = nn.Identity()
    taps = [("act1",), ("act3",), *((f"layer{k}.{len(tower.get_submodule(f'layer{k}')) - 1}.act3",) for k in (1, 2, 3))]
    return Features(tower, taps, mosaic.MEAN, mosaic.DEVIATION)


def _squeezenet(file: str) -> Features:
    from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

    network = _weighted(squeezenet1_1(weights=None if file else SqueezeNet1_1_Weights.DEFAULT), file).features
    fires = [tuple(f"{k}.expand{size}_activation" for size in ("1x1", "3x3")) for k in _FIRES]
    return Features(network, [("1",), *fires], IMAGENET_MEAN, IMAGENET_DEVIATION)


def _vgg19(file: str) -> Features:
    from torchvision.models import VGG19_Weights, vgg19

    network = _weighted(vgg19(weights=None if file else VGG19_Weights.DEFAULT), file).features
    return Features(network, [("3",), ("8",), ("17",), ("26",), ("35",)], IMAGENET_MEAN, IMAGENET_DEVIATION)


def _resnet50(file: str) -> Features:
    from torchvision.models import ResNet50_Weights, resnet50

    network = _weighted(resnet50(weights=None if file else ResNet50_Weights.DEFAULT), file)
    network.layer4 = network.fc = nn.Identity()
    taps = [("relu",), ("layer1.2.relu",), ("layer2.3.relu",), ("layer3.5.relu",)]
    return Features(network, taps, IMAGENET_MEAN, IMAGENET_DEVIATION)


def _weighted(network: nn.Module, file: str) -> nn.Module:
    if file:
        try:
            network.load_state_dict(load_file(file))
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"features: {file} does not hold these weights ({reason})") from None
    return network

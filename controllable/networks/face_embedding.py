"""Face embedding: a face crop → a direction that says whose face it is, whatever the photo's flaws.

It answers one question, "is this still the same face?", for the identity guard. It names nobody.
"""

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

CROP_PX = 64
DIMENSIONS = 128
_GROUPS = 8
_DARKEST = 0.02
"""Added to the deviation a crop is divided by: a crop of one colour stays finite."""
_HALF_WIDTH, _HALF_HEIGHT = 0.42, 0.48
"""Semi-axes of the oval that is looked at, as shares of the crop's side: head and hairline, no wall behind them."""


def face_oval() -> Tensor:
    """(1, 1, 64, 64), 1 inside, falling to 0 over some 4 px: the wall behind a face must not say whose it is."""
    axis = (torch.arange(CROP_PX) + 0.5) / CROP_PX - 0.5
    radius = torch.hypot(axis[None] / _HALF_WIDTH, axis[:, None] / _HALF_HEIGHT)
    return ((1.0 - radius) * CROP_PX * _HALF_WIDTH / 4.0 + 0.5).clamp(0.0, 1.0)[None, None]


class FaceBlock(nn.Module):
    """Two 3×3 convolutions beside the identity (He et al. 2016, fig. 2); group norm (Wu & He 2018), which no crop of
    the batch can disturb, and which is the same in training and in use."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.GroupNorm(_GROUPS, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.norm(self.first(x)), 0.1))


class FaceEmbedding(nn.Module, PyTorchModelHubMixin, library_name="controllable", license="apache-2.0"):
    """crops (B, 3, 64, 64), RGB, [0, 1] → unit vectors (B, 128); their scalar product is the similarity, in [-1, 1].

    The crop is a square of `CROP_SHARE` face widths around a face (`generation.identity`). Within an oval its mean and
    deviation are taken out, all channels alike: exposure and haze go, the ratio of the colours stays. The last map is
    read by one weight a pixel and channel, so an eye counts as an eye only where eyes are (MobileFaceNets, Chen et al.
    2018, section 3.2). threshold: the similarity from which two crops are taken for one face; it belongs to the
    weights.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128), blocks: int = 1, threshold: float = 0.5) -> None:
        super().__init__()
        if not -1.0 <= threshold <= 1.0:
            raise ValueError(f"threshold: {threshold} is outside [-1, 1]")
        self.threshold = threshold
        w0, w1, w2 = widths
        self.layers = nn.Sequential(
            nn.Conv2d(3, w0, 5, 2, 2),
            nn.GroupNorm(_GROUPS, w0),
            nn.LeakyReLU(0.1),
            nn.Conv2d(w0, w1, 3, 2, 1),
            *(FaceBlock(w1) for _ in range(blocks)),
            nn.GroupNorm(_GROUPS, w1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(w1, w2, 3, 2, 1),
            *(FaceBlock(w2) for _ in range(blocks)),
            nn.GroupNorm(_GROUPS, w2),
            nn.LeakyReLU(0.1),
        )
        self.register_buffer("oval", face_oval(), persistent=False)
        self.places = nn.Conv2d(w2, w2, CROP_PX // 8, groups=w2)
        self.embedding = nn.Linear(w2, DIMENSIONS)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.1)
                nn.init.zeros_(module.bias)

    def forward(self, crops: Tensor) -> Tensor:
        if crops.ndim != 4 or crops.shape[1:] != (3, CROP_PX, CROP_PX):
            raise ValueError(f"crops: expected (B, 3, {CROP_PX}, {CROP_PX}), got {tuple(crops.shape)}")
        with torch.autocast(crops.device.type, enabled=False):
            crops = crops.float()
            share = self.oval / (3.0 * self.oval.sum())
            centred = crops - (share * crops).sum((1, 2, 3), keepdim=True)
            deviation = (share * centred * centred).sum((1, 2, 3), keepdim=True).sqrt()
            seen = self.oval * centred / (deviation + _DARKEST)
        features = self.places(self.layers(seen.contiguous(memory_format=torch.channels_last)))
        return F.normalize(self.embedding(features.flatten(1)).float(), dim=1)

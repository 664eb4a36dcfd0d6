"""The degrader: what has to be learned of how real photos go bad; physics is its frame (`degradation.learned`)."""

import math

import torch
import torch.nn.functional as F
from huggingface_hub import ModelCard, PyTorchModelHubMixin
from torch import Tensor, nn

from controllable.networks.backbones import make_backbone

LATENT = 8
"""Numbers that say which camera it was; standard normal."""
FATE = 4
"""Numbers that say how bad this photo became, given how it was stored; standard normal."""
RECORD = 9
"""Numbers kept of each real photo: severity of its compression, chroma halved or not, film or not, six of its tint."""
KERNEL_RADIUS_PX = 13
STYLE = 6
COARSE_PX = 15
_FIRST_SEVERITIES = (0.08, 0.15, 0.6)
_BEND = 0.7
CARD = """---
{{ card_data }}
---

# A degrader, learned {{ title }}

A clean photo, severities and a seed → the photo as a bad camera, an old film or a careless upload would have left it.
Learned from {{ photos }} real low-quality photos without clean partners. Loaded by
`controllable.degradation.learned.LearnedDegrader.from_pretrained`.
{%- if training %}

- **Training**: {{ training }}
{%- endif %}
"""


class Degrader(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="controllable",
    pipeline_tag="image-to-image",
    tags=["image-degradation"],
    model_card_template=CARD,
):
    """backbone, width, blocks: of the network for what physics misses, as `make_backbone` takes them; photos: how many
    real ones it has records of; title: how people see it called, after "learned".

    Severities are in [0, 1] and in the units of `controllable.task.UNITS`; detail is the share of what the network
    adds: what the camera's processing does to texture and edges.
    """

    records: Tensor

    def __init__(self, *, backbone: str, width: int, blocks: int, photos: int, title: str) -> None:
        super().__init__()
        self.title, self.photos = title, photos
        self.register_buffer("records", torch.zeros(photos, RECORD))
        self.prior = _perceptron(2 + FATE, 3, gain=1.5)
        self.lens = _perceptron(1 + LATENT, 3)
        self.sensor = _perceptron(LATENT, 2)
        self.style = _perceptron(5 + LATENT, STYLE, gain=1.0)
        self.processing = make_backbone(backbone, scale=1, width=width, blocks=blocks, channels=6 + STYLE)
        with torch.no_grad():
            last = self.prior[-1]
            assert isinstance(last, nn.Linear)
            last.bias.copy_(torch.tensor(_FIRST_SEVERITIES).logit())

    def severities(self, record: Tensor, fate: Tensor) -> Tensor:
        """(B, `RECORD`), (B, `FATE`) → (B, 3): how noisy, blurred and processed a photo stored like that is."""
        return self.prior(torch.cat((record[:, 0:3:2], fate), 1)).float().sigmoid()

    def kernel(self, blur: Tensor, latent: Tensor) -> Tensor:
        """blur: (B,); latent: (B, `LATENT`) → (B, 27, 27), not negative, sum 1, point-symmetric.

        exp(-½·(xᵀΣ⁻¹x)^β), a generalised Gaussian. Σ's determinant is (4·blur)⁴, so with β = 1 its mean width is that
        severity's; direction, elongation (up to e^0.7 to 1) and β (½ to 2) are learned.
        """
        bend = torch.tanh(self.lens(torch.cat((blur[:, None], latent), 1)).float())
        shape, power = _BEND * bend[:, :2], 2.0 ** bend[:, 2].view(-1, 1, 1)
        axis = torch.arange(-KERNEL_RADIUS_PX, KERNEL_RADIUS_PX + 1, device=blur.device, dtype=torch.float32)
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        length = shape.square().sum(1).add(1e-12).sqrt()
        round_part, long_part = torch.cosh(length), torch.sinh(length) / length
        xx, yy = round_part + long_part * shape[:, 0], round_part - long_part * shape[:, 0]
        xy = long_part * shape[:, 1]
        sigma = (4.0 * blur).clamp_min(0.05).view(-1, 1, 1)
        xx, yy, xy = (value.view(-1, 1, 1) for value in (xx, yy, xy))
        distance = (xx * x * x + 2.0 * xy * x * y + yy * y * y) / sigma.square()
        kernel = torch.exp(-0.5 * (distance + 1e-12) ** power)
        return kernel / kernel.sum((1, 2), keepdim=True)

    def shares(self, latent: Tensor, film: Tensor) -> tuple[Tensor, Tensor]:
        """latent: (B, `LATENT`), film: (B,) → (B,), (B,): shares of the noise's variance that go with the light, and
        that all channels have in common; see `degradation.sensor.Noise`. A film's grain is common to all."""
        signal, common = self.sensor(latent).float().sigmoid().unbind(1)
        return signal, torch.maximum(common, film)

    def processed(self, image: Tensor, noise: Tensor, code: Tensor, detail: Tensor) -> Tensor:
        """image: (B, 3, H, W), noise included; noise: the same shape; code: (B, 5 + `LATENT`), severities of noise,
        blur, compression and detail, film, latent; detail: (B,) → (B, 3, H, W), what the camera made of it.

        It changes structure up to `COARSE_PX`; mean colours around a pixel stay: those belong to the scene.
        """
        with torch.autocast(image.device.type, enabled=False):
            style = self.style(code)[:, :, None, None].expand(-1, -1, *image.shape[-2:])
        height, width = image.shape[-2:]
        below, right = (-side % self.processing.multiple for side in (height, width))
        seen = torch.cat((image - 0.5, 4.0 * noise, style), 1)
        seen = F.pad(seen, (0, right, 0, below), mode="replicate").contiguous(memory_format=torch.channels_last)
        return image + detail.view(-1, 1, 1, 1) * fine(self.processing.residual(seen)[..., :height, :width].float())

    def generate_model_card(self, *args: object, **named: object) -> ModelCard:
        """The card that `save_pretrained` writes; named: `training`, sentences that it shall hold, too."""
        return super().generate_model_card(*args, **({"title": self.title, "photos": self.photos} | named))


def fine(image: Tensor) -> Tensor:
    """(B, C, H, W) less its mean over squares of `COARSE_PX`, borders repeated; columns first, then rows."""
    reach = COARSE_PX // 2
    columns = F.avg_pool2d(F.pad(image, (reach,) * 4, mode="replicate"), (COARSE_PX, 1), stride=1)
    return image - F.avg_pool2d(columns, (1, COARSE_PX), stride=1)


def _perceptron(channels: int, out: int, inside: int = 32, gain: float = 0.0) -> nn.Sequential:
    """Two layers; the last is N(0, gain²/inside), so untrained ones of gain 0 answer 0."""
    last = nn.Linear(inside, out)
    nn.init.normal_(last.weight, std=gain / math.sqrt(inside))
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(channels, inside), nn.LeakyReLU(0.2), last)

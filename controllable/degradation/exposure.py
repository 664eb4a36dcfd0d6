"""How a photo goes bad, in the order of physics, with a network for what has to be learned of it.

Lens, sensor and the camera's processing are `expose`, film and codec `stored`; all of it has a gradient.
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from controllable.color import luma, quantize_8bit
from controllable.degradation.degradation import column
from controllable.degradation.lens import convolve
from controllable.degradation.sharing import Compression
from controllable.networks.degrader import Degrader
from controllable.task import Task

LEARNED = (Task.NOISE, Task.BLUR, Task.COMPRESSION, Task.DETAIL)
"""The flaws of a `Code`, in its order."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """What happens to a batch. severity: (B, 4), of the flaws in `LEARNED`; latent: (B, `LATENT`), which camera;
    film, subsample: (B,), 0 or 1; tint: (B, 6), see `on_film`."""

    severity: Tensor
    latent: Tensor
    film: Tensor
    tint: Tensor
    subsample: Tensor

    def to(self, device: torch.device | str) -> "Code":
        return Code(**{part.name: getattr(self, part.name).to(device) for part in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """(B, 3, H, W) but for the kernel: the photo blurred, the noise, and what the camera made of both, not clipped;
    kernel: (B, 27, 27), which it was blurred with."""

    blurred: Tensor
    noise: Tensor
    image: Tensor
    kernel: Tensor


def expose(network: Degrader, clean: Tensor, code: Code, field: Tensor) -> Exposure:
    """clean: (B, 3, H, W), RGB, [0, 1]; field: (B, 4, H, W), standard normal, a plane for each channel and one for all
    three."""
    noisiness, blur, _, detail = code.severity.unbind(1)
    with torch.autocast(clean.device.type, enabled=False):
        kernel = network.kernel(blur, code.latent)
        blurred = convolve(clean, kernel)
        signal, common = (column(share) for share in network.shares(code.latent, code.film))
        variance = (1.0 - signal) + signal * blurred.clamp(0.0, 1.0) / 0.5
        grain = (1.0 - common).clamp_min(1e-6).sqrt() * field[:, :3] + common.clamp_min(1e-6).sqrt() * field[:, 3:]
        noise = column(noisiness) * (50.0 / 255.0) * variance.clamp_min(1e-6).sqrt() * grain
    said = torch.cat((code.severity, code.film[:, None], code.latent), 1)
    image = network.processed(blurred + noise, noise, said, detail)
    return Exposure(blurred=blurred, noise=noise, image=image, kernel=kernel)


def on_film(image: Tensor, film: Tensor, tint: Tensor) -> Tensor:
    """(B, 3, H, W), of which pictures with film (B,) = 1 become monochrome: their Y stays, their Cb and Cr of JFIF,
    [-½, ½], are polynomials of it. tint: (B, 6), coefficients of 1, Y and Y² for Cb, then for Cr."""
    grey = luma(image)
    powers = torch.cat((torch.ones_like(grey), grey, grey * grey), 1)
    blue, red = ((powers * part[:, :, None, None]).sum(1, keepdim=True) for part in tint.split(3, 1))
    toned = torch.cat((grey + 1.402 * red, grey - 0.344136 * blue - 0.714136 * red, grey + 1.772 * blue), 1)
    return torch.where(column(film) > 0.5, toned, image)


def stored(image: Tensor, code: Code, codec: Compression) -> Tensor:
    """On film where there is one, in 8 bits, and through the codec; (B, 3, H, W), [0, 1]."""
    toned = quantize_8bit(on_film(image, code.film, code.tint))
    severity = code.severity[:, LEARNED.index(Task.COMPRESSION)]
    return codec.apply(toned, severity, {"subsample": code.subsample > 0.5}, toned.new_zeros(len(toned), 4))

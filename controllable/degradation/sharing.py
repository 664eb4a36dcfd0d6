"""Resolution and compression: what sending and storing a photo costs it."""

import io
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from controllable.color import quantize_8bit
from controllable.degradation.degradation import Degradation, Draws
from controllable.degradation.jpeg import jpeg_torch
from controllable.degradation.resample import shrunk_sizes, there_and_back
from controllable.image.resize import resize
from controllable.task import Task, jpeg_quality, resolution_factor


def shrink_size(height: int, width: int, severity: float) -> tuple[int, int]:
    """The picture's size after downscaling by 2^(3·s)."""
    factor = resolution_factor(severity)
    return max(1, round(height / factor)), max(1, round(width / factor))


class Resolution(Degradation):
    """Downscaled by 2^(3·s), stored in 8 bits, and enlarged back to the grid it came from; bicubic, antialiased."""

    task = Task.RESOLUTION

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        return {}

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        size = image.shape[-2:]
        if self.is_batched(image):
            sizes = shrunk_sizes(*size, 2.0 ** (3.0 * severity.double()))
            return there_and_back(image, sizes, quantize_8bit).clamp(0.0, 1.0)
        out = []
        for picture, s in zip(image.split(1), severity.tolist(), strict=True):
            small = shrink_size(*size, s)
            out.append(picture if small == tuple(size) else resize(quantize_8bit(resize(picture, small)), tuple(size)))
        return torch.cat(out).clamp(0.0, 1.0)


class Compression(Degradation):
    """JPEG of quality 100 - 90·s, chroma 4:2:0 or 4:4:4.

    codec "pillow": libjpeg itself, on the CPU, no gradient. codec "torch": the same steps in torch on any device,
    with a gradient (see `jpeg_torch` for the differences). "auto": pillow on the CPU without gradients, else torch.
    """

    task = Task.COMPRESSION

    def __init__(self, codec: Literal["auto", "pillow", "torch"] = "auto", batched: bool | None = None) -> None:
        super().__init__(batched)
        if codec not in ("auto", "pillow", "torch"):
            raise ValueError(f"codec: {codec!r} is not one of auto, pillow, torch")
        self.codec = codec

    def sample(self, batch: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        return {"subsample": torch.rand(batch, generator=generator) < 0.8}

    def degrade(self, image: Tensor, severity: Tensor, draws: Draws, window: Tensor) -> Tensor:
        on_cpu = image.device.type == "cpu" and not image.requires_grad
        if self.codec == "pillow" or (self.codec == "auto" and on_cpu):
            return jpeg_pillow(image, [jpeg_quality(s) for s in severity.tolist()], draws["subsample"].tolist())
        qualities = torch.round(100.0 - 90.0 * severity.double())  # as `jpeg_quality`, without waiting for the device
        return jpeg_torch(image, qualities, draws["subsample"])


def jpeg_pillow(image: Tensor, qualities: list[int], subsample: list[bool]) -> Tensor:
    """Encode and decode each picture of (B, 3, H, W) with libjpeg; no gradient."""
    pixels = (image.detach().clamp(0, 1) * 255.0).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    out = []
    for picture, quality, chroma in zip(pixels, qualities, subsample, strict=True):
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "JPEG", quality=quality, subsampling=2 if chroma else 0)
        decoded = bytearray(Image.open(stream).convert("RGB").tobytes())
        out.append(torch.frombuffer(decoded, dtype=torch.uint8).view(*picture.shape))
    return torch.stack(out).permute(0, 3, 1, 2).to(image.device, image.dtype) / 255.0

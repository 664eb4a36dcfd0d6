"""Restorer: the generator in use, on a picture of any size."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from controllable.image.tile import run_tiled
from controllable.networks.generator import MULTIPLE_PX, REACH_PX, Generator, make_thumbnail
from controllable.networks.wiener import power_spectrum


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; elsewhere fp32 is faster."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("amx_tile"))


class Restorer:
    """Runs a Generator tile by tile in the fastest precision the device has."""

    def __init__(self, network: Generator, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.network = network.float().eval().to(self.device, memory_format=torch.channels_last)
        self.half = self.device.type == "cuda" or cpu_has_bf16()

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str = "cpu") -> "Restorer":
        with contextlib.redirect_stdout(io.StringIO()):  # huggingface_hub prints a line that is no result of ours
            return cls(Generator.from_pretrained(folder), device)

    @torch.inference_mode()
    def restore(self, image: Tensor, strengths: list[float], progress: Callable[[float], None] | None = None) -> Tensor:
        """image (1, 3, H, W), RGB, [0, 1]; strengths as `TASKS` orders them → the same shape, clipped."""
        if not any(strengths):
            return image
        wish = torch.tensor([strengths], device=self.device)
        thumbnail = make_thumbnail(image).to(self.device)
        spectrum = power_spectrum(image).to(self.device)

        def run(part: Tensor) -> Tensor:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                out = self.network(part.to(self.device), wish, thumbnail, spectrum)
            return out.float().clamp_(0.0, 1.0).to(image.device)

        return run_tiled(run, image, reach_px=REACH_PX, multiple_px=MULTIPLE_PX, progress=progress)

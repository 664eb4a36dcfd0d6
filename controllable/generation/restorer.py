"""Restorer: the generator in use, on a whole picture or one tile of it."""

import contextlib
import copy
import io
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from controllable.color import luma
from controllable.image.pixels import Pixels
from controllable.image.tile import Tile
from controllable.networks import motion
from controllable.networks.generator import MULTIPLE_PX, REACH_PX, SHAKE_REACH_PX, THUMBNAIL_PX, Generator
from controllable.networks.wiener import WINDOW_PX, power_spectrum, spectrum_of_windows, window_corners
from controllable.task import TASKS, Task

Statistics = tuple[Tensor, Tensor, Tensor]
"""What the generator knows of the whole photo, wherever its tile lies: thumbnail, power spectrum and shake."""


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; elsewhere fp32 is faster."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("amx_tile"))


def quietly() -> AbstractContextManager[object]:
    """While models are loaded: huggingface_hub prints a line that is no result of ours."""
    return contextlib.redirect_stdout(io.StringIO())


BYTES_PER_PX = 256.0
"""Of the generator at work in float32, at 1 to 2 megapixels: 140 to 212 were measured, in bfloat16 70 to 150."""
PERCEPTUAL = "perceptual.safetensors"
"""The second weight set of a generator's folder, beside model.safetensors; it may be missing."""


class Restorer:
    """Runs a Generator in the fastest precision the device has.

    network: with the fidelity set; perceptual: the second set, parameter by name, or None. Raises ValueError if the
    two are not of one architecture.
    """

    name = ""
    """Of the expert that works with it: none."""

    def __init__(
        self, network: Generator, device: str = "cpu", *, perceptual: Mapping[str, Tensor] | None = None
    ) -> None:
        self.device = torch.device(device)
        self.network = network.float().eval().to(self.device, memory_format=torch.channels_last)
        self.half = self.device.type == "cuda" or cpu_has_bf16()
        self._perceptual = None if perceptual is None else _matched(perceptual, self.network)
        self._mixed: tuple[float, Generator] | None = None

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str = "cpu") -> "Restorer":
        """`folder` holds config.json, model.safetensors and, maybe, perceptual.safetensors."""
        second = Path(folder) / PERCEPTUAL
        with quietly():
            network = Generator.from_pretrained(folder)
        return cls(network, device, perceptual=load_file(second) if second.is_file() else None)

    def network_at(self, fidelity: float) -> Generator:
        """θ = fidelity·θ_fidelity + (1 - fidelity)·θ_perceptual (ESRGAN, Wang et al. 2018, eq. 4).

        Fidelity 1 is the fidelity set itself. The last mixture is kept. A network once handed out never changes, so
        visitors with different fidelities do not disturb each other. Raises ValueError below 1 without a second set.
        """
        if fidelity == 1.0:
            return self.network
        if not 0.0 <= fidelity < 1.0:
            raise ValueError(f"fidelity: {fidelity} is outside [0, 1]")
        if self._perceptual is None:
            raise ValueError(f"fidelity: this generator has no perceptual set ({PERCEPTUAL}), so only 1 can be had")
        mixed = self._mixed
        if mixed is None or mixed[0] != fidelity:
            network = copy.deepcopy(self.network)
            with torch.no_grad():
                for name, value in network.state_dict().items():
                    value.copy_(self._perceptual[name].lerp(value, fidelity))
            mixed = self._mixed = (fidelity, network)
        return mixed[1]

    def reach_px(self, strengths: Mapping[Task, float]) -> int:
        """Pixels around a tile that decide its own."""
        return (SHAKE_REACH_PX if Task.BLUR in strengths else REACH_PX) if strengths else 0

    def multiple_px(self, strengths: Mapping[Task, float]) -> int:
        """What a tile sees starts on multiples of this."""
        return MULTIPLE_PX

    def bytes_per_px(self, strengths: Mapping[Task, float]) -> float:
        """Memory that a tile needs at work, for each pixel it sees."""
        return BYTES_PER_PX if strengths else 0.0

    @torch.inference_mode()
    def statistics(self, pixels: Pixels, *, blurred: bool = True) -> Statistics:
        """Of a whole photo, (1, 3, H, W), as `make_thumbnail`, `power_spectrum` and `find_shake` take them, read in
        windows; a shake is looked for only where a blur is to be undone."""
        height, width = pixels.shape[-2:]
        if min(height, width) < WINDOW_PX:
            spectrum = power_spectrum(pixels[..., :, :])
        else:
            spectrum = spectrum_of_windows(_windows(pixels, window_corners(height, width), WINDOW_PX))
        shake, corners = torch.zeros(1, 4), motion.shake_corners(height, width) if blurred else []
        if corners:
            top, left, side = motion.middle(height, width)
            middle = luma(pixels[..., top : top + side, left : left + side])
            shake = motion.read_shake(motion.shake_spectrum(_windows(pixels, corners, motion.WINDOW_PX)[0]), middle)[
                None
            ]
        return pixels.averaged(THUMBNAIL_PX).to(self.device), spectrum.to(self.device), shake.to(self.device)

    @torch.inference_mode()
    def restore(
        self, image: Tensor, strengths: list[float], statistics: Statistics | None = None, *, fidelity: float = 1.0
    ) -> Tensor:
        """image (1, 3, H, W), RGB, [0, 1]; strengths as `TASKS` orders them; statistics of the whole photo, if `image`
        is a tile of it; fidelity as `network_at` takes it → the same shape, clipped."""
        if not any(strengths):
            return image
        network = self.network_at(fidelity)
        blurred = strengths[TASKS.index(Task.BLUR)] > 0.0
        statistics = self.statistics(Pixels(image), blurred=blurred) if statistics is None else statistics
        wish = torch.tensor([strengths], device=self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            out = network(image.to(self.device), wish, *statistics)
        return out.float().clamp_(0.0, 1.0).to(image.device)

    def restore_tile(
        self, pixels: Pixels, tile: Tile, strengths: list[float], statistics: Statistics, *, fidelity: float = 1.0
    ) -> Tensor:
        """The tile's own part of a photo, restored."""
        return tile.crop(self.restore(tile.read(pixels), strengths, statistics, fidelity=fidelity))


def _windows(pixels: Pixels, corners: list[tuple[int, int]], side: int) -> Tensor:
    """Luma (1, N, side, side)."""
    return luma(pixels.windows(corners, side))[None, :, 0]


def _matched(weights: Mapping[str, Tensor], network: Generator) -> dict[str, Tensor]:
    """The weights on the network's device, in its precision, after checking that they are its own."""
    own = network.state_dict()
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in own.items()}:
        raise ValueError(f"{PERCEPTUAL}: is of another architecture than the generator beside it")
    return {name: value.to(own[name]) for name, value in weights.items()}

"""A degrader learned from real low-quality photos that have no clean partners.

    python -m controllable train degradation-gan --data CLEAN --bad REAL

After Luo et al., "Learning the degradation distribution for blind image super-resolution" (2022): how often which blur
and noise occur is learned, too, by a discriminator's gradient through the operators. Ours: severities in known units,
film and codec as the real files tell them, a network for the camera's processing, critics on three resolutions. They
see the fine structure alone, as those of Wei et al., "Unsupervised real-world image super resolution via
domain-distance aware training" (2021): real photos show other scenes in other colours, which are no flaw.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from controllable.color import luma
from controllable.degradation.exposure import Code, Exposure, expose, stored
from controllable.degradation.sharing import Compression
from controllable.networks.degrader import FATE, LATENT, Degrader, fine
from controllable.training.features import Features, load_features
from controllable.training.photos import Photos
from controllable.training.processes import stream
from controllable.training.recipes.cyclegan import ADAM_BETAS
from controllable.training.recipes.paired import SHOWN, make_adversary
from controllable.training.recipes.real import RealPhotos
from controllable.training.recipes.settings import Settings, setting

CLEAN_KEPT_ONE_IN = 5
"""So many of the clean photos, by a hash of their names, are for measuring only."""
JUDGED = 256
"""Crops of each kind that `evaluate` compares."""
BORDER_PX = 16
"""Cut from what is made: real crops have no edge of the photo around them. A multiple of JPEG's blocks."""
MEASURED = 1_024
"""Real crops whose spread is the model for what is made."""
RINGS, COARSE_RINGS = 12, 2
"""Rings of frequency, and how many of them, the coarsest, are the scene's."""
SLIGHT = 1.0 / 255.0


@dataclass(frozen=True, kw_only=True)
class DegradationSettings(Settings):
    """Multi-scale discriminators: pix2pixHD, Wang et al. 2018, section 3.2. The other weights are ours."""

    bad: str = setting("", "folder of real low-quality photos; needed")
    scale: int = setting(1, "1: the picture keeps its size")
    backbone: str = setting("resnet", "network for what physics misses")
    width: int = setting(16, "channels of that network")
    blocks: int = setting(3, "blocks of that network")
    adversarial: str = setting("hinge", "the game; Lim and Ye 2017, eq. 10 and 11")
    critic: str = setting("multiscale", "discriminator; three resolutions")
    critic_width: int = setting(24, "channels of the discriminators' first layer")
    spectral: bool = setting(True, "spectral norm in the discriminators (Miyato et al. 2018)")
    pixel: float = setting(0.0, "unused: there is nothing to compare with")
    perceptual: float = setting(0.0, "unused: there is nothing to compare with; features only judge the samples")
    adversary: float = setting(1.0, "weight of the discriminators' judgement")
    content: float = setting(5.0, "weight of the scene's loss: 1 - correlation of the pictures, reduced four times")
    physics: float = setting(1.0, "weight of the disagreement between severities and what is measured again")
    spread: float = setting(1.0, "weight of the energy distance of what is measured of made and of real crops")
    warmup: float = setting(0.0, "unused")
    batch: int = setting(12, "pictures a step, in each process")
    patch_px: int = setting(96, "side of the crops")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.bad:
            raise ValueError("bad: name a folder of real low-quality photos with --bad")
        if self.scale != 1 or self.pixel or self.perceptual or self.variation or self.warmup or not self.adversary:
            raise ValueError(
                "scale, pixel, perceptual, variation, warmup, adversary: photos without a partner keep their size, "
                "have nothing to compare with, and need the discriminators from the start, so 1, 0, 0, 0, 0 and above 0"
            )
        if min(self.content, self.physics, self.spread) < 0.0:
            raise ValueError("content, physics, spread: must be at least 0")
        if self.spread and self.batch < 2:
            raise ValueError("batch: the spread of what is made needs 2 pictures at least; or set --spread 0")
        if self.patch_px % 16:
            raise ValueError(f"patch_px: must be a multiple of 16, JPEG's largest block, not {self.patch_px}")


@dataclass(frozen=True, kw_only=True)
class Chances:
    """real: (B, 3, P, P); clean: (B, 3, Q, Q), of other scenes, with a border; record: (B, `RECORD`), how the made ones
    are stored; fate: (B, `FATE`); latent: (B, `LATENT`); field: (B, 4, Q, Q), standard normal; step: number of this
    batch."""

    clean: Tensor
    real: Tensor
    record: Tensor
    fate: Tensor
    latent: Tensor
    field: Tensor
    step: int


class DegradationRecipe:
    """`evaluate` compares crops of the training's own photos: there is no answer that could be learned by heart, and
    photos kept aside, clean and real, are for measuring what comes of it."""

    def __init__(
        self, data: Path, settings: DegradationSettings, *, seed: int = 0, device: str = "cpu", workers: int = 1
    ) -> None:
        self.settings, self.seed, self.device = settings, seed, device
        self.real = RealPhotos(Path(settings.bad), smallest_px=settings.patch_px, device=device)
        named = {"smallest_px": settings.patch_px + 2 * BORDER_PX, "device": device, "kept_one_in": CLEAN_KEPT_ONE_IN}
        self.clean = Photos(data, **named)
        network = Degrader(
            backbone=settings.backbone, width=settings.width, blocks=settings.blocks, photos=len(self.real.records),
            title=f"from {len(self.real.records)} real photos",
        )  # fmt: skip
        network.records.copy_(self.real.records)
        self.network: nn.Module = network.to(device, memory_format=torch.channels_last)
        self.adversary = make_adversary(settings, ADAM_BETAS, conditional=False, seed=seed, device=device)
        self.codec = Compression("torch")
        self.features: Features = load_features(settings.features).to(device)
        self.judged = [self._draw(stream(seed + 1, k), JUDGED // 8, -1) for k in range(8)]
        self.described = torch.cat([describe(self.features, chances.real) for chances in self.judged])
        seen, _ = self.real.sample(MEASURED, settings.patch_px, stream(seed + 2, 0))
        self.measured = measure(seen)

    def shipped(self, network: nn.Module) -> Degrader:
        return cast(Degrader, network)

    def state(self) -> dict[str, Any]:
        return self.adversary.state()

    def load_state(self, state: dict[str, Any]) -> None:
        self.adversary.load_state(state)

    def batches(self, start: int) -> Iterator[Chances]:
        for step in count(start):
            yield self._draw(stream(self.seed, step), self.settings.batch, step)

    def _draw(self, generator: torch.Generator, batch: int, step: int) -> Chances:
        size = self.settings.patch_px
        real, _ = self.real.sample(batch, size, generator)
        picks = torch.randint(len(self.real.records), (batch,), generator=generator)
        side = size + 2 * BORDER_PX
        drawn = [torch.randn(batch, *shape, generator=generator) for shape in ((FATE,), (LATENT,), (4, side, side))]
        fate, latent, field = (value.to(self.device) for value in drawn)
        return Chances(
            clean=self.clean.sample(batch, side, generator).crops[:, 0], real=real, record=self.real.records[picks].to(
            self.device), fate=fate, latent=latent, field=field, step=step,
        )  # fmt: skip

    def made(self, network: Degrader, chances: Chances) -> tuple[Exposure, Tensor]:
        """What the camera saw, and the photo as it is stored, without its border, (B, 3, P, P)."""
        record = chances.record
        with torch.autocast(self.device, enabled=False):
            noise, blur, detail = network.severities(record, chances.fate).unbind(1)
        code = Code(
            severity=torch.stack((noise, blur, record[:, 0], detail), 1), latent=chances.latent, film=record[:, 2],
            tint=record[:, 3:], subsample=record[:, 1],
        )  # fmt: skip
        exposure = expose(network, chances.clean, code, chances.field)
        with torch.autocast(self.device, enabled=False):
            return exposure, inner(stored(exposure.image, code, self.codec))

    def loss(self, network: nn.Module, batch: Chances) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        settings = self.settings
        exposure, made = self.made(cast(Degrader, network), batch)
        parts: dict[str, Tensor | float] = {}
        with torch.autocast(self.device, enabled=False):
            content = content_lost(batch.clean, exposure.image).mean()
            kernel, noise = kernel_error(batch.clean, exposure).mean(), noise_error(exposure).mean()
        real, seen = (fine(image) + 0.5 for image in (batch.real, made))
        parts["critic"] = self.adversary.train(real, seen)
        judged = self.adversary.judge(real, seen)
        loss = settings.adversary * judged + settings.content * content + settings.physics * (kernel + noise)
        if settings.spread:
            with torch.autocast(self.device, enabled=False):
                parts["spread"] = energy_distance(measure(made), self.measured)
            loss = loss + settings.spread * parts["spread"]
        parts |= {"adversary": judged, "content": content, "kernel": kernel, "noise": noise}
        return loss, {"loss": loss} | parts

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """distance: of the features of made and real crops (`kernel_distance`), the score is minus it; spread,
        content, kernel, noise: the losses; severities: their means and deviations."""
        degrader = cast(Degrader, network)
        described, lost, severities, measured = [], [], [], []
        for chances in self.judged:
            exposure, made = self.made(degrader, chances)
            described.append(describe(self.features, made))
            measured.append(measure(made))
            errors = kernel_error(chances.clean, exposure), noise_error(exposure)
            lost.append(torch.stack((content_lost(chances.clean, exposure.image), *errors)).mean(1))
            severities.append(degrader.severities(chances.record, chances.fate))
        with torch.autocast(self.device, enabled=False):  # a small difference of large sums
            distance = kernel_distance(torch.cat(described), self.described)
            spread = float(energy_distance(torch.cat(measured), self.measured))
        content, kernel, noise = torch.stack(lost).mean(0).tolist()
        every = torch.cat(severities)
        named = zip(("noisy", "blurred", "processed"), every.mean(0).tolist(), every.std(0).tolist(), strict=True)
        varied = {key: value for name, mean, std in named for key, value in ((name, mean), (f"{name}_std", std))}
        losses = {"spread": spread, "content": content, "kernel": kernel, "noise": noise}
        return {"score": -distance, "distance": distance} | losses | varied

    @torch.inference_mode()
    def samples(self, network: nn.Module) -> Tensor:
        """Three rows: clean crops, what is made of them, real crops of other scenes."""
        chances = self.judged[0]
        _, made = self.made(cast(Degrader, network), chances)
        return torch.cat((inner(chances.clean)[:SHOWN], made[:SHOWN], chances.real[:SHOWN]))


def inner(image: Tensor) -> Tensor:
    """(B, C, Q, Q) without `BORDER_PX` on each side."""
    return image[..., BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]


def content_lost(clean: Tensor, made: Tensor) -> Tensor:
    """(B, 3, H, W) twice → (B,), in [0, 2]: 1 - correlation of their luma, reduced four times. Contrast and brightness
    may change, the scene may not."""
    a, b = (F.avg_pool2d(luma(image), 4).flatten(1) for image in (clean, made))
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    ridge = a.shape[1] * SLIGHT**2
    joint = ((a * b).sum(1) + ridge) / ((a.square().sum(1) + ridge) * (b.square().sum(1) + ridge)).sqrt()
    return 1.0 - joint


def kernel_error(clean: Tensor, exposure: Exposure) -> Tensor:
    """(B,): the transfer function as it is measured again, from the clean picture to what the camera made of it,
    against that of the kernel alone; mean absolute difference over rings of frequency, as far as the picture stands out
    from the noise there (Wiener's weights)."""
    spectrum, blurred, noise, made = (
        _spectrum(image) for image in (clean, exposure.blurred, exposure.noise, exposure.image)
    )
    power, hidden = (_rings(part.abs().square(), clean.shape[-1]) for part in (spectrum, noise))
    cross = _rings((spectrum.conj() * (made - blurred - noise)).real, clean.shape[-1])
    return (cross / (power + hidden.detach() + 1e-3 * power.mean(1, keepdim=True) + 1e-6)).abs().mean(1)


def noise_error(exposure: Exposure) -> Tensor:
    """(B,): |log of the noise measured again over the noise that was asked for|, in the flat parts of the picture."""
    grey = luma(exposure.blurred)
    flat = torch.exp(-0.5 * (_high(grey).square() / (3.0 * SLIGHT) ** 2).clamp_max(30.0))
    asked, found = (
        ((_high(luma(image)).square() * flat).sum((1, 2, 3)) / (flat.sum((1, 2, 3)) + 1.0)).add(SLIGHT**2).sqrt()
        for image in (exposure.noise, exposure.image - exposure.blurred)
    )
    return (found / asked).log().abs()


def measure(image: Tensor) -> Tensor:
    """(B, 3, H, W) → (B, `RINGS` - `COARSE_RINGS` + 2): logarithms of the power of the luma in rings of frequency, of
    the luma's noise in flat parts and of the chroma's fine structure: what blur, noise, sharpening and codec change."""
    side = image.shape[-1]
    area = torch.ones(1, side, side, device=image.device)
    rings = _rings(_spectrum(image).abs().square(), side) / _rings(area, side)
    grey = luma(image)
    high = _high(grey).square()
    flat = torch.exp(-0.5 * (F.avg_pool2d(high, 9, 1, 4) / (4.0 * SLIGHT) ** 2).clamp_max(30.0))
    noise = (high * flat).sum((1, 2, 3)) / (flat.sum((1, 2, 3)) + 1.0)
    chroma = torch.cat([_high(image[:, k : k + 1] - grey) for k in (0, 2)], 1).square().mean((1, 2, 3))
    found = torch.cat((rings[:, COARSE_RINGS:] / side**2, torch.stack((noise, chroma), 1)), 1)
    return torch.log10(found + 0.1 * SLIGHT**2)


def energy_distance(made: Tensor, real: Tensor) -> Tensor:
    """Of samples (N, D) and (M, D), N at least 2, in deviations of the real ones' and over √D: 2·E|x - y| - E|x - x'|
    - E|y - y'|, unbiased (Székely and Rizzo, "Energy statistics", 2013, eq. 5). 0 only for equal distributions, so what
    is made has to vary as the real ones do."""
    mean, deviation = real.mean(0), real.std(0).clamp_min(1e-3)
    x, y = ((value - mean) / deviation / real.shape[1] ** 0.5 for value in (made, real))

    def within(values: Tensor) -> Tensor:
        return nn.functional.pdist(values).mean()

    return 2.0 * torch.cdist(x, y).mean() - within(x) - within(y)


def describe(features: Features, image: Tensor) -> Tensor:
    """(B, 3, H, W) → (B, N): means and deviations, over places, of every layer's features of the fine structure."""
    with torch.autocast(image.device.type, enabled=False):
        layers = [layer.float().flatten(2) for layer in features.layers(fine(image) + 0.5)]
    return torch.cat([part for layer in layers for part in (layer.mean(2), layer.std(2))], 1)


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Unbiased squared maximum mean discrepancy of (N, D) and (M, D), the kernel (x·y/D + 1)³ of features standardised
    by b (Bińkowski et al., "Demystifying MMD GANs", 2018, section 3 and eq. 4)."""
    mean, deviation = b.mean(0), b.std(0).clamp_min(1e-6)
    a, b = ((value - mean) / deviation for value in (a, b))

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1.0) ** 3

    def within(x: Tensor) -> Tensor:
        products = kernel(x, x)
        return (products.sum() - products.diagonal().sum()) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2.0 * kernel(a, b).mean())


def _spectrum(image: Tensor) -> Tensor:
    """Of the luma less its mean, under Hann's window."""
    grey = luma(image)
    window = torch.hann_window(grey.shape[-1], device=grey.device)
    return torch.fft.fft2((grey - grey.mean((2, 3), keepdim=True)) * window * window[:, None])[:, 0]


def _rings(spectrum: Tensor, side: int) -> Tensor:
    """(B, P, P) → (B, `RINGS`): sums over rings of equal width up to the finest frequency of a row."""
    frequency = torch.fft.fftfreq(side, device=spectrum.device)
    radius = (frequency[:, None].square() + frequency.square()).sqrt()
    ring = (radius * 2.0 * RINGS).long().clamp_max(RINGS)
    sums = spectrum.new_zeros(len(spectrum), RINGS + 1)
    return sums.index_add(1, ring.flatten(), spectrum.flatten(1))[:, :RINGS]


def _high(grey: Tensor) -> Tensor:
    return grey - F.avg_pool2d(F.pad(grey, (2, 2, 2, 2), mode="reflect"), 5, stride=1)


def build(settings: DegradationSettings, data: Path, **named: Any) -> DegradationRecipe:
    """named: seed, device and workers, as `DegradationRecipe` takes them."""
    return DegradationRecipe(data, settings, **named)


SETTINGS = DegradationSettings
"""What `python -m controllable train degradation-gan` makes its arguments of."""

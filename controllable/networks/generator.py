"""The generator: a photo and a strength for each task → the photo without that share of the flaws.

Four parts, in the order of the data:
1. *physics* reads a thumbnail of the whole photo and undoes what strikes every pixel alike (colour, exposure, haze)
   with a handful of estimated numbers, so every tile of a large photo agrees;
2. *wiener* reads the power spectrum of the whole photo and applies one linear filter, the best there is against what
   struck every pixel alike but mixed it with its neighbours (blur, reduction, lost detail);
   where the spectrum shows that the camera moved along a straight line, that path is undone instead (*motion*);
3. a U-net on the photo's own grid, modulated by the strengths, the thumbnail and the spectrum, sees the photo before
   and after both;
4. one residual per task, multiplied by the task's strength: strength 0 is the identity by construction.
"""

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from controllable.color import linear_to_srgb, srgb_to_linear
from controllable.networks.blocks import BLOCKS, Block, Modulation, linear_convolutions, make_blocks, make_trunk
from controllable.networks.motion import SURROUNDINGS_PX, find_shake, undo_shake
from controllable.networks.wiener import BlindWiener, apply_gain, power_spectrum, smoothed
from controllable.task import TASKS, Task

THUMBNAIL_PX = 64
MULTIPLE_PX = 8
"""The U-net halves the grid three times."""
PHYSICS = 1 + 12 + 12
"""Numbers of the inverse physics: an exposure, and a 3×4 affine colour change each for colour and haze."""
_UNET_REACH_PX = 48
REACH_PX = 32 + _UNET_REACH_PX
"""Pixels of context a tile needs on each side, 32 for the linear filter and 48 for the U-net; beyond it the answer no
longer changes visibly."""
SHAKE_REACH_PX = SURROUNDINGS_PX + _UNET_REACH_PX
"""The same where a blur is undone, which may be a shake."""

_COLOR, _LOW_LIGHT, _HAZE, _BLUR = (TASKS.index(task) for task in (Task.COLOR, Task.LOW_LIGHT, Task.HAZE, Task.BLUR))


def make_thumbnail(image: Tensor) -> Tensor:
    """(B, 3, H, W) → (B, 3, 64, 64) by area averaging, aspect ratio ignored."""
    return F.adaptive_avg_pool2d(image.float(), THUMBNAIL_PX)


def haar(image: Tensor) -> Tensor:
    """(B, C, H, W) → (B, 4·C, H/2, W/2): 2×2 means centred on 0, and 2×2 differences, amplified.

    A pixel-unshuffle in Haar's basis. Neighbouring pixels are nearly equal; apart from their mean, differences of a
    few 1/255 stay visible in bfloat16 and to the first convolution's gradient.
    """
    signs = image.new_tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    kernel = (signs * image.new_tensor([[0.5], [2.0], [2.0], [2.0]])).view(4, 1, 2, 2)
    channels = image.shape[1]
    offset = image.new_tensor([-1.0, 0.0, 0.0, 0.0]).repeat(channels)
    return F.conv2d(image, kernel.repeat(channels, 1, 1, 1), offset, stride=2, groups=channels)


class ThumbnailEncoder(nn.Module):
    """Thumbnail (B, 3, 64, 64) and strengths (B, 8) → `out` numbers about the whole photo."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, width, 3, 2, 1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(width, 2 * width, 3, 2, 1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(2 * width, 3 * width, 3, 2, 1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(3 * width, 3 * width, 3, 1, 1),
        )
        self.layers = nn.Sequential(
            nn.Linear(9 * width + 9 + len(TASKS), 256),
            nn.LeakyReLU(0.1),
            nn.Linear(256, 64),
            nn.LeakyReLU(0.1),
            nn.Linear(64, out),
        )

    def forward(self, thumbnail: Tensor, strengths: Tensor) -> Tensor:
        features = self.convolutions(2.0 * thumbnail - 1.0)
        pooled = (features.mean((2, 3)), features.amax((2, 3)), -features.amin((2, 3)))
        flat = thumbnail.flatten(2)
        moments = (flat.mean(2), flat.std(2), flat.amin(2))
        return self.layers(torch.cat((*pooled, *moments, strengths), 1))


class Generator(nn.Module, PyTorchModelHubMixin, library_name="controllable", license="apache-2.0"):
    """image (B, 3, H, W), RGB, [0, 1], any size; strengths (B, 8) in [0, 1], in the order of `TASKS` → (B, 3, H, W).

    The output is not clipped. `thumbnail`, `spectrum` and `shake` are `make_thumbnail`, `power_spectrum` and
    `find_shake` of the whole photo; None when `image` is the whole photo. own: (top, left, height, width) of the part
    that is wanted, where the rest of `image` is there for the filters alone. `block`: what its levels consist of, a
    name in `BLOCKS` (docs/architectures.md compares them).
    """

    def __init__(
        self,
        widths: tuple[int, int, int] = (32, 64, 128),
        encoder_blocks: int = 1,
        decoder_blocks: int = 2,
        trunk_blocks: int = 4,
        growth: int = 48,
        condition: int = 64,
        context_width: int = 24,
        physics_width: int = 24,
        block: str = "plain",
    ) -> None:
        super().__init__()
        if block not in BLOCKS:
            raise ValueError(f"block: expected one of {', '.join(BLOCKS)}, got {block!r}")
        w0, w1, w2 = widths
        tasks = len(TASKS)
        self.physics = ThumbnailEncoder(physics_width, PHYSICS)
        self.wiener = BlindWiener()
        self.context = ThumbnailEncoder(context_width, condition)
        self.spectrum_embedding = nn.Linear(self.wiener.code, condition)
        self.strength_embedding = nn.Linear(tasks, condition)
        self.condition = nn.Sequential(
            nn.Linear(2 * condition, condition), nn.LeakyReLU(0.1), nn.Linear(condition, condition), nn.LeakyReLU(0.1)
        )
        self.stem = nn.Conv2d(36, w0, 3, padding=1)
        self.encoder0 = make_blocks(block, encoder_blocks, w0, condition)
        self.down0 = nn.Conv2d(w0, w1, 2, 2)
        self.encoder1 = make_blocks(block, encoder_blocks, w1, condition)
        self.down1 = nn.Conv2d(w1, w2, 2, 2)
        self.trunk = make_trunk(block, trunk_blocks, w2, growth, condition)
        self.up1 = nn.Conv2d(w2, 4 * w1, 1)
        self.decoder1 = make_blocks(block, decoder_blocks, w1, condition)
        self.up0 = nn.Conv2d(w1, 4 * w0, 1)
        self.decoder0 = make_blocks(block, decoder_blocks, w0, condition)
        self.heads = nn.Conv2d(w0, 12 * tasks, 3, padding=1)
        _initialise(self)

    def forward(
        self,
        image: Tensor,
        strengths: Tensor,
        thumbnail: Tensor | None = None,
        spectrum: Tensor | None = None,
        shake: Tensor | None = None,
        own: tuple[int, int, int, int] | None = None,
    ) -> Tensor:
        if image.ndim != 4 or image.shape[1] != 3:
            raise ValueError(f"image: expected (B, 3, H, W), got {tuple(image.shape)}")
        if strengths.shape != (len(image), len(TASKS)):
            raise ValueError(f"strengths: expected ({len(image)}, {len(TASKS)}), got {tuple(strengths.shape)}")
        thumbnail = make_thumbnail(image) if thumbnail is None else thumbnail
        spectrum = power_spectrum(image) if spectrum is None else spectrum
        with torch.autocast(image.device.type, enabled=False):
            base = undo_global(image.float(), strengths.float(), self.physics(thumbnail.float(), strengths.float()))
            sharp, code = self._sharpened(image, base, strengths.float(), spectrum.float(), shake)
        context = self.context(thumbnail, strengths) + self.spectrum_embedding(code)
        condition = self.condition(torch.cat((self.strength_embedding(strengths), context), 1))
        top, left, height, width = own or (0, 0, *image.shape[-2:])
        with torch.autocast(image.device.type, enabled=False):
            views = (image,) if sharp is image else (image.float(), base, sharp)
            views = tuple(view[..., top : top + height, left : left + width] for view in views)
            seen = torch.cat([haar(_padded(view)) for view in views], 1)
        residual = self._residual(seen, condition, strengths)
        return views[-1] + residual[..., :height, :width]

    def _sharpened(
        self, image: Tensor, base: Tensor, strengths: Tensor, spectrum: Tensor, shake: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """`base` after the linear filters, and the spectrum's code. A shake that was found is all of the blur."""
        blur = strengths[:, _BLUR]
        if shake is None and bool((blur > 0).any()):
            shake = find_shake(image)
        shaken = shake is not None and bool((shake[:, 0] > 0).any())
        if shaken:
            strengths = strengths.clone()
            strengths[:, _BLUR] = torch.where(shake[:, 0] > 0, 0.0, blur)
        gain, code = self.wiener(spectrum, strengths)
        sharp = base + apply_gain(base, gain) if smoothed(strengths) else base
        return (undo_shake(sharp, shake, blur) if shaken else sharp), code

    def _residual(self, seen: Tensor, condition: Tensor, strengths: Tensor) -> Tensor:
        x0 = self._stem(seen.contiguous(memory_format=torch.channels_last))
        for block in self.encoder0:
            x0 = block(x0, condition)
        x1 = self.down0(x0)
        for block in self.encoder1:
            x1 = block(x1, condition)
        x2 = bottom = self.down1(x1)
        for block in self.trunk:
            x2 = block(x2, condition)
        x1 = x1 + F.pixel_shuffle(self.up1(x2 + bottom), 2)
        for block in self.decoder1:
            x1 = block(x1, condition)
        x0 = x0 + F.pixel_shuffle(self.up0(x1), 2)
        for block in self.decoder0:
            x0 = block(x0, condition)
        return F.pixel_shuffle(self._weighted_heads(x0, strengths), 2)

    def _stem(self, seen: Tensor) -> Tensor:
        """Of three views, (B, 36, h, w), or of one that stands for all three, (B, 12, h, w): its kernels are summed."""
        if seen.shape[1] == self.stem.in_channels:
            return self.stem(seen)
        weight = self.stem.weight.unflatten(1, (-1, seen.shape[1])).sum(1)
        return F.conv2d(seen, weight, self.stem.bias, padding=1)

    def _weighted_heads(self, x: Tensor, strengths: Tensor) -> Tensor:
        """Σ_t strength_t · head_t(x), (B, 12, h, w); for one picture the heads are summed before the convolution."""
        if len(x) == 1:
            weight = torch.einsum("t,tkihw->kihw", strengths[0], self.heads.weight.unflatten(0, (len(TASKS), 12)))
            bias = strengths[0] @ self.heads.bias.view(len(TASKS), 12)
            return F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), padding=1).float()
        by_task = self.heads(x).unflatten(1, (len(TASKS), 12))
        return (by_task * strengths[:, :, None, None, None].to(by_task.dtype)).sum(1).float()


def _padded(image: Tensor) -> Tensor:
    """Repeat the last row and column up to a multiple of what the U-net divides by."""
    height, width = image.shape[-2:]
    beyond = (0, -width % MULTIPLE_PX, 0, -height % MULTIPLE_PX)
    return F.pad(image, beyond, mode="replicate") if any(beyond) else image


def undo_global(image: Tensor, strengths: Tensor, physics: Tensor) -> Tensor:
    """Inverse physics of colour, exposure and haze, last flaw first; the identity where a strength is 0.

    physics (B, 25): one exposure logit (0 to 4 EV), then a 3×4 affine colour change each for `color` and `haze`.
    """
    color, ev, haze = strengths[:, _COLOR], strengths[:, _LOW_LIGHT], strengths[:, _HAZE]
    touched = ((color > 0) | (ev > 0) | (haze > 0)).view(-1, 1, 1, 1)
    if not bool(touched.any()):
        return image
    out = _affine(image, physics[:, 1:13], color)
    if bool((ev > 0).any()):
        gain = 2.0 ** (4.0 * torch.sigmoid(physics[:, 0]) * ev).view(-1, 1, 1, 1)
        brightened = linear_to_srgb(srgb_to_linear(out) * gain)
        out = torch.where(ev.view(-1, 1, 1, 1) > 0, brightened, out)
    out = _affine(out, physics[:, 13:25], haze)
    return torch.where(touched, out.clamp(0.0, 1.0), image)


def _affine(image: Tensor, values: Tensor, strength: Tensor) -> Tensor:
    if not bool((strength > 0).any()):
        return image
    values = values * strength[:, None]
    matrix, offset = values[:, :9].view(-1, 3, 3), values[:, 9:].view(-1, 3, 1, 1)
    return image + torch.einsum("brc,bchw->brhw", matrix, image) + offset


def _initialise(generator: Generator) -> None:
    """He et al., "Delving Deep into Rectifiers", 2015, eq. 14, biases 0: the signal stays near 1 on its way.

    torch's own default loses a factor of three a layer; a few layers down, biases and shifts outweigh the signal and
    the network is stuck near a linear filter (docs/experiments.md, generator-4). Residual branches start at a fifth
    (ESRGAN, Wang et al. 2018, section 3.1); gated blocks, which have no rectifiers, get gain 1; heads and physics start
    at 0, so an untrained generator changes nothing.
    """
    linear = linear_convolutions(generator)
    for module in generator.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=1.0 if module in linear else 0.1)
            nn.init.zeros_(module.bias)
        elif isinstance(module, Modulation):
            nn.init.normal_(module.linear.weight, std=0.05)
            nn.init.zeros_(module.linear.bias)
    for module in generator.modules():
        if isinstance(module, Block):
            with torch.no_grad():
                for last in module.last_of_branches():
                    last.weight.mul_(0.2)
    for last in (generator.heads, generator.physics.layers[-1], generator.wiener.heads, generator.spectrum_embedding):
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

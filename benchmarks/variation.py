"""What total variation as a loss does to a denoiser: noise that is left in flat places against texture that is kept."""

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor

from benchmarks.flaws import gaussian_noise
from benchmarks.images import Method, head, mean, psnr, row
from controllable.color import quantize_8bit

SIGMA = 25.0
WINDOW_PX = 9
FLAT, TEXTURED = 1.5 / 255.0, 10.0 / 255.0
"""Deviation of the clean picture's grey within a window: at most, at least."""


def local_deviation(image: Tensor) -> Tensor:
    """Of the mean of the channels, in windows of 9×9 px: (1, 3, H, W) → (1, 1, H, W)."""
    grey = image.mean(1, keepdim=True)
    return (_blurred(grey.square()) - _blurred(grey).square()).clamp_min(0.0).sqrt()


def noise_left_8bit(made: Tensor, clean: Tensor) -> float | None:
    """Root mean square of the error's fine structure where the clean picture is flat; None where it is nowhere."""
    flat = (local_deviation(clean) <= FLAT).expand_as(clean)
    return float(255.0 * _fine(made - clean)[flat].square().mean().sqrt()) if bool(flat.any()) else None


def texture_kept(made: Tensor, clean: Tensor) -> float | None:
    """⟨made, clean⟩ / ‖clean‖² of their fine structure where the clean picture is textured: 1 where all is kept, and
    noise, which does not follow the texture, counts as nothing. None where there is no texture."""
    textured = (local_deviation(clean) >= TEXTURED).expand_as(clean)
    a, b = _fine(made)[textured], _fine(clean)[textured]
    return float((a * b).sum() / b.square().sum()) if bool(textured.any()) else None


def table(clean: list[Tensor], methods: dict[str, Method], plot: Path | None = None) -> None:
    """Print a row a method and draw a point for each; methods: names → denoisers."""
    head("pictures", "method", "PSNR dB", "noise left in flat places, of 255", "texture kept")
    shots = [gaussian_noise(x, SIGMA, k) for k, x in enumerate(clean)]
    points = {}
    for name, method in methods.items():
        made = [quantize_8bit(method(shot)) for shot in shots]
        left = [noise_left_8bit(a, b) for a, b in zip(made, clean, strict=True)]
        kept = [texture_kept(a, b) for a, b in zip(made, clean, strict=True)]
        noise, texture = (_mean_of_known(values) for values in (left, kept))
        decibels = mean([psnr(a, b) for a, b in zip(made, clean, strict=True)])
        row(f"noise σ{SIGMA:.0f}", name, f"{decibels:.2f}", f"{noise:.2f}", f"{texture:.1%}")
        points[name] = noise, texture
    if plot is not None:
        draw({name: point for name, point in points.items() if name != "input"}, plot)


def draw(points: dict[str, tuple[float, float]], out: Path) -> None:
    """Noise left against texture kept, one line through the points in their order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([noise for noise, _ in points.values()], [100.0 * kept for _, kept in points.values()], marker="o")
    for name, (noise, kept) in points.items():
        axes.annotate(name, (noise, 100.0 * kept), xytext=(6, -10), textcoords="offset points", fontsize="small")
    axes.set(xlabel="noise left in flat places, of 255", ylabel="texture kept, %")
    axes.margins(0.2)
    axes.grid(alpha=0.3)
    figure.savefig(out, dpi=110)


def _blurred(image: Tensor) -> Tensor:
    half = WINDOW_PX // 2
    return F.avg_pool2d(F.pad(image, (half,) * 4, mode="reflect"), WINDOW_PX, 1)


def _fine(image: Tensor) -> Tensor:
    """What a mean over 5×5 px takes away."""
    return image - F.avg_pool2d(F.pad(image, (2,) * 4, mode="reflect"), 5, 1)


def _mean_of_known(values: list[float | None]) -> float:
    known = [value for value in values if value is not None]
    return mean(known) if known else float("nan")

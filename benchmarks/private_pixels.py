"""What is left of photos that are exported privately: noise, PSNR, and a sheet to look at.

python -m benchmarks.private_pixels --data DATA [--most 8] [--plot docs/private_pixels.jpg]
Kodak's photos; the sheet shows the first three, then what is left of them with each setting of `SHOWN`.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from benchmarks.images import arguments, head, psnr, row, tensors, to_pixels
from controllable.degradation.private import Pixelation, gaussian_epsilon, pixelate

MEASURED = ((1000, 16, 4), (8, 8, 2), (8, 16, 4), (8, 64, 16), (8, 16, 8), (2, 16, 4), (1, 16, 4), (1, 64, 8))
"""epsilon, cell in px, region in px."""
SHOWN = ((8, 8, 2), (8, 16, 4), (8, 16, 8), (1, 16, 4))
MULTIPLE_PX = 64
LARGER_PX = (8, 16, 32)
PICTURES = (2, 4, 16)


def settings_of(epsilon: float, cell_px: int, region_px: int) -> Pixelation:
    return Pixelation(epsilon=epsilon, cell_px=cell_px, region_px=region_px)


def sheet(photos: list[Tensor]) -> Image.Image:
    """One photo a row, reduced by two: itself, then each setting of `SHOWN`."""
    height, width = (min(photo.shape[side] for photo in photos) for side in (-2, -1))
    rows = []
    for photo in photos:
        cut = photo[..., :height, :width]
        rows.append(torch.cat([cut, *(pixelate(cut, settings_of(*shown)) for shown in SHOWN)], 3))
    return Image.fromarray(to_pixels(F.avg_pool2d(torch.cat(rows, 2), 2)))


def main(argv: list[str] | None = None) -> int:
    parser = arguments(__doc__)
    parser.add_argument("--plot", type=Path, help="the sheet")
    options = parser.parse_args(argv)
    photos = tensors(options.data / "kodak", options.most, MULTIPLE_PX)
    head("epsilon", "cell, px", "region, px", "noise on a mean", "PSNR, dB")
    for epsilon, cell_px, region_px in MEASURED:
        settings = settings_of(epsilon, cell_px, region_px)
        found = [psnr(pixelate(photo, settings), photo) for photo in photos]
        row(epsilon, cell_px, region_px, f"{settings.sigma:.3f}", f"{sum(found) / len(found):.1f}")
    usual = settings_of(8, 16, 4)
    for side_px in LARGER_PX:
        larger = settings_of(8, 16, side_px)
        print(f"the same noise for {side_px} px: epsilon {gaussian_epsilon(1e-5, usual.sigma, larger.sensitivity):.1f}")
    for count in PICTURES:
        spent = gaussian_epsilon(1e-5, usual.sigma, count**0.5 * usual.sensitivity)
        print(f"{count} exports of one photo: epsilon {spent:.1f}")
    if options.plot:
        sheet(photos[:3]).save(options.plot, quality=88)
    return 0


if __name__ == "__main__":
    sys.exit(main())

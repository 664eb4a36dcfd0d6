"""JPEG in torch: the encoder's and decoder's arithmetic on any device, with a gradient.

ITU-T T.81: JFIF colour transform, 4:2:0 chroma by 2×2 means, 8×8 DCT-II, Annex K tables scaled as libjpeg does.
It differs from libjpeg in three ways: rounding is exact in the forward pass but passes its gradient straight
through (Bengio et al., 2013); the decoder's "fancy" chroma enlargement is bilinear at the same centres, in floats;
the DCT is in floats, where libjpeg's default is 13-bit integers. `tests/degradation/test_jpeg.py` states by how much.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.degradation.degradation import constant, send

_LUMA_ROWS = (
    "16 11 10 16 24 40 51 61", "12 12 14 19 26 58 60 55", "14 13 16 24 40 57 69 56", "14 17 22 29 51 87 80 62",
    "18 22 37 56 68 109 103 77", "24 35 55 64 81 104 113 92",
    "49 64 78 87 103 121 120 101", "72 92 95 98 112 100 103 99",
)  # fmt: skip
_CHROMA_ROWS = (
    "17 18 24 47 99 99 99 99", "18 21 26 66 99 99 99 99", "24 26 56 99 99 99 99 99", "47 66 99 99 99 99 99 99",
    *("99 99 99 99 99 99 99 99",) * 4,
)  # fmt: skip
_RGB_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_YCC_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


def jpeg_torch(image: Tensor, qualities: Tensor | list[int], subsample: Tensor | list[bool]) -> Tensor:
    """(B, 3, H, W), RGB, [0, 1] → the same after JPEG at each picture's quality in percent and chroma sampling."""
    height, width = image.shape[-2:]
    padded = F.pad(image.clamp(0, 1), (0, -width % 16, 0, -height % 16), mode="replicate")
    ycc = _matrix(_round(padded * 255.0), _RGB_TO_YCC)
    ycc = _round(torch.cat((ycc[:, :1], ycc[:, 1:] + 128.0), 1)) - 128.0
    quality = send(torch.as_tensor(qualities), image.device).double().clamp_min(1.0)
    scale = torch.where(quality < 50.0, 5000.0 / quality, 200.0 - 2.0 * quality).to(image)
    halved = send(torch.as_tensor(subsample), image.device).view(-1, 1, 1, 1)

    luminance = _quantize(ycc[:, :1], _table(_LUMA_ROWS, scale))
    full = _quantize(ycc[:, 1:], _table(_CHROMA_ROWS, scale))
    half = _quantize(_round(F.avg_pool2d(ycc[:, 1:], 2)), _table(_CHROMA_ROWS, scale))
    half = F.interpolate(half, scale_factor=2, mode="bilinear", align_corners=False)
    decoded = torch.cat((luminance + 128.0, torch.where(halved, half, full)), 1)
    rgb = _round(_matrix(decoded, _YCC_TO_RGB)).clamp(0.0, 255.0) / 255.0
    return rgb[..., :height, :width]


def _table(rows: tuple[str, ...], scale: Tensor) -> Tensor:
    """(B, 1, 1, 8, 1, 8) quantisation steps, libjpeg's jpeg_set_quality formula."""
    base = constant([[float(v) for v in row.split()] for row in rows], scale)
    steps = torch.floor((base * scale.view(-1, 1, 1) + 50.0) / 100.0).clamp(1.0, 255.0)
    return steps[:, None, None, :, None, :]


def _quantize(plane: Tensor, table: Tensor) -> Tensor:
    batch, channels, height, width = plane.shape
    basis = _dct(plane)
    blocks = plane.view(batch, channels, height // 8, 8, width // 8, 8)
    spectrum = torch.einsum("ui,bcyixj,vj->bcyuxv", basis, blocks, basis)
    spectrum = _round(spectrum / table) * table
    blocks = torch.einsum("ui,bcyuxv,vj->bcyixj", basis, spectrum, basis)
    return _round(blocks.reshape(batch, channels, height, width)).clamp(-128.0, 127.0)


def _dct(like: Tensor) -> Tensor:
    """Orthonormal DCT-II, T.81 A.3.3."""
    n = torch.arange(8, dtype=torch.float64)
    basis = torch.cos((2 * n[None] + 1) * n[:, None] * math.pi / 16) * 0.5
    basis[0] /= math.sqrt(2.0)
    return send(basis.to(like.dtype), like.device)


def _matrix(image: Tensor, rows: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.einsum("rc,bchw->brhw", constant(rows, image), image)


def _round(values: Tensor) -> Tensor:
    return values + (values.detach().round() - values.detach())

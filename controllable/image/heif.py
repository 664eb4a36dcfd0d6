"""HEIF, as phones write it, through the optional package pi-heif."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray


def open_heif(data: bytes) -> Any:
    """The file's main picture, not decoded yet. Raises ValueError with one sentence without the package."""
    try:
        import pi_heif
    except ImportError:
        raise ValueError("image: HEIF is read by the package pi-heif, which is not installed") from None
    opened = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    return opened[opened.primary_index]


def heif_array(opened: Any) -> NDArray[np.generic]:
    """(H, W, 1|3|4), uint8, or uint16 for more than 8 bits, over the whole range; libheif has turned it upright."""
    values = np.asarray(opened)
    values = values[..., None] if values.ndim == 2 else values
    bits = int(opened.mode.partition(";")[2] or 8)
    if values.dtype == np.uint16 and 8 < bits < 16:
        values = values << (16 - bits) | values >> (2 * bits - 16)
    if values.shape[2] == 2:
        values = np.concatenate([values[..., :1]] * 3 + [values[..., 1:]], axis=2)
    return np.array(values)

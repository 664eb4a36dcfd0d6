"""The shared vocabulary: what a degradation adds, quality measures and an instruction removes.

Everything else in the package imports this module; it imports nothing of the package.
"""

from enum import StrEnum


class Task(StrEnum):
    """One kind of flaw. A severity is always in [0, 1]; the members' units are in `UNITS`."""

    NOISE = "noise"
    BLUR = "blur"
    COMPRESSION = "compression"
    RESOLUTION = "resolution"
    LOW_LIGHT = "low_light"
    HAZE = "haze"
    COLOR = "color"
    DETAIL = "detail"


TASKS: tuple[Task, ...] = tuple(Task)
"""The order of every severity or strength vector of the package, (8,)."""

PHYSICAL_ORDER: tuple[Task, ...] = (
    Task.HAZE,
    Task.BLUR,
    Task.LOW_LIGHT,
    Task.NOISE,
    Task.COLOR,
    Task.DETAIL,
    Task.RESOLUTION,
    Task.COMPRESSION,
)
"""The order in which a scene collects its flaws: air, lens, exposure, sensor, processing, sharing."""

TONES: tuple[str, ...] = ("brightness", "contrast", "saturation", "warmth")
"""Signed adjustments in [-1, 1]: exact operators, not learned."""

SCALES: tuple[int, ...] = (1, 2, 4, 8)
REGIONS: tuple[str, ...] = ("all", "face", "background", "sky", "mask")

UNITS: dict[Task, str] = {
    Task.NOISE: "standard deviation 50·s on the 8-bit scale",
    Task.BLUR: "Gaussian sigma 4·s px, or motion path 24·s px",
    Task.COMPRESSION: "JPEG quality 100 - 90·s",
    Task.RESOLUTION: "downscaled by 2^(3·s)",
    Task.LOW_LIGHT: "exposure -4·s EV",
    Task.HAZE: "transmission 1 - 0.8·s",
    Task.COLOR: "channel gain up to ±40 %·s, saturation ×(1 - 0.8·s)",
    Task.DETAIL: "texture smoothed away, s",
}


def noise_sigma_8bit(severity: float) -> float:
    return 50.0 * severity


def blur_sigma_px(severity: float) -> float:
    return 4.0 * severity


def motion_length_px(severity: float) -> float:
    return 24.0 * severity


def jpeg_quality(severity: float) -> int:
    """Quality in percent, an integer as encoders take it."""
    return round(100.0 - 90.0 * severity)


def resolution_factor(severity: float) -> float:
    return 2.0 ** (3.0 * severity)


def exposure_ev(severity: float) -> float:
    return -4.0 * severity


def transmission(severity: float) -> float:
    return 1.0 - 0.8 * severity


def saturation_factor(severity: float) -> float:
    return 1.0 - 0.8 * severity

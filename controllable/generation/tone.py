"""Tone adjustments: exact parametric operators on display values, each the identity at 0."""

from collections.abc import Mapping

from torch import Tensor

from controllable.color import linear_to_srgb, luma, srgb_to_linear


def adjust_tone(image: Tensor, tone: Mapping[str, float]) -> Tensor:
    """Apply brightness, warmth, contrast and saturation, in this order; (B, 3, H, W), RGB, [0, 1], clipped.

    brightness b: exposure +b EV in linear light. warmth w: linear red ×2^(w/4), blue ×2^(-w/4).
    contrast c: slope 2^c about mid grey 0.5. saturation s: chroma ×(1 + s) about BT.601 luma.
    """
    active = {name: value for name, value in tone.items() if value != 0.0}
    if not active:
        return image
    out = image
    if brightness := active.get("brightness"):
        out = linear_to_srgb(srgb_to_linear(out) * 2.0**brightness)
    if warmth := active.get("warmth"):
        gains = out.new_tensor([2.0 ** (warmth / 4), 1.0, 2.0 ** (-warmth / 4)]).view(1, 3, 1, 1)
        out = linear_to_srgb(srgb_to_linear(out) * gains)
    if contrast := active.get("contrast"):
        out = 0.5 + (out - 0.5) * 2.0**contrast
    if saturation := active.get("saturation"):
        grey = luma(out)
        out = grey + (out - grey) * (1.0 + saturation)
    return out.clamp(0.0, 1.0)

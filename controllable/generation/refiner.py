"""Refiner: a diffusion model that goes over the restored picture, told the same words, as strongly as was asked.

Optional: none comes with the program. Any of diffusers' image-to-image, upscaling or editing pipelines serves, by its
folder or hub name; it is loaded from safetensors only, and its own code is never run.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from controllable.image.picture import Picture
from controllable.image.pixels import Pixels, to_float
from controllable.image.resize import resize
from controllable.image.tile import tiles
from controllable.region.masks import blend

TILE_PX, OVERLAP_PX, MULTIPLE_PX = 512, 64, 64
"""Diffusion models know pictures of one size; larger ones are done in squares that fade into each other."""
NOISE = 0.4
"""How far image-to-image goes back towards noise at strength 1. Near 1 it would be another picture; the choice is not
measured, since the project has no such weights."""
STEPS = 30
UNSAID = "a clean, sharp photo"
"""What the model is told where the instruction has no words."""


class Refiner:
    """pipeline: of diffusers; it takes `image` and, if it is an image-to-image pipeline, `strength`."""

    def __init__(self, pipeline: Any) -> None:
        pipeline.set_progress_bar_config(disable=True)
        self.pipeline = pipeline
        self._takes = inspect.signature(pipeline.__call__).parameters
        self._upscales = "noise_level" in self._takes

    @classmethod
    def from_pretrained(cls, name: str, device: str = "cpu") -> "Refiner":
        """A folder or a hub name; a text-to-image model is used as image-to-image. Raises ValueError with one
        sentence."""
        try:
            from diffusers import AutoPipelineForImage2Image, DiffusionPipeline
        except ImportError:
            raise ValueError("refiner: diffusers is not installed; pip install 'diffusers>=0.42,<0.43'") from None
        dtype = torch.float16 if device.startswith("cuda") else torch.float32
        try:
            pipeline = DiffusionPipeline.from_pretrained(name, torch_dtype=dtype, use_safetensors=True)
            if "image" not in inspect.signature(pipeline.__call__).parameters:
                pipeline = AutoPipelineForImage2Image.from_pipe(pipeline)
        except (OSError, ValueError, AttributeError) as error:
            raise ValueError(f"refiner: {name} cannot be used ({' '.join(str(error).split())[:200]})") from None
        return cls(pipeline.to(device))

    def refine(
        self,
        picture: Picture,
        prompt: str,
        strength: float,
        *,
        mask: Tensor | None = None,
        seed: int = 0,
        check: Callable[[float], None] = lambda share: None,
    ) -> Picture:
        """A picture of the same size and precision; the same one at strength 0, and the same pixels where the mask,
        (1, 1, H, W), uint8, is 0. strength: in [0, 1]; check(share) is called as work proceeds; cancels it by raising.
        """
        if strength <= 0.0:
            return picture
        refined, batch = picture.blank(picture.planes.dtype), len(picture.planes)
        generator = torch.Generator().manual_seed(seed)
        for place in range(batch):
            pixels = picture.pixels.item(place)
            made = self._whole(pixels, prompt or UNSAID, strength, generator, partial(_part, check, place, batch))
            for tile in tiles(*picture.size):
                before, after = tile.read_own(pixels), tile.read_own(made)
                if mask is not None:
                    after = blend(after, before, to_float(tile.read_own(mask)))
                refined.paint(tile, after, place)
        return refined

    def _whole(
        self, pixels: Pixels, prompt: str, strength: float, generator: torch.Generator, check: Callable[[float], None]
    ) -> Tensor:
        """(1, 3, H, W): squares that overlap, each weighted towards its middle."""
        height, width = pixels.shape[-2:]
        total, weight = torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width)
        places = [(top, left) for top in _starts(height) for left in _starts(width)]
        for k, (top, left) in enumerate(places):
            rows, columns = slice(top, min(height, top + TILE_PX)), slice(left, min(width, left + TILE_PX))
            before = pixels[..., rows, columns]
            made = self._square(
                before, prompt, strength, generator, lambda share, k=k: check((k + share) / len(places))
            )
            fade = _fade(rows, height)[:, None] * _fade(columns, width)[None, :]
            total[..., rows, columns] += made * fade
            weight[..., rows, columns] += fade
        return total / weight

    def _square(
        self, image: Tensor, prompt: str, strength: float, generator: torch.Generator, check: Callable[[float], None]
    ) -> Tensor:
        """(1, 3, h, w), RGB, [0, 1] → the same."""
        height, width = image.shape[-2:]
        given = F.pad(image, (0, -width % MULTIPLE_PX, 0, -height % MULTIPLE_PX), mode="replicate")
        if self._upscales:
            factor = self.pipeline.vae_scale_factor
            given = resize(given, (given.shape[-2] // factor, given.shape[-1] // factor)).clamp(0.0, 1.0)
        options: dict[str, Any] = {"num_inference_steps": STEPS}
        steps = STEPS
        if by_strength := "strength" in self._takes:
            back = max(NOISE * strength, 0.002)
            options = {"strength": back, "num_inference_steps": max(STEPS, int(1.0 / back) + 1)}  # one step at least
            steps = int(back * options["num_inference_steps"])
        if "callback_on_step_end" in self._takes:
            options["callback_on_step_end"] = _told(check, steps)
        made = self.pipeline(prompt=prompt, image=given, generator=generator, output_type="pt", **options).images
        made = made.float().cpu()[..., :height, :width].clamp(0.0, 1.0)
        return made if by_strength else image.lerp(made, strength)


def _part(check: Callable[[float], None], place: int, count: int, share: float) -> None:
    """`share` of the part in this place of so many is done."""
    check((place + share) / count)


def _told(check: Callable[[float], None], steps: int) -> Callable[..., dict[str, Any]]:
    """What diffusers calls after every step."""

    def step(pipeline: Any, done: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        check(min(1.0, (done + 1) / steps))
        return values

    return step


def _starts(length: int) -> list[int]:
    """Where squares begin, evenly, so that they overlap by `OVERLAP_PX` or more."""
    if length <= TILE_PX:
        return [0]
    count = -(-(length - OVERLAP_PX) // (TILE_PX - OVERLAP_PX))
    return [k * (length - TILE_PX) // (count - 1) for k in range(count)]


def _fade(span: slice, length: int) -> Tensor:
    """Weights of a square's pixels along one side: 1, less towards a border that another square overlaps."""
    place = torch.arange(span.start, span.stop, dtype=torch.float32)
    up = (place - span.start + 1) / OVERLAP_PX if span.start > 0 else torch.ones_like(place)
    down = (span.stop - place) / OVERLAP_PX if span.stop < length else torch.ones_like(place)
    return torch.minimum(up, down).clamp(max=1.0)

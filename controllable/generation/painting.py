"""Painting: an order carried out tile by tile: restore, keep faces, set the tone, blend into the region."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from controllable.budget import budget_bytes
from controllable.generation.halving import Halving, fitting_px
from controllable.generation.identity import LOCAL, FaceKept, Hold, IdentityGuard, Read, hold_back
from controllable.generation.order import Order
from controllable.generation.remembered import remembered_restoration, working_dtype
from controllable.generation.tone import adjust_tone
from controllable.image.picture import Picture
from controllable.image.pixels import Pixels, to_float
from controllable.image.tile import TILE_PX, Tile, tiles
from controllable.memory import Memory
from controllable.region.area import touches
from controllable.region.masks import blend
from controllable.task import Task

_PAINTING = 64.0
"""Bytes for each pixel of a tile while it is painted: before, after, and steps between."""

if TYPE_CHECKING:
    from controllable.generation.expert import Team
    from controllable.generation.restorer import Restorer


@dataclass(frozen=True, kw_only=True)
class Painter:
    """restorer: None only if the order restores nothing; guard: None if faces are not to be looked at."""

    order: Order
    restorer: "Restorer | Team | None"
    guard: IdentityGuard | None
    memory: Memory

    def carry_out(self, report: Callable[[float], None]) -> tuple[Picture, tuple[FaceKept, ...]]:
        """Restore the photo's own flaws on its own grid: enlarged, noise and blocks are no longer what cameras make.
        Then enlarge, restore the resolution and set the tone. Faces are compared with the photo after each of the two.

        report(share): called as work proceeds; cancels it by raising.
        """
        order = self.order
        picture, key, scale = order.picture, order.key, order.picture.scale
        own = {task: value for task, value in order.applied.items() if scale > 1 and task is not Task.RESOLUTION}
        share = 1.0 / (1.0 + scale * scale) if own else 0.0
        faces: dict[Hashable, FaceKept] = {}
        if own:
            photo, held = replace(picture, scale=1), working_dtype(picture.planes)
            photo = self._paint(photo, key, own, {}, faces, lambda done: report(share * done), held)
            picture, key = photo.enlarged(scale), (key, order.said(own))
        rest = {task: value for task, value in order.applied.items() if task not in own}
        finished = self._paint(picture, key, rest, order.tone, faces, lambda done: report(share + (1.0 - share) * done))
        return finished, tuple(faces.values())

    def _paint(
        self,
        picture: Picture,
        key: Hashable,
        strengths: Mapping[Task, float],
        tone: Mapping[str, float],
        faces: dict[Hashable, FaceKept],
        report: Callable[[float], None],
        dtype: torch.dtype | None = None,
    ) -> Picture:
        """A new picture of the enlarged size, in `dtype` or the precision it is to be handed back in. What was found in
        faces is added to `faces`.
        """
        painted = self.memory.spare(lambda: picture.blank(dtype))
        mask = self.memory.spare(lambda: self.order.area(picture.size, self.memory))
        parts, halving = self._parts(picture.size, strengths)
        batch = len(picture.planes)
        for place in range(batch):
            pixels = picture.pixels.item(place)
            restored = self._restored(
                pixels, (key, place), strengths, parts, halving, mask, faces, partial(report, place / batch)
            )
            paint = partial(_paint_tile, painted, place, pixels, restored, tone, mask)
            strips = replace(halving, bytes_per_px=_PAINTING)  # what is restored is divided on its own
            for done, tile in enumerate(parts, place * len(parts) + 1):
                strips.run(tile, paint)
                report(done / (batch * len(parts)))
        return painted

    def _parts(self, size: tuple[int, int], strengths: Mapping[Task, float]) -> tuple[list[Tile], Halving]:
        """Tiles of a picture that the budget holds, and what divides them should memory be short all the same."""
        reach_px, multiple_px, bytes_per_px, options = 0, 1, 0.0, {}
        if self.restorer is not None and strengths:
            restorer = self.restorer
            reach_px, multiple_px = restorer.reach_px(strengths), restorer.multiple_px(strengths)
            bytes_per_px = restorer.bytes_per_px(strengths) if restorer.device.type == "cpu" else 0.0
            tile_px = fitting_px(restorer.bytes_per_px(strengths), reach_px, budget_bytes(restorer.device))
            options = {"tile_px": tile_px} if tile_px < TILE_PX else {}
        halving = Halving(
            memory=self.memory, size=size, reach_px=reach_px, multiple_px=multiple_px, bytes_per_px=bytes_per_px
        )
        return tiles(*size, reach_px=reach_px, multiple_px=multiple_px, **options), halving

    def _restored(
        self,
        pixels: Pixels,
        key: tuple[Hashable, int],
        strengths: Mapping[Task, float],
        parts: list[Tile],
        halving: Halving,
        mask: Tensor | None,
        faces: dict[Hashable, FaceKept],
        check: Callable[[], None],
    ) -> Read | None:
        """Tile → its own part restored, the faces that would become somebody else's held back; None without strengths.

        Only tiles that hold a face are restored before their turn; those of a face that is held back once more, at
        fidelity 1. check: called between tiles, to cancel.
        """
        if not strengths:
            return None
        assert self.restorer is not None
        order, guard = self.order, self.guard
        at_fidelity = partial(remembered_restoration, self.restorer, self.memory, halving, pixels, key, strengths)
        made = at_fidelity(order.fidelity)
        if guard is None or not LOCAL & strengths.keys():
            return made

        def exact(tile: Tile) -> Tensor:
            """Nothing is allocated for it before a face asks."""
            return at_fidelity(1.0)(tile)

        def checked(restored: Read) -> Read:
            return lambda tile: (check(), restored(tile))[1]

        holds: list[Hold] = []
        known = self.memory.get((order.key, "faces", key[1]), lambda: guard.know(order.picture, key[1]))
        for face in known:
            if mask is None or touches(mask, face.box, pixels.scale):
                kept, hold = guard.judge(
                    face, pixels, parts, checked(made), checked(exact) if order.fidelity < 1.0 else None, order.fidelity
                )
                kept, name = replace(kept, picture=key[1]), (key[1], face.box)
                faces[name] = faces[name].then(kept) if name in faces else kept
                holds += [] if hold is None else [hold]
        return (lambda tile: hold_back(tile, holds, pixels, made, exact)) if holds else made


def _paint_tile(
    painted: Picture,
    place: int,
    pixels: Pixels,
    restored: Read | None,
    tone: Mapping[str, float],
    mask: Tensor | None,
    tile: Tile,
) -> None:
    before = tile.read_own(pixels)
    after = adjust_tone(before if restored is None else restored(tile), tone)
    if mask is not None:
        after = blend(after, before, to_float(tile.read_own(mask)))
    painted.paint(tile, after, place)

"""Identity guard: restored or enlarged, a face stays the face that was photographed.

Each face found in the photo is turned into a unit vector before and after, both at the photo's own resolution: nobody
can say who is in 16 pixels, but everybody can say whether eight times as many still reduce to them. Where the two
vectors part, the change of this face is taken back, step by step, until they agree again.
"""

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor

from controllable.budget import tried
from controllable.image.picture import Picture
from controllable.image.pixels import Pixels, to_stored
from controllable.image.resize import resize
from controllable.image.tile import Tile, tiles
from controllable.networks.face_embedding import CROP_PX, FaceEmbedding
from controllable.region.masks import Box, blend, find_faces
from controllable.task import Task

LOCAL: frozenset[Task] = frozenset({Task.NOISE, Task.BLUR, Task.COMPRESSION, Task.RESOLUTION, Task.DETAIL})
"""Tasks that put structure into a face; light, haze and colour strike every pixel alike and leave it who it is."""
CROP_SHARE = 1.3
"""Side of what is compared, in face widths."""
MOST_FACES = 4
SEARCH_PX = 256
"""Longer side at which faces are searched, small photos enlarged to it: those of a thirteenth of it and wider."""
SEARCH_STEP = 1.1
_SEARCH_BLUR_PX = 0.8
"""In noise of sigma 50 the cascade finds 69 % of the faces, after this blur 95 %."""
SHARES = (1.0, 0.5, 0.25, 0.125, 0.0)
"""What is left of the change, tried in this order."""
_HALF_WIDTH, _HALF_HEIGHT = 0.62, 0.78
"""Semi-axes of a head in face widths, as `region.masks.face_mask` has them."""
_FEATHER = 0.3
"""The mask falls to 0 over this share of the axes, outside of them."""
_LEAST_FACE_PX = 20
_COLUMNS = 512
"""So many of a viewing matrix are made at a time."""

Read = Callable[[Tile], Tensor]


@dataclass(frozen=True, kw_only=True)
class FaceKept:
    """What the guard found in one face and did about it.

    box: in px of the photo before it was enlarged; picture: its place in a batch. before, after: similarity to the
    photo of what the network made and of what is handed back, in [-1, 1]; fidelity: what the face was restored with;
    share: of that change, what is left. A photo that is cleaned and then enlarged is looked at twice: the lower
    `before` and `share` count.
    """

    box: Box
    before: float
    after: float
    fidelity: float
    share: float
    held: bool
    picture: int = 0

    @property
    def done(self) -> str:
        """What was done: the face was left as restored, restored again at fidelity 1, or its change was reduced."""
        return "left" if not self.held else "faithful" if self.share == 1.0 else "reduced"

    def then(self, later: "FaceKept") -> "FaceKept":
        """Of the same face, looked at twice."""
        return replace(
            later, before=min(self.before, later.before), fidelity=max(self.fidelity, later.fidelity),
            share=min(self.share, later.share), held=self.held or later.held,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        numbers = {name: round(getattr(self, name), 4) for name in ("before", "after", "fidelity", "share")}
        return {"box": list(self.box), "picture": self.picture, **numbers, "done": self.done}


@dataclass(frozen=True, kw_only=True)
class Known:
    """A face as it was photographed: its box on the photo's own grid, and its vector (128,)."""

    box: Box
    vector: Tensor


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A face to be held back: its box on the grid of the result, and the share of the change that is left. Where it is
    faithful, this is the change at fidelity 1."""

    box: Box
    share: float
    faithful: bool


class IdentityGuard:
    """guard = IdentityGuard.from_pretrained("models/identity")"""

    def __init__(self, network: FaceEmbedding, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.network = network.float().eval().to(self.device)

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str = "cpu") -> "IdentityGuard":
        with contextlib.redirect_stdout(io.StringIO()):  # huggingface_hub prints a line that is no result of ours
            return cls(FaceEmbedding.from_pretrained(folder), device)

    @property
    def threshold(self) -> float:
        return self.network.threshold

    def vectors(self, views: Tensor) -> Tensor:
        """(B, 3, 64, 64) → (B, 128), on the CPU."""

        @torch.inference_mode()
        def compute() -> Tensor:
            return self.network(views.clamp(0.0, 1.0).to(self.device)).cpu()

        return tried(compute)

    def know(self, picture: Picture, place: int) -> tuple[Known, ...]:
        """The largest faces of one photo of a batch, before anything is changed."""
        pixels = replace(picture, scale=1).pixels.item(place)
        boxes = search(pixels)
        parts = tiles(*pixels.shape[-2:])
        views = [view(box, pixels, parts, lambda tile: tile.read_own(pixels)) for box in boxes]
        vectors = self.vectors(torch.cat(views)) if boxes else torch.empty(0)
        return tuple(Known(box=box, vector=vector) for box, vector in zip(boxes, vectors, strict=True))

    def judge(
        self, face: Known, pixels: Pixels, parts: Sequence[Tile], restored: Read, faithful: Read | None, fidelity: float
    ) -> tuple[FaceKept, Hold | None]:
        """Compare one face with what became of it, and say what is to be done.

        pixels: what was restored, on the grid of the result; parts: tiles of that grid; restored: tile → its
        restoration at this fidelity; faithful: at fidelity 1, None if that is the same.
        """
        scale = pixels.scale
        before = self._similarity(face, view(face.box, pixels, parts, restored))[0]
        kept = FaceKept(box=face.box, before=before, after=before, fidelity=fidelity, share=1.0, held=False)
        if before >= self.threshold:
            return kept, None
        box: Box = tuple(value * scale for value in face.box)  # type: ignore[assignment]

        def without_and_change(tile: Tile) -> Tensor:
            """With nothing of the change in this face, and what all of it adds: the steps between are sums of both."""
            plain, made, mask = tile.read_own(pixels), restored(tile), head_mask(box, tile)
            change = (made if faithful is None else faithful(tile)) - plain
            return torch.cat((blend(plain, made, mask), mask * change))

        without, change = view(face.box, pixels, parts, without_and_change).chunk(2)
        shares = SHARES if faithful is not None else SHARES[1:]
        found = self._similarity(face, torch.cat([without + share * change for share in shares]))
        safe = 0.5 * (1.0 + self.threshold)  # halfway to a stranger just passes: a face once doubted must come closer
        share, after = next(
            ((s, value) for s, value in zip(shares, found, strict=True) if value >= safe),
            (shares[-1], found[-1]),
        )
        kept = replace(kept, after=after, fidelity=1.0, share=share, held=True)
        return kept, Hold(box=box, share=share, faithful=faithful is not None)

    def _similarity(self, face: Known, views: Tensor) -> list[float]:
        return (self.vectors(views) @ face.vector).tolist()


def hold_back(tile: Tile, holds: Sequence[Hold], pixels: Pixels, restored: Read, faithful: Read) -> Tensor:
    """The restored tile, (1, 3, h, w), with its faces held back; bit for bit as restored outside of them."""
    made = whole = restored(tile)
    for hold in holds:
        mask = head_mask(hold.box, tile)
        if bool(mask.any()):
            plain = tile.read_own(pixels)
            change = (faithful(tile) if hold.faithful else whole) - plain
            made = blend(plain + hold.share * change, made, mask)
    return made


def search(pixels: Pixels) -> list[Box]:
    """The largest faces of one photo, at most `MOST_FACES`, on its own grid, searched at `SEARCH_PX`."""
    height, width = pixels.shape[-2:]
    factor = SEARCH_PX / max(height, width)
    small = Picture(planes=pixels.stored).resized(tuple(max(1, round(side * factor)) for side in (height, width)))
    array = to_stored(small.rgb[0], torch.uint8).permute(1, 2, 0).contiguous().numpy()
    if min(array.shape[:2]) < _LEAST_FACE_PX:
        return []
    array = cv2.GaussianBlur(array, (0, 0), _SEARCH_BLUR_PX)
    boxes = [tuple(round(value / factor) for value in box) for box in find_faces(array, step=SEARCH_STEP)]
    return [box for box in boxes if box[2] > 0 and box[3] > 0][:MOST_FACES]  # type: ignore[misc]


def head_mask(box: Box, tile: Tile) -> Tensor:
    """(1, 1, h, w), float32: 1 on the head of this face, feathered, exactly 0 elsewhere, for the tile's own part."""
    x, y, width, height = box
    rows, columns = (torch.arange(*span, dtype=torch.float32) + 0.5 for span in (tile.rows, tile.columns))
    across = (columns - (x + width / 2)) / (_HALF_WIDTH * width)
    down = (rows - (y + height / 2)) / (_HALF_HEIGHT * height)
    radius = torch.hypot(across[None], down[:, None])
    return ((1.0 + _FEATHER - radius) / _FEATHER).clamp_(0.0, 1.0)[None, None]


def view(box: Box, pixels: Pixels, parts: Sequence[Tile], read: Read) -> Tensor:
    """What the embedding sees of a face: the square around it, first reduced to the photo's own grid, then brought to
    64 px → (B, 3, 64, 64). box: on the photo's own grid; read: tile → (B, 3, h, w) on the grid of the result.

    Reduction is linear, so every tile adds its part and no more than a tile is ever held.
    """
    x, y, width, height = box
    side = max(1, round(CROP_SHARE * width))
    rows, columns = pixels.shape[-2:]
    down = viewing_matrix(round(y + (height - side) / 2), side, rows // pixels.scale, pixels.scale)
    across = viewing_matrix(round(x + (width - side) / 2), side, columns // pixels.scale, pixels.scale)
    seen = torch.zeros(1)
    for tile in parts:
        v, h = down[:, slice(*tile.rows)], across[:, slice(*tile.columns)]
        if bool(v.any()) and bool(h.any()):
            seen = seen + v @ read(tile).cpu() @ h.T
    return seen


def viewing_matrix(start: int, side: int, length: int, scale: int) -> Tensor:
    """(64, length·scale): brings `side` px from `start` on, of a line of `length` px enlarged `scale` times, to 64.

    The enlargement is undone first. Beyond the line its border is repeated.
    """
    large = side * scale
    steps = []
    for first in range(0, large, _COLUMNS):
        unit = (torch.arange(large)[:, None] == torch.arange(first, min(large, first + _COLUMNS))).float()[None, None]
        if scale > 1:
            unit = resize(unit, (side, unit.shape[-1]))
        steps.append(resize(unit, (CROP_PX, unit.shape[-1]))[0, 0])
    places = (torch.arange(large) + start * scale).clamp(0, length * scale - 1)
    return torch.zeros(CROP_PX, length * scale).index_add_(1, places, torch.cat(steps, 1))

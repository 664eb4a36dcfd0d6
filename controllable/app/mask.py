"""A mask for the region "mask": painted over the photo, or uploaded."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image, ImageChops

from controllable.app.files import photo_input, write_png, write_preview
from controllable.app.language import Text, t
from controllable.app.sentences import one_sentence
from controllable.image.picture import load

TEXTS: dict[str, Text] = {
    "mask.title": ("Paint where to work", "涂抹要处理的地方"),
    "mask.about": (
        "Paint over the part to work on; the eraser takes paint away, the bin all of it.",
        "涂抹要处理的部分；橡皮擦可擦去，垃圾桶可全部清除。",
    ),
    "mask.used": ("Mask in use (white is worked on)", "使用中的蒙版（白色部分会被处理）"),
}
PAINT_PX = 720
"""Longer side of the photo that is painted on; the mask is enlarged to the photo's size."""


@dataclass(frozen=True, kw_only=True)
class MaskBox:
    """mask: holds the path of the mask picture in use; `painting` and `filled` are what `painted_mask` takes and gives,
    beside photo and region; paper, fresh: what `take_photo` takes and gives, to be called for each new photo."""

    mask: gr.Image
    editor: gr.ImageEditor
    painted: gr.State
    paper: list[Any]
    fresh: list[Any]

    @property
    def painting(self) -> list[Any]:
        return [self.editor, self.painted]

    @property
    def filled(self) -> list[Any]:
        return [self.mask, self.painted]


def build_mask_box(photo: gr.Image, region: gr.Dropdown) -> MaskBox:
    """Lay out and wire the accordion. What is painted is used at once; a mask that arrives chooses the region "mask",
    one that goes gives it back.
    """
    opened, painted_on, painted = gr.State(False), gr.State(None), gr.State(False)
    with gr.Accordion(t("mask.title"), open=False, elem_id="mask-box") as accordion:
        gr.Markdown(t("mask.about"), elem_classes="note")
        editor = gr.ImageEditor(
            type="pil", sources=(), transforms=(), layers=False, format="png", show_label=False, height=420,
            brush=gr.Brush(default_size=60, colors=["#ffffffb0"], color_mode="fixed"), eraser=gr.Eraser(60),
            buttons=[], elem_id="mask-editor",
        )  # fmt: skip
        take = gr.Button("", visible="hidden", elem_id="mask-take")
        mask = photo_input(
            label=t("mask.used"), sources=["upload", "clipboard"], height=160, buttons=[], elem_id="mask"
        )
    paper, fresh = [photo, opened, painted_on], [editor, painted_on, painted]
    box = MaskBox(mask=mask, editor=editor, painted=painted, paper=paper, fresh=fresh)
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    accordion.collapse(lambda: False, None, opened, **quiet)
    accordion.expand(lambda: True, None, opened, **quiet).then(take_photo, paper, fresh, **quiet)
    mask.upload(lambda: None, None, painted_on, **quiet).then(take_photo, paper, fresh, **quiet)
    take.click(  # pressed by page.js after each stroke: the editor's own events leave out the first
        painted_mask, [photo, region, *box.painting], [region, *box.filled], trigger_mode="always_last", **quiet
    )
    mask.change(choose_region, [mask, region], region, **quiet)
    return box


@one_sentence
def take_photo(photo: str | None, opened: bool, painted_on: str | None) -> list[Any]:
    """The photo, small enough to paint on, which one it is, and that nothing is painted; only while the box is open,
    and once for each photo.
    """
    if photo == painted_on:
        return [gr.skip()] * 3
    if photo is None or not opened:
        return [None, None, False]
    image = load(photo).export()
    image.thumbnail((PAINT_PX, PAINT_PX), reducing_gap=2.0)
    return [write_preview(image), photo, False]


@one_sentence
def painted_mask(photo: str | None, region: str, painting: dict[str, Any] | None, painted: bool) -> list[Any]:
    """The region, what was painted, white on black, at the photo's size, and whether anything was. Paint that is gone
    takes its mask along; a mask that was uploaded stays.
    """
    layers: list[Image.Image] = painting["layers"] if painting else []
    if photo is None or not any(layer.getchannel("A").getbbox() for layer in layers):
        return [choose_region(None, region), None, False] if painted else [gr.skip()] * 3
    alpha = layers[0].getchannel("A")
    for layer in layers[1:]:
        alpha = ImageChops.lighter(alpha, layer.getchannel("A"))
    white = alpha.point(lambda value: 255 if value > 0 else 0)
    height, width = load(photo).size
    mask = write_png(white.resize((width, height), Image.Resampling.BILINEAR), photo, "mask")
    return ["mask", mask, True]


def choose_region(mask: str | None, region: str) -> Any:
    """A mask that came → the region "mask"; none → the whole photo, if it was that one."""
    if mask is not None:
        return "mask"
    return "all" if region == "mask" else gr.skip()

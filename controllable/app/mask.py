"""A mask for the region "mask": painted over the photo, or uploaded."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image, ImageChops

from controllable.app.files import photo_input, write_png, write_preview
from controllable.app.sentences import one_sentence
from controllable.image.picture import load


@dataclass(frozen=True, kw_only=True)
class MaskBox:
    """`mask` holds the path of the mask picture in use."""

    mask: gr.Image


def build_mask_box(photo: gr.Image, region: gr.Dropdown) -> MaskBox:
    """Lay out and wire the accordion; a mask that arrives chooses the region "mask"."""
    with gr.Accordion("Paint where to work", open=False, elem_id="mask-box"):
        with gr.Row():
            take = gr.Button("Take the photo to paint on", size="sm")
            use = gr.Button("Use the painted area", size="sm")
        editor = gr.ImageEditor(
            type="pil", sources=(), transforms=(), layers=False, format="png", show_label=False, height=320,
            brush=gr.Brush(default_size=40, colors=["#ffffffb0"], color_mode="fixed"), elem_id="mask-editor",
        )  # fmt: skip
        mask = photo_input(
            label="Mask in use (white is worked on)",
            sources=["upload", "clipboard"], height=160, elem_id="mask",
        )  # fmt: skip
    take.click(take_photo, photo, editor, show_progress="hidden", api_visibility="private")
    use.click(painted_mask, [photo, editor], mask, show_progress="hidden", api_visibility="private")
    mask.change(
        lambda path: gr.skip() if path is None else "mask", mask, region,
        show_progress="hidden", api_visibility="private",
    )  # fmt: skip
    return MaskBox(mask=mask)


@one_sentence
def take_photo(photo: str | None) -> str:
    """The photo, small enough to paint on."""
    if photo is None:
        raise ValueError("photo: there is none yet; drop one in first")
    return write_preview(load(photo).export())


@one_sentence
def painted_mask(photo: str | None, painting: dict[str, Any] | None) -> str:
    """What was painted, white on black, at the photo's size."""
    layers: list[Image.Image] = painting["layers"] if painting else []
    if photo is None or not any(layer.getchannel("A").getbbox() for layer in layers):
        raise ValueError("mask: nothing is painted yet; take the photo and paint over the part to work on")
    alpha = layers[0].getchannel("A")
    for layer in layers[1:]:
        alpha = ImageChops.lighter(alpha, layer.getchannel("A"))
    white = alpha.point(lambda value: 255 if value > 0 else 0)
    height, width = load(photo).size
    return write_png(white.resize((width, height), Image.Resampling.BILINEAR), photo, "mask")

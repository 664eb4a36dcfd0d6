"""An expert: a backbone with a name and the flaws it undoes, what a recipe trains and ships."""

from collections.abc import Sequence

from huggingface_hub import ModelCard, PyTorchModelHubMixin
from torch import Tensor, nn

from controllable.networks.backbones import make_backbone
from controllable.task import Task

CARD = """---
{{ card_data }}
---

# {{ title }}

A photo → the same photo {{ size }}, without its {{ flaws }}. Backbone `{{ backbone }}` of width {{ width }} with
{{ blocks }} blocks, {{ parameters }} parameters. Loaded by `controllable.networks.expert.Expert.from_pretrained`.

- **Input** `(B, 3, H, W)`, RGB, [0, 1], any size. **Output** `(B, 3, {{ scale }}·H, {{ scale }}·W)`, not clipped.
{%- if training %}
- **Training**: {{ training }}
{%- endif %}
"""


class Expert(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="controllable",
    pipeline_tag="image-to-image",
    tags=["image-restoration"],
    model_card_template=CARD,
):
    """image: (B, 3, H, W), RGB, [0, 1], any size → (B, 3, scale·H, scale·W), fp32, not clipped.

    backbone, scale, width, blocks: as `make_backbone` takes them; the network is `network`. tasks: names of the `Task`s
    that it undoes, at least one. title: how it is called on the page and on its card.

    `save_pretrained(folder)` writes config.json, model.safetensors and a card, README.md, to which
    `model_card_kwargs={"training": "…"}` adds how it was trained; `from_pretrained(folder)` reads it back in eval mode.
    The card names no licence: that depends on the photographs.

    Raises ValueError for a task that there is not, for none, for an empty title, and for what `make_backbone` refuses.
    """

    def __init__(self, *, backbone: str, scale: int, width: int, blocks: int, tasks: Sequence[str], title: str) -> None:
        super().__init__()
        known = [str(task) for task in Task]
        unknown = [task for task in tasks if task not in known]
        if unknown or not tasks:
            came = f"{unknown[0]!r} is not one of" if unknown else "name at least one of"
            raise ValueError(f"tasks: {came} {', '.join(known)}")
        if not title.strip():
            raise ValueError("title: must not be empty")
        self.network = make_backbone(backbone, scale=scale, width=width, blocks=blocks)
        self.backbone, self.scale, self.width, self.blocks = backbone, scale, width, blocks
        self.tasks, self.title = tuple(Task(task) for task in tasks), title

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)

    def generate_model_card(self, *args: object, **named: object) -> ModelCard:
        """The card that `save_pretrained` writes; named: `training`, sentences that it shall hold, too."""
        count = sum(parameter.numel() for parameter in self.parameters())
        flaws = ", ".join(task.replace("_", " ") for task in self.tasks)
        size = "in its own size" if self.scale == 1 else f"{self.scale} times as large"
        known = {"title": self.title, "size": size, "flaws": flaws, "parameters": f"{count:,}"}
        known |= {name: getattr(self, name) for name in ("backbone", "scale", "width", "blocks")}
        return super().generate_model_card(*args, **(known | named))

"""The Enhancer as a pipeline of diffusers: `from_pretrained`, a call with image and prompt, `.images`.

from controllable.pipeline import ControllablePipeline

pipeline = ControllablePipeline.from_pretrained()
pipeline("photo.jpg", "remove the noise", strength=0.7).images[0].save("better.png")
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from diffusers import DiffusionPipeline
from diffusers.utils import BaseOutput
from huggingface_hub import create_repo, snapshot_download
from PIL import Image
from torch import Tensor

from controllable.enhancer import Enhancer, Result
from controllable.image.picture import ImageLike, Picture
from controllable.instruction import Instruction

PARTS = ("clip", "generator", "identity")
"""Folders of an Enhancer's models, which are also the folders of a saved pipeline."""


@dataclass
class ControllableOutput(BaseOutput):
    """images: as `output_type` says; results: what was understood, found and applied, one for each image given."""

    images: list[Image.Image] | np.ndarray | Tensor
    results: list[Result]


class ControllablePipeline(DiffusionPipeline):
    """The same pixels as `Enhancer.enhance`. Its networks choose the fastest precision their device has."""

    def __init__(self, enhancer: Enhancer) -> None:
        super().__init__()
        self.register_modules(enhancer=enhancer)

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path | None = None,
        *,
        device: str | None = None,
        torch_dtype: torch.dtype | None = None,
        **download: Any,
    ) -> "ControllablePipeline":
        """The bundled models (None), a folder that `save_pretrained` or `Enhancer` knows, or a hub name; download:
        revision, token, cache_dir and the like of `snapshot_download`. torch_dtype is accepted and not needed."""
        if source is not None and not Path(source).is_dir() and download:
            source = snapshot_download(str(source), **download)
        return cls(Enhancer.from_pretrained(source, device=device).warm_up())

    def save_pretrained(  # type: ignore[override]
        self, save_directory: str | Path, safe_serialization: bool = True, push_to_hub: bool = False, **upload: Any
    ) -> None:
        """The folders of `PARTS`, `model_index.json` and the generator's card. Raises ValueError for anything but
        safetensors; upload: as `push_to_hub` takes it, with `repo_id` for another name than the folder's."""
        if not safe_serialization:
            raise ValueError("safe_serialization: weights are saved as safetensors only")
        folder, models = Path(save_directory), self.enhancer.folder
        for part in PARTS:
            if (models / part).is_dir():
                shutil.copytree(models / part, folder / part, dirs_exist_ok=True)
        card = models / "generator" / "README.md"
        if card.is_file():
            shutil.copy(card, folder / "README.md")
        self.save_config(folder)
        if push_to_hub:
            self._publish(folder, upload.pop("repo_id", folder.name), **upload)

    def push_to_hub(  # type: ignore[override]
        self, repo_id: str, *, private: bool | None = None, token: str | None = None, **commit: Any
    ) -> str:
        """Upload what `save_pretrained` saves; commit: commit_message, create_pr. Returns the commit's address."""
        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return self._publish(Path(folder), repo_id, private=private, token=token, **commit)

    def _publish(
        self, folder: Path, repo_id: str, *, private: bool | None = None, token: str | None = None, **commit: Any
    ) -> str:
        name = create_repo(repo_id, private=private, token=token, exist_ok=True).repo_id
        return str(self._upload_folder(folder, name, token=token, **commit))

    @property
    def device(self) -> torch.device:
        return torch.device(self.enhancer.device)

    def to(self, *args: Any, **kwargs: Any) -> "ControllablePipeline":
        """A device, as `torch.nn.Module.to` takes it; a dtype is accepted and not needed."""
        device = torch._C._nn._parse_to(*args, **kwargs)[0]
        if device is not None and device != self.device:
            self.enhancer = Enhancer(self.enhancer.folder, str(device), self.enhancer.clip).warm_up()
        return self

    @torch.no_grad()
    def __call__(
        self,
        image: ImageLike | Sequence[ImageLike],
        prompt: str | Instruction | Sequence[str | Instruction],
        *,
        strength: float = 1.0,
        fidelity: float = 1.0,
        output_type: Literal["pil", "np", "pt"] = "pil",
        return_dict: bool = True,
        **options: Any,
    ) -> ControllableOutput | tuple[Any, list[Result]]:
        """One image or several, each with its prompt or all with one; options: of `Enhancer.enhance`.

        output_type: "pil"; or "np", (B, H, W, 3), and "pt", (B, 3, H, W), float32 in [0, 1], which want results of one
        size. Raises ValueError with one sentence for bad input.
        """
        if output_type not in ("pil", "np", "pt"):
            raise ValueError(f"output_type: {output_type!r} is not one of pil, np, pt")
        images = list(image) if isinstance(image, (list, tuple)) else [image]
        prompts = list(prompt) if isinstance(prompt, (list, tuple)) else [prompt] * len(images)
        if len(prompts) != len(images):
            raise ValueError(f"prompt: {len(prompts)} came for {len(images)} images")
        results = []
        with self.progress_bar(total=len(images)) as bar:
            for each, wish in zip(images, prompts, strict=True):
                results.append(self.enhancer.enhance(each, wish, strength=strength, fidelity=fidelity, **options))
                bar.update()
        pictures = [picture for result in results for picture in _single(result.picture)]
        made = _exported(pictures, output_type)
        return ControllableOutput(images=made, results=results) if return_dict else (made, results)


def _single(picture: Picture) -> list[Picture]:
    """A batch as its pictures."""
    return [replace(picture, planes=picture.planes[k : k + 1]) for k in range(len(picture.planes))]


def _exported(pictures: list[Picture], output_type: str) -> Any:
    if output_type == "pil":
        return [replace(picture, kind="pil").export() for picture in pictures]
    if len({picture.size for picture in pictures}) > 1:
        raise ValueError(f"output_type: {output_type!r} wants results of one size; use 'pil'")
    batch = torch.cat([picture.rgb for picture in pictures])
    return batch if output_type == "pt" else batch.permute(0, 2, 3, 1).numpy()

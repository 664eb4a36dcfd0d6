"""Detectors behind one call, `detect(images) -> [Boxes]`, judged by what they still find of the clean photo's.

A name picks the library as in `examples.robustness_models`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
from torch import Tensor
from torchvision.ops import box_iou

from examples.robustness_models import brief
from examples.robustness_search import CHUNK, Verdict

FOUND_IOU = 0.5


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """corners: (n, 4), left, top, right, bottom, px; labels: (n,), int64; confidence: (n,), in [0, 1]."""

    corners: Tensor
    labels: Tensor
    confidence: Tensor

    def at_least(self, threshold: float) -> "Boxes":
        keep = self.confidence >= threshold
        return Boxes(corners=self.corners[keep], labels=self.labels[keep], confidence=self.confidence[keep])


Detect = Callable[[Tensor], list[Boxes]]
"""Of pictures (B, 3, H, W), RGB, [0, 1]."""


def load_detector(name: str) -> Detect:
    """The detector of that name, frozen. Raises ValueError with one sentence if there is no such model."""
    if name.startswith("torchvision:"):
        return _from_torchvision(name)
    from transformers import AutoImageProcessor, AutoModelForObjectDetection

    try:
        processor = AutoImageProcessor.from_pretrained(name)
        network = AutoModelForObjectDetection.from_pretrained(name).eval()
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"detector: {name!r} is no detector that transformers can load ({brief(error)})") from None

    def detect(images: Tensor) -> list[Boxes]:
        size = images.shape[-2:]
        inputs = processor(images=list((images * 255.0).round().to(torch.uint8)), return_tensors="pt")
        out = network(**inputs)
        sizes = torch.tensor([list(size)] * len(images))
        found = processor.post_process_object_detection(out, threshold=0.0, target_sizes=sizes)
        return [Boxes(corners=f["boxes"], labels=f["labels"], confidence=f["scores"]) for f in found]

    return detect


def _from_torchvision(name: str) -> Detect:
    architecture, _, weights = name.removeprefix("torchvision:").partition(":")
    if architecture not in torchvision.models.list_models(module=torchvision.models.detection):
        raise ValueError(f"detector: torchvision has no detector {architecture!r}")
    try:
        if weights == "DEFAULT":
            network = torchvision.models.get_model(architecture, weights="DEFAULT")
        else:
            network = torchvision.models.get_model(architecture, weights=None, weights_backbone=None)
            if weights:
                network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError) as error:
        raise ValueError(f"detector: {name!r} cannot be loaded ({brief(error)})") from None
    network.eval()

    def detect(images: Tensor) -> list[Boxes]:
        found = network(list(images))
        return [Boxes(corners=f["boxes"], labels=f["labels"], confidence=f["scores"]) for f in found]

    return detect


class DetectorJudge:
    """Score: share of the clean photo's detections for which one of the same label overlaps by IoU 0.5 or more.

    Confidence: of the best such one, 0 where there is none, mean over the clean photo's. Harm: 1 - score; no gradient.
    clean: (N, 3, H, W), RGB, [0, 1]. Raises ValueError if nothing is found in any of them.
    """

    def __init__(self, detect: Detect, clean: Tensor, threshold: float) -> None:
        self._detect, self._threshold = detect, threshold
        with torch.inference_mode():
            self._clean = [boxes.at_least(threshold) for part in clean.split(CHUNK) for boxes in detect(part)]
        self.useful = torch.tensor([k for k, boxes in enumerate(self._clean) if len(boxes.labels)], dtype=torch.int64)
        """The pictures in which something is found: the others cannot lose anything."""
        if not len(self.useful):
            raise ValueError(f"detector: finds nothing in these photos with a confidence of {threshold} or more")

    def __call__(self, images: Tensor, rows: Tensor) -> Verdict:
        with torch.inference_mode():
            found = [boxes.at_least(self._threshold) for boxes in self._detect(images)]
        scores, confidences = [], []
        for boxes, row in zip(found, rows.tolist(), strict=True):
            best = _best_confidence(self._clean[row], boxes)
            scores.append(float((best > 0).float().mean()))
            confidences.append(float(best.mean()))
        score = torch.tensor(scores)
        answers = tuple(f"{len(boxes.labels)} found" for boxes in found)
        return Verdict(score=score, confidence=torch.tensor(confidences), harm=1.0 - score, answers=answers)


def _best_confidence(clean: Boxes, now: Boxes) -> Tensor:
    """(n,): for each clean detection the confidence of the surest one now that agrees with it, 0 if none does."""
    if not len(now.labels):
        return torch.zeros(len(clean.labels))
    agrees = (box_iou(clean.corners, now.corners) >= FOUND_IOU) & (clean.labels[:, None] == now.labels)
    return (agrees * now.confidence.clamp_min(1e-6)).amax(1)

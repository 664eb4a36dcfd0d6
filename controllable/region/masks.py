"""Photo and region name → a feathered mask of where the wish applies."""

import threading
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

Box = tuple[int, int, int, int]
"""(left, top, width, height) in px."""
WORK_PX = 640
"""Longer side at which regions are searched."""


def region_mask(rgb: Tensor, region: str) -> Tensor | None:
    """(1, 3, H, W), RGB, [0, 1] → (1, 1, H, W) in [0, 1], exactly 0 outside the region; None for "all".

    Raises ValueError with one sentence when the photo has no such region.
    """
    if region == "all":
        return None
    if region == "mask":
        raise ValueError('region: "mask" needs a mask picture')
    height, width = rgb.shape[-2:]
    scale = min(1.0, WORK_PX / max(height, width))
    pixels = (rgb[0].permute(1, 2, 0).cpu().numpy() * 255.0).round().astype(np.uint8)
    small = cv2.resize(
        pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    if region == "face":
        mask = _faces(small)
    elif region == "background":
        mask = 1.0 - _person(small)
    else:
        mask = _sky(small)
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(np.where(mask < 1 / 255, 0.0, mask).astype(np.float32))[None, None]


def find_faces(pixels: np.ndarray, *, step: float = 1.08) -> list[Box]:
    """Frontal faces, largest first; Viola–Jones cascade that OpenCV ships.

    pixels: (H, W, 3), RGB, uint8; step: factor between the sizes that are tried, larger is quicker and finds fewer.
    """
    cascade = _cascade(threading.get_ident())
    grey = cv2.equalizeHist(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    least = max(20, min(grey.shape) // 20)
    boxes = cascade.detectMultiScale(grey, scaleFactor=step, minNeighbors=4, minSize=(least, least))
    return sorted((tuple(int(v) for v in box) for box in boxes), key=lambda box: -box[2] * box[3])  # type: ignore[misc]


@lru_cache(maxsize=16)
def _cascade(thread: int) -> cv2.CascadeClassifier:
    """One for each thread: a detector keeps its last picture."""
    return cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")


def _faces(pixels: np.ndarray) -> np.ndarray:
    faces = find_faces(pixels)
    if not faces:
        raise ValueError("region: no face was found in this photo; paint a mask, or ask for the whole photo")
    return face_mask(pixels.shape[:2], faces)


def face_mask(size: tuple[int, int], faces: Sequence[Box]) -> np.ndarray:
    """(height, width) → (H, W), float32, [0, 1]: 1 on the heads of these faces, feathered, 0 elsewhere."""
    mask = np.zeros(size, np.float32)
    for x, y, w, h in faces:
        cv2.ellipse(mask, (x + w // 2, y + h // 2), (int(0.62 * w), int(0.78 * h)), 0, 0, 360, 1.0, -1)
    mask = _feather(mask, 0.08 * faces[0][2])
    return np.where(mask < 1 / 255, np.float32(0.0), mask)


def _person(pixels: np.ndarray) -> np.ndarray:
    """Foreground by GrabCut (Rother et al., 2004), from the bodies below the faces, or from the middle."""
    height, width = pixels.shape[:2]
    seed = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    faces = find_faces(pixels)
    if faces:
        for x, y, w, h in faces:
            cv2.rectangle(seed, (x - w, y + h), (x + 2 * w, height), cv2.GC_PR_FGD, -1)
            cv2.ellipse(seed, (x + w // 2, y + h // 2), (int(0.7 * w), int(0.95 * h)), 0, 0, 360, cv2.GC_PR_FGD, -1)
            cv2.ellipse(seed, (x + w // 2, y + h // 2), (w // 3, h // 3), 0, 0, 360, cv2.GC_FGD, -1)
    else:
        cv2.rectangle(seed, (width // 4, height // 6), (3 * width // 4, height), cv2.GC_PR_FGD, -1)
    border = max(2, width // 40)
    seed[:border], seed[:, :border], seed[:, -border:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    return _grab_cut(pixels, seed)


def _sky(pixels: np.ndarray) -> np.ndarray:
    """GrabCut seeded by smooth, light pixels that touch the top edge."""
    height = len(pixels)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    texture = cv2.blur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), (9, 9))
    top = grey[: max(2, height // 12)]
    similar = (texture < 6.0) & (grey > 0.75 * np.median(top)) & (grey > 60)
    count, labels = cv2.connectedComponents(similar.astype(np.uint8))
    touching = [label for label in range(1, count) if (labels[0] == label).any()]
    sky = np.isin(labels, touching)
    if sky.mean() < 0.03:
        raise ValueError("region: no sky was found in this photo; paint a mask, or ask for the whole photo")
    seed = np.where(sky, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seed[sky & (np.arange(height)[:, None] < height // 20)] = cv2.GC_FGD
    seed[-max(2, height // 20) :] = cv2.GC_BGD
    return _grab_cut(pixels, seed)


def _grab_cut(pixels: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """The feathered foreground; deterministic, since OpenCV's k-means seed is set."""
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(pixels[..., ::-1].copy(), seed, None, background, foreground, 4, cv2.GC_INIT_WITH_MASK)
    mask = ((seed == cv2.GC_FGD) | (seed == cv2.GC_PR_FGD)).astype(np.float32)
    return _feather(cv2.medianBlur(mask, 5), 0.006 * max(seed.shape))


def _feather(mask: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(mask, (0, 0), max(0.5, sigma_px))


def blend(inside: Tensor, outside: Tensor, mask: Tensor | None) -> Tensor:
    """`inside` where the mask is 1, `outside` bit for bit where it is 0."""
    if mask is None:
        return inside
    return torch.where(mask > 0.0, outside + (inside - outside) * mask, outside)

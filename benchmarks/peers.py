"""What a user would otherwise do, beside ours, in one run on one machine.

python -m benchmarks.peers --data FOLDER [--peers FOLDER] [--metrics FOLDER] [--most N] [--threads 2]
×4: bicubic, Lanczos and Real-ESRGAN general-x4v3 (`RealESRGAN_General_x4_v3.param` and `.bin` in --peers, run by
`ncnn`). Noise: OpenCV's non-local means. Blur and detail: Pillow's sharpening, OpenCV's detailEnhance. --metrics: a
folder with `lpips_squeeze.py` and `niqe_pris_params.npz`. Seconds are end to end, with --threads threads where the
method has any.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from benchmarks.flaws import PROMPTS
from benchmarks.images import (
    COMPARISON,
    Distance,
    Judgement,
    Method,
    arguments,
    compare,
    head,
    load_lpips,
    psnr,
    psnr_y,
    tensors,
    to_pixels,
    to_tensor,
)
from benchmarks.niqe import load_niqe
from benchmarks.restoration import CASES
from benchmarks.upscale import GENERAL, PLAIN, classic_pairs, load_enhancer, methods, realistic_pairs
from controllable import Task

WEIGHTS = "RealESRGAN_General_x4_v3"
NLM_H = 0.7
"""Filter strength of non-local means as a share of sigma, and so told sigma: the best of 0.4 to 1.2 on average over
sigma 15, 25 and 50 on six training photos."""


class NcnnUpscaler:
    """A network in ncnn's format with input blob `data` and output blob `output`, RGB, [0, 1], channels first."""

    def __init__(self, stem: Path, threads: int) -> None:
        import ncnn

        self.ncnn, self.network = ncnn, ncnn.Net()
        self.network.opt.num_threads = threads
        for load, path in ((self.network.load_param, f"{stem}.param"), (self.network.load_model, f"{stem}.bin")):
            if not Path(path).is_file() or load(path) != 0:
                raise SystemExit(f"peers: {path} is missing or no ncnn file")

    def __call__(self, small: Tensor) -> Tensor:
        run = self.network.create_extractor()
        pixels = np.ascontiguousarray(small[0].numpy())
        run.input("data", self.ncnn.Mat(pixels))
        _, out = run.extract("output")
        return torch.from_numpy(np.array(out))[None].clamp(0.0, 1.0)


def lanczos(small: Tensor, scale: int) -> Tensor:
    picture = Image.fromarray(to_pixels(small))
    return to_tensor(picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS))


def pillow(image: Tensor, kernel: ImageFilter.Filter) -> Tensor:
    return to_tensor(Image.fromarray(to_pixels(image)).filter(kernel))


def to_bgr(image: Tensor) -> np.ndarray:
    """8-bit pixels as OpenCV orders them."""
    return np.ascontiguousarray(to_pixels(image)[..., ::-1])


def from_bgr(pixels: np.ndarray) -> Tensor:
    return to_tensor(np.ascontiguousarray(pixels[..., ::-1]))


def non_local_means(image: Tensor, sigma_8bit: float) -> Tensor:
    """Buades et al., "A non-local algorithm for image denoising", 2005, in OpenCV's colour form, its usual windows."""
    h = NLM_H * sigma_8bit
    return from_bgr(cv2.fastNlMeansDenoisingColored(to_bgr(image), None, h, h, 7, 21))


def detail_enhance(image: Tensor) -> Tensor:
    """OpenCV's detailEnhance with its own settings (Gastal and Oliveira, "Domain Transform", 2011)."""
    return from_bgr(cv2.detailEnhance(to_bgr(image)))


SHARPENERS: Mapping[str, Method] = {
    "Pillow SHARPEN": partial(pillow, kernel=ImageFilter.SHARPEN()),
    "Pillow UnsharpMask": partial(pillow, kernel=ImageFilter.UnsharpMask()),
    "OpenCV detailEnhance": detail_enhance,
}
USUAL_WAYS: Mapping[str, Mapping[str, Method]] = {
    **{f"noise σ{s}": {"OpenCV NLM": partial(non_local_means, sigma_8bit=s)} for s in (15, 25, 50)},
    "Gaussian blur σ1.6": SHARPENERS,
    "motion blur 15 px, 30°": SHARPENERS,
    "detail s = 0.7": SHARPENERS,
}
"""Case of `restoration.CASES` → what people use for it."""


def enlarge(
    models: str | None, data: Path, most: int | None, looks: tuple[Distance | None, Judgement | None],
    peer: Method | None,
) -> None:  # fmt: skip
    """×4 of realistic and classic small pictures; of these some are too small for NIQE."""
    lpips, niqe = looks
    cases = [("Kodak realistic ×4", realistic_pairs(data, most), GENERAL, psnr)]
    for name in ("set5", "set14"):
        cases.append((f"{name} ×4 (Y)", classic_pairs(data, name, 4, most), PLAIN, partial(psnr_y, border=4)))
    for case, pairs, prompt, measure in cases:
        others: dict[str, Method] = {"Lanczos": partial(lanczos, scale=4)}
        if peer is not None:
            others["Real-ESRGAN general-x4v3"] = peer
        ours = methods(models, prompt, 4)
        natural = niqe if measure is psnr else None
        compare(case, pairs, {"bicubic": ours.pop("bicubic"), **others, **ours}, measure, lpips, natural)


def restore(models: str | None, data: Path, most: int | None, looks: tuple[Distance | None, Judgement | None]) -> None:
    """Noise, blur and lost detail on Kodak."""
    photos, enhancer = tensors(data / "kodak", most), load_enhancer(models, 1.0)

    def ours(image: Tensor, task: Task) -> Tensor:
        return enhancer.enhance(image, PROMPTS[task]).image

    for name, task, spoil in CASES:
        if name in USUAL_WAYS:
            pairs = [(spoil(clean, k), clean) for k, clean in enumerate(photos)]
            ways = {"input": torch.clone, **USUAL_WAYS[name], "ours": partial(ours, task=task)}
            compare(name, pairs, ways, psnr, *looks)


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--peers", type=Path, help=f"folder of {WEIGHTS}.param and .bin")
    parser.add_argument("--metrics", type=Path, help="folder of lpips_squeeze.py and its weights")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    looks = load_lpips(options.metrics), load_niqe(options.metrics)
    peer = None if options.peers is None else NcnnUpscaler(options.peers / WEIGHTS, options.threads)
    head(*COMPARISON)
    enlarge(options.models, options.data, options.most, looks, peer)
    restore(options.models, options.data, options.most, looks)


if __name__ == "__main__":
    main()

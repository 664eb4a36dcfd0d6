"""One flaw and its prompt, on the public sets, through `Enhancer` and prompts alone.

python -m benchmarks.restoration --data FOLDER [--part gains|sheet] [--most N]
FOLDER holds `kodak/`. Prints markdown; the same seed gives the same figures.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.flaws import PROMPTS, USUAL, flawed, gaussian_blur, gaussian_noise, jpeg, motion_blur
from benchmarks.images import arguments, head, mean, pictures, psnr, row, tensors, to_pixels, to_tensor
from controllable import Enhancer, Task
from controllable.color import quantize_8bit
from controllable.task import TASKS

CASES: list[tuple[str, Task, Callable[[Tensor, int], Tensor]]] = [
    ("noise σ15", Task.NOISE, lambda x, k: gaussian_noise(x, 15.0, k)),
    ("noise σ25", Task.NOISE, lambda x, k: gaussian_noise(x, 25.0, k)),
    ("noise σ50", Task.NOISE, lambda x, k: gaussian_noise(x, 50.0, k)),
    ("JPEG Q10", Task.COMPRESSION, lambda x, k: jpeg(x, 10)),
    ("JPEG Q40", Task.COMPRESSION, lambda x, k: jpeg(x, 40)),
    ("Gaussian blur σ1.6", Task.BLUR, lambda x, k: gaussian_blur(x, 1.6)),
    ("motion blur 15 px, 30°", Task.BLUR, lambda x, k: motion_blur(x, 15, 30.0)),
    ("low light −2 EV", Task.LOW_LIGHT, lambda x, k: flawed(x, {Task.LOW_LIGHT: 0.5}, k)[0]),
    ("haze t = 0.5, A = 0.85", Task.HAZE, lambda x, k: quantize_8bit(0.5 * x + 0.5 * 0.85)),
    ("colour cast s = 0.5", Task.COLOR, lambda x, k: flawed(x, {Task.COLOR: 0.5}, k)[0]),
    ("detail s = 0.7", Task.DETAIL, lambda x, k: flawed(x, {Task.DETAIL: 0.7}, k)[0]),
]
"""Name, task, and clean picture and its number → spoilt picture."""


def gains(enhancer: Enhancer, data: Path, most: int | None) -> None:
    """Input, output and gain in dB for one flaw and its prompt."""
    photos = tensors(data / "kodak", most)
    head("Kodak24", "prompt", "input dB", "output dB", "gain dB")
    for name, task, spoil in CASES:
        wish = enhancer.understand(PROMPTS[task])
        before, after = [], []
        for k, clean in enumerate(photos):
            image = spoil(clean, k)
            before.append(psnr(image, clean))
            after.append(psnr(quantize_8bit(enhancer.enhance(image, wish).image), clean))
        gain = mean(after) - mean(before)
        row(name, PROMPTS[task], f"{mean(before):.2f}", f"{mean(after):.2f}", f"{gain:+.2f}")


def sheet(enhancer: Enhancer, data: Path, most: int | None, out: Path) -> None:
    """Input, output and original, in two columns: the eight tasks, a shake, and half of a noise."""
    cases = [(PROMPTS[task], partial(_usual, task)) for task in TASKS]
    cases.append(("remove the blur from this shaky photo", lambda clean, k: motion_blur(clean, 15, 30.0)))
    cases.append(("remove half of the noise", partial(_usual, Task.NOISE)))
    cells = []
    for k, picture in enumerate(pictures(data / "kodak", most or len(cases))):
        prompt, spoil = cases[k % len(cases)]
        clean = to_tensor(picture)[..., :384, :512]
        image = spoil(clean, k)
        result = enhancer.enhance(image, prompt).image
        cells.append(torch.cat((image, result, clean), 3))
    cells += [torch.ones_like(cells[0])] * (len(cells) % 2)
    columns = (torch.cat(cells[: len(cells) // 2], 2), torch.cat(cells[len(cells) // 2 :], 2))
    Image.fromarray(to_pixels(torch.cat(columns, 3))).save(out, quality=82)


def _usual(task: Task, clean: Tensor, seed: int) -> Tensor:
    return flawed(clean, {task: USUAL[task]}, seed)[0]


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--part", choices=("gains", "sheet"), default="gains")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"), help="where --part sheet is written")
    options = parser.parse_args(argv)
    enhancer = Enhancer.from_pretrained(options.models)
    if options.part == "sheet":
        sheet(enhancer, options.data, options.most, options.out)
    else:
        gains(enhancer, options.data, options.most)


if __name__ == "__main__":
    main()

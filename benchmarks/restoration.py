"""Restoration, selectivity and calibration on the public sets, through `Enhancer` and prompts alone.

python -m benchmarks.restoration --data FOLDER [--part gains|absent|strength] [--most N]
FOLDER holds `kodak/` and `set14/`. Prints markdown; the same seed gives the same figures.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.images import mean, pictures, psnr, psnr_y, to_tensor
from controllable import Enhancer, Instruction, Task
from controllable.color import quantize_8bit
from controllable.degradation import Chain, Params
from controllable.degradation.sharing import jpeg_pillow
from controllable.image.resize import resize
from controllable.task import TASKS

PROMPTS: dict[Task, str] = {
    Task.NOISE: "remove all of the noise",
    Task.BLUR: "remove all of the blur",
    Task.COMPRESSION: "remove all of the compression artifacts",
    Task.RESOLUTION: "completely fix the low resolution",
    Task.LOW_LIGHT: "fully recover this underexposed photo",
    Task.HAZE: "remove all of the haze",
    Task.COLOR: "completely fix the colour cast",
    Task.DETAIL: "fully enhance the details",
}
"""Complete removal, in words: a bare "remove the noise" asks for 95 %."""
USUAL: dict[Task, float] = {
    Task.NOISE: 0.5, Task.BLUR: 0.4, Task.COMPRESSION: 0.8, Task.RESOLUTION: 2 / 3,
    Task.LOW_LIGHT: 0.5, Task.HAZE: 0.625, Task.COLOR: 0.5, Task.DETAIL: 0.7,
}  # fmt: skip
"""Severities of the absent and strength tables."""


def flawed(clean: Tensor, severity: dict[Task, float], seed: int) -> tuple[Tensor, Params]:
    chain = Chain()
    values = torch.tensor([[severity.get(task, 0.0) for task in TASKS]])
    params = chain.sample(1, torch.Generator().manual_seed(seed), values)
    return chain.apply(clean, params), params


def gaussian_noise(clean: Tensor, sigma: float, seed: int) -> Tensor:
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    return quantize_8bit(clean + sigma / 255.0 * noise)


def gaussian_blur(clean: Tensor, sigma_px: float) -> Tensor:
    array = clean[0].permute(1, 2, 0).numpy()
    blurred = cv2.GaussianBlur(array, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101)
    return quantize_8bit(torch.from_numpy(blurred).permute(2, 0, 1)[None])


def gains(enhancer: Enhancer, data: Path, most: int | None) -> None:
    """Input, output and gain in dB for one flaw and its prompt."""
    cases: list[tuple[str, str, Callable[[Tensor, int], Tensor]]] = [
        *((f"noise σ{s}", PROMPTS[Task.NOISE], lambda x, k, s=s: gaussian_noise(x, s, k)) for s in (15, 25, 50)),
        *((f"JPEG Q{q}", PROMPTS[Task.COMPRESSION], lambda x, k, q=q: jpeg_pillow(x, [q], [True])) for q in (10, 40)),
        ("Gaussian blur σ1.6", PROMPTS[Task.BLUR], lambda x, k: gaussian_blur(x, 1.6)),
        ("low light −2 EV", PROMPTS[Task.LOW_LIGHT], lambda x, k: flawed(x, {Task.LOW_LIGHT: 0.5}, k)[0]),
        ("haze t = 0.5, A = 0.85", PROMPTS[Task.HAZE], lambda x, k: quantize_8bit(0.5 * x + 0.5 * 0.85)),
        ("colour cast s = 0.5", PROMPTS[Task.COLOR], lambda x, k: flawed(x, {Task.COLOR: 0.5}, k)[0]),
        ("detail s = 0.7", PROMPTS[Task.DETAIL], lambda x, k: flawed(x, {Task.DETAIL: 0.7}, k)[0]),
    ]
    print("| Kodak24 | prompt | input dB | output dB | gain dB |\n|---|---|---|---|---|")
    for name, prompt, degrade in cases:
        wish = enhancer.understand(prompt)
        before, after = [], []
        for k, picture in enumerate(pictures(data / "kodak", most)):
            clean = to_tensor(picture)
            image = degrade(clean, k)
            before.append(psnr(image, clean))
            after.append(psnr(quantize_8bit(enhancer.enhance(image, wish).image), clean))
        row = f"| {name} | {prompt} | {mean(before):.2f} | {mean(after):.2f} | {mean(after) - mean(before):+.2f} |"
        print(row, flush=True)
    print("\n| super-resolution (Y) | prompt | bicubic dB | output dB | gain dB |\n|---|---|---|---|---|")
    for name, scale in (("set14", 2), ("set14", 4), ("set5", 4)):
        wish = enhancer.understand(f"upscale {scale}x")
        before, after = [], []
        for picture in pictures(data / name, most):
            width, height = (side // scale * scale for side in picture.size)
            clean = to_tensor(picture.crop((0, 0, width, height)))
            small = quantize_8bit(resize(clean, (height // scale, width // scale)))
            before.append(psnr_y(resize(small, (height, width)), clean, scale))
            after.append(psnr_y(enhancer.enhance(small, wish).image, clean, scale))
        print(f"| {name} ×{scale} | upscale {scale}x | {mean(before):.2f} | {mean(after):.2f} | "
              f"{mean(after) - mean(before):+.2f} |", flush=True)  # fmt: skip


def absent(enhancer: Enhancer, data: Path, most: int | None) -> None:
    """PSNR(output, input) when a task is named (columns) that the photo's only flaw (rows) is not."""
    print("| flaw \\ named | " + " | ".join(TASKS) + " |\n|---" * 1 + "|---" * len(TASKS) + "|")
    everything = []
    for flaw in (None, *TASKS):
        row = []
        for named in TASKS:
            if named is flaw:
                row.append("–")
                continue
            values = []
            for k, picture in enumerate(pictures(data / "kodak", most)):
                clean = to_tensor(picture)
                image = clean if flaw is None else flawed(clean, {flaw: USUAL[flaw]}, k)[0]
                values.append(min(psnr(enhancer.enhance(image, Instruction(tasks={named: 1.0})).image, image), 80.0))
            everything.extend(values)
            row.append(f"{mean(values):.1f}")
        print(f"| {flaw or 'none'} | " + " | ".join(row) + " |", flush=True)
    share = mean([float(value >= 40.0) for value in everything])
    print(f"\nmean {mean(everything):.1f} dB (each capped at 80), lowest {min(everything):.1f} dB, "
          f"{share:.0%} of the pictures at 40 dB or more")  # fmt: skip


def strength(enhancer: Enhancer, data: Path, most: int | None) -> None:
    """|α(y_r) - (α(y_1) + (1 - α(y_1))·α(t_r))|: the share of the flaw that stays against the share asked for."""
    print("| task | r = 0.25 | 0.5 | 0.75 |\n|---|---|---|---|")
    everything = []
    for task in TASKS:
        errors: dict[float, list[float]] = {0.25: [], 0.5: [], 0.75: []}
        for k, picture in enumerate(pictures(data / "kodak", most)):
            clean = to_tensor(picture)
            image, params = flawed(clean, {task: USUAL[task]}, k)

            def run(r: float, image: Tensor = image, task: Task = task) -> Tensor:
                return enhancer.enhance(image, Instruction(tasks={task: r}), force=True).image

            def share(y: Tensor, clean: Tensor = clean, image: Tensor = image) -> float:
                flaw = image - clean
                return float(((y - clean) * flaw).sum() / flaw.pow(2).sum())

            rest = share(run(1.0))
            for r, values in errors.items():
                wanted = torch.tensor([[r if t is task else 0.0 for t in TASKS]])
                target = Chain().apply(clean, params.without(wanted))
                values.append(abs(share(run(r)) - (rest + (1.0 - rest) * share(target))))
        everything.extend(value for values in errors.values() for value in values)
        print(f"| {task} | " + " | ".join(f"{mean(values):.3f}" for values in errors.values()) + " |", flush=True)
    print(f"\nmean calibration error {mean(everything):.3f}")


def sheet(enhancer: Enhancer, data: Path, most: int | None, out: Path) -> None:
    """A picture of results: input, output and original, one row a flaw."""
    rows = []
    for k, picture in enumerate(pictures(data / "kodak", most or 8)):
        task = TASKS[k % len(TASKS)]
        clean = to_tensor(picture)[..., :384, :512]
        image = flawed(clean, {task: USUAL[task]}, k)[0]
        result = enhancer.enhance(image, PROMPTS[task]).image
        rows.append(torch.cat((image, result, clean), 3))
    pixels = (torch.cat(rows, 2)[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=("gains", "absent", "strength", "sheet"), default="gains")
    parser.add_argument("--most", type=int, help="pictures of each set")
    parser.add_argument("--models", help="folder of other models")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"), help="where --part sheet is written")
    arguments = parser.parse_args()
    enhancer = Enhancer.from_pretrained(arguments.models)
    if arguments.part == "sheet":
        sheet(enhancer, arguments.data, arguments.most, arguments.out)
    else:
        {"gains": gains, "absent": absent, "strength": strength}[arguments.part](
            enhancer, arguments.data, arguments.most
        )


if __name__ == "__main__":
    main()

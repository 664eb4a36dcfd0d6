"""Megapixels a second of the degradations beside the same operators of kornia, on one device (docs/speed.md).

python -m benchmarks.degradation_speed [--device cpu] [--batch 8] [--size 256] [--threads 1]    (requirements-bench.txt)
All get the same pictures and the same parameters, one severity for the whole batch, which is what kornia's noise and
resize take. Ours comes twice on a CPU: as `Chain()` runs there, one picture after the other and with libjpeg, and as an
accelerator would run it, `Chain(codec="torch", batched=True)`. Outputs are compared first, in steps of 1/255; where
noise is in them, which is never the same, their sorted values are. Then all take turns, and the median counts. With one
thread seconds are processor time. `import controllable` asks torch for pages of 2 MB, which kornia gets here too.
With --learned FOLDER a learned degrader follows, beside the operators of kornia that its frame is made of: a kernel for
each picture, Gaussian noise and JPEG; kornia has nothing for its network.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.images import head, row, to_tensor
from benchmarks.speed import clock_for, drawn_picture
from controllable.color import quantize_8bit
from controllable.degradation import Chain, Params
from controllable.degradation.learned import LearnedDegrader
from controllable.degradation.lens import GAUSSIAN, MOTION, RADIUS_PX, kernels
from controllable.degradation.sharing import shrink_size
from controllable.task import (
    PHYSICAL_ORDER,
    TASKS,
    Task,
    blur_sigma_px,
    exposure_ev,
    jpeg_quality,
    noise_sigma_8bit,
    saturation_factor,
)

Step = Callable[[Tensor], Tensor]
"""(B, 3, H, W), RGB, [0, 1] → the same shape."""
EVERYTHING = "all but haze"
ROWS: dict[str, tuple[Task, ...]] = {
    "haze": (Task.HAZE,),
    "Gaussian blur": (Task.BLUR,),
    "motion blur, filter2d": (Task.BLUR,),
    "motion blur, fft_conv": (Task.BLUR,),
    "exposure": (Task.LOW_LIGHT,),
    "Gaussian noise": (Task.NOISE,),
    "gain and saturation": (Task.COLOR,),
    "guided filter": (Task.DETAIL,),
    "down and up, bicubic": (Task.RESOLUTION,),
    "JPEG 4:2:0": (Task.COMPRESSION,),
    EVERYTHING: PHYSICAL_ORDER[1:],
}
"""Name → the tasks it is made of; kornia has no haze, and motion blur in two ways."""
LEARNED = ("motion blur, filter2d", "Gaussian noise", "JPEG 4:2:0")
"""Rows whose operators of kornia stand beside a learned degrader."""


def parameters(batch: int, severity: float, kind: int) -> Params:
    """Drawn ones, but for what kornia cannot do: noise that depends on the signal, resampling as part of `Detail`."""
    params = Chain().sample(batch, torch.Generator().manual_seed(0), torch.full((batch, len(TASKS)), severity))
    fixed: dict[Task, dict[str, float]] = {
        Task.NOISE: {"signal": 0.0, "common": 0.0},
        Task.BLUR: {"kind": kind},
        Task.DETAIL: {"resample": 0.0},
        Task.COMPRESSION: {"subsample": True},
    }
    draws = {task: dict(values) for task, values in params.draws.items()}
    for task, values in fixed.items():
        draws[task] |= {name: torch.full_like(draws[task][name], value) for name, value in values.items()}
    return replace(params, draws=draws)


def ours(chain: Chain, tasks: tuple[Task, ...], params: Params) -> Step:
    """One task alone as its operator, several as a chain, which rounds to 8 bits in the end."""
    if len(tasks) > 1:
        return lambda image: chain.apply(image, params, only=frozenset(tasks))
    operator = chain.operators[PHYSICAL_ORDER.index(tasks[0])]
    severity, draws = params.severity[:, TASKS.index(tasks[0])], params.draws[tasks[0]]
    whole = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(len(params), 4)
    return lambda image: operator.apply(image, severity, draws, whole.to(image.device, non_blocking=True))


def theirs(still: Params, moving: Params, device: torch.device) -> dict[str, Step]:
    """Name of a row → the same in kornia, to the same parameters. SystemExit with a sentence if it is not installed."""
    try:
        from kornia import augmentation, color, enhance, filters, geometry
    except ImportError:
        raise SystemExit("kornia is not installed: pip install -r requirements-bench.txt") from None

    severity = float(still.severity[0, 0])
    noise = augmentation.RandomGaussianNoise(0.0, noise_sigma_8bit(severity) / 255.0, p=1.0)
    noise.set_rng_device_and_dtype(device, torch.float32)
    paths = kernels(moving.severity[:, TASKS.index(Task.BLUR)], moving.draws[Task.BLUR]).to(device)
    gain = (1.0 + 0.4 * severity * still.draws[Task.COLOR]["direction"]).to(device)
    epsilon = still.draws[Task.DETAIL]["epsilon"].repeat_interleave(3).to(device)
    quality = torch.tensor([float(jpeg_quality(severity))]).to(device)

    def exposure(image: Tensor) -> Tensor:
        light = enhance.adjust_brightness_accumulative(color.rgb_to_linear_rgb(image), 2.0 ** exposure_ev(severity))
        return quantize_8bit(color.linear_rgb_to_rgb(light))

    def cast_and_fade(image: Tensor) -> Tensor:
        cast = enhance.adjust_brightness_accumulative(image, gain)
        return enhance.adjust_saturation_with_gray_subtraction(cast, saturation_factor(severity))

    def guided(image: Tensor) -> Tensor:
        channels = image.flatten(0, 1)[:, None]  # each guided by itself
        smooth = filters.guided_blur(channels, channels, 5, epsilon, "replicate").view_as(image)
        return torch.lerp(image, smooth, severity)

    def down_and_up(image: Tensor) -> Tensor:
        size = (image.shape[-2], image.shape[-1])
        small = geometry.resize(image, shrink_size(*size, severity), "bicubic", antialias=True)
        return geometry.resize(quantize_8bit(small), size, "bicubic").clamp(0.0, 1.0)

    found: dict[str, Step] = {
        "Gaussian blur": lambda image: filters.gaussian_blur2d(
            image, 2 * RADIUS_PX + 1, (blur_sigma_px(severity), blur_sigma_px(severity))
        ),
        "motion blur, filter2d": lambda image: filters.filter2d(image, paths, behaviour="conv"),
        "motion blur, fft_conv": lambda image: filters.fft_conv(image, paths, behaviour="conv"),
        "exposure": exposure,
        "Gaussian noise": lambda image: noise(image).clamp(0.0, 1.0),
        "gain and saturation": cast_and_fade,
        "guided filter": guided,
        "down and up, bicubic": down_and_up,
        "JPEG 4:2:0": lambda image: enhance.jpeg_codec_differentiable(image, quality).clamp(0.0, 1.0),
    }

    def everything(image: Tensor) -> Tensor:
        for name in found:
            if name != EVERYTHING and not name.startswith("motion"):
                image = found[name](image)
        return quantize_8bit(image)

    return found | {EVERYTHING: everything}


def difference(a: Tensor, b: Tensor, by_value: bool) -> str:
    """ "mean (largest)" of |a - b|, in steps of 1/255; of the sorted values if `by_value`."""
    if by_value:
        a, b = a.flatten().sort().values, b.flatten().sort().values
    apart = 255.0 * (a - b).abs()
    return f"{float(apart.mean()):.3f} ({float(apart.max()):.2f})"


def seconds(steps: list[Step], image: Tensor, runs: int, clock: Callable[[], float]) -> list[float]:
    """The median of each step's, taking turns after a round to warm up."""
    found: list[list[float]] = [[] for _ in steps]
    for turn in range(runs + 1):
        for step, times in zip(steps, found, strict=True):
            start = clock()
            step(image)
            if turn:
                times.append(clock() - start)
    return [statistics.median(times) for times in found]


@torch.inference_mode()
def measure(
    device: torch.device, batch: int, side: int, severity: float, threads: int, runs: int, learned: Path | None = None
) -> None:
    """Print the table."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    still, moving = (parameters(batch, severity, kind) for kind in (GAUSSIAN, MOTION))
    pictures = [to_tensor(drawn_picture(side, side, shift_px)) for shift_px in range(batch)]
    image = torch.cat(pictures).contiguous().to(device)
    kornia = theirs(still, moving, device)
    chains = {"batched": Chain(codec="torch", batched=True)}
    if device.type == "cpu":
        chains = {"ours": Chain()} | chains

    def clock() -> float:
        if device.type != "cpu":
            torch.accelerator.synchronize()
        return clock_for(threads if device.type == "cpu" else 0)()

    columns = ((f"{name}, MP/s", "times kornia's", "apart, /255: mean (largest)") for name in chains)
    head("operator", "kornia, MP/s", *(column for of_chain in columns for column in of_chain))
    for name, tasks in ROWS.items():
        mine = [ours(chain, tasks, moving if name.startswith("motion") else still) for chain in chains.values()]
        other = kornia.get(name)
        needed = seconds([*mine, *([other] if other else [])], image, runs, clock)
        speed = [batch * side * side / 1e6 / each for each in needed]
        cells = []
        for step, own in zip(mine, speed, strict=False):
            cells += [f"{own:.1f}", f"{own / speed[-1]:.1f}" if other else "–",
                      difference(step(image), other(image), Task.NOISE in tasks) if other else "–"]  # fmt: skip
        row(name, f"{speed[-1]:.1f}" if other else "–", *cells)
    if learned is None:
        return
    degrader = LearnedDegrader.from_pretrained(learned, str(device))
    params = degrader.sample(0, batch)
    params = params.at(torch.where(params.severity > 0.0, severity, 0.0))

    def frame(image: Tensor) -> Tensor:
        for name in LEARNED:
            image = kornia[name](image)
        return image

    own, other = (
        batch * side * side / 1e6 / each
        for each in seconds([lambda image: degrader.apply(image, params), frame], image, runs, clock)
    )
    empty = ["–"] * (3 * len(chains) - 2)
    row("learned", f"{other:.1f}", f"{own:.1f}", f"{own / other:.1f}", *empty)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=256, help="side of a picture in pixels, at least 32")
    parser.add_argument("--severity", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--learned", type=Path, help="folder of a degrader that `train degradation-gan` wrote")
    options = parser.parse_args(argv)
    measure(
        options.device, options.batch, options.size, options.severity, options.threads, options.runs, options.learned
    )


if __name__ == "__main__":
    main()

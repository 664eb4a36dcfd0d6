"""Seconds and memory end to end through `Enhancer`, everything warm; every size in a process of its own (Linux).

python -m benchmarks.speed [--megapixels 1 4 12 | --size WIDTH HEIGHT] [--threads 2]
python -m benchmarks.speed --megapixels 1 4 12 24 48 100 --plot docs/scaling.png      (needs matplotlib)
python -m benchmarks.speed --peers      (networks of spandrel with random weights, one megapixel of output)
With one thread seconds are processor time. `import controllable` makes torch use pages of 2 MB in the whole process,
for the peers too; with THP_MEM_ALLOC_ENABLE=0 before the command nobody has them.
Memory is the peak resident size above that after importing the packages; "working" is what is left of it without the
input's and the output's 8-bit arrays, 6 bytes a pixel: the models, and whatever is computed in between.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.images import head, row, to_tensor
from controllable import Enhancer

PICTURE_BYTES = 2 * 3
"""A pixel of input and output: three channels in 8 bits each."""
ONCE_PX = 5_000_000
"""From this size on one run is enough."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Median seconds and peak memory of a (height, width) picture."""

    height: int
    width: int
    seconds: float
    peak_mb: float

    @property
    def megapixels(self) -> float:
        return self.height * self.width / 1e6

    @property
    def working_mb(self) -> float:
        return self.peak_mb - self.megapixels * 1e6 * PICTURE_BYTES / 2**20


def resident_mb(field: str) -> float:
    """`VmRSS` (now) or `VmHWM` (the peak) of this process, in MiB; not inherited from the parent, as ru_maxrss is."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024.0
    raise RuntimeError(f"/proc/self/status has no {field}")


def imported_mb() -> float:
    """Resident memory once the packages are imported."""
    import open_clip  # noqa: F401
    import transformers  # noqa: F401

    return resident_mb("VmRSS")


def drawn_picture(height: int, width: int, shift_px: int = 0) -> np.ndarray:
    """(H, W, 3), uint8: blocks of colour with noise of sigma 25, repeated every 1024 px."""
    chance = np.random.default_rng(0)
    blocks = np.kron(chance.integers(0, 255, (64, 64, 3)), np.ones((16, 16, 1)))
    tile = np.roll((blocks + chance.normal(0, 25, blocks.shape)).clip(0, 255).astype(np.uint8), shift_px, axis=1)
    return np.tile(tile, (-(-height // 1024), -(-width // 1024), 1))[:height, :width].copy()


def clock_for(threads: int) -> Callable[[], float]:
    """Processor time for one thread, which other programs hardly change; with more of them only the wall's is true."""
    return time.process_time if threads == 1 else time.perf_counter


def median_seconds(
    function: Callable[[np.ndarray], object], height: int, width: int, runs: int, threads: int = 2
) -> float:
    """Of `runs` calls, each with a picture shifted anew, so that nothing about it can be remembered."""
    clock, seconds = clock_for(threads), []
    for shift_px in range(1, runs + 1):
        picture = drawn_picture(height, width, shift_px)
        start = clock()
        function(picture)
        seconds.append(clock() - start)
    return statistics.median(seconds)


def cost(height: int, width: int, prompt: str, runs: int, threads: int) -> Cost:
    """Measured in the calling process, which must be fresh for its peak to mean anything."""
    torch.set_num_threads(threads)
    imported = imported_mb()
    enhancer = Enhancer.from_pretrained().warm_up()
    run = partial(enhancer.enhance, instruction=prompt, force=True)
    run(drawn_picture(min(height, 1024), min(width, 1024)))
    seconds = median_seconds(run, height, width, runs if height * width < ONCE_PX else 1, threads)
    return Cost(height=height, width=width, seconds=seconds, peak_mb=resident_mb("VmHWM") - imported)


def sizes(shapes: list[tuple[int, int]], prompt: str, runs: int, threads: int) -> list[Cost]:
    """Print the table of costs."""
    head("picture", "megapixels", "seconds, median", "s / MP", "peak memory above import, MB", "of it working, MB")
    costs = []
    for height, width in shapes:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as fresh:
            found = fresh.submit(cost, height, width, prompt, runs, threads).result()
        row(f"{width}×{height}", f"{found.megapixels:.1f}", f"{found.seconds:.2f}",
            f"{found.seconds / found.megapixels:.2f}", f"{found.peak_mb:.0f}", f"{found.working_mb:.0f}")  # fmt: skip
        costs.append(found)
    return costs


def plot(costs: list[Cost], out: Path) -> None:
    """Seconds and memory against megapixels; dashed, the time in proportion to the largest picture's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    time_axes, memory_axes = figure.subplots(1, 2)
    across = [cost.megapixels for cost in costs]
    slope = costs[-1].seconds / across[-1]
    time_axes.plot((0, across[-1]), (0, slope * across[-1]), color="0.6", linestyle="--", label=f"{slope:.2f} s / MP")
    time_axes.plot(across, [cost.seconds for cost in costs], marker="o", label="measured")
    time_axes.set(ylabel="seconds")
    memory_axes.plot(across, [cost.peak_mb for cost in costs], marker="o", label="peak above import")
    memory_axes.plot(across, [cost.working_mb for cost in costs], marker="o", label="without input and output")
    memory_axes.set(ylabel="MB")
    for axes in (time_axes, memory_axes):
        axes.set(xlabel="megapixels", xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(out, dpi=110)


def peers(runs: int, threads: int, side_px: int = 1024) -> None:
    """Ours end to end, assessments included, and the peers' forward passes alone; `side_px`² pixels of output."""
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.NAFNet import NAFNet

    torch.set_num_threads(threads)
    enhancer = Enhancer.from_pretrained().warm_up()
    head("one picture out", "parameters, M", "precision", "seconds, median", "times ours")
    ours = {}
    for scale, prompt in ((1, "remove the noise"), (4, "upscale 4x")):
        side = side_px // scale
        run = partial(enhancer.enhance, instruction=prompt, force=True)
        run(drawn_picture(side, side))
        ours[scale] = median_seconds(run, side, side, runs, threads)
        row(f'ours, "{prompt}"', f"{_millions(enhancer.restorer.network):.1f}", "its own", f"{ours[scale]:.3f}", "1.0")
    nafnet = NAFNet(width=32, middle_blk_num=4, enc_blk_nums=[2, 2, 4, 8], dec_blk_nums=[2, 2, 2, 2])
    rrdbnet = ESRGAN(num_filters=64, num_blocks=23, scale=4)
    for name, network, scale in (("NAFNet of InstructIR's size", nafnet, 1), ("RRDBNet x4plus", rrdbnet, 4)):
        side = side_px // scale
        for precision, half in (("fp32", False), ("bf16", True)):
            forward = _forward(network, half)
            forward(drawn_picture(side, side))
            seconds = median_seconds(forward, side, side, runs, threads)
            row(name, f"{_millions(network):.1f}", precision, f"{seconds:.3f}", f"{seconds / ours[scale]:.1f}")


def _forward(network: nn.Module, half: bool) -> Callable[[np.ndarray], Tensor]:
    """(H, W, 3), uint8 → the network's output, weights and picture channels-last, which is its fastest here."""
    network = network.eval().to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(pixels: np.ndarray) -> Tensor:
        image = to_tensor(pixels).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return network(image)

    return run


def _millions(network: nn.Module) -> float:
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1.0])
    parser.add_argument(
        "--size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"), help="one picture of this size instead"
    )
    parser.add_argument("--prompt", default="remove the noise")
    parser.add_argument("--runs", type=int, default=5, help="below 5 megapixels, and for --peers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", action="store_true", help="compare with larger networks instead")
    parser.add_argument("--plot", type=Path, help="also draw cost against size to this file")
    options = parser.parse_args(argv)
    if options.peers:
        peers(options.runs, options.threads)
        return
    sides = [round((megapixels * 1e6) ** 0.5) for megapixels in options.megapixels]
    shapes = [(options.size[1], options.size[0])] if options.size else [(side, side) for side in sides]
    costs = sizes(shapes, options.prompt, options.runs, options.threads)
    if options.plot:
        plot(costs, options.plot)


if __name__ == "__main__":
    main()

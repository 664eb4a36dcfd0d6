"""Seconds and memory end to end through `Enhancer`, everything warm.

python -m benchmarks.speed [--megapixels 1 4 12] [--threads 2]
Memory is the peak resident size above that after importing the packages.
"""

import argparse
import resource
import statistics
import time

import numpy as np
import torch

from controllable import Enhancer


def resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1.0])
    parser.add_argument(
        "--size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"), help="one picture of this size instead"
    )
    parser.add_argument("--prompt", default="remove the noise")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    import open_clip  # noqa: F401
    import transformers  # noqa: F401

    imported = resident_mb()
    enhancer = Enhancer.from_pretrained().warm_up()
    if arguments.size:
        sizes = [(arguments.size[1], arguments.size[0])]
    else:
        sizes = [(round((mp * 1e6) ** 0.5), round((mp * 1e6) ** 0.5)) for mp in arguments.megapixels]
    print("| picture | seconds, median | peak memory above import, MB |\n|---|---|---|")
    for height, width in sizes:
        chance = np.random.default_rng(0)
        coarse = chance.integers(0, 255, (height // 16 + 1, width // 16 + 1, 3))
        image = np.kron(coarse, np.ones((16, 16, 1)))[:height, :width] + chance.normal(0, 25, (height, width, 3))
        image = image.clip(0, 255).astype(np.uint8)
        seconds = []
        runs = arguments.runs if height * width < 5e6 else 1
        if runs > 1:
            enhancer.enhance(image, arguments.prompt, force=True)
        for _ in range(runs):
            start = time.perf_counter()
            enhancer.enhance(image, arguments.prompt, force=True)
            seconds.append(time.perf_counter() - start)
        print(f"| {width}×{height} | {statistics.median(seconds):.2f} | {resident_mb() - imported:.0f} |", flush=True)


if __name__ == "__main__":
    main()

"""Is what was named undone, and nothing else? On Kodak, through `Enhancer` and prompts alone.

python -m benchmarks.selectivity --data FOLDER [--part matrix|composite] [--most N] [--force]
matrix: every flaw against every task named. composite: three flaws at once, one named, against the photo that would
have been taken without it. --force opens the gates: what the generator does without the estimator's help.
"""

from collections.abc import Mapping

from torch import Tensor

from benchmarks.flaws import PROMPTS, USUAL, flawed, only
from benchmarks.images import arguments, head, mean, psnr, row, tensors
from controllable import Enhancer, Instruction, Task
from controllable.color import quantize_8bit
from controllable.degradation import Chain
from controllable.task import TASKS

CAP_DB = 80.0
"""PSNR at which two pictures count as the same."""
AIM_DB = 45.0
AIM_SHARE = 0.7
TRIPLES: tuple[tuple[Task, Task, Task], ...] = (
    (Task.NOISE, Task.BLUR, Task.COMPRESSION),
    (Task.LOW_LIGHT, Task.NOISE, Task.COLOR),
    (Task.HAZE, Task.RESOLUTION, Task.COMPRESSION),
    (Task.HAZE, Task.COLOR, Task.DETAIL),
)


class Named:
    """The enhancer asked for one task in words."""

    def __init__(self, enhancer: Enhancer, force: bool) -> None:
        self.enhancer, self.force = enhancer, force
        self.wishes: Mapping[Task, Instruction] = {task: enhancer.understand(PROMPTS[task]) for task in TASKS}

    def __call__(self, image: Tensor, task: Task) -> Tensor:
        return quantize_8bit(self.enhancer.enhance(image, self.wishes[task], force=self.force).image)

    def gain(self, image: Tensor, target: Tensor, task: Task) -> float:
        """PSNR(out, target) - PSNR(image, target) in dB."""
        return psnr(self(image, task), target) - psnr(image, target)


def matrix(named: Named, photos: list[Tensor]) -> None:
    """Rows: the photo's only flaw. Columns: the task named. On the diagonal the gain in dB, elsewhere PSNR(out, in)."""
    head("flaw \\ named", *TASKS)
    kept = []
    for flaw in (None, *TASKS):
        severity = {} if flaw is None else {flaw: USUAL[flaw]}
        pairs = [(flawed(clean, severity, k)[0], clean) for k, clean in enumerate(photos)]
        cells = []
        for task in TASKS:
            if task is flaw:
                cells.append(f"**{mean([named.gain(image, clean, task) for image, clean in pairs]):+.1f}**")
                continue
            values = [min(psnr(named(image, task), image), CAP_DB) for image, _ in pairs]
            kept.extend(values)
            cells.append(f"{mean(values):.1f}")
        row(flaw or "none", *cells)
    share = mean([float(value >= AIM_DB) for value in kept])
    print(f"\nOff the diagonal: mean {mean(kept):.1f} dB (each capped at {CAP_DB:.0f}), lowest {min(kept):.1f} dB, "
          f"{share:.0%} of {len(kept)} pictures at {AIM_DB:.0f} dB or more.")  # fmt: skip


def composite(named: Named, photos: list[Tensor]) -> None:
    """Gain to the counterfactual target, and its share of the gain on that flaw alone (target: the clean photo)."""
    head("flaws", "named", "gain dB", "alone dB", "share")
    alone = {
        task: mean([named.gain(flawed(x, {task: USUAL[task]}, k)[0], x, task) for k, x in enumerate(photos)])
        for task in dict.fromkeys(task for triple in TRIPLES for task in triple)
    }
    shares = []
    for triple in TRIPLES:
        spoilt = [flawed(clean, {task: USUAL[task] for task in triple}, k) for k, clean in enumerate(photos)]
        for task in triple:
            gains = [
                named.gain(image, Chain().apply(clean, params.without(only(task))), task)
                for clean, (image, params) in zip(photos, spoilt, strict=True)
            ]
            shares.append(mean(gains) / alone[task] if alone[task] > 0.0 else 0.0)
            row(" + ".join(triple), task, f"{mean(gains):+.2f}", f"{alone[task]:+.2f}", f"{shares[-1]:.0%}")
    reached = sum(share >= AIM_SHARE for share in shares)
    print(f"\n{reached} of {len(shares)} reach {AIM_SHARE:.0%}; mean {mean([min(1.0, share) for share in shares]):.0%} "
          f"(each capped at 100 %), lowest {min(shares):.0%}; a share is 0 where there is no gain alone.")  # fmt: skip


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--part", choices=("matrix", "composite"), default="matrix")
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args(argv)
    named = Named(Enhancer.from_pretrained(options.models), options.force)
    photos = tensors(options.data / "kodak", options.most)
    {"matrix": matrix, "composite": composite}[options.part](named, photos)


if __name__ == "__main__":
    main()

"""Which blocks make the best generator for a second of CPU: candidates trained for the same CPU time, and timed.

python -m benchmarks.architectures --data FOLDER --physics FILE --wiener FILE [--cpu-minutes 9] [--only NAME ...]
FOLDER holds clean photographs; every 40th is kept for the gains. One thread, and only this process's CPU time counts
(not the clock, not the loader's), so other work on the machine lengthens the run but shifts no figure by much.
It resumes from `--out`; after it, the same command prints the table again.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from controllable.generation.restorer import cpu_has_bf16
from controllable.networks.generator import Generator
from controllable.task import TASKS, Task
from controllable.training.counterfactual import Pair, PairSettings
from controllable.training.fit import FitSettings, fit
from controllable.training.generator import GeneratorRecipe

CANDIDATES: dict[str, Mapping[str, Any]] = {
    "plain": {},
    "naf": {"block": "naf", "trunk_blocks": 8},
    "mobile": {"block": "mobile", "widths": (16, 32, 64), "encoder_blocks": 0, "decoder_blocks": 1, "trunk_blocks": 6},
    "plain-narrow": {
        "widths": (16, 32, 64),
        "encoder_blocks": 0,
        "decoder_blocks": 1,
        "trunk_blocks": 2,
        "growth": 32,
    },
}
SHOWN = ("noise", "blur", "compression", "resolution", "detail")
PROBE_STEPS = 24
EVALUATIONS = 4


class TimedRecipe(GeneratorRecipe):
    """Notes the CPU time of this process at every step."""

    cpu_seconds: list[float]

    def loss(self, network: nn.Module, batch: Pair) -> tuple[Tensor, dict[str, float]]:
        self.cpu_seconds.append(time.process_time())
        return super().loss(network, batch)

    def seconds_per_step(self) -> float:
        """CPU seconds; the median, so that evaluations between two steps do not count."""
        return statistics.median(b - a for a, b in zip(self.cpu_seconds, self.cpu_seconds[1:], strict=False))


def build(name: str, arguments: argparse.Namespace) -> Generator:
    torch.manual_seed(arguments.seed)
    network = Generator(**CANDIDATES[name])
    network.physics.load_state_dict(load_file(arguments.physics))
    network.wiener.load_state_dict(load_file(arguments.wiener))
    network.physics.requires_grad_(False)
    network.wiener.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def planned_steps(name: str, recipe: TimedRecipe, arguments: argparse.Namespace) -> int:
    """How many steps the candidate may do in its CPU time; measured once and kept in `out`."""
    plan = arguments.out / name / "plan.json"
    if not plan.exists():
        recipe.network, recipe.cpu_seconds = build(name, arguments), []
        with tempfile.TemporaryDirectory() as folder:
            fit(recipe, FitSettings(steps=PROBE_STEPS, every=PROBE_STEPS), Path(folder))
        plan.parent.mkdir(parents=True, exist_ok=True)
        plan.write_text(json.dumps({"seconds_per_step": recipe.seconds_per_step()}))
    return max(1, round(60.0 * arguments.cpu_minutes / json.loads(plan.read_text())["seconds_per_step"]))


def train(name: str, recipe: TimedRecipe, arguments: argparse.Namespace) -> None:
    """Leaves `result.json` in the candidate's folder: steps, CPU seconds a step, gains in dB."""
    folder = arguments.out / name
    if (folder / "result.json").exists():
        return
    steps = planned_steps(name, recipe, arguments)
    print(f"{name}: {steps} steps", flush=True)
    recipe.network, recipe.cpu_seconds = build(name, arguments), []
    settings = FitSettings(steps=steps, rate=arguments.rate, every=-(-steps // EVALUATIONS))
    gains = recipe.evaluate(fit(recipe, settings, folder))
    result = {"steps": steps, "seconds_per_step": recipe.seconds_per_step()} | gains
    (folder / "result.json").write_text(json.dumps(result))


@torch.inference_mode()
def seconds_per_megapixel(networks: Mapping[str, Generator], runs: int) -> dict[str, dict[bool, float]]:
    """CPU seconds of a forward pass over 1 MP, the smallest of `runs`, with bfloat16 (True) and without (False); the
    candidates take turns, so what else the machine does strikes all of them alike."""
    image, wish = torch.rand(1, 3, 1000, 1000), torch.zeros(1, len(TASKS))
    wish[0, TASKS.index(Task.NOISE)] = 1.0
    seconds: dict[str, dict[bool, float]] = {name: {True: float("inf"), False: float("inf")} for name in networks}
    for _ in range(runs):
        for name, network in networks.items():
            for half in (True, False):
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    start = time.process_time()
                    network(image, wish)
                    seconds[name][half] = min(seconds[name][half], time.process_time() - start)
    return seconds


@torch.inference_mode()
def giga_macs(network: Generator) -> float:
    """Multiply–accumulate operations for 1 MP, in 10⁹; Fourier transforms are not counted."""
    with FlopCounterMode(display=False) as counter:
        network(torch.rand(1, 3, 1000, 1000), torch.ones(1, len(TASKS)))
    return counter.get_total_flops() / 2e9


def print_table(names: list[str], arguments: argparse.Namespace) -> None:
    networks = {name: build(name, arguments).eval() for name in names}
    seconds = seconds_per_megapixel(networks, arguments.runs)
    print(f"One thread, bfloat16 in hardware: {cpu_has_bf16()}; {arguments.cpu_minutes:g} CPU minutes each.\n")
    columns = ("candidate", "parameters, M", "GMAC/MP", "s/MP bf16", "s/MP fp32", "s/step", "steps", *SHOWN, "score")
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for name, network in networks.items():
        parameters = sum(parameter.numel() for parameter in network.parameters()) / 1e6
        cells = [name, f"{parameters:.2f}", f"{giga_macs(network):.1f}"]
        cells += [f"{seconds[name][half]:.3f}" for half in (True, False)]
        result = json.loads((arguments.out / name / "result.json").read_text())
        cells += [f"{result['seconds_per_step']:.3f}", f"{result['steps']}"]
        cells += [f"{result[task]:+.2f}" for task in SHOWN] + [f"{result['score']:.3f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--physics", type=Path, required=True, help="safetensors of the physics recipe")
    parser.add_argument("--wiener", type=Path, required=True, help="safetensors of the wiener recipe")
    parser.add_argument("--out", type=Path, default=Path("runs/architectures"))
    parser.add_argument("--cpu-minutes", type=float, default=9.0, help="CPU time of each candidate's training")
    parser.add_argument("--only", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--runs", type=int, default=5, help="timed forward passes")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    missing = [name for name in arguments.only if not (arguments.out / name / "result.json").exists()]
    if missing:
        pairs = PairSettings(faces=0.0)
        recipe = TimedRecipe(Generator(), arguments.data, pairs=pairs, seed=arguments.seed, device="cpu")
        for name in missing:
            planned_steps(name, recipe, arguments)
        for name in missing:
            train(name, recipe, arguments)
    print_table(arguments.only, arguments)


if __name__ == "__main__":
    main()

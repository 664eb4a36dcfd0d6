"""The generator's U-net in other runtimes and precisions, one photo, and the same end to end (docs/speed.md).

python -m benchmarks.runtimes [--megapixels 1] [--threads 2] [--runs 7] [--only eager ...]      (requirements-bench.txt)
Runtimes take turns, so that a busy machine slows all of them; the least of their times counts. With one thread it is
processor time, which other programs hardly change. End to end is
`Enhancer.enhance` with "remove the noise", with the U-net in that runtime. Agreement is that of the U-net's residual
with eager fp32.
"""

import argparse
import copy
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.images import head, row
from benchmarks.speed import clock_for, drawn_picture
from controllable.enhancer import BUNDLED, Enhancer
from controllable.networks.generator import Generator

Residual = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Haar's view of a noisy photo (1, 12, h, w), condition (1, 64), strengths (1, 8) → residual (1, 3, 2·h, 2·w)."""
PROMPT = "remove the noise"


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """prepared_s: compiling or exporting, for this one size of picture."""

    name: str
    run: Residual
    prepared_s: float


class Unet(nn.Module):
    """The part of a generator that costs, as one module."""

    def __init__(self, network: Generator) -> None:
        super().__init__()
        self.network = network
        self.residual = network._residual

    def forward(self, seen: Tensor, condition: Tensor, strengths: Tensor) -> Tensor:
        return self.residual(seen, condition, strengths)


def in_torch(unet: nn.Module, half: bool) -> Residual:
    def run(*given: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            return unet(*given)

    return run


def channels_first(network: Generator, half: bool) -> Residual:
    """The network asks for channels last itself, so the name is made to mean the other order."""
    run = in_torch(Unet(copy.deepcopy(network).to(memory_format=torch.contiguous_format)), half)

    def other(*given: Tensor) -> Tensor:
        with patch.object(torch, "channels_last", torch.contiguous_format):
            return run(*given)

    return other


def compiled(network: Generator, half: bool) -> Residual:
    """Inductor with its defaults, for this size alone."""
    return in_torch(torch.compile(Unet(network), dynamic=False), half)


def export(network: Generator, example: tuple[Tensor, ...], file: Path) -> None:
    """ONNX, sizes fixed to the example's."""
    names = ["seen", "condition", "strengths"]
    torch.onnx.export(Unet(network).eval(), example, file, input_names=names, dynamo=True, verbose=False)


def onnxruntime(file: Path, threads: int) -> Residual:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    session = InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]

    def run(*given: Tensor) -> Tensor:
        values = {name: value.numpy() for name, value in zip(names, given, strict=True)}
        return torch.from_numpy(session.run(None, values)[0])

    return run


def openvino(file: Path, threads: int, precision: str) -> Residual:
    """precision: "f32" or "bf16", its inference_precision hint."""
    import openvino as ov

    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
    request = ov.Core().compile_model(file, "CPU", settings).create_infer_request()

    def run(*given: Tensor) -> Tensor:
        found = request.infer([np.ascontiguousarray(value.numpy()) for value in given])
        return torch.from_numpy(found[0].copy())

    return run


def runtimes(
    network: Generator, example: tuple[Tensor, ...], threads: int, only: list[str], folder: Path
) -> list[Runtime]:
    """Those whose name holds one of `only`, or all; what is not installed is left out."""
    file = folder / "unet.onnx"
    makers: dict[str, Callable[[], Residual]] = {
        "eager fp32": lambda: in_torch(Unet(network), False),
        "eager fp32, channels first": lambda: channels_first(network, False),
        "eager bf16": lambda: in_torch(Unet(network), True),
        "eager bf16, channels first": lambda: channels_first(network, True),
        "torch.compile fp32": lambda: compiled(network, False),
        "torch.compile bf16": lambda: compiled(network, True),
        "ONNX Runtime fp32": lambda: onnxruntime(file, threads),
        "OpenVINO fp32": lambda: openvino(file, threads, "f32"),
        "OpenVINO bf16": lambda: openvino(file, threads, "bf16"),
    }
    found = []
    for name, make in makers.items():
        if only and not any(part in name for part in only):
            continue
        started = time.perf_counter()
        try:
            if name.startswith(("ONNX", "OpenVINO")) and not file.is_file():
                export(network, example, file)
            run = make()
        except ImportError as error:
            print(f"left out: {name} ({error})")
            continue
        run(*example)
        found.append(Runtime(name=name, run=run, prepared_s=time.perf_counter() - started))
    return found


def example_of(enhancer: Enhancer, side: int) -> tuple[Tensor, ...]:
    """What reaches the U-net when the noise of a drawn picture is to be removed, in float32."""
    given: list[tuple[Tensor, ...]] = []
    network = enhancer.restorer.network
    original = network._residual

    def keep(*values: Tensor) -> Tensor:
        given.append(tuple(value.float().clone() for value in values))
        return original(*values)

    with patch.object(network, "_residual", keep):
        enhancer.enhance(drawn_picture(side, side), PROMPT, force=True)
    return given[0]


def end_to_end(enhancer: Enhancer, run: Residual, side: int, turn: int, clock: Callable[[], float]) -> float:
    """Seconds of `enhance` with the U-net replaced."""
    picture = drawn_picture(side, side, turn)
    with patch.object(enhancer.restorer.network, "_residual", lambda *given: run(*(each.float() for each in given))):
        started = clock()
        enhancer.enhance(picture, PROMPT, force=True)
        return clock() - started


def measure(side: int, threads: int, runs: int, only: list[str]) -> None:
    """Print the table."""
    torch.set_num_threads(threads)
    clock = clock_for(threads)
    enhancer = Enhancer(BUNDLED, memory_bytes=0).warm_up()
    network, example = enhancer.restorer.network, example_of(enhancer, side)
    exact = in_torch(Unet(network), False)(*example)
    with tempfile.TemporaryDirectory() as folder:
        found = runtimes(network, example, threads, only, Path(folder))
        alone, whole = ({runtime.name: math.inf for runtime in found} for _ in range(2))
        for turn in range(runs):
            for runtime in found:
                started = clock()
                runtime.run(*example)
                alone[runtime.name] = min(alone[runtime.name], clock() - started)
                whole[runtime.name] = min(whole[runtime.name], end_to_end(enhancer, runtime.run, side, turn, clock))
        head("runtime", "prepared in, s", "U-net, s", "end to end, s", "largest difference, /255", "PSNR to fp32, dB")
        for runtime in found:
            error = runtime.run(*example).float() - exact
            psnr = -10.0 * math.log10(max(float(error.square().mean()), 1e-12))
            row(runtime.name, f"{runtime.prepared_s:.1f}", f"{alone[runtime.name]:.3f}", f"{whole[runtime.name]:.3f}",
                f"{255.0 * float(error.abs().max()):.2f}", f"{psnr:.1f}")  # fmt: skip


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", nargs="+", default=[], help="parts of the runtimes' names")
    options = parser.parse_args(argv)
    measure(round((options.megapixels * 1e6) ** 0.5), options.threads, options.runs, options.only)


if __name__ == "__main__":
    main()

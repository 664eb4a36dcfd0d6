"""What the processes share that train one network together, on the devices of one machine or of several.

`accelerate launch -m controllable train …`, or `torchrun`, starts them and tells each its place (`PartialState`); a
command started without is a single process, and nothing here does anything. Every process draws its own batches;
gradients are averaged, so all take the same step and hold the same weights.
"""

import atexit
import contextlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from types import FrameType
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, reduce
from torch import nn

T = TypeVar("T")


def join(device: str) -> PartialState:
    """Join the other processes, once for each process; "cuda" then is this process's own GPU.

    They part when the interpreter ends: connections that are still open by then abort it now and then.
    """
    if device != "cpu" and not torch.cuda.is_available():
        raise ValueError(f"device: {device} is not there, only cpu is")
    state = PartialState(cpu=device == "cpu")
    if state.num_processes > 1:
        _part_at_the_end()
    return state


@cache
def _part_at_the_end() -> None:
    atexit.register(PartialState().destroy_process_group)


def from_main(value: T) -> T:
    """The main process's `value`, a picklable object, in every process."""
    return broadcast_object_list([value])[0] if PartialState().num_processes > 1 else value


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace each gradient by its mean over all processes; a parameter without one counts as 0 there.

    One message for all of them: the networks here have a few million weights. Unlike a wrapper around the network
    this lets a recipe look into it and leave parts of it out.
    """
    if PartialState().num_processes == 1:
        return
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in trained]
    mean = reduce(torch.cat([grad.flatten() for grad in grads]), "mean")
    for parameter, grad, part in zip(trained, grads, mean.split([grad.numel() for grad in grads]), strict=True):
        parameter.grad = grad.copy_(part.view_as(grad))


def stream(seed: int, step: int, process: int | None = None) -> torch.Generator:
    """The random numbers of one process's batch number `step`, this process's if None."""
    return torch.Generator().manual_seed(step_seed(seed, step, process))


def step_seed(seed: int, step: int, process: int | None = None) -> int:
    """A seed that depends on nothing else: a resumed run draws what it would have drawn without the interruption, and
    loader processes may take turns."""
    process = PartialState().process_index if process is None else process
    return ((seed * 1_000_003 + step) * 1_009 + process) % 2**63


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; the second SIGINT raises KeyboardInterrupt as ever."""
    event, owner = threading.Event(), os.getpid()

    def note(number: int, frame: FrameType | None) -> None:
        if os.getpid() == owner:
            event.set()
            signal.signal(signal.SIGINT, signal.default_int_handler)
        elif number == signal.SIGTERM:  # a loader process, which inherits this
            os._exit(1)

    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""What the processes share that train one network together, on the devices of one machine or of several.

`accelerate launch -m controllable train …`, or `torchrun`, starts them and tells each its place (`PartialState`); a
command started without is a single process, and nothing here does anything. Every process draws its own batches;
gradients are averaged, so all take the same step and hold the same weights.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, reduce
from torch import nn

T = TypeVar("T")


def join(device: str) -> PartialState:
    """Join the other processes, once for each process; "cuda" then is this process's own GPU."""
    if device != "cpu" and not torch.cuda.is_available():
        raise ValueError(f"device: {device} is not there, only cpu is")
    return PartialState(cpu=device == "cpu")


def leave() -> None:
    """The last thing a program does that trained with others: part from them and end at once, with status 0.

    In the interpreter's own end a thread of torch's is now and then still there, and aborts it after all is done
    (seen with torch 2.14 and gloo, once in about ten ends on a busy machine). A single process just goes on.
    """
    if PartialState().num_processes == 1:
        return
    PartialState().wait_for_everyone()
    PartialState().destroy_process_group()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


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

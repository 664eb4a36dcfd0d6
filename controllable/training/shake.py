"""What a training patch cannot show of a camera's shake: the whole photo's search, imitated from the known path."""

import torch
from torch import Tensor

from controllable.color import luma
from controllable.degradation import Params
from controllable.degradation.lens import MOTION
from controllable.networks.motion import WINDOW_PX, find_shake, noise_over_signal, shake_corners, shake_spectrum
from controllable.task import TASKS, Task

_SMALLEST_PX = 5.0
_ERROR_PX, _ERROR_RAD, _ERROR_BEND = 0.1, 0.006, 0.015
"""Standard deviations of the search on development photos (docs/experiments.md, motion-1)."""
_HIDES = tuple(TASKS.index(task) for task in (Task.NOISE, Task.COMPRESSION))


def known_shake(image: Tensor, params: Params, generator: torch.Generator) -> Tensor:
    """(B, 3, H, W) and what was done to it → (B, 4), what `find_shake` would say of the whole photos.

    The true path, as inexact as the search is, where it is of 5 px or more and neither noise nor JPEG hide it, or it is
    found even so.
    """
    draws, length_px = params.draws[Task.BLUR], 24.0 * params.severity[:, TASKS.index(Task.BLUR)]
    hidden = params.severity[:, _HIDES].sum(1) > 0.0
    shaken = (draws["kind"] == MOTION) & (length_px >= _SMALLEST_PX)
    error = torch.randn(len(image), 3, generator=generator)
    shake = torch.zeros(len(image), 4)
    for row in torch.nonzero(shaken).flatten().tolist():
        photo = image[row : row + 1]
        if bool(hidden[row]) and not bool(find_shake(photo)[0, 0] > 0.0):
            continue
        length = float(length_px[row] + _ERROR_PX * error[row, 0])
        angle = float(draws["angle_rad"][row] + _ERROR_RAD * error[row, 1])
        bend = float(draws["bend"][row] + _ERROR_BEND * error[row, 2])
        windows = [
            luma(photo[..., y : y + WINDOW_PX, x : x + WINDOW_PX])[0, 0] for y, x in shake_corners(*photo.shape[-2:])
        ]
        noise = noise_over_signal(shake_spectrum(torch.stack(windows)), length, angle, bend) if windows else 0.0
        shake[row] = torch.tensor((length, angle, noise, bend))
    return shake

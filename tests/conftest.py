"""Shared by all tests: the drawn photo and the bundled models, loaded once."""

import os

import pytest
import torch
from PIL import Image

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from controllable import Enhancer
from controllable.instruction.parser import InstructionParser
from tests.photo import draw_photo

if "OMP_NUM_THREADS" not in os.environ:
    beside_others = "PYTEST_XDIST_WORKER" in os.environ
    torch.set_num_threads(1 if beside_others else min(2, os.cpu_count() or 1))


@pytest.fixture(scope="session")
def enhancer() -> Enhancer:
    return Enhancer.from_pretrained().warm_up()


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    return draw_photo()


@pytest.fixture(scope="session")
def parser(enhancer: Enhancer) -> InstructionParser:
    return enhancer.parser

"""What the bundled instruction model promises: the contract's examples, exact numbers, order, refusal, errors."""

import os
import time
from pathlib import Path

import pytest
import torch

from controllable.instruction import Instruction
from controllable.instruction.parser import InstructionParser
from controllable.task import Task

FOLDER = Path(__file__).resolve().parents[2] / "models" / "clip"
BARE = 0.95
"""What "remove the noise" asks for: nearly all of it, with room for "strongly"."""


@pytest.mark.parametrize(
    ("prompt", "tasks"),
    [
        ("remove noise", {Task.NOISE: BARE}),
        ("remove the blur", {Task.BLUR: BARE}),
        ("remove the compression artifacts", {Task.COMPRESSION: BARE}),
        ("brighten this dark photo", {Task.LOW_LIGHT: BARE}),
        ("remove the haze", {Task.HAZE: BARE}),
        ("fix the colour cast", {Task.COLOR: BARE}),
        ("bring back the details", {Task.DETAIL: BARE}),
        ("去掉噪点", {Task.NOISE: BARE}),
        ("照片拍得很模糊", {Task.BLUR: BARE}),
        ("強力去霧", {Task.HAZE: 1.0}),
        ("remove the noise and the blur", {Task.NOISE: BARE, Task.BLUR: BARE}),
    ],
)
def test_a_wish_names_its_tasks(parser: InstructionParser, prompt: str, tasks: dict[Task, float]) -> None:
    found = parser.parse(prompt)
    assert dict(found.tasks) == tasks
    assert (found.scale, found.region, found.auto, found.keep, found.refused) == (1, "all", False, (), None)


@pytest.mark.parametrize(
    ("prompt", "scale"),
    [("denoise, then 2x", 2), ("remove the noise and make it twice as big", 2), ("去噪并放大四倍", 4)],
)
def test_enlarging_comes_with_its_scale(parser: InstructionParser, prompt: str, scale: int) -> None:
    found = parser.parse(prompt)
    assert found.scale == scale
    assert set(found.tasks) == {Task.NOISE, Task.RESOLUTION}


@pytest.mark.parametrize("prompt", ["restore this old photo", "enhance", "修复这张老照片"])
def test_a_general_wish_is_auto(parser: InstructionParser, prompt: str) -> None:
    found = parser.parse(prompt)
    assert found.auto and not found.tasks and found.refused is None


def test_everything_but_the_noise_is_auto_and_keeps_the_noise(parser: InstructionParser) -> None:
    found = parser.parse("fix everything but the noise")
    assert found.auto and found.keep == (Task.NOISE,)


@pytest.mark.parametrize(
    ("prompt", "asked", "kept"),
    [
        ("keep the grain but fix the blur", Task.BLUR, Task.NOISE),
        ("the jpeg is fine but there's noise", Task.NOISE, Task.COMPRESSION),
        ("remove the haze but don't touch the colours", Task.HAZE, Task.COLOR),
        ("保留颗粒感，只去模糊", Task.BLUR, Task.NOISE),
    ],
)
def test_what_is_to_be_kept_is_not_asked_for(parser: InstructionParser, prompt: str, asked: Task, kept: Task) -> None:
    found = parser.parse(prompt)
    assert set(found.tasks) == {asked}
    assert found.keep == (kept,)


@pytest.mark.parametrize(
    ("prompt", "strength"),
    [
        ("remove 40% of the noise", 0.4),
        ("denoise 0.7", 0.7),
        ("noise reduction by thirty-five percent", 0.35),
        ("去掉三成噪点", 0.3),
        ("噪点减少百分之六十", 0.6),
        ("take out two thirds of the grain", 0.6667),
    ],
)
def test_numbers_are_exact(parser: InstructionParser, prompt: str, strength: float) -> None:
    assert parser.parse(prompt).tasks[Task.NOISE] == pytest.approx(strength, abs=1e-3)


def test_each_number_goes_to_its_own_task(parser: InstructionParser) -> None:
    found = parser.parse("remove 80% of the noise and 20% of the blur")
    assert dict(found.tasks) == pytest.approx({Task.NOISE: 0.8, Task.BLUR: 0.2})


@pytest.mark.parametrize("wish", ["denoise", "deblur", "dehaze", "sharpen"])
def test_a_little_is_less_than_the_default(parser: InstructionParser, wish: str) -> None:
    little = next(iter(parser.parse(f"{wish} a little").tasks.values()))
    half = next(iter(parser.parse(f"{wish} by half").tasks.values()))
    strongly = next(iter(parser.parse(f"{wish} strongly").tasks.values()))
    default = next(iter(parser.parse(wish).tasks.values()))
    assert 0.2 <= little <= 0.4 < half < default < strongly <= 1.0


@pytest.mark.parametrize(
    ("prompt", "region"),
    [
        ("denoise only the face", "face"),
        ("sharpen the background", "background"),
        ("the background is too noisy", "background"),
        ("天空的噪点去掉", "sky"),
    ],
)
def test_a_region_can_be_named(parser: InstructionParser, prompt: str, region: str) -> None:
    assert parser.parse(prompt).region == region


def test_a_bit_brighter_is_a_tone_not_a_task(parser: InstructionParser) -> None:
    found = parser.parse("make it a bit brighter")
    assert not found.tasks and 0.0 < found.tone["brightness"] < 0.5


@pytest.mark.parametrize("prompt", ["add a hat", "remove the person on the left", "turn it into an oil painting"])
def test_a_refused_wish_changes_nothing_and_says_what_is_possible(parser: InstructionParser, prompt: str) -> None:
    found = parser.parse(prompt)
    assert found.refused is not None and "noise" in found.refused
    assert found.empty and not found.tasks and found.scale == 1


def test_a_refusal_answers_in_the_language_of_the_wish(parser: InstructionParser) -> None:
    refused = parser.parse("给黑白照片上色").refused
    assert refused is not None and "去噪" in refused


@pytest.mark.parametrize("prompt", ["denoise 30%, keep the colours, 2x", "add a hat", "修复老照片"])
def test_an_instruction_survives_json(parser: InstructionParser, prompt: str) -> None:
    found = parser.parse(prompt)
    assert Instruction.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("prompt", ["", "   ", "\n", "x" * 1001])
def test_bad_prompts_get_one_sentence(parser: InstructionParser, prompt: str) -> None:
    with pytest.raises(ValueError, match=r"^prompt: [^\n]+\.$"):
        parser.parse(prompt)


def test_a_long_prompt_is_read_to_its_end(parser: InstructionParser) -> None:
    talk = "My aunt took this picture at the lake when we were all on holiday together. " * 9
    assert set(parser.parse(talk + "Please remove the noise.").tasks) == {Task.NOISE}


def test_case_and_width_do_not_matter(parser: InstructionParser) -> None:
    assert parser.parse("REMOVE ４０％ OF THE NOISE").tasks == parser.parse("remove 40% of the noise").tasks


def test_embeddings_are_of_length_one_and_near_for_the_same_wish(parser: InstructionParser) -> None:
    noise, grain, zh, haze = parser.embed(["remove the noise", "it is so grainy", "去掉噪点", "clear the fog"])
    assert torch.stack([noise, haze]).norm(dim=-1) == pytest.approx([1.0, 1.0], abs=1e-4)
    assert min(noise @ grain, noise @ zh) > noise @ haze + 0.2


def test_open_clip_itself_loads_the_folder_and_agrees(
    parser: InstructionParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    import open_clip

    model = open_clip.create_model(f"local-dir:{FOLDER}").eval()
    ids = open_clip.get_tokenizer(f"local-dir:{FOLDER}")(["remove the noise", "去雾"])
    with torch.inference_mode():
        embedding = model.encode_text(ids, normalize=True)
    assert torch.allclose(embedding, parser.embed(["remove the noise", "去雾"]), atol=1e-4)


def test_parsing_is_quick(parser: InstructionParser) -> None:
    threads, times = torch.get_num_threads(), []
    torch.set_num_threads(1)
    for _ in range(5):
        started = time.process_time()
        parser.parse("it is dark and grainy, please fix that and make it twice as big")
        times.append(time.process_time() - started)
    torch.set_num_threads(threads)
    assert min(times) < 0.05


def test_importing_the_package_loads_no_heavy_library() -> None:
    import subprocess
    import sys

    code = "import sys, controllable.instruction.parser; sys.exit('torch' in sys.modules or 'open_clip' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

import pytest

from controllable.instruction.parser import InstructionParser
from controllable.instruction.reading import calibrated
from controllable.task import Task

PROMPTS = (
    "remove the noise",
    "restore this old photo",
    "去雾，放大两倍",
    "add a hat",
    "hmm the thing is kind of off",
    "clean",
)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_interpretation_is_the_instruction_and_other_readings(parser: InstructionParser, prompt: str) -> None:
    found = parser.interpret(prompt)
    assert found.instruction == parser.parse(prompt)
    assert 0.0 <= found.confidence <= 1.0
    assert len(found.alternatives) <= 2
    assert all(other != found.instruction and not other.empty for other in found.alternatives)
    assert all(not choice.empty for choice in found.choices)


def test_a_plain_wish_is_surer_than_a_muddled_one(parser: InstructionParser) -> None:
    assert parser.interpret("remove the noise").confidence > 0.8
    muddled = parser.interpret("the colour of the grain in the fog is not the blur i meant, or is it the light")
    assert muddled.confidence < parser.interpret("remove the noise").confidence
    assert muddled.choices


def test_calibration_is_monotone_and_the_identity_at_slope_one() -> None:
    assert calibrated(0.3, 1.0, 0.0) == pytest.approx(0.3)
    values = [calibrated(p / 10, 0.6, -0.4) for p in range(11)]
    assert values == sorted(values)


def test_sizes_in_pixels_give_the_factor(parser: InstructionParser) -> None:
    assert parser.parse("upscale it from 500 to 2000 pixels").scale == 4
    assert parser.parse("shot at iso 6400 and f/2.8, denoise by 40%").tasks == {Task.NOISE: 0.4}

"""Numbers leave the text, whatever they are written in, and keep their exact value."""

import pytest

from controllable.instruction.numbers import clean, extract, strength


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("remove 40% of the noise", (0.4,)),
        ("denoise at 0.7", (0.7,)),
        ("noise .5", (0.5,)),
        ("strength 7/10", (0.7,)),
        ("seven out of ten", (0.7,)),
        ("three quarters of the grain", (0.75,)),
        ("forty-five percent", (0.45,)),
        ("a hundred percent", (1.0,)),
        ("去掉三成噪点", (0.3,)),
        ("七成半", (0.75,)),
        ("百分之四十", (0.4,)),
        ("四分之三", (0.75,)),
        ("五十%", (0.5,)),
        ("零点七", (0.7,)),
        ("放大两倍", (2.0,)),
        ("４倍", (4.0,)),
        ("upscale x4 and denoise 30%", (4.0, 0.3)),
    ],
)
def test_values_are_exact(text: str, values: tuple[float, ...]) -> None:
    assert extract(clean(text)).values == pytest.approx(values)


@pytest.mark.parametrize("text", ["锐化一点", "一半", "处理一下", "成功", "the first one"])
def test_words_that_are_no_numbers_stay(text: str) -> None:
    assert extract(clean(text)).text == text


def test_placeholders_cannot_be_forged() -> None:
    assert extract(clean("remove <n0><frac> noise")).values == ()


def test_a_number_means_the_same_as_a_share_of_ten_or_of_a_hundred() -> None:
    assert [strength(value) for value in (0.4, 4.0, 40.0)] == pytest.approx([0.4, 0.4, 0.4])

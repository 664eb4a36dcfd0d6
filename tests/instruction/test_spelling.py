from pathlib import Path

import pytest

from controllable.instruction.spelling import Spelling

WORDS = {"noise": 900, "remove": 800, "nose": 5, "compression": 300, "blur": 400, "the": 999}


@pytest.fixture
def spelling() -> Spelling:
    return Spelling(WORDS)


@pytest.mark.parametrize("typo", ["noize", "nosie", "noisee", "nois"])
def test_one_edit_from_a_known_word_is_that_word(spelling: Spelling, typo: str) -> None:
    assert spelling.correct(f"remove the {typo}") == "remove the noise"


def test_known_words_stay(spelling: Spelling) -> None:
    assert spelling.correct("remove the blur from the nose") == "remove the blur from the nose"


def test_far_and_short_words_stay(spelling: Spelling) -> None:
    assert spelling.correct("elephant teh x2y") == "elephant teh x2y"


def test_long_words_may_be_two_edits_away(spelling: Spelling) -> None:
    assert spelling.correct("comprssoin") == "compression"


def test_numbers_placeholders_and_chinese_stay(spelling: Spelling) -> None:
    text = "<n0><frac>% 去噪 40%"
    assert spelling.correct(text) == text


def test_the_list_survives_its_file(spelling: Spelling, tmp_path: Path) -> None:
    spelling.save(tmp_path / "words.txt")
    assert Spelling.load(tmp_path / "words.txt").words == WORDS

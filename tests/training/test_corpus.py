"""The instruction corpus says what its texts say."""

import random
from collections import Counter

from controllable.instruction.numbers import extract
from controllable.networks.instruction_head import REASONS, STRENGTHS
from controllable.task import TASKS
from controllable.training.corpus import sample
from controllable.training.phrases_en import TASK_PHRASES as ENGLISH
from controllable.training.phrases_zh import TASK_PHRASES as CHINESE


def test_the_same_seed_writes_the_same_texts() -> None:
    assert [sample(random.Random(3)) for _ in range(5)] == [sample(random.Random(3)) for _ in range(5)]


def test_every_class_turns_up() -> None:
    rng = random.Random(0)
    samples = [sample(rng) for _ in range(4000)]
    for index in range(len(TASKS)):
        assert Counter(one.states[index] for one in samples)[2] > 40
        assert Counter(one.states[index] for one in samples)[1] > 150
    assert set(range(len(REASONS))) == {one.reason for one in samples}
    assert {0, 1} == {one.auto for one in samples}


def test_a_number_label_points_at_a_number_of_the_text() -> None:
    rng = random.Random(1)
    first = STRENGTHS.index("number 0")
    for one in (sample(rng) for _ in range(3000)):
        pointers = [index - first for index in (*one.strengths, *one.tone_strengths) if index >= first]
        assert all(f"<n{pointer}>" in one.reading for pointer in pointers)


def test_there_are_many_ways_to_say_each_task() -> None:
    for table in (*ENGLISH.values(), *CHINESE.values()):
        fields = (table.nouns, table.verbs, table.adjectives, table.complaints, table.repairs, table.keeps)
        assert sum(map(len, fields)) >= 60


def test_numbers_are_taken_out_of_what_the_tower_reads() -> None:
    assert extract("denoise 40%").text == "denoise <n0><frac>%"

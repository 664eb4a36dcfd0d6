import json

import pytest

from controllable import Instruction, Task


def test_json_round_trip_is_exact() -> None:
    wish = Instruction(
        prompt="p", tasks={Task.NOISE: 0.5}, tone={"contrast": -0.4}, scale=4, region="face", auto=True,
        keep=(Task.COLOR,), refused=None,
    )  # fmt: skip
    assert Instruction.from_dict(json.loads(json.dumps(wish.to_dict()))) == wish
    assert wish.to_dict()["tasks"] == {"noise": 0.5, "resolution": 1.0}


def test_zero_strength_is_not_a_wish() -> None:
    assert Instruction(tasks={Task.NOISE: 0.0}).empty and Instruction(tone={"contrast": 0.0}).empty
    assert not Instruction(scale=2).empty and not Instruction(auto=True).empty


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tasks": {"rain": 1.0}}, "'rain' is not one of noise"),
        ({"tasks": {"noise": 1.5}}, r"outside \[0, 1\]"),
        ({"tasks": {"noise": float("nan")}}, "not a number"),
        ({"tone": {"hue": 1.0}}, "'hue' is not one of"),
        ({"scale": 3}, "3 is not one of 1, 2, 4, 8"),
        ({"region": "dog"}, "'dog' is not one of"),
        ({"keep": ["grain"]}, "'grain' is not one of"),
        ({"task": {}}, "unknown key 'task'"),
    ],
)
def test_mistakes_name_the_field_and_what_is_accepted(values: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Instruction.from_dict(values)

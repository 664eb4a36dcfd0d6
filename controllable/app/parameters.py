"""Parameters of the endpoints: what programs are told of each, and the check that its value is what they were told."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from controllable.app.sentences import sentence

_WIDGETS = {"number": gr.Number, "integer": gr.Number, "boolean": gr.Checkbox, "string": gr.Textbox, "object": gr.JSON}


def number(name: str, default: float, low: float, high: float) -> Component:
    return _parameter(name, {"type": "number", "minimum": low, "maximum": high}, default)


def whole(name: str, default: int, low: int, high: int) -> Component:
    return _parameter(name, {"type": "integer", "minimum": low, "maximum": high}, default)


def flag(name: str, default: bool) -> Component:
    return _parameter(name, {"type": "boolean"}, default)


def text(name: str, default: str | None = None) -> Component:
    """Without a default it must be given."""
    return _parameter(name, {"type": "string"}, default, required=default is None)


def choice(name: str, choices: Sequence[str | int], default: str | int | None = None) -> Component:
    """One of these; nothing where it has no default."""
    kind = "integer" if isinstance(choices[0], int) else "string"
    return _parameter(name, {"type": kind, "enum": list(choices)}, default)


def numbers(name: str, keys: Sequence[str]) -> Component:
    """An object with some of these keys, each a number in [0, 1], or nothing."""
    one = {"type": "number", "minimum": 0, "maximum": 1}
    known = {str(key): one for key in keys}
    return _parameter(name, {"type": "object", "properties": known})


def _parameter(name: str, schema: dict[str, Any], default: Any = None, *, required: bool = False) -> Component:
    """A hidden widget that hands over the value as it came, once it fits the JSON schema; null stands for the default.

    Gradio's own sliders and menus check less for programs than for people, and not in one sentence.
    """
    box = _WIDGETS[schema["type"]](value=default, label=name)

    def checked(value: Any) -> Any:
        try:
            if value is None and required:
                raise ValueError(f"{name}: is missing")
            return default if value is None else _fitting(name, value, schema)
        except ValueError as error:
            raise sentence(str(error)) from None

    box.api_info = lambda: schema  # type: ignore[method-assign]
    box.preprocess = checked  # type: ignore[method-assign]
    return box


def _fitting(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    """The value, if it fits. Raises ValueError with one sentence."""
    kind = schema["type"]
    if "enum" in schema:
        if isinstance(value, bool) or value not in schema["enum"]:
            raise ValueError(f"{name}: {value!r} is not one of {', '.join(map(str, schema['enum']))}")
    elif kind == "object":
        if not isinstance(value, dict):
            raise ValueError(f'{name}: expected an object such as {{"{next(iter(schema["properties"]))}": 0.4}}')
        for key, part in value.items():
            if key not in schema["properties"]:
                raise ValueError(f"{name}: {key!r} is not one of {', '.join(schema['properties'])}")
            _fitting(f"{name}: {key}", part, schema["properties"][key])
    elif kind == "boolean":
        if not isinstance(value, bool):
            raise ValueError(f"{name}: {value!r} is neither true nor false")
    elif kind == "string":
        if not isinstance(value, str):
            raise ValueError(f"{name}: {value!r} is not text")
    else:
        known = (int,) if kind == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, known) or not math.isfinite(value):
            raise ValueError(f"{name}: {value!r} is not a {'whole ' if kind == 'integer' else ''}number")
        if not schema["minimum"] <= value <= schema["maximum"]:
            raise ValueError(f"{name}: {value} is outside [{schema['minimum']:g}, {schema['maximum']:g}]")
    return value

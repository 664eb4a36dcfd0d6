"""Presets: a prompt with its controls, saved under a name in the visitor's browser, or carried by a link.

Both come back from outside, so every value is checked: a preset that is damaged, too long or forged is refused in one
sentence, and what it says reaches the page as values of widgets, never as HTML.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controllable.instruction import Instruction
from controllable.instruction.parser import MAX_CHARACTERS

PARAMETER = "do"
"""The link's query parameter."""
MOST_LINK_CHARACTERS = 2000
MOST_JSON_BYTES = 4000
MOST_PRESETS = 50
MOST_NAME_CHARACTERS = 60
_MODEL = re.compile(r"(?!\.)[\w.\- ]{1,100}")
_BAD_LINK = "link: is damaged or was cut short; ask for it again"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """All that decides a result, but the photo and the mask. Raises ValueError, with one sentence, for bad values."""

    instruction: Instruction
    strength: float = 1.0
    fidelity: float = 1.0
    force: bool = False
    guard: bool = True
    model: str | None = None

    def __post_init__(self) -> None:
        if len(self.instruction.prompt) > MAX_CHARACTERS:
            raise ValueError(f"preset: its prompt is longer than {MAX_CHARACTERS} characters")
        for name in ("strength", "fidelity"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
                raise ValueError(f"preset: {name} is not a number in [0, 1]")
        for name in ("force", "guard"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"preset: {name} is neither true nor false")
        if self.model is not None and not (isinstance(self.model, str) and _MODEL.fullmatch(self.model)):
            raise ValueError("preset: model is not a name")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; what is as usual is left out."""
        wish = self.instruction.to_dict()
        usual = Instruction().to_dict()
        values: dict[str, Any] = {key: value for key, value in wish.items() if value != usual[key] and key != "refused"}
        options = {
            "strength": (self.strength, 1.0), "fidelity": (self.fidelity, 1.0), "force": (self.force, False),
            "guard": (self.guard, True), "model": (self.model, None),
        }  # fmt: skip
        return values | {name: value for name, (value, as_usual) in options.items() if value != as_usual}

    @classmethod
    def from_dict(cls, values: Any) -> "Preset":
        """The inverse of `to_dict`. Raises ValueError, with one sentence, for anything else."""
        if not isinstance(values, Mapping):
            raise ValueError("preset: is not an object")
        kinds = {
            "prompt": str, "tasks": Mapping, "tone": Mapping, "scale": int, "region": str, "auto": bool, "keep": list,
        }  # fmt: skip
        own = cls.__dataclass_fields__.keys() - {"instruction"}
        for name, value in values.items():
            if name not in kinds and name not in own:
                raise ValueError("preset: holds something this page does not know")
            if name in kinds and (not isinstance(value, kinds[name]) or (name == "scale" and isinstance(value, bool))):
                raise ValueError(f"preset: {name} is not as it should be")
        if not all(isinstance(task, str) for task in values.get("keep", [])):
            raise ValueError("preset: keep is not as it should be")
        wish = Instruction.from_dict({name: value for name, value in values.items() if name in kinds})
        return cls(instruction=wish, **{name: value for name, value in values.items() if name in own})


def to_link(preset: Preset) -> str:
    """The preset as the value of `PARAMETER`: JSON, deflated, in URL-safe base64. ValueError if it is too long."""
    text = json.dumps(preset.to_dict(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    packed = zlib.compress(text.encode(), 9, wbits=-15)
    link = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(link) > MOST_LINK_CHARACTERS or len(text.encode()) > MOST_JSON_BYTES:
        raise ValueError("link: the prompt is too long for one; shorten it")
    return link


def from_link(link: str) -> Preset:
    """The inverse of `to_link`; raises ValueError with one sentence, and never unpacks more than `MOST_JSON_BYTES`."""
    if len(link) > MOST_LINK_CHARACTERS:
        raise ValueError(f"link: has more than {MOST_LINK_CHARACTERS} characters")
    try:
        packed = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        unpack = zlib.decompressobj(wbits=-15)
        text = unpack.decompress(packed, MOST_JSON_BYTES + 1)
        if len(text) > MOST_JSON_BYTES or not unpack.eof or unpack.unused_data:
            raise ValueError(_BAD_LINK)
        values = json.loads(text, parse_constant=_no_constant)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise ValueError(_BAD_LINK) from None
    return Preset.from_dict(values)


def saved(stored: Any) -> dict[str, Preset]:
    """Name → preset of what the browser had kept; what cannot be read is left out."""
    found: dict[str, Preset] = {}
    for name, values in stored.items() if isinstance(stored, Mapping) else ():
        try:
            found[clean_name(name)] = Preset.from_dict(values)
        except ValueError:
            continue
    return dict(list(found.items())[:MOST_PRESETS])


def to_store(presets: Mapping[str, Preset]) -> dict[str, Any]:
    """Presets as the browser keeps them. Raises ValueError if there are too many."""
    if len(presets) > MOST_PRESETS:
        raise ValueError(f"preset: there are {MOST_PRESETS} already; delete one first")
    return {name: preset.to_dict() for name, preset in presets.items()}


def clean_name(name: Any) -> str:
    """A name without what cannot be seen. Raises ValueError if nothing is left, or too much."""
    text = "".join(c for c in name if c.isprintable()).strip() if isinstance(name, str) else ""
    if not text:
        raise ValueError("preset: give it a name first")
    if len(text) > MOST_NAME_CHARACTERS:
        raise ValueError(f"preset: its name is longer than {MOST_NAME_CHARACTERS} characters")
    return text


def _no_constant(name: str) -> float:
    raise ValueError(name)

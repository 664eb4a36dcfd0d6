"""What a server keeps after every round, so that it may be stopped at any time and goes on from there."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from controllable.training.federation.controls import Controls
from controllable.training.federation.settings import MAY_CHANGE, Federation
from controllable.training.federation.shared import Arrays, from_tensors, to_tensors
from controllable.training.logbook import write_state


@dataclass(kw_only=True)
class Rounds:
    """done: rounds so far; arrays: what the last one gave; answers: how many clients counted, a round each;
    releases: aggregates that were given noise; controls: see there; run: what clients know this training by."""

    federation: Federation
    fingerprint: str
    arrays: Arrays
    done: int = 0
    answers: list[int] = field(default_factory=list)
    releases: int = 0
    controls: Controls = field(default_factory=Controls)
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    def save(self, out: Path) -> None:
        """Write `out`/round.pt, whole or not at all."""
        out.mkdir(parents=True, exist_ok=True)
        state = {
            "federation": self.federation.to_json(), "fingerprint": self.fingerprint, "done": self.done,
            "answers": self.answers, "releases": self.releases, "run": self.run,
            "arrays": to_tensors(self.arrays), "controls": self.controls.state(),
        }  # fmt: skip
        write_state(state, out / "round.pt")

    def resume(self, out: Path) -> None:
        """Go on from what `out` holds, if anything; raises ValueError if that is of another federation."""
        path = out / "round.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        mine, kept = asdict(self.federation), json.loads(state["federation"])
        changed = [name for name in mine if name not in MAY_CHANGE and mine[name] != kept.get(name)]
        if changed or state["fingerprint"] != self.fingerprint:
            name = changed[0] if changed else "program"
            was, now = (kept.get(name), mine[name]) if changed else (state["fingerprint"], self.fingerprint)
            raise ValueError(
                f"out: {out} holds round {state['done']} of another federation, whose {name} is {was!r}, not {now!r}; "
                "choose another folder"
            )
        self.done, self.answers, self.run = state["done"], state["answers"], state["run"]
        self.releases = state["releases"]
        self.arrays = from_tensors(state["arrays"])
        self.controls.load_state(state.get("controls", {}))

"""Named endpoints for programs (`gradio_client`, curl, MCP): enhance, understand, listen, assess, degrade."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from controllable.app import variants
from controllable.app.files import audio_input, photo_input, result_path, write_png
from controllable.app.manual import described
from controllable.app.parameters import choice, flag, number, numbers, text, whole
from controllable.app.sentences import one_sentence
from controllable.app.workshop import BUNDLED_MODEL, LEARNED, MODEL, Workshop
from controllable.degradation.recipes import RECIPES
from controllable.task import REGIONS, SCALES, TASKS, Task

FORMATS = ("png", "jpg", "webp", "tif", "avif")


def build_endpoints(workshop: Workshop) -> None:
    """Hidden widgets and one button for each endpoint; nothing of it is seen on the page.

    Values reach the handlers checked (`parameters`); what each means is said in `manual`.
    """

    @described
    @one_sentence
    def enhance(
        request: gr.Request,
        photo: str | None,
        prompt: str,
        strength: float,
        fidelity: float,
        mask: str | None = None,
        force: bool = False,
        model: str = BUNDLED_MODEL,
        region: str | None = None,
        scale: int | None = None,
        guard: bool = True,
        format: str = "png",
        gps: bool = True,
        provenance: bool = True,
    ) -> tuple[str, dict[str, Any]]:
        photo = _given("photo", photo)
        instruction = workshop.understand(prompt)
        wanted: dict[str, Any] = {"region": region, "scale": scale}
        instruction = replace(instruction, **{name: value for name, value in wanted.items() if value is not None})
        result = workshop.enhance(
            request.session_hash or "", photo, instruction, strength=strength, fidelity=fidelity, mask=mask,
            force=force, model=model, guard=guard, progress=lambda share, what: None,
        )  # fmt: skip
        path = result_path(photo, "enhanced", f".{format}")
        notes = result.save(path, gps=gps, provenance=provenance)
        return str(path), result.to_dict() | ({"notes": list(notes)} if notes else {})

    @described
    @one_sentence
    def understand(prompt: str) -> dict[str, Any]:
        return workshop.understand(prompt).to_dict()

    @described
    @one_sentence
    def listen(speech: str | None) -> dict[str, Any]:
        transcript = workshop.listen(_given("speech", speech))
        return {"transcript": transcript, "instruction": workshop.understand(transcript).to_dict()}

    @described
    @one_sentence
    def assess(photo: str | None) -> dict[str, Any]:
        return workshop.assess(_given("photo", photo)).to_dict()

    @described
    @one_sentence
    def degrade(
        request: gr.Request,
        photo: str | None,
        severity: Mapping[str, float] | None = None,
        recipe: str | None = None,
        seed: int = 0,
        learned: str = "",
    ) -> tuple[str, Any]:
        photo = _given("photo", photo)
        if sum(map(bool, (severity, recipe, learned))) != 1:
            raise ValueError("degrade: give severities, a recipe or a learned degrader, one of the three")
        name, device = LEARNED + learned if learned else recipe or "", workshop.enhancer.device
        severities = {Task(task): float(value) for task, value in severity.items()} if severity else None
        chosen = workshop.choice(name, severities, device=device)
        with workshop.turn(request.session_hash or ""):
            variant = variants.degrade(photo, chosen, seed=seed, device=device)[0]
        named = {key: value for key, value in variant.origin.items() if key == "model"}
        return write_png(variant.image, photo, f"degraded-{variant.seed}"), named | dict(variant.params)

    with gr.Group(visible=False):
        photo, mask, speech = photo_input(label="photo"), photo_input(label="mask"), audio_input(label="speech")
        prompt = text("prompt")
        strength, fidelity = number("strength", 1.0, 0.0, 1.0), number("fidelity", 1.0, 0.0, 1.0)
        force, guard = flag("force", False), flag("guard", True)
        region, scale = choice("region", [name for name in REGIONS if name != "mask"]), choice("scale", SCALES)
        format, gps, provenance = choice("format", FORMATS, "png"), flag("gps", True), flag("provenance", True)
        severity, recipe = numbers("severity", TASKS), choice("recipe", list(RECIPES))
        seed = whole("seed", 0, 0, 2**31 - 1)
        expert, learned = text("model", BUNDLED_MODEL), text("learned", "")
        file, values = gr.File(label="file"), gr.JSON(label="values")
        one = {"concurrency_id": MODEL, "concurrency_limit": 1}
        reading = {"concurrency_id": "read", "concurrency_limit": 2}
        asked = [photo, prompt, strength, fidelity, mask, force, expert, region, scale, guard, format, gps, provenance]
        gr.Button().click(enhance, asked, [file, values], api_name="enhance", **one)
        gr.Button().click(understand, prompt, values, api_name="understand", **reading)
        gr.Button().click(listen, speech, values, api_name="listen", **reading)
        gr.Button().click(assess, photo, values, api_name="assess", **reading)
        worsened = [photo, severity, recipe, seed, learned]
        gr.Button().click(degrade, worsened, [file, values], api_name="degrade", **one)


def _given(name: str, path: str | None) -> str:
    if path is None:
        raise ValueError(f"{name}: is missing")
    return path

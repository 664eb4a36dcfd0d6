"""Named endpoints for programs (`gradio_client`): enhance, understand, listen, assess, degrade."""

from typing import Any

import gradio as gr

from controllable.app.files import audio_input, photo_input, write_png
from controllable.app.sentences import one_sentence
from controllable.app.variants import degrade
from controllable.app.workshop import BUNDLED_MODEL, LEARNED, MODEL, Workshop
from controllable.degradation.recipes import RECIPES
from controllable.task import Task


def build_endpoints(workshop: Workshop) -> None:
    """Hidden widgets and one button for each endpoint; nothing of it is seen on the page."""

    @one_sentence
    def enhance(
        request: gr.Request,
        photo: str | None,
        prompt: str,
        strength: float = 1.0,
        fidelity: float = 1.0,
        mask: str | None = None,
        force: bool = False,
        model: str = BUNDLED_MODEL,
    ) -> tuple[str, dict[str, Any]]:
        """Photo and prompt → the enhanced photo as PNG, and what was understood, found and applied."""
        if photo is None:
            raise ValueError("photo: is missing")
        result = workshop.enhance(
            request.session_hash or "", photo, prompt or "", strength=strength, fidelity=fidelity, mask=mask,
            force=force, model=model or BUNDLED_MODEL, progress=lambda share, what: None,
        )  # fmt: skip
        return write_png(result.image, photo, "enhanced"), result.to_dict()

    @one_sentence
    def understand(prompt: str) -> dict[str, Any]:
        """Prompt → the instruction."""
        return workshop.understand(prompt or "").to_dict()

    @one_sentence
    def listen(speech: str | None) -> dict[str, Any]:
        """Recording → its words and the instruction in them."""
        if speech is None:
            raise ValueError("speech: is missing")
        transcript = workshop.listen(speech)
        return {"transcript": transcript, "instruction": workshop.understand(transcript).to_dict()}

    @one_sentence
    def assess(photo: str | None) -> dict[str, Any]:
        """Photo → severities and score."""
        if photo is None:
            raise ValueError("photo: is missing")
        return workshop.assess(photo).to_dict()

    @one_sentence
    def degrade_one(
        request: gr.Request,
        photo: str | None,
        severity: Any = None,
        recipe: str | None = None,
        seed: float = 0,
        learned: str = "",
    ) -> tuple[str, Any]:
        """Photo and severities, a recipe, or the name of a learned degrader → the degraded photo as PNG, and the
        parameters that replay it, with the learned degrader's name."""
        if photo is None:
            raise ValueError("photo: is missing")
        if sum(map(bool, (severity, recipe, learned))) != 1:
            raise ValueError("degrade: give severities, a recipe or a learned degrader, one of the three")
        name, device = LEARNED + learned if learned else recipe or "", workshop.enhancer.device
        choice = workshop.choice(name, _severities(severity) if severity else None, device=device)
        with workshop.turn(request.session_hash or ""):
            variant = degrade(photo, choice, seed=int(seed or 0), device=device)[0]
        named = {key: value for key, value in variant.origin.items() if key == "model"}
        return write_png(variant.image, photo, f"degraded-{variant.seed}"), named | dict(variant.params)

    with gr.Group(visible=False):
        photo, mask = photo_input(label="photo"), photo_input(label="mask")
        prompt, force = gr.Textbox(label="prompt"), gr.Checkbox(False, label="force")
        speech = audio_input(label="speech")
        strength, fidelity = gr.Slider(0, 1, 1, label="strength"), gr.Slider(0, 1, 1, label="fidelity")
        severity, seed = gr.JSON(label="severity", value={}), gr.Number(0, label="seed", precision=0)
        recipe = gr.Dropdown(list(RECIPES), value=None, label="recipe")
        expert, learned = gr.Textbox(BUNDLED_MODEL, label="model"), gr.Textbox("", label="learned")
        file, values = gr.File(label="png"), gr.JSON(label="values")
        model = {"concurrency_id": MODEL, "concurrency_limit": 1}
        reading = {"concurrency_id": "read", "concurrency_limit": 2}
        asked = [photo, prompt, strength, fidelity, mask, force, expert]
        gr.Button().click(enhance, asked, [file, values], api_name="enhance", **model)
        gr.Button().click(understand, prompt, values, api_name="understand", **reading)
        gr.Button().click(listen, speech, values, api_name="listen", **reading)
        gr.Button().click(assess, photo, values, api_name="assess", **reading)
        worsened = [photo, severity, recipe, seed, learned]
        gr.Button().click(degrade_one, worsened, [file, values], api_name="degrade", **model)


def _severities(values: Any) -> dict[Task, float]:
    if not isinstance(values, dict):
        raise ValueError('severity: expected an object such as {"noise": 0.4}')
    known = {task.value: task for task in Task}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"severity: {name!r} is not one of {', '.join(Task)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise ValueError(f"severity: {name} is {value!r}, expected a number in [0, 1]")
    return {known[name]: float(value) for name, value in values.items()}

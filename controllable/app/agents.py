"""The endpoints as tools for agents: Gradio's MCP server, its answers made fit for a program that also looks.

JSON stays JSON. A picture comes twice: small, to be looked at, and as the address of the whole file.
"""

import json
from typing import Any

import gradio.mcp
from anyio.to_thread import run_sync
from gradio.mcp import GradioMCPServer
from gradio_client.utils import is_file_obj_with_meta
from PIL import Image

from controllable.image.limits import PAGE, limits
from controllable.image.picture import load

SEEN_PX = 1024
"""Longer side of the picture in an answer."""


def serve_agents() -> None:
    """From now on `launch(mcp_server=True)` starts this server."""
    gradio.mcp.GradioMCPServer = Agents  # type: ignore[misc]


class Agents(GradioMCPServer):
    @property
    def _file_data_tool_description(self) -> str:
        return " A file is handed over as a data address, or as an address of this server such as it answers with."

    @staticmethod
    def get_image(file_path: str) -> Image.Image | None:
        """The small picture, a JPEG; None for a file that is not a picture."""
        try:
            picture = load(file_path, limits(PAGE))
        except ValueError:
            return None
        height, width = picture.size
        share = min(1.0, SEEN_PX / max(height, width))
        seen = picture.resized((max(1, round(share * height)), max(1, round(share * width)))).export().convert("RGB")
        seen.format = "JPEG"
        return seen  # type: ignore[no-any-return]

    def simplify_filedata_schema(self, schema: dict[str, Any]) -> tuple[dict[str, Any], list[list[str | int]]]:
        simple, positions = super().simplify_filedata_schema(schema)
        for (name,) in positions:
            file = simple["properties"][name]
            simple["properties"][name] = {"type": "string", "format": "uri", "description": file.get("description", "")}
        return simple, positions

    def convert_strings_to_filedata(self, value: Any, filedata_positions: list[list[str | int]]) -> Any:
        for (name,) in filedata_positions:
            if not str(value.get(name, "data:")).startswith(("data:", "http://", "https://")):
                raise ValueError(f"{name}: expected a data address (data:image/jpeg;base64,…) or one of this server")
        return super().convert_strings_to_filedata(value, filedata_positions)

    async def _execute_tool_without_progress(self, job: Any) -> list[Any]:
        """Gradio takes several outputs for one."""
        result = await run_sync(job.result)
        return list(result) if isinstance(result, tuple | list) else [result]

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        said = [json.dumps(part, ensure_ascii=False) if _plain(part) else part for part in data]
        return super().postprocess_output_data(said, root_url)


def _plain(part: Any) -> bool:
    return isinstance(part, dict | list) and not is_file_obj_with_meta(part)

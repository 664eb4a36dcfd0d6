"""The MCP server as the official client sees it: tools that explain themselves, photos in and out, plain errors."""

import asyncio
import base64
import io
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from PIL import Image

from controllable import Enhancer, Instruction, Task
from controllable.app.agents import SEEN_PX
from controllable.app.manual import ENDPOINTS
from controllable.app.serve import serve
from controllable.task import TASKS
from tests.photo import draw_photo

Ask = Callable[[ClientSession], Coroutine[Any, Any, Any]]


@pytest.fixture(scope="module")
def address(enhancer: Enhancer) -> str:
    return serve(enhancer, host="127.0.0.1", port=None, block=False)


def _asked(address: str, ask: Ask) -> Any:
    async def connected() -> Any:
        async with (
            streamable_http_client(f"{address}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await ask(session)

    return asyncio.run(connected())


def _call(address: str, tool: str, **arguments: Any) -> CallToolResult:
    return _asked(address, lambda session: session.call_tool(tool, arguments))


def _photo(width: int = 160, height: int = 128, name: str = "JPEG") -> str:
    """A drawn photo as a data address."""
    stream = io.BytesIO()
    draw_photo(width, height).save(stream, name)
    return f"data:image/{name.lower()};base64," + base64.b64encode(stream.getvalue()).decode()


def test_the_tools_are_the_endpoints_and_nothing_else_and_explain_every_parameter(address: str) -> None:
    tools = _asked(address, lambda session: session.list_tools()).tools
    assert [tool.name for tool in tools] == list(ENDPOINTS)
    for tool in tools:
        endpoint = ENDPOINTS[tool.name]
        assert tool.description.startswith(endpoint.does) and endpoint.gives in tool.description
        assert tool.inputSchema["properties"].keys() == endpoint.takes.keys()
        for name, schema in tool.inputSchema["properties"].items():
            assert schema["description"] == endpoint.takes[name] and schema["type"]
    schemas = {tool.name: tool.inputSchema for tool in tools}
    assert schemas["enhance"]["required"] == ["photo", "prompt"]
    assert schemas["enhance"]["properties"]["strength"]["maximum"] == 1.0
    assert set(schemas["degrade"]["properties"]["severity"]["properties"]) == set(TASKS)


def test_understand_assess_and_degrade_answer_in_json(address: str) -> None:
    (words,) = _call(address, "understand", prompt="去掉一半噪点").content
    assert Instruction.from_dict(json.loads(words.text)).tasks == {Task.NOISE: 0.5}
    (report,) = _call(address, "assess", photo=_photo()).content
    assert set(json.loads(report.text)["severity"]) == set(TASKS)
    small, file, parameters = _call(address, "degrade", photo=_photo(), severity={"noise": 0.4}, seed=3).content
    assert small.mimeType == "image/jpeg" and json.loads(parameters.text)["severity"].keys() == {"noise"}
    assert Image.open(io.BytesIO(httpx.get(file.text.split()[-1]).content)).size == (160, 128)


def test_a_result_is_seen_small_fetched_whole_and_taken_again_by_its_address(address: str, tmp_path: Path) -> None:
    small, file, values = _call(address, "enhance", photo=_photo(800, 600), prompt="make it 2x larger").content
    assert Image.open(io.BytesIO(base64.b64decode(small.data))).size == (SEEN_PX, 768)
    place = file.text.split()[-1]
    assert place.startswith(address)
    assert Image.open(io.BytesIO(httpx.get(place).content)).size == (1600, 1200)
    assert json.loads(values.text)["applied"] == {"resolution": 1.0}
    assert not _call(address, "assess", photo=place).isError


def test_a_file_uploaded_under_a_chinese_name_is_taken_by_its_address(address: str, tmp_path: Path) -> None:
    draw_photo(80, 60).save(tmp_path / "海 边.png")
    with (tmp_path / "海 边.png").open("rb") as stream:
        (path,) = httpx.post(f"{address}gradio_api/upload", files={"files": ("海 边.png", stream)}).json()
    place = str(httpx.URL(address).copy_with(path=f"/gradio_api/file={path}"))
    assert not _call(address, "assess", photo=place).isError


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("understand", {"prompt": ""}, "prompt: it is empty"),
        ("understand", {}, "'prompt' is a required property"),
        ("assess", {"photo": "/etc/hostname"}, "photo: expected a data address"),
        ("assess", {"photo": "http://192.0.2.1/photo.jpg"}, "photo: this server fetches nothing from other addresses"),
        ("assess", {"photo": "data:image/png;base64,bm8gcGljdHVyZQ=="}, "is not a picture"),
        ("degrade", {"photo": _photo(), "severity": {"noise": 2}}, "2 is greater than the maximum of 1"),
        ("degrade", {"photo": _photo()}, "one of the three"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_is_answered_with_one_sentence(address: str, tool: str, arguments: dict[str, Any], said: str) -> None:
    answer = _call(address, tool, **arguments)
    assert answer.isError and said in answer.content[0].text and "\n" not in answer.content[0].text
    assert not _call(address, "understand", prompt="denoise").isError


def test_a_page_of_another_origin_gets_no_permission_to_call_the_tools(address: str) -> None:
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    answer = httpx.options(f"{address}gradio_api/mcp/", headers=asked)
    assert "access-control-allow-origin" not in answer.headers

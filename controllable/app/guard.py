"""Guard: what stands between strangers and the page: headers, bounds on requests and on files, and no fetching.

`protect()` gives the launch settings; the handlers check every value themselves, so nothing here is their excuse.
"""

import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from stat import S_ISREG
from typing import Any
from urllib.parse import unquote

from gradio import processing_utils
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controllable.app.sentences import sentence
from controllable.budget import setting

MOST_UPLOAD_BYTES = 256 * 2**20
"""Of one request that brings files; each file alone is bounded by Gradio's `max_file_size`."""
MOST_UPLOADS = 64
"""Files in one request."""
MOST_BODY_BYTES = 4 * 2**20
"""Of any other request: prompts, controls and the names of uploads."""
MOST_INLINE_BYTES = 28 * 2**20
"""Of a request to the MCP server, which brings a photo of 20 MB as base64."""
TEMP_SETTING, TEMP_MB = "CONTROLLABLE_TEMP_MB", 2048
"""Environment variable: megabytes that uploads and results may take together; the longest unused go first."""
RESULTS = "controllable-page"
"""Folder of results below the system's temporary folder."""
BUSY = ("The server is busy: too many are waiting. Try again in a minute.", "服务器正忙，排队已满，请稍后再试。")
"""In English and in Chinese."""
_SWEEP_S = 5.0

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
"""Gradio writes its configuration and its styles into the page, and compiles handlers that are given as text: inline
and evaluated code must stay allowed. What it keeps out is every other host."""
_SPACES = "https://huggingface.co https://*.hf.space"


def protect() -> dict[str, Any]:
    """Settings for `launch`; from then on this process fetches no address that a visitor names."""
    forbid_fetching()
    return {"app_kwargs": {"middleware": middleware()}, "allowed_paths": [], "strict_cors": True}


def middleware() -> list[Middleware]:
    """For `launch(app_kwargs={"middleware": …})`."""
    return [Middleware(Guard)]


def headers() -> dict[str, str]:
    """The security headers of every answer. A Space is shown inside a frame of its host, anything else in none."""
    in_space = "SPACE_ID" in os.environ
    policy = _POLICY | {"frame-ancestors": f"'self' {_SPACES}" if in_space else "'self'"}
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    } | ({} if in_space else {"x-frame-options": "SAMEORIGIN"})


def forbid_fetching() -> None:
    """Gradio downloads what a request names by an http address, and relays it. An address of one of our own files is
    read from the disk instead; any other is refused in one sentence."""
    refusal = "photo: this server fetches nothing from other addresses; send the file itself"

    async def local(url: str, cache_dir: str = "") -> str:
        folder, path = Path(get_upload_folder()).resolve(), Path(unquote(url.split("/file=")[-1])).resolve()
        if "/file=" in url and path.is_relative_to(folder) and path.is_file():
            return str(path)
        raise sentence(refusal)

    async def refused(url: str) -> Any:
        raise sentence(refusal)

    processing_utils.async_ssrf_protected_download = local
    processing_utils.async_ssrf_protected_get = refused


class _Refused(Exception):
    """The body of a request outgrew what is accepted."""


class Guard:
    """ASGI middleware: security headers on every answer, bounds on every body, a plain sentence when the queue is full.
    Uploads and results are bounded in bytes whenever something was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers().items()]
        self._swept = 0.0
        self._sweeping: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, given = scope["path"], dict(scope["headers"])
        reply = self._reply(send, given)
        if "/proxy=" in path or "/file=http:" in path or "/file=https:" in path:
            await _say(reply, 403, "This server fetches nothing from other hosts.")
            return
        uploading, inline = path.endswith("/upload"), "/gradio_api/mcp" in path
        most = MOST_UPLOAD_BYTES if uploading else MOST_INLINE_BYTES if inline else MOST_BODY_BYTES
        said = given.get(b"content-length", b"0")
        if not said.isdigit() or int(said) > most:
            await _say(reply, 413, _too_large(most))
            return
        try:
            await self.app(scope, _counted(receive, most, MOST_UPLOADS if uploading else None), reply)
        except _Refused as error:
            await _say(reply, 413, str(error))
        if scope["method"] == "POST":
            self._sweep()

    def _reply(self, send: Send, asked: Mapping[bytes, bytes]) -> Send:
        """Adds the headers; nothing is said twice. A queue that is full, 503, is said in the visitor's language:
        Gradio's page has words of its own for this number and shows ours with another, `gradio_client` knows no other.
        """
        words = BUSY[asked.get(b"accept-language", b"").lower().startswith(b"zh")]
        body = json.dumps({"detail": words}, ensure_ascii=False).encode()
        started = busy = False

        async def reply(message: Message) -> None:
            nonlocal started, busy
            if message["type"] == "http.response.start":
                if started:
                    return
                started, busy = True, message["status"] == 503
                own = {name for name, _ in self._headers} | ({b"content-length"} if busy else set())
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in own]
                if busy:
                    kept += [(b"content-length", str(len(body)).encode()), (b"retry-after", b"60")]
                    message = message | {"status": 429 if b"origin" in asked else 503}
                await send(message | {"headers": [*kept, *self._headers]})
                if busy:
                    await send({"type": "http.response.body", "body": body})
            elif not busy:
                await send(message)

        return reply

    def _sweep(self) -> None:
        """In another thread, at most once in a while."""
        if time.monotonic() - self._swept < _SWEEP_S:
            return
        self._swept = time.monotonic()
        done = asyncio.get_running_loop().run_in_executor(None, sweep)
        self._sweeping.add(done)
        done.add_done_callback(self._sweeping.discard)


def _counted(receive: Receive, most: int, files: int | None) -> Receive:
    """A body that says no length is counted as it comes; so are the files in it."""
    size = seen = 0

    async def counted() -> Message:
        nonlocal size, seen
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            seen += 0 if files is None else message.get("body", b"").count(b'; filename="')
            if size > most:
                raise _Refused(_too_large(most))
            if files is not None and seen > files:
                raise _Refused(f"Too many files at once; at most {files} are accepted.")
        return message

    return counted


def _too_large(most: int) -> str:
    return f"The request is too large; at most {most / 2**20:.0f} MB are accepted."


async def _say(send: Send, status: int, text: str) -> None:
    body = json.dumps({"detail": text}).encode()
    kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*kind, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})


def sweep() -> None:
    """Bound uploads and results together."""
    folders = (Path(get_upload_folder()), Path(tempfile.gettempdir()) / RESULTS)
    bound(folders, setting(TEMP_SETTING, TEMP_MB) * 2**20)


def bound(folders: Iterable[Path], most_bytes: int) -> int:
    """Delete what was not used for longest of what lies in these folders until it takes no more than `most_bytes`; what
    is left, in bytes."""
    found: list[tuple[float, int, Path]] = []
    for folder in folders:
        for entry in _entries(folder):
            try:
                inside = [file.stat() for file in (entry, *entry.rglob("*"))]
            except FileNotFoundError:
                continue
            size = sum(file.st_size for file in inside if S_ISREG(file.st_mode))
            used = max(file.st_ctime for file in inside)  # copies keep the times of their originals, but not this one
            found.append((used, size, entry))
    left = sum(size for _, size, _ in found)
    for _, size, entry in sorted(found):
        if left <= most_bytes:
            break
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
        left -= size
    return left


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []

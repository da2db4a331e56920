"""The ASGI application: reads a request, finds who answers it, and sends the reply."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tests.llm import batches as b
from tests.llm import chat
from tests.llm import faults as f
from tests.llm.embeddings import answer_embeddings, count_inputs
from tests.llm.records import CHAT, Book, Record
from tests.llm.wire import (
    ApiError,
    GatewayError,
    Reply,
    Request,
    as_reply,
    error_reply,
    read_json,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.llm.server import Settings

Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LOG = logging.getLogger(__name__)
EMBEDDINGS = "/v1/embeddings"


class GoneError(Exception):
    """The client gave up, or the server stops."""


class Application:
    """What uvicorn calls for each request."""

    def __init__(self, settings: "Settings", book: Book, pool: ThreadPoolExecutor) -> None:
        self._settings = settings
        self._book = book
        self._pool = pool
        self._dice = f.Dice(settings.faults)
        self._files = b.Files()
        self._batches = b.Batches(self._files, self._answer_line)
        self._numbers = count(1)
        self._seen: set[int] = set()
        self._stopping = asyncio.Event()

    def change(self, settings: "Settings", has_new_faults: bool) -> None:
        self._settings = settings
        if has_new_faults:
            self._dice = f.Dice(settings.faults)

    def stop(self) -> None:
        """Lets go of everything that waits; called in the loop."""
        self._stopping.set()
        self._batches.stop()

    async def __call__(self, scope: dict, receive: Receive, send: Send) -> None:
        request = await _read_request(scope, receive)
        body = _peek(request)
        record = self._book.begin(request.method, request.path, body)
        status = 500
        try:
            reply = await self._reply(request, record, receive)
            status = reply.status
        except GoneError:
            status, reply = 499, Reply(503, b"")  # uvicorn sends nothing to a client that is gone
        except Exception:
            LOG.exception("the mind, or this server, failed")
            record.fault = "crashed"
            raise
        finally:
            self._book.end(record, status)
        headers = {"x-request-id": f"req_{next(self._numbers):08d}", **reply.headers}
        await _send_reply(replace(reply, headers=headers), send)

    async def _reply(self, request: Request, record: Record, receive: Receive) -> Reply:
        try:
            self._check_key(request.headers)
            if request.method == "POST" and request.path == CHAT:
                body = record.body if record.body is not None else read_json(request.body)
                return await self._chat(body, record, receive)
            if request.method == "POST" and request.path == EMBEDDINGS:
                return await self._embed(read_json(request.body), record, receive)
            return self._route(request)
        except (ApiError, GatewayError) as error:
            return error_reply(error)

    def _check_key(self, headers: dict[str, str]) -> None:
        given = headers.get("authorization", "")
        if not given:
            raise ApiError(401, "You didn't provide an API key.", "missing_api_key")
        if given != f"Bearer {self._settings.key}":
            raise ApiError(401, "Incorrect API key provided.", "invalid_api_key")

    async def _chat(self, body: dict, record: Record, receive: Receive | None) -> Reply:
        """A chat completion; without `receive` it is a line of a batch and nothing waits."""
        settings = self._settings
        asked = chat.read_chat(body, settings)
        record.task, record.n_items = asked.task, len(asked.items)
        record.prompt_tokens = asked.n_prompt
        if settings.capacity is not None and record.in_flight > settings.capacity:
            record.fault = "capacity"
            raise f.rate_limited(asked.model, "429_after", settings.retry_after)
        fault = self._dice.draw(asked.text, record.digest, record.attempt)
        kind = record.fault = fault.kind if fault else ""
        f.raise_status(kind, asked.model, settings.retry_after)
        if kind == "timeout" and receive:
            await self._wait(None, receive)
        if kind in {"timeout", "dropped"} and not receive:
            f.raise_status("500", asked.model, 0)
        said = await asyncio.get_running_loop().run_in_executor(
            self._pool, chat.write_answer, asked, settings, fault, record.digest
        )
        record.answer, record.completion_tokens = said.content or "", said.n_tokens
        seconds = settings.latency + settings.latency_per_token * said.n_tokens
        seconds += settings.slow_seconds if kind == "slow" else 0
        if seconds > 0 and receive:
            await self._wait(seconds, receive)
        n_cached = chat.count_cached(asked, self._seen) if settings.prompt_cache else 0
        reply = chat.reply_with(asked, said, next(self._numbers), n_cached, settings.habits)
        return replace(reply, is_dropped=kind == "dropped")

    async def _embed(self, body: dict, record: Record, receive: Receive) -> Reply:
        """Vectors, after the faults of chats that make sense for them."""
        settings = self._settings
        record.task = "embed"
        record.n_items, record.prompt_tokens = count_inputs(body)
        given = body["input"]
        text = "\n".join(given) if isinstance(given, list) else str(given)
        fault = self._dice.draw(text, record.digest, record.attempt)
        kind = record.fault = fault.kind if fault else ""
        f.raise_status(kind, str(body.get("model")), settings.retry_after)
        if kind == "timeout":
            await self._wait(None, receive)
        if settings.latency > 0:
            await self._wait(settings.latency, receive)
        answer = await asyncio.get_running_loop().run_in_executor(
            self._pool, answer_embeddings, body, settings
        )
        reply = as_reply(answer)
        if kind in f.TEXT_KINDS:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return replace(reply, is_dropped=kind == "dropped")

    async def _wait(self, seconds: float | None, receive: Receive) -> None:
        """Raises GoneError if the client goes or the server stops meanwhile."""
        ends = [asyncio.ensure_future(receive()), asyncio.ensure_future(self._stopping.wait())]
        done, _ = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        if done:
            raise GoneError

    async def _answer_line(self, path: str, body: dict) -> tuple[int, dict]:
        """One line of a batch."""
        record = self._book.begin("POST", path, body, is_batch=True)
        try:
            reply = await self._answer_in_batch(path, body, record)
        except (ApiError, GatewayError) as error:
            reply = error_reply(error)
        self._book.end(record, reply.status)
        is_json = reply.content_type == "application/json"
        return reply.status, json.loads(reply.body) if is_json else {"error": None}

    async def _answer_in_batch(self, path: str, body: dict, record: Record) -> Reply:
        if path == EMBEDDINGS:
            return as_reply(answer_embeddings(body, self._settings))
        return await self._chat({**body, "stream": False}, record, None)

    def _route(self, request: Request) -> Reply:
        """Everything but chat completions."""
        match [request.method, *request.path.strip("/").split("/")]:
            case ["GET", "v1", "models", *rest]:
                return as_reply(self._models("/".join(rest)))
            case [_, "v1", "files", *rest]:
                return self._route_files(request, rest)
            case [_, "v1", "batches", *rest]:
                return self._route_batches(request, rest)
        raise ApiError(404, f"Invalid URL ({request.method} {request.path})")

    def _models(self, name: str) -> dict:
        names = (*self._settings.models, *self._settings.embedding_models)
        cards = {n: {"id": n, "object": "model", "created": 0, "owned_by": "tests"} for n in names}
        if not name:
            return {"object": "list", "data": list(cards.values())}
        if name not in cards:
            f.raise_status("404", name, 0)
        return cards[name]

    def _route_files(self, request: Request, rest: list[str]) -> Reply:
        files = self._files
        match [request.method, *rest]:
            case ["POST"]:
                content_type = request.headers.get("content-type", "")
                return as_reply(b.read_upload(request.body, content_type, files))
            case ["GET"]:
                return as_reply({"object": "list", "data": files.cards(), "has_more": False})
            case ["GET", file_id]:
                return as_reply(files.card(file_id))
            case ["GET", file_id, "content"]:
                return b.as_file(files.content(file_id))
            case ["DELETE", file_id]:
                return as_reply(files.remove(file_id))
        raise ApiError(404, f"Invalid URL ({request.method} {request.path})")

    def _route_batches(self, request: Request, rest: list[str]) -> Reply:
        match [request.method, *rest]:
            case ["POST"]:
                return as_reply(self._batches.create(read_json(request.body), self._settings))
            case ["GET"]:
                return as_reply(self._batches.page(request.query))
            case ["GET", batch_id]:
                return as_reply(self._batches.get(batch_id))
            case ["POST", batch_id, "cancel"]:
                return as_reply(self._batches.cancel(batch_id))
        raise ApiError(404, f"Invalid URL ({request.method} {request.path})")


async def _read_request(scope: dict, receive: Receive) -> Request:
    body, has_more = b"", True
    while has_more:
        message = await receive()
        body += message.get("body", b"")
        has_more = bool(message.get("more_body"))
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode()))
    return Request(scope["method"], scope["path"], query, headers, body)


def _peek(request: Request) -> dict | None:
    """The body to keep: None if it is not a JSON object."""
    if "json" not in request.headers.get("content-type", ""):
        return None
    try:
        return read_json(request.body)
    except ApiError:
        return None


async def _send_reply(reply: Reply, send: Send) -> None:
    """In one piece; as events; or, to be dropped, the first half and no end (uvicorn then closes
    the connection)."""
    headers = {"content-type": reply.content_type, **reply.headers}
    pieces = list(reply.events) or [reply.body]
    if not reply.events:
        headers["content-length"] = str(len(reply.body))
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if reply.is_dropped:
        half = b"".join(pieces)
        await send(_piece(half[: len(half) // 2], has_more=True))
        return
    for piece in pieces[:-1]:
        await send(_piece(piece, has_more=True))
    await send(_piece(pieces[-1], has_more=False))


def _piece(body: bytes, *, has_more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": has_more}

"""Files and batches: uploaded lines are answered in the background, in no particular order."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable
from email.message import Message
from typing import TYPE_CHECKING

from tests.llm.tokens import count_tokens
from tests.llm.wire import ApiError, Reply, as_reply

if TYPE_CHECKING:
    from tests.llm.server import Settings

ENDPOINTS = ("/v1/chat/completions", "/v1/embeddings")
MAX_LINES = 50_000
DAY = 86_400
SHARE_DONE_WHEN_EXPIRED = 0.5
ENDED = {"completed", "failed", "expired", "cancelled"}
Answer = Callable[[str, dict], Awaitable[tuple[int, dict]]]
"""A path and a body -> status and body: how one line of a batch is answered."""


class Files:
    """Uploaded and written files, in memory."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._cards: dict[str, dict] = {}
        self._numbers = itertools.count(1)

    def add(self, content: bytes, name: str, purpose: str) -> dict:
        """The file's card."""
        file_id = f"file-{next(self._numbers):06d}"
        self._contents[file_id] = content
        self._cards[file_id] = {
            "id": file_id, "object": "file", "bytes": len(content), "created_at": int(time.time()),
            "filename": name, "purpose": purpose, "status": "processed", "expires_at": None,
        }  # fmt: skip
        return self._cards[file_id]

    def card(self, file_id: str) -> dict:
        if file_id not in self._cards:
            raise ApiError(404, f"No such File object: {file_id}", param="id")
        return self._cards[file_id]

    def content(self, file_id: str) -> bytes:
        self.card(file_id)
        return self._contents[file_id]

    def remove(self, file_id: str) -> dict:
        self.card(file_id)
        del self._cards[file_id], self._contents[file_id]
        return {"id": file_id, "object": "file", "deleted": True}

    def cards(self) -> list[dict]:
        return list(self._cards.values())


def read_upload(body: bytes, content_type: str, files: Files) -> dict:
    """The card of a file that was sent as multipart/form-data."""
    parts = dict(_read_parts(body, content_type))
    purpose = parts.get("purpose", (b"", ""))[0].decode()
    if "file" not in parts or not purpose:
        missing = "purpose" if "file" in parts else "file"
        raise ApiError(400, f"Missing required parameter: '{missing}'.", param=missing)
    content, name = parts["file"]
    return files.add(content, name, purpose)


def _read_parts(body: bytes, content_type: str) -> list[tuple[str, tuple[bytes, str]]]:
    """Name of each field, its content and its file name."""
    boundary = _header(content_type).get_param("boundary")
    if not boundary:
        raise ApiError(400, "Expected multipart/form-data with a boundary.")
    found = []
    for part in body.split(b"--" + str(boundary).encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        lines = [line.decode() for line in head.split(b"\r\n")]
        disposition = next(li for li in lines if li.lower().startswith("content-disposition"))
        fields = _header(disposition.split(":", 1)[1].strip())
        name, file_name = fields.get_param("name"), fields.get_param("filename") or ""
        found.append((str(name), (content.removesuffix(b"\r\n"), str(file_name))))
    return found


def _header(value: str) -> Message:
    message = Message()
    message["content-type"] = value
    return message


class Batches:
    """All batches of a server; runs in its loop."""

    def __init__(self, files: Files, answer: Answer) -> None:
        self._files = files
        self._answer = answer
        self._batches: dict[str, dict] = {}
        self._tasks: set[asyncio.Task] = set()

    def create(self, body: dict, settings: "Settings") -> dict:
        """Starts a batch; the file is checked later, as OpenAI does."""
        if body.get("endpoint") not in ENDPOINTS:
            raise ApiError(400, f"Invalid value: '{body.get('endpoint')}'.", param="endpoint")
        if body.get("completion_window") != "24h":
            raise ApiError(400, "Invalid value for completion_window.", param="completion_window")
        card = self._files.card(str(body.get("input_file_id")))
        if card["purpose"] != "batch":
            raise ApiError(400, "Invalid file purpose: expected 'batch'.", param="input_file_id")
        number = len(self._batches)
        batch = _new_batch(number, body)
        self._batches[batch["id"]] = batch
        delay, end = _in_turn(settings.batch_delay, number), _in_turn(settings.batch_end, number)
        task = asyncio.ensure_future(self._run(batch, settings, float(delay), str(end)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return batch

    def get(self, batch_id: str) -> dict:
        if batch_id not in self._batches:
            raise ApiError(404, f"No batch found with id '{batch_id}'.", param="batch_id")
        return self._batches[batch_id]

    def page(self, query: dict[str, str]) -> dict:
        """A page, the newest first."""
        batches = list(reversed(self._batches.values()))
        if query.get("after"):
            self.get(query["after"])
            places = [place for place, b in enumerate(batches) if b["id"] == query["after"]]
            batches = batches[places[0] + 1 :]
        limit = int(query.get("limit", 20))
        page = batches[:limit]
        return {
            "object": "list",
            "data": page,
            "has_more": len(batches) > limit,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        }

    def cancel(self, batch_id: str) -> dict:
        """Cancelling at once, cancelled when the line at work is done."""
        batch = self.get(batch_id)
        if batch["status"] in ENDED or batch["status"] == "finalizing":
            raise ApiError(
                409, f"Cannot cancel a batch with status '{batch['status']}'.", "conflict"
            )
        if batch["status"] != "cancelling":
            _enter(batch, "cancelling")
        return batch

    def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    async def _run(self, batch: dict, settings: "Settings", delay: float, end: str) -> None:
        """A fifth of the delay to validate, three to work, one to finalise."""
        await _pause(batch, delay / 5)
        lines, errors = _read_lines(self._files.content(batch["input_file_id"]), batch["endpoint"])
        if end == "failed":
            errors = [_fault("server_error", "The batch failed to be validated.", None)]
        errors += _check_tokens(lines, settings.batch_token_limit)
        if batch["status"] != "cancelling" and errors:
            batch["errors"] = {"object": "list", "data": errors}
            _enter(batch, "failed")
            return
        batch["request_counts"]["total"] = len(lines)
        if batch["status"] != "cancelling":
            _enter(batch, "in_progress")
        written = await self._work(batch, lines, 3 * delay / 5, end)
        await self._finish(batch, lines, written, delay / 5, end)

    async def _work(
        self, batch: dict, lines: list[dict], delay: float, end: str
    ) -> dict[str, dict]:
        """Answered lines by custom id; fewer than all if it expires or is cancelled."""
        written: dict[str, dict] = {}
        n_wanted = round(len(lines) * SHARE_DONE_WHEN_EXPIRED) if end == "expired" else len(lines)
        for line in lines[:n_wanted]:
            await _pause(batch, delay / max(1, len(lines)))
            if batch["status"] == "cancelling":
                break
            status, body = await self._answer(line["url"], line["body"])
            counted = "completed" if status == 200 else "failed"
            batch["request_counts"][counted] += 1
            written[line["custom_id"]] = _output_line(batch, line, status, body, len(written))
        return written

    async def _finish(
        self, batch: dict, lines: list[dict], written: dict[str, dict], delay: float, end: str
    ) -> None:
        is_cancelled = batch["status"] == "cancelling"
        if not is_cancelled:
            _enter(batch, "finalizing")
            await asyncio.sleep(delay)
        code = "batch_cancelled" if is_cancelled else "batch_expired"
        for line in lines:
            if line["custom_id"] not in written:
                written[line["custom_id"]] = _lost_line(batch, line, code, len(written))
        self._write_files(batch, list(written.values()))
        _enter(batch, "cancelled" if is_cancelled else end)

    def _write_files(self, batch: dict, lines: list[dict]) -> None:
        """Good answers in one file, the others in the next; no file without lines."""
        random.Random(batch["id"]).shuffle(lines)  # noqa: S311
        good = [li for li in lines if li["response"] and li["response"]["status_code"] == 200]
        bad = [line for line in lines if line not in good]
        for kind, chosen in (("output", good), ("error", bad)):
            if chosen:
                content = "".join(json.dumps(line) + "\n" for line in chosen).encode()
                card = self._files.add(content, f"{batch['id']}_{kind}.jsonl", "batch_output")
                batch[f"{kind}_file_id"] = card["id"]


def _in_turn(setting: object, number: int) -> object:
    """The setting, or its place in a list of them; the last holds for all after it."""
    return setting[min(number, len(setting) - 1)] if isinstance(setting, tuple) else setting


def _new_batch(number: int, body: dict) -> dict:
    now = int(time.time())
    moments = (
        "in_progress_at", "finalizing_at", "completed_at", "failed_at", "expired_at",
        "cancelling_at", "cancelled_at",
    )  # fmt: skip
    return {
        "id": f"batch_{number + 1:06d}", "object": "batch", "endpoint": body["endpoint"],
        "errors": None, "input_file_id": body["input_file_id"], "completion_window": "24h",
        "status": "validating", "output_file_id": None, "error_file_id": None, "created_at": now,
        "expires_at": now + DAY, **dict.fromkeys(moments),
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": body.get("metadata"),
    }  # fmt: skip


def _enter(batch: dict, status: str) -> None:
    batch["status"] = status
    batch[f"{status}_at"] = int(time.time())


async def _pause(batch: dict, seconds: float) -> None:
    """Sleeps, but not through being cancelled."""
    end = time.monotonic() + seconds
    while batch["status"] != "cancelling" and time.monotonic() < end:
        await asyncio.sleep(min(0.02, seconds))
    await asyncio.sleep(0)


def _read_lines(content: bytes, endpoint: str) -> tuple[list[dict], list[dict]]:
    """The requests and what is wrong with the file."""
    lines, errors, seen = [], [], set()
    for number, raw in enumerate(content.decode("utf-8", "replace").split("\n"), start=1):
        if not raw.strip():
            continue
        line, fault = _read_line(raw, endpoint, seen)
        if fault:
            errors.append({**fault, "line": number})
        else:
            lines.append(line)
    if not lines and not errors:
        errors.append(_fault("empty_file", "The batch input file is empty.", None))
    if len(lines) > MAX_LINES:
        errors.append(_fault("too_many_tasks", f"More than {MAX_LINES} requests.", None))
    if len({line["body"].get("model") for line in lines}) > 1:
        errors.append(_fault("mismatched_model", "All requests must have the same model.", "model"))
    return lines, errors


def _check_tokens(lines: list[dict], limit: int | None) -> list[dict]:
    n_tokens = sum(count_tokens(json.dumps(line["body"])) for line in lines) if limit else 0
    if limit is None or n_tokens <= limit:
        return []
    message = (
        f"Enqueued token limit reached. Limit: {limit:,} enqueued tokens. Please try again once "
        "some in_progress batches have been completed."
    )
    return [_fault("token_limit_exceeded", message, None)]


def _read_line(raw: str, endpoint: str, seen: set) -> tuple[dict, dict | None]:
    try:
        line = json.loads(raw)
    except ValueError:
        return {}, _fault("invalid_json_line", "This line is not parseable as valid JSON.", None)
    for name in ("custom_id", "method", "url", "body"):
        if not isinstance(line, dict) or not line.get(name):
            return {}, _fault("missing_required_parameter", f"Missing '{name}'.", name)
    if line["url"] != endpoint:
        return {}, _fault("mismatched_endpoint", f"The url is not {endpoint}.", "url")
    if line["custom_id"] in seen:
        return {}, _fault("duplicate_custom_id", "The custom_id is used twice.", "custom_id")
    seen.add(line["custom_id"])
    return line, None


def _fault(code: str, message: str, param: str | None) -> dict:
    return {"code": code, "message": message, "param": param, "line": None}


def _output_line(batch: dict, line: dict, status: int, body: dict, number: int) -> dict:
    response = {"status_code": status, "request_id": f"req_{number:08d}", "body": body}
    return {
        "id": f"batch_req_{batch['id'][6:]}_{number:06d}", "custom_id": line["custom_id"],
        "response": response, "error": None,
    }  # fmt: skip


def _lost_line(batch: dict, line: dict, code: str, number: int) -> dict:
    message = "This request could not be executed before the completion window expired."
    if code == "batch_cancelled":
        message = "This request was not executed because the batch was cancelled."
    return {
        "id": f"batch_req_{batch['id'][6:]}_{number:06d}", "custom_id": line["custom_id"],
        "response": None, "error": {"code": code, "message": message},
    }  # fmt: skip


def as_file(content: bytes) -> Reply:
    """A file's content."""
    return Reply(200, content, "application/octet-stream")


def as_card(card: dict) -> Reply:
    return as_reply(card)

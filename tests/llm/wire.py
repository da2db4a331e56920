"""Requests, replies and errors as OpenAI writes them."""

import json
from dataclasses import dataclass, field

JSON_TYPE = "application/json"


class ApiError(Exception):
    """An answer other than 200, with the body that OpenAI gives it."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        type_: str = "invalid_request_error",
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error = {"message": message, "type": type_, "param": param, "code": code}


class GatewayError(Exception):
    """A gateway before the provider answers with a page instead of JSON."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.page = f"<html><head><title>{status} {title}</title></head></html>".encode()


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire; with `events` instead of a body when it is streamed."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    events: tuple[bytes, ...] = ()
    is_dropped: bool = False
    """the connection is closed in the middle of the body"""


def as_reply(content: object, status: int = 200) -> Reply:
    """JSON as a reply; lone surrogates, which some customers' texts hold, are escaped."""
    return Reply(status, json.dumps(content).encode())


def error_reply(error: ApiError | GatewayError) -> Reply:
    if isinstance(error, GatewayError):
        return Reply(error.status, error.page, "text/html")
    body = json.dumps({"error": error.error}).encode()
    return Reply(error.status, body, headers=error.headers)


def read_json(body: bytes) -> dict:
    """The request's JSON object, or the error OpenAI gives."""
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ApiError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(content, dict):
        raise ApiError(400, "The JSON body of your request must be an object.")
    return content


@dataclass(frozen=True)
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

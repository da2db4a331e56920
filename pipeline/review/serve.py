"""The review app as a server on this machine, from `touchpoints review` to Ctrl-C."""

import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.errors import ConfigError, TouchpointsError
from pipeline.review.advice.proposals import proposals_of
from pipeline.review.app import build_app
from pipeline.review.guard import LOOPBACK, Door
from pipeline.review.pages import search
from pipeline.review.state.desk import Desk

FIRST_PORT = 8321
_TRIES = 50
"""Ports tried from the first on, when none is asked for."""
SHORTEST_TOKEN = 12
"""Letters of a token: fewer are guessed."""
_LONGEST_HEADERS = 32 * 1024
"""Bytes of a request's line and headers."""
_MOST_AT_ONCE = 64
"""Connections; the others are told to come back (503)."""
_LONGEST_WAIT = 1.0
"""Seconds that what is made ahead waits for the first page to be answered: then nobody asks."""
_LONGEST_WARMING = 10.0
"""Seconds an end waits for what is made ahead: a model cut off in a call aborts the process."""


class Place(NamedTuple):
    """Where to serve, as the command line says it."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes the first that is free."""
    token: str = ""


def serve(
    run: Path, place: Place, tell: Callable[[str], None],
    corpus: Path | None = None, name: str = "", *, open_browser: bool = True,
) -> None:  # fmt: skip
    """Serve a run until Ctrl-C; ConfigError when it cannot be, or the place is not a safe one,
    InputError when the log of decisions cannot be read: no page could be shown.

    `name` is who reviews where a browser does not say; with a token others come too, and each says.
    """
    check_place(place)
    desk = Desk(run, corpus)
    desk.log.read()
    listening = listen(place.host, place.port)
    port = int(listening.getsockname()[1])
    answered = Event()
    app = _telling(build_app(desk, door_of(place, port), "" if place.token else name), answered)
    address = address_of(place, port)
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", log_level="warning", access_log=False,
        server_header=False, proxy_headers=False, h11_max_incomplete_event_size=_LONGEST_HEADERS,
        limit_concurrency=_MOST_AT_ONCE, timeout_graceful_shutdown=3,
    )  # fmt: skip
    ended = Event()
    warming = Thread(target=_warm, args=(desk, answered, ended), daemon=True, name="warm")
    warming.start()
    tell(f"review at {address} · Ctrl-C stops it, every decision is kept")
    if open_browser:
        Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    with listening, suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
    ended.set()
    answered.set()
    warming.join(_LONGEST_WARMING)


def check_place(place: Place) -> None:
    """Raise ConfigError for an address that others can reach without a token."""
    if place.token and len(place.token) < SHORTEST_TOKEN:
        raise ConfigError(f"--token needs at least {SHORTEST_TOKEN} letters: fewer are guessed")
    if not is_loopback(place.host) and not place.token:
        raise ConfigError(
            f"--host {place.host} lets others reach customers' words: give --token with a secret "
            f"of at least {SHORTEST_TOKEN} letters, or leave --host out"
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    if host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port, or on the first free one when it is 0; ConfigError
    when there is none."""
    ports = [port] if port else range(FIRST_PORT, FIRST_PORT + _TRIES)
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        told = f"--host {host} is no address of this machine: {error.strerror}"
        raise ConfigError(told) from error
    for candidate in ports:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
            listening.listen(128)
        except OSError as error:
            listening.close()
            reason = error.strerror
        else:
            return listening
    if port:
        raise ConfigError(
            f"--port {port} cannot be used ({reason}); leave --port out to take a free one"
        )
    raise ConfigError(f"no port from {ports[0]} to {ports[-1]} is free on {host}: {reason}")


def door_of(place: Place, port: int) -> Door:
    """Return what may come in at a place."""
    if is_loopback(place.host):
        return Door(port, LOOPBACK | {place.host}, place.token)
    names = LOOPBACK | {place.host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}
    return Door(port, names, place.token, is_anywhere=place.host in ("0.0.0.0", "::"))  # noqa: S104


def address_of(place: Place, port: int) -> str:
    """Return the address to open; with the token, which the first page trades for a cookie."""
    host = place.host
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = socket.gethostname()
    host = f"[{host}]" if ":" in host else host
    query = f"?{urlencode({'token': place.token})}" if place.token else ""
    return f"http://{host}:{port}/{query}"


def _telling(app: ASGIApp, answered: Event) -> ASGIApp:
    """Return an app that tells when it has answered for the first time."""

    async def tell(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        answered.set()

    return tell


def _warm(desk: Desk, answered: Event, ended: Event) -> None:
    """Read the run before the first page asks for it, and once that is answered make ahead what
    later ones need; what is wrong with the run that page will tell."""
    with suppress(TouchpointsError):
        view = desk.view()
        answered.wait(_LONGEST_WAIT)
        for make in (
            partial(proposals_of, view, desk), desk.rehearse, partial(search.warm, view, desk)
        ):  # fmt: skip
            if not ended.is_set():
                make()

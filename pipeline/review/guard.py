"""Who may talk to the review app: the outermost layer, before any page is thought of.

* Host: only names of this machine, so that a page elsewhere cannot reach the app through a name of
  its own that it points here (DNS rebinding).
* POST: Origin, and Sec-Fetch-Site where the browser sends it, must be this site. The token of the
  form (`csrf`) is compared in posts.py, once the body is read.
* Token: with one, every page but the login needs the cookie that it buys.
* Every answer: a policy under which nothing runs, loads or is framed that is not from here.
"""

import hashlib
import hmac
import re
import secrets
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGIN = "/login"
_OPEN = re.compile(rf"{LOGIN}|/[a-z]+\.(css|js)")
"""Paths that need no token: what the page that asks for it is made of."""
_METHODS = ("GET", "HEAD", "POST")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: under it browsers send `Origin: null` with every form, and the origin of a
    # POST could not be checked. Other sites are told nothing under this one either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
CSRF = "touchpoints_csrf"
_CSRF = re.compile(r"[0-9A-Za-z_-]{43}")
_MONTH = 30 * 24 * 3600
_HTTP = 80
"""The port of an address that names none."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Door(NamedTuple):
    """Where the app is served, and what opens it."""

    port: int
    hosts: frozenset[str] = LOOPBACK
    """Names by which it may be called."""
    token: str = ""
    """'' on this machine only, where no token is needed."""
    is_anywhere: bool = False
    """It listens on every address of the machine: then any address written in numbers will do,
    which no name of a stranger can be."""

    @property
    def cookie(self) -> str:
        """The cookie that a token buys; browsers keep one set of cookies for all ports."""
        return f"touchpoints_key_{self.port}"

    def key(self) -> str:
        """Return what the cookie holds: made from the token, and no way back."""
        return hmac.new(self.token.encode(), b"touchpoints review", hashlib.sha256).hexdigest()

    def accepts(self, token: str) -> bool:
        """Tell whether a token is the right one, in the same time whatever it is."""
        return hmac.compare_digest(token.encode(), self.token.encode())


def same(ours: str, theirs: str) -> bool:
    """Compare two secrets in the same time whatever they are; '' is never right."""
    return bool(ours) and hmac.compare_digest(ours.encode(), theirs.encode())


def own_path(path: str) -> str:
    """Return a path on this site as it is, '/' for anything that leads elsewhere.

    Browsers read `//x` and `/\\x` as another site, and drop tabs and line ends first.
    """
    is_own = re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}", path)
    return path if is_own else "/"


class Guard:
    """Lets through what may pass, and signs every answer; wraps the whole app."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return  # there are neither websockets nor things to do at start
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", ""))
        csrf, is_new = cookies.get(CSRF, ""), False
        if not _CSRF.fullmatch(csrf):
            csrf, is_new = secrets.token_urlsafe(32), True
        scope.setdefault("state", {})["csrf"] = csrf

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out.setdefault(name, value)
                if is_new:
                    # Lax: a link from elsewhere must not make a new one and so break open forms.
                    out.append("set-cookie", _cookie(CSRF, csrf, "lax"))
            await send(message)

        answer = self._refused(scope, headers) or self._locked(scope, cookies)
        await (answer or self._app)(scope, receive, signed)

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        """Return why a request is none for us, None when it may be."""
        if scope["method"] not in _METHODS:
            allow = {"allow": ", ".join(_METHODS)}
            return PlainTextResponse("This is not done here.", 405, headers=allow)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return PlainTextResponse(
                "This address is not the one the review app was started for.", 421
            )
        if scope["method"] == "POST" and not _is_from_here(headers, f"http://{hosts[0]}"):
            return PlainTextResponse(
                "This form was not sent from the review app itself; open the page there.", 403
            )
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host.lower()}")
            name, port = parts.hostname or "", parts.port or _HTTP
        except ValueError:  # a port that is no number, half an IPv6 address
            return False
        if port != self._door.port or parts.netloc != host.lower() or parts.username is not None:
            return False
        return name in self._door.hosts or (self._door.is_anywhere and _is_number(name))

    def _locked(self, scope: Scope, cookies: dict[str, str]) -> Response | None:
        """Return where the token is asked for, None for who has shown it."""
        door = self._door
        has_key = same(door.key(), cookies.get(door.cookie, ""))
        if not door.token or has_key or _OPEN.fullmatch(scope["path"]):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = next((value for name, value in query if name == "token"), "")
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        here = own_path(quote(scope["path"]) + (f"?{rest}" if rest else ""))
        if shown and scope["method"] == "GET" and door.accepts(shown):
            return admitted(door, here)
        return RedirectResponse(f"{LOGIN}?{urlencode({'next': here})}", 303)


def admitted(door: Door, path: str) -> Response:
    """Return the way on for who has shown the token, with the cookie that keeps the door open."""
    answer = RedirectResponse(own_path(path), 303)
    answer.headers.append("set-cookie", _cookie(door.cookie, door.key(), "strict"))
    return answer


def _cookie(name: str, value: str, same_site: str) -> str:
    return f"{name}={value}; Path=/; Max-Age={_MONTH}; HttpOnly; SameSite={same_site}"


def _is_from_here(headers: Headers, origin: str) -> bool:
    """Tell whether a form was sent by a page of this site; what is no browser sends neither."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False  # none: the person did it, as by loading an answer to a form again
    return headers.get("origin", origin).lower() == origin.lower()


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

"""What every page shows around its own content, and how templates become pages."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import NamedTuple
from urllib.parse import unquote

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.decisions.history import OVER
from pipeline.publish import words
from pipeline.review.guard import own_path
from pipeline.review.state.desk import Desk
from pipeline.review.state.publishing import Publisher
from pipeline.review.state.view import Page, View, progress

WHO = "touchpoints_who"
"""The cookie with the reviewer's name."""
NAV = (
    ("/", "Work list", "w"),
    ("/touchpoints", "Touchpoints", "t"),
    ("/search", "Search", "s"),
    ("/decisions", "Decisions", "h"),
    ("/agreement", "Agreement", "a"),
    ("/glossary", "Glossary", "l"),
    ("/teams", "Teams", "m"),
)
"""Path, name and the key after `g`."""
ASSETS = {
    "network.css": "text/css",
    "review.css": "text/css",
    "touchpoints.css": "text/css",
    "worklist.css": "text/css",
    "review.js": "text/javascript",
}
"""Files that pages load, in this order, each with its type."""
_MOST_FLASHES = 256
"""Lines kept for browsers that have not asked for their next page yet."""
LONGEST_NAME = 80


class Undo(NamedTuple):
    """The decision that `undo last` takes back."""

    decision_id: str
    seen: str
    told: str


class Flash(NamedTuple):
    """What was just done."""

    text: str
    path: str = ""
    """Where what it made is seen, '' for what is seen here."""


class House:
    """What all requests of one server share."""

    def __init__(self, desk: Desk, name: str = "") -> None:
        self.desk = desk
        self.name = name
        """Who reviews, where the browser does not say; '' asks."""
        self.publisher = Publisher(desk)
        self._flashes: dict[str, Flash] = {}
        self._lock = Lock()

    def tell(self, request: Request, text: str, path: str = "") -> None:
        """Keep a line for the next page of this browser."""
        with self._lock:
            while len(self._flashes) >= _MOST_FLASHES:
                self._flashes.pop(next(iter(self._flashes)))
            self._flashes[request.state.csrf] = Flash(text, path)

    def told(self, request: Request) -> Flash | None:
        """Return the line kept for this browser, once; None when there is none."""
        with self._lock:
            return self._flashes.pop(request.state.csrf, None)


def house_of(request: Request) -> House:
    """Return what the server of a request shares."""
    house: House = request.app.state.house
    return house


def who_of(request: Request) -> str:
    """Return the reviewer's name, '' when nobody has said it yet."""
    name = unquote(request.cookies.get(WHO, ""), errors="replace")
    return clean_name(name) or house_of(request).name


def clean_name(name: str) -> str:
    """Return a name on one line of what can be printed, at most 80 characters."""
    line = " ".join(words.clean(name).split())
    return "".join(c for c in line if c.isprintable())[:LONGEST_NAME].strip()


def here_of(request: Request) -> str:
    """Return the path of a request with its query, as `next` may name it."""
    path: str = request.scope.get("raw_path", b"").decode("latin-1") or request.url.path
    query = request.scope["query_string"].decode("latin-1")
    return own_path(f"{path}?{query}" if query else path)


def render(
    request: Request, page: Page, content: Mapping[str, object], view: View, status: int = 200
) -> HTMLResponse:
    """Return a page with everything around it."""
    house, who = house_of(request), who_of(request)
    around = _around(request, page) | {
        "who": who,
        "here": here_of(request) if request.method != "POST" else "/",
        "progress": progress(view),
        "n_decisions": sum(d.decision_id not in view.decided for d in view.decisions),
        "undo_last": undo_of(view, who),
        "flash": house.told(request) if request.method == "GET" else None,
        "publishing": house.publisher.notice(),
        "is_publishing": house.publisher.is_busy,
        "reads_anew": house.publisher.reads_anew,
        "version": view.version,
    }
    return HTMLResponse(_template(page.template, around | dict(content)), status)


def render_bare(
    request: Request, page: Page, content: Mapping[str, object], status: int = 200
) -> HTMLResponse:
    """Return a page that needs no run: no navigation, no progress."""
    around = _around(request, page) | {
        "who": "", "here": "/", "progress": 0.0, "n_decisions": 0, "undo_last": None, "flash": None,
        "publishing": None, "is_publishing": False, "reads_anew": False, "version": "",
    }  # fmt: skip
    return HTMLResponse(_template(page.template, around | dict(content)), status)


def undo_of(view: View, who: str) -> Undo | None:
    """Return a reviewer's last decision that stands, None when there is none.

    What settled a dispute is one; an undo is none, so that the next one takes back what was before.
    """
    own = [
        row
        for row in view.decisions
        if row.who == who and row.action != "undo" and row.state not in OVER
    ]
    if not own:
        return None
    last = own[-1]
    told = view.told()[last.decision_id]
    return Undo(last.decision_id, view.seen(last.decision_id), told)


def asset(name: str) -> str:
    """Return a file that pages load, '' for any but those of ASSETS."""
    return _text(name) if name in ASSETS else ""


def _around(request: Request, page: Page) -> dict[str, object]:
    return {
        "page": page,
        "csrf": request.state.csrf,
        "manifest": house_of(request).desk.manifest,
        "words": words,
        "nav": NAV,
        "current": _current(request.url.path),
        "is_read": request.method == "GET",
        "styles": [name for name in ASSETS if name.endswith(".css")],
        "assets": _assets_hash(),
    }


def _current(path: str) -> str:
    """Return the page of the navigation that a path belongs to."""
    if path.startswith(("/quotes/", "/links/")):
        return "/touchpoints"
    return next(
        (own for own, *_ in NAV[1:] if path == own or path.startswith(f"{own}/")),
        "/" if path == "/" else "",
    )


def _template(name: str, context: Mapping[str, object]) -> str:
    return _environment().get_template(name).render(context)


def _finish(value: object) -> object:
    """Clean texts as they are written; the type is exact because safe markup is a kind of str."""
    return words.clean(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    own, shared = (PackageLoader(p, "templates") for p in ("pipeline.review", "pipeline.publish"))
    return Environment(
        loader=ChoiceLoader([own, shared]),  # the drawing of the network is the report's
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finish,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _assets_hash() -> str:
    return hashlib.sha256("".join(map(asset, ASSETS)).encode()).hexdigest()[:12]


@cache
def _text(name: str) -> str:
    package = "pipeline.publish" if name == "network.css" else "pipeline.review"
    return (files(package) / "templates" / name).read_text("utf-8")

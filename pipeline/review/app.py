"""The review app: the pages of all page modules, the forms that decide, and answers to errors."""

import re
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pipeline.errors import TouchpointsError
from pipeline.review import posts
from pipeline.review.guard import Door, Guard
from pipeline.review.pages import (
    agreement,
    glossary,
    history,
    quotes,
    search,
    teams,
    touchpoints,
    worklist,
)
from pipeline.review.render import (
    ASSETS,
    House,
    asset,
    here_of,
    house_of,
    render,
    render_bare,
    who_of,
)
from pipeline.review.state.desk import Desk
from pipeline.review.state.view import ID, Asked, MissingError, Page

LONGEST_BODY = 512 * 1024
"""Bytes of a form. A split of 5,000 quotes takes 5,000 x len('quotes=') + 16 + 1 = 120 KB, and its
12 quotes to go by and its definition, each of 2,000 characters of three bytes written as %XX, 234
KB more; so 256 KB would refuse what the log allows."""
PAGES: tuple[Page, ...] = (
    *worklist.PAGES, *touchpoints.PAGES, *quotes.PAGES, *search.PAGES, *history.PAGES,
    *agreement.PAGES, *glossary.PAGES, *teams.PAGES,
)  # fmt: skip
"""Every page but the forms' own."""
_ERROR = Page("", "Something is not right", "error.html", lambda _: {})


def build_app(desk: Desk, door: Door, name: str = "") -> ASGIApp:
    """Return the app for one run; `name` is who reviews where the browser does not say."""
    app = Starlette(
        routes=[
            *(Route(f"/{file}", _asset, methods=["GET"]) for file in ASSETS),
            *(Route(page.path, _shown(page), methods=["GET"]) for page in PAGES),
            Route(glossary.CSV_PATH, _glossary, methods=["GET"]),
            *posts.routes(door),
        ],
        exception_handlers={
            HTTPException: _refused,
            MissingError: _missing,
            TouchpointsError: _told,
            500: _failed,
        },
        max_body_size=LONGEST_BODY,
    )
    app.router.redirect_slashes = False  # an address is right or wrong
    app.state.house = House(desk, name)
    return Guard(app, door)


def _shown(page: Page) -> Callable[[Request], Response]:
    """Return what answers a request for a page; it runs in a thread of its own."""

    def show(request: Request) -> Response:
        who = who_of(request)
        if not who:
            return RedirectResponse(posts.name_path(here_of(request)), 303)
        path = request.path_params
        if not all(re.fullmatch(ID, part) for part in path.values()):
            raise MissingError("there is nothing at this address")
        desk = house_of(request).desk
        view = desk.view()
        query = {key: request.query_params.getlist(key)[0] for key in request.query_params}
        return render(request, page, page.build(Asked(view, query, path, who, desk)), view)

    return show


def _asset(request: Request) -> Response:
    """Return one of the files that pages load; their address changes with their content."""
    name = request.url.path.removeprefix("/")
    return Response(
        asset(name),
        media_type=ASSETS[name],
        headers={"cache-control": "private, max-age=31536000, immutable"},
    )


def _glossary(request: Request) -> Response:
    """Return the glossary as a file for spreadsheets."""
    return Response(
        glossary.to_csv(house_of(request).desk.view()),
        media_type="text/csv",
        headers={"content-disposition": 'attachment; filename="glossary.csv"'},
    )


def _refused(request: Request, error: Exception) -> Response:
    """Answer what the router, or a limit, refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as registered
    told = {
        404: "There is nothing at this address.",
        405: "This is not done here.",
        413: "The form holds more than the review app takes at once.",
    }
    text = told.get(error.status_code, "This request was not understood.")
    answer = render_bare(request, _ERROR, {"told": text}, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def _missing(request: Request, error: Exception) -> Response:
    return render_bare(request, _ERROR, {"told": _sentence(str(error))}, 404)


def _told(request: Request, error: Exception) -> Response:
    """Answer with an error whose text is meant for people."""
    return render_bare(request, _ERROR, {"told": _sentence(str(error))}, 503)


def _failed(request: Request, _: Exception) -> Response:
    """Answer with what to do when we are at fault; the server writes the trace to its log."""
    told = (
        "A fault of ours: this page could not be made. Nothing that was confirmed is lost. "
        "The terminal of the review app shows what happened."
    )
    return render_bare(request, _ERROR, {"told": told}, 500)


def _sentence(text: str) -> str:
    """Return a message as a sentence; a path that it begins with stays as it is written."""
    first = text.split(maxsplit=1)[0].rstrip(".,:;?!") if text.strip() else ""
    if not any(mark in first for mark in "/\\."):
        text = text[:1].upper() + text[1:]
    return text + ("" if text.endswith((".", "?", "!")) else ".")

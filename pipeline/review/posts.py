"""What forms do: decide, publish, propose anew, say who one is, show the token.

A decision is on the disk before the answer is sent; the answer is a redirect, so that loading a
page again never decides again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.decisions.history import since, told
from pipeline.decisions.log import ConflictError
from pipeline.errors import ConfigError, EngineError, InputError
from pipeline.publish import words
from pipeline.review.forms.edits import only_changed
from pipeline.review.forms.faults import conflict_of, fault_of
from pipeline.review.forms.sent import Form, FormError, parse, seen_of, targets_of, wanted
from pipeline.review.guard import LOGIN, Door, admitted, own_path, same
from pipeline.review.render import (
    LONGEST_NAME,
    WHO,
    clean_name,
    house_of,
    render,
    render_bare,
    who_of,
)
from pipeline.review.state.view import MissingError, Page, View
from pipeline.tables import Decision

_FORM_TYPE = "application/x-www-form-urlencoded"
_SLOWEST = 30.0
"""Seconds within which a form must have arrived."""
_YEAR = 365 * 24 * 3600
_NAME = Page("/name", "Who reviews?", "name.html", lambda _: {})
_TOKEN = Page(LOGIN, "The token, please", "name.html", lambda _: {})
_CONFLICT = Page("/decisions", "Decided meanwhile", "conflict.html", lambda _: {})
_FAULT = Page("/decisions", "Not decided yet", "error.html", lambda _: {})

Answer = Callable[[Request, Form], Response]


def routes(door: Door) -> list[Route]:
    """Return the routes of all forms, and the pages that only hold one."""
    return [
        Route("/decisions", _posted(decide), methods=["POST"]),
        Route("/publish", _posted(publish), methods=["POST"]),
        Route("/hypotheses/{touchpoint_id}", _posted(propose), methods=["POST"]),
        Route("/name", ask_name, methods=["GET"]),
        Route("/name", _posted(take_name), methods=["POST"]),
        Route(LOGIN, ask_token, methods=["GET"]),
        Route(LOGIN, _posted(partial(take_token, door=door)), methods=["POST"]),
    ]


def name_path(path: str) -> str:
    """Return where to say who one is, to go on to a path."""
    return f"/name?{urlencode({'next': path})}"


def _posted(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Return what reads a form, checks that it is one of ours, and answers in a thread."""

    async def read(request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM_TYPE:
            raise HTTPException(415)
        try:
            async with asyncio.timeout(_SLOWEST):
                body = await request.body()
        except TimeoutError as error:
            raise HTTPException(408) from error
        return await run_in_threadpool(_checked, request, body, answer)

    return read


def _checked(request: Request, body: bytes, answer: Answer) -> Response:
    try:
        form = parse(body)
    except FormError as error:
        return render_bare(request, _FAULT, fault_of(error, Form(()), "/"), 422)
    if not same(request.state.csrf, form.one("csrf")):
        told = "The page was opened before the review app knew your browser: send it again."
        fault = FormError({"": told})
        return render_bare(request, _FAULT, fault_of(fault, form, "/"), 403)
    return answer(request, form)


def decide(request: Request, form: Form) -> Response:
    """Append the decisions of a form and go on; 422 when it is faulty, 409 when somebody decided
    about the same meanwhile."""
    who, desk = who_of(request), house_of(request).desk
    if not who:
        return RedirectResponse(name_path(own_path(form.one("next"))), 303)
    view = desk.view()
    form, path = only_changed(form, view), own_path(form.one("next"))
    try:
        _refuse_outdated(form, view)
        asked = wanted(form, view, who, time.time_ns(), desk.engine.embed)
        made = desk.decide(asked.drafts, asked.seen)
    except FormError as error:
        return render(request, _FAULT, fault_of(error, form, path, view), view, 422)
    except (InputError, EngineError, ConfigError) as error:
        fault = FormError({"": str(error)})
        return render(request, _FAULT, fault_of(fault, form, path, view), view, 422)
    except ConflictError as error:
        now = desk.view()
        return render(request, _CONFLICT, conflict_of(error, form, now, who), now, 409)
    after = desk.view()
    house_of(request).tell(request, _told(made, after), _made_at(made[0], after))
    return RedirectResponse(asked.next, 303)


def publish(request: Request, form: Form) -> Response:
    """Begin to run the corpus again with every decision."""
    house_of(request).publisher.start()
    return RedirectResponse(own_path(form.one("next")), 303)


def propose(request: Request, form: Form) -> Response:
    """Propose hypotheses for one touchpoint anew, and go on."""
    house = house_of(request)
    key = request.path_params["touchpoint_id"]
    if key not in house.desk.view().lookup.touchpoints:
        raise MissingError("no touchpoint of this run has this address")
    try:
        n = house.desk.propose(key)
        noun = "hypothesis" if n == 1 else "hypotheses"
        house.tell(request, f"{n} {noun} proposed anew; publish to keep them.")
    except (EngineError, MissingError) as error:
        house.tell(request, f"Nothing was proposed: {error}")
    return RedirectResponse(own_path(form.one("next")), 303)


def ask_name(request: Request) -> Response:
    """Show the form that asks who reviews."""
    path = own_path(request.query_params.get("next", "/"))
    return render_bare(request, _NAME, {"next": path, "name": who_of(request), "fault": ""})


def take_name(request: Request, form: Form) -> Response:
    """Remember who reviews in this browser, and go on."""
    name, path = clean_name(form.one("name")), own_path(form.one("next"))
    if not name:
        content = {"next": path, "name": form.one("name")[:LONGEST_NAME], "fault": "Write a name."}
        return render_bare(request, _NAME, content, 422)
    answer = RedirectResponse(path, 303)
    answer.set_cookie(WHO, quote(name, safe=""), max_age=_YEAR, httponly=True, samesite="lax")
    return answer


def ask_token(request: Request) -> Response:
    """Show the form that asks for the token."""
    path = own_path(request.query_params.get("next", "/"))
    return render_bare(request, _TOKEN, {"next": path, "fault": "", "is_token": True})


def take_token(request: Request, form: Form, door: Door) -> Response:
    """Let in who knows the token."""
    path = own_path(form.one("next"))
    if not door.token or door.accepts(form.one("token")):
        return admitted(door, path)
    content = {"next": path, "fault": "This is not the token.", "is_token": True}
    return render_bare(request, _TOKEN, content, 403)


def _refuse_outdated(form: Form, view: View) -> None:
    """Raise ConflictError before a form is judged by what others made of its target meanwhile."""
    targets = targets_of(form, view)
    seen = {key: value for key, value in seen_of(form).items() if key in targets}
    stale = {key for key, value in seen.items() if view.seen(key) != value}
    later = since(view.decisions, stale, seen) if stale else ()
    if later:
        raise ConflictError(later)


def _made_at(decision: Decision, view: View) -> str:
    """Return the page of what a decision made, added to or brought back, '' for others."""
    key = {"split": "touchpoint_id", "merge": "into"}.get(decision.action, "")
    point = decision.target_id if decision.action == "add" else told(decision.argument).get(key)
    if decision.action == "undo":
        undone = (d.target_id for d in view.decisions if d.decision_id == decision.target_id)
        point = next(undone, "")
    if point in view.lookup.mentions:
        return f"/quotes/{point}"
    return f"/touchpoints/{point}" if point in view.lookup.touchpoints else ""


def _told(made: tuple[Decision, ...], view: View) -> str:
    """Return in a line what was decided."""
    first = view.told().get(made[0].decision_id, made[0].action)
    more = f" and {words.plural(len(made) - 1, 'more decision')}" if len(made) > 1 else ""
    return f"Done: {first}{more}."

"""A review app to sit at: a run of the demo corpus with hostile texts in it, served to Chromium."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from pipeline.review.app import build_app
from pipeline.review.guard import CSRF, Door
from pipeline.review.render import WHO
from pipeline.review.serve import listen
from pipeline.review.state.desk import Desk
from pipeline.review.state.view import View
from pipeline.run import Options, run_corpus
from tests.browser.hostile import poison

CORPUS = Path("corpora/kestrel")
BEFORE, PERIOD = "2026Q2", "2026Q3"
PAGES = (
    "/", "/?show=all", "/touchpoints", "/search?q=rota", "/search?only=unassigned", "/decisions",
    "/agreement", "/glossary", "/teams",
)  # fmt: skip
"""Pages that need no id."""


class Room(NamedTuple):
    """A corpus with two runs of its own, and the address under which the later is reviewed."""

    corpus: Path
    run: Path
    address: str

    @property
    def log(self) -> Path:
        return self.corpus / "decisions.jsonl"

    def rows(self) -> list[dict[str, Any]]:
        """Return the decisions as they stand on the disk."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def last(self) -> dict[str, Any]:
        """Return the decision that was written last."""
        return self.rows()[-1]


class Reviewer:
    """A person at a browser: what they open, fill in and send. Complaints of pages are kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        """Parts of complaints that a test brings about on purpose."""
        self.context = context
        context.on("page", self._watch)
        self.page = context.new_page()

    def _watch(self, page: Page) -> None:
        page.on("console", lambda message: self._complain(message.text))
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("dialog", self._refuse)
        page.on("request", lambda request: self._check(request.url))
        page.on(
            "response",
            lambda answer: (
                self._complain(f"{answer.status} {answer.url}") if answer.status >= 400 else None
            ),
        )

    def _complain(self, told: str) -> None:
        if not any(part in told for part in self.expected):
            self.complaints.append(told)

    def _refuse(self, dialog: Any) -> None:
        self._complain(f"dialog {dialog.message}")
        dialog.dismiss()

    def _check(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self._complain(f"request to {url}")

    def go(self, path: str) -> Page:
        """Open a page of the app."""
        self.page.goto(self.address + path)
        return self.page

    def form(self, action: str, **fields: str) -> Locator:
        """Return the first form that decides `action`, with these values in hidden fields."""
        css = f'form:has([name="action"][value="{action}"])'
        for name, value in fields.items():
            css += f':has([name="{name}"][value="{value}"])'
        return self.page.locator(css).first

    def about(self, action: str, target_id: str) -> Locator:
        """Return the form that decides `action` about a target."""
        return self.form(action, target_id=target_id)

    def fill(self, form: Locator, **fields: str) -> Locator:
        """Fill in fields by their names, as a person does: what is folded away is opened first."""
        for name, value in fields.items():
            field = form.locator(f'[name="{name}"]:not([type="hidden"])').first
            unfold(field)
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        return form

    def send(self, form: Locator, action: str = "") -> Page:
        """Press the button of a form, or its button for one of several actions."""
        css = f'button[value="{action}"]' if action else "button"
        button = form.locator(css).last
        unfold(button)
        with self.page.expect_navigation():
            button.click()
        return self.page

    def decide(self, action: str, target_id: str, **fields: str) -> None:
        """Send a form without filling it in on a page: for what only has to have happened."""
        client = self.context.request
        client.get(f"{self.address}/glossary")
        csrf = next(c["value"] for c in self.context.cookies() if c["name"] == CSRF)
        own = {"csrf": csrf, "action": action, "target_id": target_id, "next": "/glossary"}
        answer = client.post(f"{self.address}/decisions", form=own | fields)
        assert answer.url == f"{self.address}/glossary", answer.text()

    def undo(self) -> Page:
        """Take back the last decision."""
        return self.send(self.page.locator("header").locator(CSS_UNDO))


CSS_UNDO = 'form:has([name="action"][value="undo"])'
Sitting = Callable[..., Reviewer]


def unfold(where: Locator) -> None:
    """Open whatever is folded around an element, from the outside in."""
    closed = where.locator("xpath=ancestor::details[not(@open)]")
    while closed.count():
        closed.first.locator("> summary").click()


def said(reviewer: Reviewer) -> Locator:
    """Return where a page tells what was just decided."""
    return reviewer.page.locator("#flash .flash").first


def expect_done(reviewer: Reviewer) -> None:
    """Check that the page says that something was decided."""
    expect(said(reviewer)).to_contain_text("Done")


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both quarters of the demo corpus, run once; return the corpus and the home of its runs."""
    home = tmp_path_factory.mktemp("review")
    corpus = home / "corpora" / "kestrel"
    shutil.copytree(CORPUS, corpus, ignore=shutil.ignore_patterns("decisions.jsonl"))
    poison(corpus, PERIOD)
    for period in (BEFORE, PERIOD):
        run_corpus(corpus, Options(period, outputs=home / "outputs"))
    return corpus, home / "outputs" / corpus.name


@pytest.fixture(scope="session")
def found(ran: tuple[Path, Path]) -> View:
    """The run as nobody has reviewed it."""
    corpus, outputs = ran
    return Desk(outputs / PERIOD, corpus).view()


def furnish(ran: tuple[Path, Path], home: Path, address: str = "") -> Room:
    """Return a copy of the corpus and its runs that a test may do anything to."""
    corpus, outputs = (Path(shutil.copytree(old, home / old.parent.name / old.name)) for old in ran)
    return Room(corpus, outputs / PERIOD, address)


def serve(desk: Desk, name: str) -> Iterator[str]:
    """Serve a run from a thread of this process; yield its address."""
    with closing(listen("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = build_app(desk, Door(port), name)
        server = uvicorn.Server(
            uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_level="warning")
        )
        thread = Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)
    app_of(app).publisher.stop()


def app_of(guarded: Any) -> Any:
    """Return what all requests of an app share."""
    return guarded._app.state.house


@pytest.fixture(scope="session")
def served(ran: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """One served run for all tests that only decide."""
    shared = furnish(ran, tmp_path_factory.mktemp("room"))
    for address in serve(Desk(shared.run, shared.corpus), "Ana"):
        yield shared._replace(address=address)


@pytest.fixture
def room(served: Room) -> Room:
    """The served run, about which nobody has decided anything."""
    served.log.unlink(missing_ok=True)
    return served


@pytest.fixture
def own_room(ran: tuple[Path, Path], tmp_path: Path) -> Iterator[Room]:
    """A served run of one's own, for what changes more than the log."""
    own = furnish(ran, tmp_path)
    for address in serve(Desk(own.run, own.corpus), "Ana"):
        yield own._replace(address=address)


@pytest.fixture
def sit(browser: Browser) -> Iterator[Sitting]:
    """Sit somebody down: `sit(room)`, `sit(room, name="Ben", width=768)`; the test fails when a
    page complains about anything."""
    people: list[Reviewer] = []

    def sitting(room: Room, name: str = "", width: int = 1280, **options: Any) -> Reviewer:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(10_000)
        if name:
            context.add_cookies([{"name": WHO, "value": quote(name, safe=""), "url": room.address}])
        people.append(Reviewer(context, room.address))
        return people[-1]

    yield sitting
    for person in people:
        person.context.close()
    if complaints := [told for person in people for told in person.complaints]:
        pytest.fail("\n".join(["pages complain:", *complaints]))


@pytest.fixture
def ana(room: Room, sit: Sitting) -> Reviewer:
    """Somebody who reviews."""
    return sit(room)

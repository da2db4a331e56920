"""A run under review as a browser gets it: pages fetched, and what stands in them."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from starlette.testclient import TestClient

from pipeline import tables as t
from pipeline.manifest import Manifest
from pipeline.publish.lookup import look_up
from pipeline.review.app import build_app
from pipeline.review.guard import Door
from pipeline.review.state.view import Asked, View
from pipeline.schema import Tables
from pipeline.text import stable_id
from tests.example_run import NAN, build_empty

PORT = 8321
VOID = {"input", "meta", "link", "br", "hr", "img", "path", "rect", "circle"}


class Page(HTMLParser):
    """The parts of a page that tests look at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[dict[str, Any]] = []
        self.headings: list[int] = []
        self.unnamed: list[dict[str, str]] = []
        """Fields that nothing names."""
        self._labels = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        self.tags.append((tag, at))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self._labels += tag == "label"
        if tag == "form":
            self.forms.append({"at": at, "fields": []})
        if tag in ("input", "select", "textarea", "button"):
            if self.forms and "form" not in at:
                self.forms[-1]["fields"].append((at.get("name", ""), at.get("value", "")))
            hidden = at.get("type") == "hidden" or tag == "button"
            if not hidden and not self._labels and "aria-label" not in at:
                self.unnamed.append(at)

    def handle_endtag(self, tag: str) -> None:
        self._labels -= tag == "label"

    @property
    def text(self) -> str:
        """What is read, tags gone and blanks joined."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.html).split())

    def all(self, name: str) -> list[str]:
        """Values of an attribute in the whole page."""
        return [at[name] for _, at in self.tags if name in at]

    def form(self, action: str, target: str = "") -> dict[str, list[str]]:
        """Fields of the first form that decides so (about this target)."""
        for form in self.forms:
            fields: dict[str, list[str]] = {}
            for name, value in form["fields"]:
                fields.setdefault(name, []).append(value)
            if action in fields.get("action", []) and (
                not target or target in fields.get("target_id", [])
            ):
                return fields
        raise AssertionError(f"no form decides {action} {target}")


def browser(view: View, folder: Path = Path("run")) -> TestClient:
    """A browser before a desk that always shows the same view."""
    desk = SimpleNamespace(
        view=lambda: view, manifest=view.manifest, folder=folder, engine=None, log=None
    )
    app = build_app(desk, Door(PORT), "Ana")
    return TestClient(app, base_url=f"http://127.0.0.1:{PORT}")


def get(client: TestClient, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-600:])
    return Page(answer.text)


def decision(action: str, target: str, n: int = 0, **more: str) -> t.Decision:
    """A decision that holds; `n` orders several."""
    fields = {
        "decision_id": stable_id("decision", action, target, n),
        "at": f"2026-10-0{1 + n // 60}T10:{n % 60:02}:00.000000+00:00", "who": "Ana",
        "action": action, "target_id": target, "argument": "{}", "before": "{}", "reason": "",
        "period": "2026Q3", "state": "applied", "note": "",
    }  # fmt: skip
    return t.Decision(**(fields | more))


def view_of(
    tables: Tables, manifest: Manifest, decisions: tuple[t.Decision, ...] = (), **more: Any
) -> View:
    """A view of tables as they are, whatever the decisions say."""
    return View(
        tables=tables, lookup=look_up(tables), decisions=decisions, base=tables,
        stale=more.get("stale", frozenset()), manifest=manifest, version=stable_id(*decisions),
    )  # fmt: skip


def asked(view: View, query: Mapping[str, str] | None = None, **path: str) -> Asked:
    """What a page is built from."""
    desk: Any = SimpleNamespace(folder=Path("run"), engine=None)
    return Asked(view, query or {}, path, "Ana", desk)


def talk() -> tuple[Tables, Manifest]:
    """A call of four turns by two customers and a member of staff, and a survey answer."""
    tables, manifest = build_empty()
    call = "I waited an hour. The file was wrong and nobody rang. Thank you anyway."
    documents = [
        t.Document("d1", "call", "calls/a.txt", "", "C1", False, "Vets", "small", "phone",
                   "2026-08-02T09:00:00+00:00", "en", NAN, "", "left", 1200.0, ""),
        t.Document("d2", "survey", "nps.csv", "row 4", "C1", False, "Vets", "small", "survey",
                   "2026-07-01T09:00:00+00:00", "en", 3.0, "nps", "", NAN, ""),
        t.Document("d3", "review", "stars.csv", "row 9", "x9", True, "", "", "", "", "en", 1.0,
                   "stars", "", NAN, ""),
    ]  # fmt: skip
    turns = [
        t.Turn("t0", "d1", 0, "agent", "Tom", "0:01", "How can I help?"),
        t.Turn("t1", "d1", 1, "customer", "Mary Poe", "0:05", call),
        t.Turn("t2", "d1", 2, "customer", "Joe Poe", "0:31", "It is a <b>mess</b>."),
        t.Turn("t3", "d2", 0, "customer", "", "", "The chat was slow to answer."),
        t.Turn("t4", "d3", 0, "customer", "", "", "Slow chat. Nobody there, ever."),
    ]
    points = [
        t.Touchpoint(key, name, f"{name}, as planned.", stage, "web", "Ops", origin, "customer",
                     NAN, n, 2, 2)
        for n, (key, name, stage, origin) in enumerate(
            (("p1", "Hotline", "Use", "catalogue"), ("p2", "Pay file", "Use", "discovered"),
             ("p3", "Chat", "", "reviewer"))
        )
    ]  # fmt: skip
    mentions = [
        _mention("m1 d1 t1 p1", call, "I waited an hour."),
        _mention("m2 d1 t1 p2", call, "The file was wrong"),
        _mention("m3 d1 t1 p1", call, "The file was wrong and nobody rang."),
        _mention("m4 d2 t3 p3", turns[3].text, "The chat was slow to answer."),
        _mention("m5 d3 t4 p3", turns[4].text, "Slow chat.", "x9"),
    ]
    left = _mention("c1 d3 t4", turns[4].text, "Nobody there, ever.", "x9")
    sentences = [
        t.Sentence(f"s{turn.turn_id}{n}", turn.turn_id, turn.document_id, at,
                   at + len(text), text)
        for turn in turns
        for n, text in enumerate(re.findall(r"[^.?]+[.?]", turn.text))
        for text in [text.strip()]
        for at in [turn.text.index(text)]
    ]  # fmt: skip
    shared = [name for name in t.CANDIDATES.columns if name != "label"]
    candidates = [
        t.Candidate(**{name: getattr(m, name) for name in shared}) for m in (*mentions, left)
    ]
    return tables | {
        "documents": t.DOCUMENTS.frame(documents),
        "turns": t.TURNS.frame(turns),
        "sentences": t.SENTENCES.frame(sentences),
        "stages": t.STAGES.frame([t.Stage("Use", 0, "", "", "", NAN, "", "Ops")]),
        "touchpoints": t.TOUCHPOINTS.frame(points),
        "mentions": t.MENTIONS.frame(mentions),
        "found_mentions": t.FOUND_MENTIONS.frame(mentions),
        "candidates": t.CANDIDATES.frame(candidates),
        "remainder": t.REMAINDER.frame([t.Reject("c1", "resolve", "unassigned", left.quote)]),
        "rejects": t.REJECTS.frame([t.Reject("c1", "resolve", "unassigned", left.quote)]),
    }, manifest


def _mention(ids: str, text: str, quote: str, who: str = "C1") -> t.Mention:
    """A quote; `ids` are its own and those of its document, turn and touchpoint."""
    key, document, turn, point = (*ids.split(), "")[:4]
    start = text.index(quote)
    return t.Mention(
        key, document, turn, who, point, "", "pain", quote, start, start + len(quote), -0.6,
        0.7, "failed", 0.8, "embedded/1",
    )  # fmt: skip

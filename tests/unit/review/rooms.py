"""Runs to review in tests: made-up tables as a view, and as a run folder beside its corpus; and a
browser to review them with."""

import re
from pathlib import Path

from starlette.testclient import TestClient

from pipeline import tables as t
from pipeline.config import Settings
from pipeline.manifest import Manifest
from pipeline.publish.lookup import look_up
from pipeline.review.app import PAGES, build_app
from pipeline.review.guard import CSRF, Door
from pipeline.review.state.desk import Desk
from pipeline.review.state.view import View
from pipeline.schema import Tables
from pipeline.store import write_manifest, write_tables
from tests.example_run import build_example

PORT = 8321
FOUND = ("mentions", "touchpoints", "aliases", "pain_points", "hypotheses")


def with_found(tables: Tables) -> Tables:
    """Return tables with what the engine is to have found before anybody decided."""
    found = {f"found_{name}": tables[name] for name in FOUND if f"found_{name}" in t.ALL}
    return tables | found


def view_of(decisions: tuple[t.Decision, ...] = ()) -> View:
    tables, manifest = build_example()
    tables = with_found(tables)
    return View(
        tables=tables, lookup=look_up(tables), decisions=decisions, base=tables,
        stale=frozenset(), manifest=manifest, version="1",
    )  # fmt: skip


def make_run(folder: Path) -> tuple[Path, Path]:
    """Write a made-up run and the corpus it is of; return both folders."""
    tables, manifest = build_example()
    corpus, run = folder / "corpus", folder / "outputs" / "2026Q3"
    corpus.mkdir(parents=True)
    name_corpus(corpus, manifest.corpus)
    run.mkdir(parents=True)
    write_tables(run / "tables", with_found(tables))
    write_manifest(run, of_corpus(manifest, corpus, tables))
    return run, corpus


def name_corpus(corpus: Path, name: str) -> None:
    """Write the settings of a corpus, its name alone."""
    (corpus / "corpus.toml").write_text(f'[corpus]\nname = "{name}"\n', encoding="utf-8")


def of_corpus(manifest: Manifest, corpus: Path, tables: Tables) -> Manifest:
    settings = Settings.model_validate({"corpus": {"name": manifest.corpus}})
    return manifest.model_copy(
        update={
            "corpus_folder": str(corpus),
            "settings": settings.model_dump(mode="json"),
            "previous": "",
            "tables": tuple(sorted(with_found(tables))),
        }
    )


def named(desk: Desk, name: str) -> str:
    points = desk.view().lookup.touchpoints
    return next(key for key, point in points.items() if point.name == name)


def paths(desk: Desk) -> list[str]:
    """A path for every page, with ids that are there."""
    lookup = desk.view().lookup
    point = named(desk, "Payroll export")
    known = {
        "touchpoint_id": point,
        "mention_id": lookup.mentions_at[point][0].mention_id,
        "owner": "product",
        **({"edge_id": lookup.edges[0].edge_id} if lookup.edges else {}),
    }
    found = []
    for page in PAGES:
        named_parts = re.findall(r"{(\w+)}", page.path)
        if set(named_parts) <= known.keys():
            found.append(page.path.format(**known))
    return found


class Browser:
    """One reviewer's browser."""

    def __init__(self, desk: Desk, name: str = "", token: str = "") -> None:
        self.desk = desk
        self.app = build_app(desk, Door(PORT, token=token), name)
        self.client = TestClient(
            self.app, f"http://localhost:{PORT}", follow_redirects=False,
            raise_server_exceptions=False,
        )  # fmt: skip
        self.client.get("/name")

    @property
    def csrf(self) -> str:
        return self.client.cookies[CSRF]

    def get(self, path: str):
        return self.client.get(path)

    def post(self, path: str, **fields):
        return self.client.post(path, data={"csrf": self.csrf} | fields)

    def decide(self, action: str, target: str | list[str], /, **fields):
        targets = [target] if isinstance(target, str) else target
        view = self.desk.view()
        seen = [f"{key}:{view.seen(key)}" for key in targets]
        sent = {"action": action, "target_id": target, "seen": seen, "next": "/touchpoints"}
        return self.post("/decisions", **(sent | fields))

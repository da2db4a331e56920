"""Pages of a view as a browser gets them, from a desk whose engine knows words and no model."""

from types import SimpleNamespace

from starlette.testclient import TestClient

from pipeline.review.app import build_app
from pipeline.review.guard import Door
from pipeline.review.state.view import View
from tests.unit.review.quotes import embed
from tests.unit.review.shown import PORT, Page, get


class Desk:
    """Always shows the same view."""

    folder = None
    log = None

    def __init__(self, view: View, vectors=embed) -> None:
        self._view = view
        self.manifest = view.manifest
        self.engine = SimpleNamespace(
            embed=vectors, embed_locally=vectors, has_endpoint_vectors=False
        )

    def view(self) -> View:
        return self._view


def page(view: View, path: str, status: int = 200, vectors=embed) -> Page:
    app = build_app(Desk(view, vectors), Door(PORT), "Ana")
    return get(TestClient(app, base_url=f"http://127.0.0.1:{PORT}"), path, status)

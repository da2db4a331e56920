"""One Chromium for all page tests; it opens files only."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.config import Publish
from pipeline.manifest import Manifest
from pipeline.publish.report import render
from pipeline.schema import Tables
from tests.browser.reviewing import ana, found, own_room, ran, room, served, sit

__all__ = ["ana", "found", "own_room", "ran", "room", "served", "sit"]

Opener = Callable[..., Page]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path("/usr/bin/chromium").exists():
        if os.environ.get("TOUCHPOINTS_BROWSER") == "required":
            pytest.fail("no Chromium at /usr/bin/chromium, and the browser tests are required")
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open the report of a run; the test fails if the page complains about anything."""
    contexts, complaints = [], []

    def opener(run: tuple[Tables, Manifest], width: int = 1440, **options) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render(*run, Publish()), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda r: None if r.url == path.as_uri() else complaints.append(r.url))
        page.goto(path.as_uri())
        return page

    yield opener
    for context in contexts:
        context.close()
    assert complaints == []

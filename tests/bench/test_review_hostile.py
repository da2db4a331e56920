"""Public lists of strings that break programs, in every field of the review app and every address:
no page breaks, and nothing comes back that a browser would run."""

import json
import re
from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest

from pipeline.review.forms.sent import FormError, parse, wanted
from pipeline.review.render import clean_name
from pipeline.review.state.desk import Desk
from tests.unit.review.rooms import Browser, make_run, named, paths

pytestmark = pytest.mark.bench

RUNS = re.compile(
    r"<script(?! src=./review\.js)|\s(on[a-z]+|style)=[\"']|<(img|iframe|svg/|object|embed|base)\b"
    r"|href=.(javascript|data:text)",
    re.IGNORECASE,
)
"""Markup that none of our pages has: what comes back of a text as if it were more than text."""
DONE = {200, 303, 403, 404, 409, 413, 422}


@pytest.fixture(scope="module")
def texts(data):
    folder = data / "hostile"
    naughty = json.loads((folder / "naughty_strings.json").read_text("utf-8"))
    orders = json.loads((folder / "prompt_injection.json").read_text("utf-8"))
    cells = (folder / "csv_formula_payloads.txt").read_text("utf-8").splitlines()
    return [*naughty, *(text for found in orders.values() for text in found), *cells]


@pytest.fixture
def anna(tmp_path):
    return Browser(Desk(*make_run(tmp_path)), "Anna")


def assert_harmless(answer):
    assert answer.status_code in DONE
    tags = re.sub(r">[^<]*<", "><", answer.text)
    assert not RUNS.search(tags), RUNS.search(tags)
    assert answer.headers.get("location", "/").startswith("/")


def test_no_string_breaks_a_form(anna, texts):
    key = named(anna.desk, "Payroll export")
    for text in texts:
        many = {"reason": text, "next": text, "definition": text, "seen": text, "like": text}
        for fields in (
            {"action": text},
            {"action": "score", "value": text},
            {"action": "merge", "into": text},
        ):
            assert_harmless(anna.post("/decisions", **many, target_id=key, **fields))
        assert_harmless(anna.post("/name", name=text, next=text))
    assert anna.desk.view().decisions == ()


def test_no_string_breaks_an_address(anna, texts):
    known = paths(anna.desk)
    for n, text in enumerate(texts):
        query = urlencode({"q": text, "stage": text, "who": text}, errors="replace")
        assert_harmless(anna.get(f"{known[n % len(known)]}?{query}"))
        assert_harmless(anna.get(f"/touchpoints/{quote(text, safe='', errors='replace')}"))


def test_no_string_that_was_decided_breaks_a_page(anna, texts):
    view, drafts, known = anna.desk.view(), [], paths(anna.desk)
    points = list(view.lookup.touchpoints)
    for n, text in enumerate(texts):
        for sent in (
            {"action": "rename", "target_id": points[n % len(points)], "name": text},
            {"action": "redefine", "target_id": points[-1 - n % len(points)], "definition": text},
            {"action": "own", "target_id": points[n % len(points)], "owner": text, "reason": text},
            {"action": "move", "target_id": points[n % len(points)], "stage": text},
        ):
            with suppress(FormError):
                form = parse(urlencode(sent, errors="replace").encode())
                drafts += wanted(form, view, clean_name(text) or "Ben", n).drafts
    anna.desk.decide(drafts, None)
    for path in known:
        assert_harmless(anna.get(path))

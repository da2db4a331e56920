"""The app as a browser meets it: pages, forms, refusals, and whatever else somebody may send."""

import json
import re
import shutil
from contextlib import suppress
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.decisions.actions import ACTIONS
from pipeline.decisions.log import FILE, Log
from pipeline.review.app import LONGEST_BODY, PAGES
from pipeline.review.forms.sent import FormError, parse, wanted
from pipeline.review.render import NAV, clean_name
from pipeline.review.state.desk import Desk
from pipeline.runner import code_hash
from pipeline.store import read_manifest
from tests.unit.review.hostile import HOSTILE, MARKS
from tests.unit.review.rooms import Browser, make_run, named, paths, view_of
from tests.unit.review.served import Desk as Still

KEY = "correct horse battery"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, Path]:
    return make_run(tmp_path_factory.mktemp("written"))


@pytest.fixture
def desk(written, tmp_path) -> Desk:
    shutil.copytree(written[1], tmp_path / "corpus")
    return Desk(written[0], tmp_path / "corpus")


@pytest.fixture
def anna(desk) -> Browser:
    return Browser(desk, "Anna")


@pytest.fixture(scope="module")
def quiet(written) -> Browser:
    """A browser for tests that decide nothing: they share one desk."""
    return Browser(Desk(*written), "Anna")


def text_of(answer) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text).split()))


def test_every_page_is_shown_with_its_place_in_the_navigation(quiet):
    for path in paths(quiet.desk):
        answer = quiet.get(path)
        assert answer.status_code == 200, path
        assert answer.text.count("<h1") == 1, path
        assert answer.text.count("aria-current") >= 1, path
        assert "<script>" not in answer.text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", answer.text), path


def test_every_page_of_the_navigation_is_there(quiet):
    assert {path for path, *_ in NAV} <= {page.path for page in PAGES}
    assert [quiet.get(path).status_code for path, *_ in NAV] == [200] * len(NAV)


def test_the_glossary_is_a_file_that_only_downloads(quiet):
    answer = quiet.get("/glossary.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="glossary.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "Payroll export" in answer.text
    locked = Browser(quiet.desk, "Anna", token=KEY).get("/glossary.csv")
    assert (locked.status_code, "Payroll" in locked.text) == (303, False)


def test_a_run_of_another_version_of_the_program_is_told_before_it_is_published(tmp_path):
    desk = Desk(*make_run(tmp_path))
    told, anna = "The program has changed since this run", Browser(desk, "Anna")
    title = re.search(r'title="(Run the corpus again[^"]*)"', anna.get("/").text)[1]
    assert told in title
    assert told not in text_of(anna.get("/"))
    anna.decide("accept", named(desk, "Help centre"))
    assert told in text_of(anna.get("/"))
    path = desk.folder / "manifest.json"
    now = read_manifest(path)
    own = now.model_copy(update={"versions": now.versions | {"code": code_hash()}})
    path.write_text(own.model_dump_json(indent=1), encoding="utf-8")
    assert told not in anna.get("/").text


def test_head_is_answered_like_get_without_a_body(quiet):
    answer = quiet.client.head("/touchpoints")
    assert (answer.status_code, answer.text) == (200, "")


def test_who_reviews_is_asked_once_and_then_remembered(quiet):
    browser = Browser(quiet.desk)
    answer = browser.get("/touchpoints?stage=Land")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/name?next=%2Ftouchpoints%3Fstage%3DLand",
    )  # fmt: skip
    assert "/touchpoints?stage=Land" in browser.get(answer.headers["location"]).text
    taken = browser.post("/name", name="  Åsa \n Öberg ", next="/touchpoints?stage=Land")
    assert (taken.status_code, taken.headers["location"]) == (303, "/touchpoints?stage=Land")
    assert "Åsa Öberg" in browser.get("/touchpoints").text


@pytest.mark.parametrize("name", ["", "   ", "\n", "\x00\x07"])
def test_nobody_reviews_without_a_name(quiet, name):
    browser = Browser(quiet.desk)
    assert browser.post("/name", name=name).status_code == 422
    assert browser.get("/").status_code == 303
    assert browser.decide("accept", named(quiet.desk, "Help centre")).status_code == 303
    assert quiet.desk.view().decisions == ()


def test_a_decision_is_on_the_disk_and_the_next_page_says_so(anna, desk):
    key = named(desk, "Payroll export")
    answer = anna.decide("rename", key, name="Pay file", reason="what they say")
    assert (answer.status_code, answer.headers["location"]) == (303, "/touchpoints")
    (row,) = Log(desk.corpus_folder).read()
    assert (row.who, row.action, row.target_id, row.reason) == (
        "Anna", "rename", key, "what they say",
    )  # fmt: skip
    shown = text_of(anna.get("/touchpoints"))
    assert "renamed 'Payroll export' to 'Pay file'" in shown
    assert "Done:" not in text_of(anna.get("/touchpoints"))


def test_loading_the_page_again_decides_nothing_again(anna, desk):
    key = named(desk, "Payroll export")
    sent = {"action": "rename", "target_id": key, "seen": f"{key}:", "name": "Pay file"}
    assert anna.post("/decisions", **sent).status_code == 303
    assert anna.post("/decisions", **sent).status_code == 409
    assert len(desk.view().decisions) == 1


def test_undo_last_takes_back_ones_own_last_decision(anna, desk):
    key, other = named(desk, "Payroll export"), named(desk, "Help centre")
    anna.decide("rename", key, name="Pay file")
    Browser(desk, "Ben").decide("accept", other)
    page = anna.get("/touchpoints").text
    form = re.search(r"<form[^>]*>(?:(?!</form>).)*Undo last", page, re.DOTALL)[0]
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert anna.post("/decisions", **hidden).status_code == 303
    lookup = desk.view().lookup
    assert lookup.touchpoints[key].name == "Payroll export"
    assert "Undo last" not in anna.get("/touchpoints").text


def test_undo_last_takes_back_what_settled_a_dispute(anna, desk):
    key = named(desk, "Payroll export")
    anna.decide("accept", key)
    Browser(desk, "Ben").decide("reject", key, reason="not ours")
    first = desk.view().decisions[0].decision_id
    anna.decide("settle", key, decision_id=first)
    settled = desk.view().decisions[-1].decision_id
    page = anna.get("/touchpoints").text
    form = re.search(r"<form[^>]*>(?:(?!</form>).)*Undo last", page, re.DOTALL)[0]
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert hidden["target_id"] == settled
    assert anna.post("/decisions", **hidden).status_code == 303
    assert key not in desk.view().lookup.touchpoints


def test_what_was_made_is_one_link_away(anna, desk):
    key, into = named(desk, "Payroll export"), named(desk, "Help centre")
    quotes = [m.mention_id for m in desk.view().lookup.mentions_at[key][:3]]
    anna.decide("split", key, quotes=quotes, name="Totals")
    child = named(desk, "Totals")
    assert f'<a href="/touchpoints/{child}">Show it</a>' in anna.get("/touchpoints").text
    anna.decide("merge", child, into=into)
    assert f'<a href="/touchpoints/{into}">Show it</a>' in anna.get("/touchpoints").text
    anna.decide("add", "new", name="Lobby")
    lobby = named(desk, "Lobby")
    assert f'<a href="/touchpoints/{lobby}">Show it</a>' in anna.get("/touchpoints").text
    anna.decide("accept", into)
    assert "Show it" not in anna.get("/touchpoints").text
    anna.decide("undo", desk.view().decisions[0].decision_id)
    assert f'<a href="/touchpoints/{key}">Show it</a>' in anna.get("/touchpoints").text


def test_a_split_keeps_the_quotes_that_show_it(anna, desk):
    key = named(desk, "Payroll export")
    chosen = desk.view().lookup.mentions_at[key][:3]
    anna.decide("split", key, quotes=[m.mention_id for m in chosen], name="Totals")
    (row,) = Log(desk.corpus_folder).read()
    assert set(json.loads(row.argument)["like"]) == {m.quote for m in chosen}


def test_a_faulty_form_says_what_it_is_about(quiet):
    key = named(quiet.desk, "Payroll export")
    assert "Not decided yet: Payroll export" in text_of(quiet.decide("rename", key, name=""))
    mention = quiet.desk.view().lookup.mentions_at[key][0]
    told = text_of(quiet.decide("discard", mention.mention_id))
    assert f"Not decided yet: {mention.quote[:30]}" in told


def test_what_is_gone_is_told_under_the_last_name_it_had(anna, desk):
    key = named(desk, "Payroll export")
    anna.decide("rename", key, name="Pay file")
    anna.decide("reject", key, reason="not ours")
    assert "rejected 'Pay file'" in text_of(anna.get("/touchpoints"))


def test_progress_and_the_count_since_the_run_follow_the_decisions(anna, desk):
    assert "reviewed 0 %" in text_of(anna.get("/touchpoints"))
    anna.decide("accept", list(desk.view().lookup.touchpoints))
    page = text_of(anna.get("/touchpoints"))
    assert "reviewed 100 %" in page
    assert f"Publish {len(desk.view().lookup.touchpoints)}" in page


def test_what_two_see_differently_is_shown_and_can_be_decided_all_the_same(anna, desk):
    ben, key = Browser(desk, "Ben"), named(desk, "Payroll export")
    seen = f"{key}:{desk.view().seen(key)}"
    anna.decide("rename", key, name="Anna's name", reason="customers say so")
    answer = ben.decide("rename", key, name="Ben's name", seen=seen)
    assert answer.status_code == 409
    shown = text_of(answer)
    for word in ("Anna", "Payroll export", "Anna's name", "customers say so", "Ben's name"):
        assert word in shown
    form = answer.text[answer.text.rindex('<form method="post"') :]
    hidden = [(name, unescape(v)) for name, v in re.findall(r'name="(\w+)" value="([^"]*)"', form)]
    fields: dict[str, list[str]] = {}
    for name, value in hidden:
        fields.setdefault(name, []).append(value)
    assert ben.client.post("/decisions", data=fields).status_code == 303
    assert desk.view().lookup.touchpoints[key].name == "Ben's name"


def test_a_target_that_others_took_away_is_a_conflict_not_a_fault(anna, desk):
    key, into = named(desk, "Payroll export"), named(desk, "Rota builder")
    seen = f"{key}:"
    anna.decide("merge", key, into=into)
    answer = Browser(desk, "Ben").decide("rename", key, name="Mine", seen=seen)
    assert answer.status_code == 409
    assert "cannot be decided any more" in text_of(answer)
    assert "Decide it all the same" not in answer.text


def test_a_faulty_form_keeps_what_was_typed(quiet):
    key = named(quiet.desk, "Payroll export")
    answer = quiet.decide("redefine", key, definition="x" * 2_001, reason="because <b>I</b> say so")
    assert answer.status_code == 422
    assert "x" * 2_001 in answer.text
    assert 'value="because &lt;b&gt;I&lt;/b&gt; say so"' in answer.text
    assert "Definition: at most 2000 characters" in text_of(answer)
    assert quiet.desk.view().decisions == ()


@pytest.mark.parametrize("csrf", ["", "x", "y" * 43])
def test_a_form_without_our_token_decides_nothing(quiet, csrf):
    key = named(quiet.desk, "Payroll export")
    answer = quiet.decide("rename", key, name="Typed with care", csrf=csrf)
    assert answer.status_code == 403
    assert "Typed with care" in answer.text
    assert quiet.desk.view().decisions == ()


def test_the_token_of_another_browser_will_not_do(quiet):
    other, key = Browser(quiet.desk, "Ben"), named(quiet.desk, "Help centre")
    assert quiet.decide("accept", key, csrf=other.csrf).status_code == 403
    assert quiet.desk.view().decisions == ()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * (LONGEST_BODY + 1), FORM["content-type"], 413),
        (b"a=1&" * 20_000, FORM["content-type"], 422),
        (b'{"action": "accept"}', "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"", FORM["content-type"], 403),
        (b"\xff\xfe\x00=%00", FORM["content-type"], 403),
    ],
)
def test_what_is_no_form_of_ours_is_refused(quiet, body, kind, status):
    answer = quiet.client.post("/decisions", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_split_of_as_many_quotes_as_the_log_allows_is_small_enough():
    quotes = [f"{n:016x}" for n in range(5_000)]
    longest = {"quotes": quotes, "like": ["€" * 2_000] * 12, "definition": "€" * 2_000}
    assert len(urlencode(longest, doseq=True)) < LONGEST_BODY


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/touchpoints/nothing", "/quotes/nothing", "/touchpoints/a%2Fb",
        "/touchpoints/%00", "/touchpoints/..%2f..%2fetc%2fpasswd", "/../../etc/passwd",
        "/review.css/x", "/templates/base.html", "/quotes/" + "a" * 65, "/touchpoints/é",
        "/static/review.css", "/.env", "/touchpoints/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(quiet, path):
    answer = quiet.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text


def test_a_log_that_cannot_be_read_is_told_in_words(anna, desk):
    desk.log.path.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    answer = anna.get("/touchpoints")
    assert answer.status_code == 503
    assert "conflict" in text_of(answer)


def test_a_message_begins_with_a_capital_and_a_path_with_its_own_letter(
    written, tmp_path, monkeypatch
):
    shutil.copytree(written[1], tmp_path / "corpus")
    monkeypatch.chdir(tmp_path)
    anna = Browser(Desk(written[0], Path("corpus")), "Anna")
    (tmp_path / "corpus" / FILE).write_text("<<<<<<< HEAD\n", encoding="utf-8")
    assert f" corpus/{FILE}: line 1: a conflict" in text_of(anna.get("/touchpoints"))
    (tmp_path / "corpus" / FILE).unlink()
    assert " There is nothing at this address." in text_of(anna.get("/touchpoints/%20"))


def test_a_fault_of_ours_shows_no_trace(anna, desk, monkeypatch):
    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(desk, "view", broken)
    answer = anna.get("/touchpoints")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]


def test_with_a_token_its_page_lets_in(quiet):
    browser = Browser(quiet.desk, "Anna", token=KEY)
    assert browser.get("/touchpoints").headers["location"].startswith("/login")
    page = browser.get("/login?next=/touchpoints").text
    assert "Payroll" not in page
    assert browser.post("/login", token=KEY[:-1], next="/touchpoints").status_code == 403
    answer = browser.post("/login", token=KEY, next="/touchpoints")
    assert answer.headers["location"] == "/touchpoints"
    assert browser.get("/touchpoints").status_code == 200


def test_hypotheses_are_proposed_anew_for_one_touchpoint(anna, desk):
    key = next(iter(desk.view().lookup.hypotheses_at))
    answer = anna.post(f"/hypotheses/{key}", next=f"/touchpoints/{key}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/touchpoints/{key}")
    assert desk.view().fresh == {key}
    assert anna.post("/hypotheses/nothing").status_code == 404


def assert_harmless(answer) -> None:
    assert answer.status_code in {200, 303, 403, 404, 405, 409, 422}
    assert not any(mark in answer.text for mark in MARKS)
    location = answer.headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_hostile_text_that_was_decided_is_text_on_every_page(anna, desk):
    """What forms let through stands in the log: here all of it at once."""
    view, drafts = desk.view(), []
    point = named(desk, "Payroll export")
    others = [key for key in view.lookup.touchpoints if key != point]
    mention = view.lookup.mentions_at[point][0].mention_id
    hypotheses = [h.hypothesis_id for hs in view.lookup.hypotheses_at.values() for h in hs]
    for n, text in enumerate(HOSTILE):
        for sent in (
            {"action": "rename", "target_id": others[n % len(others)], "name": text},
            {"action": "redefine", "target_id": point, "definition": text, "reason": text},
            {"action": "own", "target_id": others[-1 - n % len(others)], "owner": text},
            {"action": "add", "name": text, "stage": text, "like": text},
            {"action": "edit_hypothesis", "target_id": hypotheses[n % len(hypotheses)]}
            | {"change": text},
            {"action": "discard", "target_id": mention, "reason": text},
        ):
            with suppress(FormError):
                drafts += wanted(parse(urlencode(sent).encode()), view, text[:80], n).drafts
    assert len(drafts) > 3 * len(HOSTILE)
    keep = [d._replace(who=clean_name(d.who) or "Ben") for d in drafts]
    desk.decide(keep, None)
    for path in paths(desk):
        answer = anna.get(path)
        assert answer.status_code == 200 or path.startswith("/teams/"), path
        assert_harmless(answer)


def test_hostile_text_in_addresses_is_text(quiet):
    known = paths(quiet.desk)
    for n, text in enumerate(HOSTILE):
        query = urlencode({"q": text, "by": text, "stage": text, "who": text, "since": text})
        assert_harmless(quiet.get(f"{known[n % len(known)]}?{query}"))
        assert_harmless(quiet.get(f"/search?{query}"))
        assert_harmless(quiet.get(f"/teams/{quote(text, safe='')}"))


def test_hostile_text_in_faulty_forms_is_text(quiet):
    key = named(quiet.desk, "Payroll export")
    for text in HOSTILE:
        many = {"reason": text, "next": text, "definition": text, "seen": text, "like": text}
        for answer in (
            quiet.post("/decisions", action=text, target_id=text, **many),
            quiet.post("/decisions", action="score", target_id=key, value=text, **many),
            quiet.post("/decisions", action="merge", target_id=key, into=text, **many),
            quiet.post("/decisions", action="rename", target_id=text, name=text, **many),
            quiet.post(
                "/decisions", action="rename", target_id=key, name=text, csrf=text, next=text
            ),
            quiet.post("/publish", csrf=text),
            quiet.post("/name", name=text, next=text),
            quiet.post("/login", token=text, next=text),
        ):
            assert_harmless(answer)
    assert quiet.desk.view().decisions == ()


FIELDS = (
    "action", "target_id", "seen", "reason", "next", "csrf", "name", "into", "value", "quotes",
    "like", "dimension", "definition", "effort", "decision", "mention_id", "touchpoint_id",
    "change", "decision_id", "earlier_id", "stage", "owner", "token", "told",
)  # fmt: skip


@pytest.fixture(scope="module")
def fuzzed(written, tmp_path_factory) -> Browser:
    corpus = tmp_path_factory.mktemp("fuzzed") / "corpus"
    shutil.copytree(written[1], corpus)
    return Browser(Desk(written[0], corpus), "Anna")


def words_of(browser: Browser) -> st.SearchStrategy[str]:
    lookup = browser.desk.view().lookup
    mentions = [m.mention_id for m in list(lookup.mentions.values())[:8]]
    ids = [*list(lookup.touchpoints)[:6], *mentions, *(e.edge_id for e in lookup.edges[:3])]
    ids += [h.hypothesis_id for own in lookup.hypotheses_at.values() for h in own][:3]
    return st.one_of(
        st.sampled_from([*ids, *ACTIONS, *HOSTILE, "0.5", "3", "leave", "emotion", ""]),
        st.text(max_size=40),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_form_ever_breaks_a_page(fuzzed, data):
    word = words_of(fuzzed)
    fields = data.draw(
        st.dictionaries(st.sampled_from(FIELDS), st.lists(word, max_size=3), max_size=8)
    )
    fields["action"] = [data.draw(st.sampled_from([*ACTIONS, "", "dance"]))]
    path = data.draw(st.sampled_from(["/decisions", "/name", "/login", "/hypotheses/x", "/search"]))
    answer = fuzzed.client.post(path, data={"csrf": fuzzed.csrf} | fields)
    assert_harmless(answer)


@pytest.fixture(scope="module")
def linked() -> Browser:
    """A browser of a run with links, which the made-up corpus has none of."""
    return Browser(Still(view_of()), "Anna")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_address_of_a_link_breaks_its_page(linked, data):
    edges = [edge.edge_id for edge in linked.desk.view().lookup.edges]
    key = data.draw(st.one_of(st.sampled_from(edges), words_of(linked)))
    query = data.draw(st.dictionaries(st.sampled_from(["t", "page"]), words_of(linked), max_size=2))
    answer = linked.get(f"/links/{quote(key, safe='')}?{urlencode(query)}")
    assert_harmless(answer)
    assert answer.status_code == (200 if key in edges else 404)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_address_ever_breaks_a_page(fuzzed, data):
    word = words_of(fuzzed)
    start = data.draw(st.sampled_from([re.sub(r"{\w+}", "", page.path) for page in PAGES]))
    path = start.rstrip("/") + (
        "/" + quote(data.draw(word), safe="") if data.draw(st.booleans()) else ""
    )
    fields = st.sampled_from(
        [
            "q",
            "by",
            "stage",
            "mood",
            "state",
            "segment",
            "kind",
            "since",
            "until",
            "show",
            "page",
            "who",
            "action",
            "sort",
            "token",
        ]
    )
    query = data.draw(st.dictionaries(fields, word, max_size=4))
    answer = fuzzed.get(f"{path or '/'}?{urlencode(query)}")
    assert_harmless(answer)

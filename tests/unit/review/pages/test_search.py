"""Search by words and by meaning, and what belongs to no touchpoint."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tables as t
from pipeline.ask import chunk_entries, touchpoint_entries
from pipeline.engines.indexing import index
from pipeline.review.pages.search import MOST, build, find, pattern, pieces, unassigned, warm
from pipeline.review.parts.filtering import Filters
from pipeline.review.parts.sentences import Latest, Sentences, sentences_of
from pipeline.store import INDEX
from tests.unit.review.shown import asked, browser, decision, get, talk, view_of

ANY = {"kind": "", "customer": "", "segment": "", "since": "", "until": ""}


@pytest.fixture(scope="module")
def view():
    return view_of(*talk())


def texts(view, question: str, only: str = "", **filters: str) -> list[str]:
    return [h.text for h in find(asked(view), question, "words", only, Filters(**filters)).hits]


# --- by words


def test_all_words_must_be_there_whole_or_as_a_beginning(view):
    assert texts(view, "slow") == ["Slow chat.", "The chat was slow to answer."]
    assert texts(view, "CHAT ans") == ["The chat was slow to answer."]
    assert texts(view, "slow file") == []


def test_what_staff_say_is_not_searched(view):
    assert texts(view, "help") == []


@pytest.mark.parametrize(
    "question",
    ['"', "a OR b", "chat*", "NEAR(", "text:slow", "slow AND", "'; DROP TABLE said", "–"],
)
def test_signs_of_the_query_language_are_only_words(view, question):
    find(asked(view), question, "words", "", Filters())


def test_filters_of_the_document_hold(view):
    assert texts(view, "slow", source="review") == ["Slow chat."]
    assert texts(view, "slow", segment="small") == ["The chat was slow to answer."]
    assert texts(view, "slow", customer="C1") == ["The chat was slow to answer."]
    assert texts(view, "slow", since="2026-07-02") == []
    assert texts(view, "slow", until="2026-07-01") == ["The chat was slow to answer."]


def test_a_hit_leads_to_its_quote_its_candidate_or_its_sentence(view):
    def key(question: str) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
        (hit,) = find(asked(view), question, "words", "", Filters()).hits
        return hit.key, hit.is_decidable, hit.touchpoints

    assert key("waited hour") == ("m1", True, (("p1", "Hotline"),))
    assert key("nobody there") == ("c1", True, ())
    assert key("thank") == ("st12", False, ())
    assert key("file nobody")[2] == (("p2", "Pay file"), ("p1", "Hotline"))


def test_the_words_found_are_marked():
    assert pieces("Slow? The slowest chat", pattern("slow chat")) == (
        ("Slow", True), ("? The ", False), ("slowest", True), (" ", False), ("chat", True),
    )  # fmt: skip
    assert pattern("–") is None
    assert pieces("as it was", None) == (("as it was", False),)


def test_accents_do_not_matter():
    tables, _ = talk()
    sentences = tables["sentences"]
    changed = sentences["sentence_id"] == "st40"
    tables["sentences"] = sentences.assign(text=sentences["text"].mask(changed, "Café crème."))
    assert Sentences(tables).find("cafe creme", ANY, 5) == ["st40"]


def test_no_more_hits_than_a_page_holds_and_the_rest_is_counted():
    tables, manifest = talk()
    row = t.SENTENCES.rows(tables["sentences"])[0]
    many = [t.Sentence(f"x{n:03}", "t3", "d2", n, n + 1, "The very same words.") for n in range(90)]
    tables["sentences"] = t.SENTENCES.frame([row, *many])
    found = find(asked(view_of(tables, manifest)), "same words", "words", "", Filters())
    assert len(found.hits) <= MOST


def test_the_index_is_made_once_for_a_run(view):
    other = view_of(*talk())
    warm(view)
    first = sentences_of(view.base)
    assert sentences_of(view.base) is first
    assert sentences_of(other.base) is not first


def test_what_was_kept_goes_with_what_it_was_made_from():
    made: Latest[int] = Latest()
    one, two = t.FLAGS.frame(), t.FLAGS.frame()
    assert [made.of(one, lambda: 1), made.of(one, lambda: 2), made.of(two, lambda: 3)] == [1, 1, 3]


@given(
    query=st.dictionaries(
        st.sampled_from(["q", "by", "only", "source", "customer", "since", "until", "page"]),
        st.text(max_size=30),
    )
)
def test_whatever_an_address_asks_is_answered(view, query):
    assert build(asked(view, query))["results"]


# --- what belongs to no touchpoint


def test_what_is_left_over_is_listed_and_leaves_the_list_once_assigned(view):
    assert unassigned(view)["mention_id"].tolist() == ["c1"]
    tables, manifest = talk()
    mention = t.MENTIONS.rows(tables["mentions"])[0]
    candidate = t.CANDIDATES.rows(tables["candidates"])[0]
    moved = t.Mention(
        candidate.mention_id, candidate.document_id, candidate.turn_id, candidate.customer_id, "p3",
        "", "pain", candidate.quote, candidate.start, candidate.end, 0.0, 0.0, "", 1.0,
        mention.engine,
    )  # fmt: skip
    assert candidate.mention_id == "c1"
    tables["mentions"] = t.MENTIONS.frame([*t.MENTIONS.rows(tables["mentions"]), moved])
    assert unassigned(view_of(tables, manifest)).empty


def test_only_what_belongs_to_no_touchpoint(view):
    assert texts(view, "nobody", "unassigned") == ["Nobody there, ever."]
    assert texts(view, "", "unassigned") == ["Nobody there, ever."]
    assert texts(view, "", "unassigned", source="call") == []


def test_left_over_quotes_come_a_page_at_a_time():
    tables, manifest = talk()
    row = next(c for c in t.CANDIDATES.rows(tables["candidates"]) if c.mention_id == "c1")
    shared = {name: getattr(row, name) for name in t.CANDIDATES.columns}
    many = [t.Candidate(**(shared | {"mention_id": f"c{n:03}"})) for n in range(100)]
    tables["candidates"] = t.CANDIDATES.frame(many)
    tables["remainder"] = t.REMAINDER.frame(
        t.Reject(c.mention_id, "resolve", "unassigned", "") for c in many
    )
    client = browser(view_of(tables, manifest))
    seen: list[str] = []
    path = "/search?only=unassigned"
    while path:
        page = get(client, path)
        seen += [key for key in page.all("id") if key.startswith("m-c")]
        path = next((at["href"] for _, at in page.tags if at.get("rel") == "next"), "")
    assert len(seen) == len(set(seen)) == 100


def test_ticked_left_overs_are_assigned_together(view):
    page = get(browser(view), "/search?only=unassigned")
    ticks = [
        at for _, at in page.tags if at.get("form") == "assign" and at.get("type") == "checkbox"
    ]
    assert [at["value"] for at in ticks] == ["c1"]
    assert page.form("reassign")["csrf"]
    assert page.form("add")["csrf"] == page.form("reassign")["csrf"]


def test_quotes_of_a_touchpoint_can_be_moved_from_where_they_were_found(view):
    page = get(browser(view), "/search?q=waited+hour")
    ticks = [at for _, at in page.tags if at.get("form") == "assign" and at.get("value") == "m1"]
    assert len(ticks) == 1


def test_the_touchpoint_that_quotes_are_looked_for_is_chosen_already(view):
    page = get(browser(view), "/search?q=nobody+there&into=p2&source=review")
    offered = page.html.split('name="touchpoint_id"')[1].split("</select>")[0]
    assert re.findall(r'<option value="(\w*)" selected', offered) == ["p2"]
    assert ("input", {"type": "hidden", "name": "into", "value": "p2"}) in page.tags
    assert "/search?source=review&by=meaning&q=nobody+there&into=p2" in page.all("href")


def test_a_touchpoint_that_is_not_there_is_not_looked_for(view):
    assert "into" not in get(browser(view), "/search?q=nobody+there&into=p9").all("name")
    assert build(asked(view, {"q": "nobody", "into": "p9"}))["into"] == ""


def test_a_row_without_a_tick_says_why(view):
    told = "nothing was quoted from it"
    assert told in get(browser(view), "/search?q=thank").text
    assert told not in get(browser(view), "/search?q=nobody+there").text


# --- by meaning


class Engine:
    """Vectors by the letters of a text: near when they share many."""

    has_endpoint_vectors = False
    has_clauses = True

    def embed(self, found: list[str]) -> np.ndarray:
        letters = "abcdefghilmnorstuwy"
        counts = [[text.casefold().count(letter) for letter in letters] for text in found]
        rows = np.array(counts, dtype=np.float32).reshape(-1, len(letters))
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def test_meaning_finds_the_nearest_with_their_quotes(tmp_path):
    tables, manifest = talk()
    turns = t.TURNS.rows(tables["turns"])
    tables["chunks"] = t.CHUNKS.frame(
        t.Chunk(f"k{n}", turn.document_id, turn.position, turn.text) for n, turn in enumerate(turns)
    )
    tables["chunk_spans"] = t.CHUNK_SPANS.frame(
        t.ChunkSpan(f"k{n}", turn.turn_id, 0, len(turn.text)) for n, turn in enumerate(turns)
    )
    engine = Engine()
    index(
        tmp_path / INDEX,
        {
            "chunks": chunk_entries(tables, engine),
            "touchpoints": touchpoint_entries(tables, engine),
        },
    )
    view = view_of(tables, manifest)
    desk = SimpleNamespace(folder=tmp_path, engine=engine)
    ask = asked(view)._replace(desk=desk)
    found = find(ask, "The chat was slow to answer", "meaning", "", Filters())
    assert found.hits[0].key == "m4"
    assert found.hits[0].touchpoints == (("p3", "Chat"),)
    assert float(found.hits[0].fit) > float(found.hits[-1].fit)
    assert "need not be near" in found.note
    odd = find(ask, "qqq zzz", "meaning", "", Filters())
    assert odd.note.startswith("Nothing fits this question")
    assert odd.hits
    narrowed = find(ask, "The chat was slow", "meaning", "", Filters(source="review"))
    assert {hit.source for hit in narrowed.hits} == {"review"}


def test_a_run_without_an_index_says_what_to_do(view, tmp_path):
    ask = asked(view)._replace(desk=SimpleNamespace(folder=tmp_path, engine=Engine()))
    found = find(ask, "slow", "meaning", "", Filters())
    assert found.hits == ()
    assert "run the corpus again" in found.note


def test_a_day_that_is_none_is_told(view, tmp_path):
    ask = asked(view)._replace(desk=SimpleNamespace(folder=tmp_path, engine=Engine()))
    assert "is no day" in find(ask, "slow", "meaning", "", Filters(since="soon")).note


# --- the page


def test_the_page_asks_before_it_answers(view):
    page = get(browser(view), "/search")
    assert "1 quote belongs to no touchpoint" in page.text
    assert page.form("add", "new")["next"] == ["/touchpoints/new"]


def test_what_was_asked_stays_in_the_form_and_goes_to_the_other_way(view):
    page = get(browser(view), "/search?q=%3Cb%3E+slow&by=words&source=review")
    assert "<b> slow" not in page.html
    assert "/search?source=review&by=meaning&q=%3Cb%3E+slow" in page.all("href")


def test_seen_of_a_hit_is_the_last_decision_about_its_quote():
    rows = (decision("discard", "c1"),)
    found = find(asked(view_of(*talk(), rows)), "nobody there", "words", "", Filters())
    assert found.hits[0].seen == rows[0].decision_id

"""A link with what it says, how it was tested and who said so."""

from dataclasses import replace

import pytest

from pipeline import tables as t
from pipeline.review.pages.links import find_edge, how_tested, witnesses
from pipeline.review.parts.dossier import origin_of
from pipeline.review.state.view import MissingError
from tests.example_run import NAN, build_example
from tests.unit.review.quotes import document, mention, point, run
from tests.unit.review.shown import browser, decision, get, view_of


@pytest.fixture(scope="module")
def view():
    return view_of(*build_example())


@pytest.fixture(scope="module")
def follows(view):
    return next(e for e in view.lookup.edges if e.kind == "follows")


@pytest.fixture(scope="module")
def influences(view):
    return next(e for e in view.lookup.edges if e.kind == "influences")


def test_figures_of_the_test_are_told_in_words(follows):
    edge = replace(
        follows, step="next", n_customers=12, n_expected=5.04, lift=2.38, p_value=0.0004,
        q_value=0.0123,
    )  # fmt: skip
    told = how_tested(edge)
    assert told[0] == "12 customers spoke of the second after the first, with nothing between them."
    assert told[1].startswith("Chance would bring about 5.0:")
    assert told[2] == "That is 2.4 times what chance brings."
    assert told[3].endswith("less than 0.1 % of shuffles (p below 0.001).")
    assert "at most 1.2 % are expected to be chance (q 0.012)" in told[4]
    assert told[-1] == "Order alone does not say that one causes the other."


def test_what_was_not_computed_is_not_told(follows):
    bare = replace(follows, n_expected=NAN, lift=NAN, p_value=NAN, q_value=NAN)
    assert len(how_tested(bare)) == 2


def test_a_stated_cause_is_not_called_a_test(view, influences):
    assert all("chance" not in line for line in how_tested(influences))
    page = get(browser(view), f"/links/{influences.edge_id}")
    assert "How it is known" in page.text
    assert origin_of(view, influences).kind == "evidenced"


def test_quotes_behind_a_link_lead_to_their_conversation(view, follows):
    found = witnesses(view, follows)
    assert found
    page = get(browser(view), f"/links/{follows.edge_id}")
    for witness in found:
        assert f"/quotes/{witness.quote.mention_id}" in page.all("href")


def journey(*quotes):
    """A link from 'a' to 'b', of one customer's quotes in the order they were said: as 'a early',
    the touchpoint and the words."""
    mentions = [
        mention(f"m{n}", text[0], text, customer_id=who) for n, (who, text) in enumerate(quotes)
    ]
    documents = [
        replace(document(m), occurred_at=f"2026-08-{n + 1:02}T00:00:00+00:00")
        for n, m in enumerate(mentions)
    ]
    edge = t.Edge("e1", "a", "b", "follows", "next", 1, 0.1, 9.0, 0.01, 0.01, 0.5, True)
    proofs = [t.EdgeEvidence("e1", m.mention_id, m.quote) for m in mentions if m.quote[-1] == "!"]
    return run(
        [point("a", "Trial"), point("b", "Quote")], mentions, documents=documents, edges=[edge],
        edge_evidence=proofs,
    )  # fmt: skip


def test_an_order_is_shown_by_both_of_its_ends():
    view = journey(
        ("C1", "a early"), ("C1", "a last"), ("C2", "a of another"), ("C1", "b then!"),
        ("C1", "a after"),
    )  # fmt: skip
    [witness] = witnesses(view, view.lookup.edges[0])
    assert (witness.first.text, witness.quote.text) == ("a last", "b then!")
    shown = get(browser(view), "/links/e1")
    assert shown.text.index("a last") < shown.text.index("b then!")
    assert "a after" not in shown.text
    assert "/quotes/m1" in shown.all("href")
    assert "from 1 of 1 customer " in shown.text


def test_an_end_that_a_customer_never_spoke_of_before_is_left_out():
    view = journey(("C2", "a of another"), ("C1", "b then!"))
    [witness] = witnesses(view, view.lookup.edges[0])
    assert witness.first is None


def test_a_causal_sentence_is_shown_once_and_whole():
    tables, manifest = build_example()
    edge = next(e for e in t.EDGES.rows(tables["edges"]) if e.kind == "influences")
    mentions = t.MENTIONS.rows(tables["mentions"])
    first = mentions[0]
    second = next(m for m in mentions[1:] if m.customer_id == first.customer_id)
    whole = f"{first.quote} because {second.quote}"
    tables["edge_evidence"] = t.EDGE_EVIDENCE.frame(
        t.EdgeEvidence(edge.edge_id, m.mention_id, whole) for m in (first, second)
    )
    (witness,) = witnesses(view_of(tables, manifest), edge)
    assert witness.quote.text == whole


def test_a_link_is_confirmed_or_hidden_from_its_page(view, follows):
    page = get(browser(view), f"/links/{follows.edge_id}")
    for action in ("confirm", "hide"):
        assert page.form(action, follows.edge_id)["seen"] == [f"{follows.edge_id}:"]


def test_a_hidden_link_says_so_and_who_hid_it(follows):
    tables, manifest = build_example()
    edges = tables["edges"]
    own = edges["edge_id"] == follows.edge_id
    hidden = edges.assign(review=edges["review"].where(~own, "hidden"))
    tables["edges"] = hidden.assign(is_shown=hidden["is_shown"] & ~own)
    rows = (decision("hide", follows.edge_id, reason="dates of the fair", who="Ben"),)
    view = view_of(tables, manifest, rows)
    assert origin_of(view, find_edge(view, follows.edge_id)).told == "by Ben, 1 Oct 2026"
    page = get(browser(view), f"/links/{follows.edge_id}")
    assert "dates of the fair" in page.text
    assert page.form("undo", rows[0].decision_id)


def test_a_link_that_decisions_took_away_is_missing(view):
    with pytest.raises(MissingError, match="decisions"):
        find_edge(view, "nothing")
    get(browser(view), "/links/nothing", 404)

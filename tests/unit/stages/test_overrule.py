import math

import pytest

from pipeline import tables as t
from pipeline.config import Resolve
from pipeline.stages.decide import decide
from pipeline.stages.overrule import (
    overrule_changes,
    overrule_hypotheses,
    overrule_network,
    overrule_priorities,
    overrule_scores,
)
from tests.unit.stages.reviewed import PERIOD, SAID, Log, build, place, vectors

NAN = math.nan


def edge(source, target, kind="follows"):
    step = "next" if kind == "follows" else "stated"
    key = f"{source} {target} {kind}"
    return t.Edge(key, source, target, kind, step, 5, 1.0, 5.0, 0.01, 0.01, 0.5, True)


class Case:
    """Decisions about the small run, its links, scores and hypotheses."""

    def __init__(self):
        self.log = Log()
        found = build()
        self.found = found
        self.edges = [edge("letter", "billing"), edge("billing", "chat", "influences")]
        self.moments = [t.Moment("letter", "leave", "1 customer said here", 1, "l1")]
        self.hypotheses = [
            t.Hypothesis(f"h{n}", "letter", n, f"lever {n}", *["do"] * 7, "proposed")
            for n in (1, 2)
        ]  # fmt: skip

    @property
    def tables(self):
        done = decide(self.found, self.log.frame, vectors, PERIOD, Resolve())
        ids = done.touchpoints["touchpoint_id"].tolist()
        kept = {e.edge_id: e for e in self.edges if {e.source_id, e.target_id} <= set(ids)}
        return done._asdict() | {
            "documents": t.DOCUMENTS.frame(
                t.Document(f"d{n}", "survey", "", "", row[3], False, "", "", "", "", "en", NAN, "",
                           "", NAN, "")
                for n, row in enumerate(SAID)
            ),
            "edges": t.EDGES.frame(kept.values()),
            "moments": t.MOMENTS.frame(m for m in self.moments if m.touchpoint_id in ids),
            "scores": t.SCORES.frame(
                t.Score(key, name, 0.5, 0.2, 0.8, 5, "x", "counted", 0.4)
                for key in ids for name in ("emotion", "function", "frequency", "impact")
            ),
            "found_hypotheses": t.HYPOTHESES.frame(self.hypotheses),
        }  # fmt: skip

    def edge(self, source, target):
        rows = t.EDGES.rows(overrule_network(self.tables)["edges"])
        return next(e for e in rows if (e.source_id, e.target_id) == (source, target))

    def marked(self):
        rows = t.MOMENTS.rows(overrule_network(self.tables)["moments"])
        return {(m.touchpoint_id, m.decision): m for m in rows}

    def score(self, key, dimension):
        rows = t.SCORES.rows(overrule_scores(self.tables)["scores"])
        return next(s for s in rows if (s.touchpoint_id, s.dimension) == (key, dimension))

    def proposed(self):
        rows = t.HYPOTHESES.rows(overrule_hypotheses(self.tables)["hypotheses"])
        return {h.hypothesis_id: h for h in rows}


@pytest.fixture
def case():
    return Case()


def ended(written, key):
    rows = {
        row.decision_id: (row.state, row.note) for row in t.DECISIONS.rows(written["decisions"])
    }
    return rows[key]


def test_links_are_found_again_by_their_ends(case):
    case.log("hide", "e9", source_id="letter", target_id="billing", kind="follows")
    key = case.log("confirm", "e8", source_id="billing", target_id="chat", kind="influences")
    hidden, confirmed = case.edge("letter", "billing"), case.edge("billing", "chat")
    assert (hidden.review, hidden.is_shown) == ("hidden", False)
    assert (confirmed.review, confirmed.is_shown) == ("confirmed", True)
    assert ended(overrule_network(case.tables), key) == ("applied", "")


def test_link_follows_a_merge(case):
    case.log("merge", "letter", into="chat")
    case.edges.append(edge("chat", "billing"))
    case.log("hide", "e9", source_id="letter", target_id="billing", kind="follows")
    assert case.edge("chat", "billing").review == "hidden"


def test_link_that_is_not_there_waits(case):
    key = case.log("hide", "e9", source_id="letter", target_id="billing", kind="influences")
    state, note = ended(overrule_network(case.tables), key)
    assert (state, note) == (
        "waiting", "no link (influences) from 'Letter' to 'Bill' in this period"
    )  # fmt: skip


def test_moments_are_marked_and_unmarked(case):
    case.log("mark", "billing", reason="they told us", decision="stay", mention_id="b2")
    case.log("unmark", "letter", decision="leave")
    [(key, moment)] = case.marked().items()
    assert key == ("billing", "stay")
    assert (moment.reason, moment.n_customers) == ("marked by Ann: they told us", 0)
    assert moment.quote_mention_id == "b2"


def test_mark_that_no_quote_shows_waits(case):
    case.log("discard", "b2", reason="no", **place("b2"))
    key = case.log("mark", "billing", decision="stay", mention_id="b2")
    written = overrule_network(case.tables)
    assert ended(written, key) == ("waiting", "no quote of this period shows it")


def test_mark_of_what_is_a_moment_changes_nothing(case):
    case.log("mark", "letter", decision="leave")
    assert case.marked() == {("letter", "leave"): case.moments[0]}


def test_unmark_of_no_moment_and_mark_of_what_nobody_tells_of_wait(case):
    case.log("add", "new", name="New")
    first = case.log("unmark", "chat", decision="leave")
    second = case.log("mark", "new", decision="buy")
    written = overrule_network(case.tables)
    assert ended(written, first)[1] == "customers do not decide to leave at 'Chat' in this period"
    assert ended(written, second)[1] == "no quote of this period shows it"


def test_score_of_a_reviewer_tells_who_and_why(case):
    case.log("score", "letter", reason="contract", dimension="impact", value=0.9)
    row = case.score("letter", "impact")
    assert (row.value, row.label, row.confidence) == (0.9, "mission-critical", 1.0)
    assert math.isnan(row.low)
    assert math.isnan(row.high)
    assert row.basis == (
        "set by Ann in 2026Q3: contract; customers' own figure: 50 % (20 % to 80 %), 5 customers"
    )
    assert case.score("letter", "emotion").basis == "counted"


def test_what_customers_say_against_a_score_of_a_reviewer_is_noted(case):
    out = case.log("score", "letter", reason="x", dimension="emotion", value=-0.9)
    within = case.log("score", "letter", reason="x", dimension="function", value=0.8)
    written = overrule_scores(case.tables)
    own = "customers' own figure: +0.50 (+0.20 to +0.80), 5 customers"
    assert ended(written, out) == ("applied", f"−0.90 lies outside {own}")
    assert ended(written, within) == ("applied", "")


def test_a_score_too_few_told_of_is_noted_as_that(case):
    few = t.Score("letter", "impact", NAN, NAN, NAN, 2, "too few", "counted", 0.1)
    log = case.log("score", "letter", reason="x", dimension="impact", value=0.9)
    written = overrule_scores(case.tables | {"scores": t.SCORES.frame([few])})
    assert ended(written, log) == ("applied", "")
    [row] = t.SCORES.rows(written["scores"])
    assert row.basis.endswith("; customers' own figure: too few")


def test_score_of_what_was_merged_waits(case):
    case.log("merge", "letter", into="chat")
    told = {"dimension": "impact", "value": 0.9, "before": {"name": "Letter"}}
    key = case.log("score", "letter", reason="contract", **told)
    written = overrule_scores(case.tables)
    assert ended(written, key) == ("waiting", "'Letter' is now part of 'Chat'")
    assert case.score("chat", "impact").basis == "counted"


def test_effort_of_a_reviewer_is_marked(case):
    case.log("effort", "letter", reason="small", effort=1.0)
    rows = [
        t.Priority(key, n, 1, 2, 0.5, 0.5, 0.5, 0.5, 0.5, 3, "assumed", 0.1, True, False, "")
        for n, key in enumerate(("letter", "chat"), 1)
    ]
    done = overrule_priorities(t.PRIORITIES.frame(rows), case.tables)
    assert dict(done[["touchpoint_id", "effort_basis"]].to_numpy().tolist()) == {
        "letter": "reviewer", "chat": "assumed"
    }  # fmt: skip


@pytest.mark.parametrize(("action", "argument"), [("reject", {}), ("merge", {"into": "chat"})])
def test_effort_of_what_is_no_more_is_let_go(case, action, argument):
    case.log("effort", "letter", reason="small", effort=1.0)
    case.log(action, "letter", reason="no", **argument)
    row = t.Priority("chat", 1, 1, 2, 0.5, 0.5, 0.5, 0.5, 0.5, 3, "assumed", 0.1, True, False, "")
    done = overrule_priorities(t.PRIORITIES.frame([row]), case.tables)
    assert done["effort_basis"].tolist() == ["assumed"]


def test_proposal_of_the_same_lever_that_says_something_else_is_another(case):
    before = {"touchpoint_id": "letter", "lever": "lever 2", "change": "Build a bridge of steel"}
    key = case.log("drop_hypothesis", "gone", reason="no", before=before)
    assert ended(overrule_hypotheses(case.tables), key)[0] == "waiting"
    assert case.proposed()["h2"].status == "proposed"


def test_hypotheses_are_accepted_edited_and_dropped(case):
    case.log("edit_hypothesis", "h1", change="do more", owner="")
    case.log("accept_hypothesis", "h1")
    case.log("drop_hypothesis", "h2", reason="too dear")
    rows = case.proposed()
    assert (rows["h1"].status, rows["h1"].change) == ("accepted", "do more")
    assert rows["h2"].status == "dropped"


def test_hypothesis_is_found_again_by_touchpoint_and_lever(case):
    before = {"touchpoint_id": "letter", "lever": "lever 2"}
    case.log("drop_hypothesis", "gone", reason="no", before=before)
    away = case.log("drop_hypothesis", "away", reason="no", before=before | {"lever": "other"})
    assert case.proposed()["h2"].status == "dropped"
    note = "no such hypothesis is proposed for 'Letter' in this period"
    assert ended(overrule_hypotheses(case.tables), away) == ("waiting", note)


def test_link_to_the_period_before_holds_when_it_is_there(case):
    key = case.log("link", "letter", earlier_id="mail")
    earlier = case.tables["touchpoints"]
    assert ended(overrule_changes(case.tables, earlier), key)[0] == "applied"
    state, note = ended(overrule_changes(case.tables, earlier[:0]), key)
    assert (state, note) == ("waiting", "no touchpoint of that id in the period before")
    assert ended(overrule_changes(case.tables, None), key)[0] == "waiting"


def test_undone_and_superseded_decisions_stay_what_they_are(case):
    key = case.log("score", "letter", reason="x", dimension="impact", value=0.9)
    last = case.log("score", "letter", reason="y", dimension="impact", value=0.1)
    case.log("undo", last)
    written = overrule_scores(case.tables)
    assert ended(written, key)[0] == "applied"
    assert ended(written, last)[0] == "undone"
    assert case.score("letter", "impact").value == 0.9


def test_without_decisions_nothing_changes(case):
    tables = case.tables
    written = overrule_network(tables) | overrule_scores(tables) | overrule_hypotheses(tables)
    for name in ("edges", "moments", "scores"):
        assert written[name].equals(tables[name])
    assert written["hypotheses"].equals(tables["found_hypotheses"])

"""Briefs are gathered from the tables; proposals that invent anything are rejected alone."""

import re
from dataclasses import replace
from math import isnan, nan

import pytest

from pipeline import tables as t
from pipeline.briefs import Brief, Neighbour, Pain, Proposal, Quote
from pipeline.config import Hypothesize
from pipeline.schema import Tables
from pipeline.stages.hypothesize import build_briefs, hypothesize

SETTINGS = Hypothesize()
N_MID, N_SMALL = 8, 8
PRAISED = {"polarity": 0.8, "outcome": "worked"}


def document(place: int, segment: str, **changes) -> t.Document:
    row = t.Document(
        document_id=f"d{place:02}", kind="call", path="a.txt", locator="",
        customer_id=f"c{place:02}", is_anonymous=False, account_id="", segment=segment,
        channel="phone", occurred_at="", language="en", score=nan,
        score_kind="", outcome="", value=nan, duplicate_of="",
    )  # fmt: skip
    return replace(row, **changes)


def mention(place: int, kind: str, quote: str, **changes) -> t.Mention:
    pain = "late" if kind == "pain" else ""
    row = t.Mention(
        mention_id=f"{kind}{place:02}", document_id=f"d{place:02}", turn_id=f"t{place:02}",
        customer_id=f"c{place:02}", touchpoint_id="export", pain_point_id=pain, kind=kind,
        quote=quote, start=0, end=len(quote), polarity=-0.5, intensity=0.5, outcome="failed",
        confidence=0.9, engine="test",
    )  # fmt: skip
    return replace(row, **changes)


def touchpoint(key: str, name: str, owner: str = "") -> t.Touchpoint:
    return t.Touchpoint(
        touchpoint_id=key, name=name, definition="", stage="Adoption", channel="", owner=owner,
        origin="catalogue", audience="customer", effort=nan, position=0, n_customers=16,
        n_mentions=20,
    )  # fmt: skip


def edge(key: str, source: str, target: str, kind: str, n: int, step: str = "next") -> t.Edge:
    return t.Edge(key, source, target, kind, step, n, 1.0, 2.0, 0.01, 0.02, 0.5, True)


def priority(key: str, rank: int, is_chosen: bool) -> t.Priority:
    return t.Priority(
        touchpoint_id=key, rank=rank, rank_low=1, rank_high=3, p_top3=0.9, reach=0.5, severity=0.5,
        impact=0.5, confidence=0.5, effort=3.0, effort_basis="assumed", priority=0.1,
        is_chosen=is_chosen, is_quick_win=False, reason="",
    )  # fmt: skip


def score(dimension: str, value: float) -> t.Score:
    return t.Score("export", dimension, value, value - 0.1, value + 0.1, 16, "", "", 0.5)


def run_tables() -> Tables:
    """Sixteen customers at the export; all eight of `mid` are hurt, one of `small` is."""
    documents = [document(i, "mid" if i < N_MID else "small") for i in range(N_MID + N_SMALL)]
    documents += [
        document(90, "", kind="analytics"),
        document(91, "", duplicate_of="d00"),
        document(92, "small"),
    ]
    hurt = [mention(i, "pain", f"the file was late, day {i}") for i in range(N_MID + 1)]
    fine = [mention(i, "experience", "it came") for i in range(N_MID, N_MID + N_SMALL)]
    said = [
        mention(10, "praise", "fast when it works", **PRAISED),
        mention(2, "suggestion", "send it the evening before"),
        mention(3, "expectation", "I thought it would be there at nine"),
    ]
    return {
        "documents": t.DOCUMENTS.frame(documents),
        "mentions": t.MENTIONS.frame([*hurt, *fine, *said]),
        "touchpoints": t.TOUCHPOINTS.frame(
            [
                touchpoint("export", "Payroll export", "Product"),
                touchpoint("chat", "Live chat", "Support"),
                touchpoint("renewal", "Renewal"),
            ]
        ),
        "pain_points": t.PAIN_POINTS.frame(
            [t.PainPoint("late", "export", "file late", 9, 9, 0.6, "pain04")]
        ),
        "edges": t.EDGES.frame(
            [
                edge("e1", "export", "chat", "follows", 7),
                edge("e2", "export", "chat", "follows", 5, "eventual"),
                edge("e3", "export", "renewal", "influences", 3, "stated"),
                edge("e4", "chat", "export", "follows", 2),
                edge("e5", "export", "gone", "follows", 9),
            ]
        ),
        "edge_evidence": t.EDGE_EVIDENCE.frame(
            [
                t.EdgeEvidence("e3", "pain02", "we leave because it is late every single month"),
                t.EdgeEvidence("e3", "pain03", "we leave because it is late"),
                t.EdgeEvidence("e1", "pain01", "the file was late, day 1"),
            ]
        ),
        "scores": t.SCORES.frame([score("emotion", -0.4), score("function", 0.3)]),
        "stages": t.STAGES.frame([t.Stage("Adoption", 0, "", "", "two clean runs", 90, "", "")]),
        "priorities": t.PRIORITIES.frame(
            [priority("export", 2, True), priority("chat", 1, True), priority("renewal", 3, False)]
        ),
    }


@pytest.fixture
def briefs() -> list[Brief]:
    return build_briefs(run_tables(), SETTINGS)


@pytest.fixture
def export(briefs) -> Brief:
    return briefs[1]


def test_only_chosen_touchpoints_get_a_brief_most_urgent_first(briefs):
    assert [brief.name for brief in briefs] == ["Live chat", "Payroll export"]


def test_brief_holds_counts_scores_and_stage(export):
    assert (export.n_customers, export.n_pain_customers, export.n_all_customers) == (16, 9, 17)
    assert (export.emotion, export.function, export.n_function_customers) == (-0.4, 0.3, 16)
    assert (export.emotion_low, export.emotion_high) == pytest.approx((-0.5, -0.3))
    assert (export.owner, export.stage_done_when, export.stage_timeframe_days) == (
        "Product",
        "two clean runs",
        90,
    )


def test_brief_holds_what_customers_said(export):
    assert [pain.name for pain in export.pains] == ["file late"]
    quotes = export.pains[0].quotes
    assert len(quotes) == 8
    assert "pain04" in {quote.mention_id for quote in quotes}
    assert quotes[0].segment == "mid"
    assert quotes[0].channel == "phone"
    assert [q.text for q in export.praises] == ["fast when it works"]
    assert [q.text for q in export.suggestions] == ["send it the evening before"]
    assert [q.text for q in export.expectations] == ["I thought it would be there at nine"]


@pytest.mark.parametrize(
    ("changes", "scored"),
    [
        ({"polarity": 0.5}, {}),
        ({"outcome": "failed"}, {}),
        ({"document_id": "d01"}, {}),
        ({}, {"score": 6.0, "score_kind": "nps"}),
        ({}, {"score": 2.0, "score_kind": "stars"}),
    ],
    ids=["weak", "failed", "complains too", "detractor", "two stars"],
)
def test_praise_that_may_be_none_is_not_in_the_brief(changes, scored):
    tables = run_tables()
    praise = mention(50, "praise", "never seen the like", **PRAISED | changes)
    author = document(50, "mid", **scored)
    tables["mentions"] = t.MENTIONS.frame([*t.MENTIONS.rows(tables["mentions"]), praise])
    tables["documents"] = t.DOCUMENTS.frame([*t.DOCUMENTS.rows(tables["documents"]), author])
    assert [q.text for q in build_briefs(tables, SETTINGS)[1].praises] == ["fast when it works"]


def test_praise_of_a_content_customer_is_in_the_brief():
    tables = run_tables()
    praise = mention(50, "praise", "a joy", **PRAISED)
    author = document(50, "mid", score=9.0, score_kind="nps")
    tables["mentions"] = t.MENTIONS.frame([*t.MENTIONS.rows(tables["mentions"]), praise])
    tables["documents"] = t.DOCUMENTS.frame([*t.DOCUMENTS.rows(tables["documents"]), author])
    assert "a joy" in {q.text for q in build_briefs(tables, SETTINGS)[1].praises}


def test_neighbours_of_both_kinds_stand_once_with_their_statement(export):
    assert [(n.name, n.kind, n.n_customers, n.quote, n.mention_id) for n in export.outgoing] == [
        ("Renewal", "influences", 3, "we leave because it is late", "pain03"),
        ("Live chat", "follows", 7, "", ""),
    ]
    assert [(n.name, n.owner) for n in export.incoming] == [("Live chat", "Support")]


def test_segment_is_named_only_when_clearly_worse(export):
    assert (export.worst_segment, export.n_segment, export.n_segment_pain) == ("mid", 8, 8)
    even = run_tables()
    mentions = even["mentions"]
    even["mentions"] = mentions[~mentions["mention_id"].isin([f"pain0{i}" for i in range(1, 8)])]
    brief = build_briefs(even, SETTINGS)[1]
    assert (brief.worst_segment, brief.n_segment, brief.n_segment_pain) == ("", 0, 0)


def test_segment_of_four_customers_is_never_named():
    frames = run_tables()
    mentions = frames["mentions"]
    frames["mentions"] = mentions[~mentions["customer_id"].isin(["c04", "c05", "c06", "c07"])]
    assert build_briefs(frames, SETTINGS)[1].worst_segment == ""


def test_pains_without_a_name_stand_as_one():
    frames = run_tables()
    frames["pain_points"] = t.PAIN_POINTS.frame()
    mentions = frames["mentions"]
    frames["mentions"] = mentions.assign(pain_point_id="", quote=mentions["quote"] + ".")
    pain = build_briefs(frames, SETTINGS)[1].pains[0]
    assert pain.pain_point_id == ""
    assert pain.n_customers == 9
    assert re.search("such as “the file was late, day .”$", pain.name)


def test_touchpoint_nobody_scored_or_mentioned_is_a_thin_brief(briefs):
    chat = briefs[0]
    assert isnan(chat.emotion)
    assert isnan(chat.function)
    assert chat.n_function_customers == 0
    assert chat.pains == ()
    assert chat.worst_segment == ""


def test_tables_stay_untouched_and_row_order_does_not_matter():
    frames = run_tables()
    before = {name: frame.copy() for name, frame in frames.items()}
    shuffled = {name: frame.iloc[::-1] for name, frame in frames.items()}
    assert build_briefs(frames, SETTINGS) == build_briefs(shuffled, SETTINGS)
    assert all(frames[name].equals(before[name]) for name in frames)


def test_no_chosen_touchpoint_no_brief():
    frames = {name: frame.iloc[:0] for name, frame in run_tables().items()}
    assert build_briefs(frames, SETTINGS) == []


CHANGES = (
    "Check every total against the rota before the file leaves and hold it back on a difference.",
    "Send customers a text the evening before with the hour at which they can expect the file.",
    "Give each clinic one named person for pay questions, with a deputy during holidays.",
    "Let the payroll clerk start the run again alone from the screen that shows the fault.",
    "Call each customer whose file failed within a day and correct it while they listen.",
    "Watch five clerks at month end and remove the two screens that none of them reads.",
)


def proposal(place: int = 0, **changes) -> Proposal:
    row = Proposal(
        touchpoint_id="export", lever=f"Lever {place}", change=CHANGES[place], resources="Product.",
        measure="Share of customers.", baseline="9 of 16.", target="5 of 16.",
        side_effects="None known.",
        mention_ids=("pain00", "pain01"),
    )  # fmt: skip
    return replace(row, **changes)


def five() -> list[Proposal]:
    return [proposal(place) for place in range(5)]


def reasons(export: Brief, *proposals: Proposal) -> list[str]:
    rejects = hypothesize([export], list(proposals), SETTINGS).rejects
    return sorted(set(rejects["reason"]) - {"fewer_than_five"})


def test_five_good_proposals_become_five_hypotheses(export):
    out = hypothesize([export], five(), SETTINGS)
    rows = out.hypotheses.sort_values("position")
    assert rows["position"].tolist() == [1, 2, 3, 4, 5]
    assert rows["change"].tolist() == list(CHANGES[:5])
    assert set(rows["owner"]) == {"Product"}
    assert set(rows["status"]) == {"proposed"}
    assert len(out.hypothesis_evidence) == 10
    assert out.rejects.empty


def test_same_proposals_same_ids(export):
    first, second = (hypothesize([export], five(), SETTINGS) for _ in range(2))
    assert first.hypotheses.equals(second.hypotheses)
    assert first.hypothesis_evidence.equals(second.hypothesis_evidence)


def test_evidence_is_capped_and_named_once(export):
    many = ("pain00", "pain00", "pain01", "pain02", "pain03")
    out = hypothesize([export], [proposal(mention_ids=many)], SETTINGS)
    assert out.hypothesis_evidence["mention_id"].tolist() == ["pain00", "pain01", "pain02"]


def test_a_bad_proposal_is_rejected_alone(export):
    out = hypothesize([export], [*five()[:4], proposal(4, target=" ")], SETTINGS)
    assert len(out.hypotheses) == 4
    assert out.rejects["reason"].tolist() == ["fewer_than_five", "empty_field"]
    assert "4 of 5" in out.rejects["detail"][0]
    assert "target" in out.rejects["detail"][1]


def test_a_replacement_fills_the_place(export):
    out = hypothesize([export], [proposal(5, lever=""), *five()], SETTINGS)
    assert len(out.hypotheses) == 5
    assert out.rejects["reason"].tolist() == ["empty_field"]


def test_missing_proposals_are_visible(export):
    out = hypothesize([export], [], SETTINGS)
    assert out.hypotheses.empty
    assert out.rejects["reason"].tolist() == ["fewer_than_five"]


def test_a_sixth_proposal_is_too_many(export):
    assert reasons(export, *five(), proposal(5)) == ["too_many"]


def test_unknown_touchpoint_is_rejected(export):
    assert reasons(export, *five(), proposal(5, touchpoint_id="x")) == ["unknown_touchpoint"]


def test_evidence_must_stand_in_the_brief(export):
    assert reasons(export, proposal(mention_ids=("pain00", "made-up"))) == ["unknown_evidence"]
    assert reasons(export, proposal(mention_ids=())) == ["no_evidence"]


def test_the_five_levers_differ(export):
    assert reasons(export, proposal(), proposal(1, lever=" LEVER 0 ")) == ["same_lever"]


def test_the_same_change_in_other_order_is_no_other_change(export):
    twin = proposal(1, change=CHANGES[0].replace("every total", "each and every total"))
    assert reasons(export, proposal(), twin) == ["same_change"]


@pytest.mark.parametrize(
    "text",
    [
        "They say \u201cit never came\u201d.",
        'They say "it never came".',
        "They say 'it never came'.",
        "They say \u2018it doesn\u2019t come\u2019.",
        "They say \u00abit never came\u00bb.",
        "They say \u201ethe file was late on Monday\u201c.",
        "First \u201cthe file was late\u201d, then \u201cnobody cared\u201d.",
        "They say \u201cthe file was not late\u201d.",
    ],
)
def test_words_no_customer_said_are_rejected(export, text):
    assert reasons(export, proposal(side_effects=text)) == ["invented_quote"]


@pytest.mark.parametrize(
    "text",
    [
        "They say \u201cthe file was late\u201d.",
        "They say \u201cthe file was  late \u2026\u201d.",
        'They say "fast when it works."',
        "They say 'we leave because it is late'.",
        "The customers' file and the clerks' run, don't and won't, aren't quotations.",
        "The screen\u2019s own clock and the clerks\u2019 hours are no quotations.",
    ],
)
def test_words_a_customer_said_are_kept(export, text):
    assert reasons(export, proposal(side_effects=text)) == []


def test_apostrophes_within_a_quote_do_not_open_another(export):
    quote = Quote("q", "'tis the clerk's job", "c", -0.5, "failed", "pain", "late", "", "")
    pain = Pain("late", "late", 1, 0.5, (quote,))
    brief = replace(export, pains=(pain,))
    good = proposal(
        mention_ids=("q",), change="Say \u201c'tis the clerk's job\u201d to customers' clerks."
    )
    assert reasons(brief, good) == []


def test_a_brief_without_any_quote_asks_for_none(export):
    bare = replace(
        export, pains=(), praises=(), suggestions=(), expectations=(), outgoing=(), incoming=()
    )
    assert reasons(bare, proposal(mention_ids=())) == []


def test_a_stated_cause_may_be_cited(export):
    link = Neighbour("renewal", "Renewal", "", "influences", 3, "that is why we left", "cause")
    brief = replace(export, outgoing=(link,))
    cited = proposal(mention_ids=("cause",), measure="\u201cthat is why we left\u201d")
    assert reasons(brief, cited) == []


def test_empty_input_gives_empty_tables():
    out = hypothesize([], [], SETTINGS)
    assert out.hypotheses.empty
    assert out.hypothesis_evidence.empty
    assert out.rejects.empty


def test_every_proposal_is_kept_or_rejected(export):
    given = [*five(), *five(), proposal(5), proposal(5, change=""), proposal(5, lever="x")]
    out = hypothesize([export], given, SETTINGS)
    assert len(out.hypotheses) + len(out.rejects) == len(given)

"""reads priorities, touchpoints, mentions ... -> writes hypotheses, hypothesis_evidence, rejects

`build_briefs` gathers what an engine may rest a proposal on; `hypothesize` keeps the proposals
that rest on nothing else.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import NamedTuple

import pandas as pd
from rapidfuzz.fuzz import token_set_ratio

from pipeline.briefs import Brief, Neighbour, Pain, Proposal, Quote
from pipeline.config import Hypothesize
from pipeline.errors import shorten
from pipeline.methods.measures import n_customers
from pipeline.methods.problems import most_told
from pipeline.methods.quoting import invented
from pipeline.methods.statistics import fisher_exact_greater
from pipeline.schema import Tables
from pipeline.tables import (
    DOCUMENTS,
    EDGE_EVIDENCE,
    EDGES,
    HYPOTHESES,
    HYPOTHESIS_EVIDENCE,
    MENTIONS,
    PAIN_POINTS,
    PRIORITIES,
    REJECTS,
    SCORES,
    STAGES,
    TOUCHPOINTS,
    Document,
    Edge,
    EdgeEvidence,
    Hypothesis,
    HypothesisEvidence,
    Mention,
    PainPoint,
    Reject,
    Score,
    Stage,
    Touchpoint,
)
from pipeline.text import normalise, stable_id

HOW_MANY = 5
_QUOTES_PER_PAIN = 8
_OTHER_QUOTES = 6
_SAME_CHANGE = 90
_SEGMENT_CUSTOMERS = 5
_SEGMENT_P = 0.05
_FIRM_PRAISE = 0.55
"""Mood from which praise may be quoted as such: what is said in weak words, or read with doubt,
would make a poor witness of what is good."""
_DETRACTS = {"nps": 6.0, "stars": 2.0, "csat": 2.0}
"""Highest score of a customer who is not content, by kind: praise beside it is often sarcasm."""
_NAN = float("nan")


class Hypothesized(NamedTuple):
    """What `hypothesize` writes."""

    hypotheses: pd.DataFrame
    hypothesis_evidence: pd.DataFrame
    rejects: pd.DataFrame


class _Facts(NamedTuple):
    """The tables as rows, indexed the way briefs need them."""

    documents: dict[str, Document]
    mentions: dict[str, list[Mention]]
    touchpoints: dict[str, Touchpoint]
    pain_points: dict[str, list[PainPoint]]
    edges: list[Edge]
    edge_evidence: dict[str, list[EdgeEvidence]]
    scores: dict[tuple[str, str], Score]
    stages: dict[str, Stage]
    n_all_customers: int
    n_quotes: int
    """shown for each pain"""


def build_briefs(tables: Tables, settings: Hypothesize) -> list[Brief]:
    """Return a brief for each chosen touchpoint, most urgent first."""
    facts = _read(tables, max(_QUOTES_PER_PAIN, settings.quotes))
    chosen = [row for row in PRIORITIES.rows(tables["priorities"]) if row.is_chosen]
    chosen.sort(key=lambda row: (row.rank, row.touchpoint_id))
    return [_brief(facts, facts.touchpoints[row.touchpoint_id]) for row in chosen]


def hypothesize(
    briefs: Sequence[Brief], proposals: Sequence[Proposal], settings: Hypothesize
) -> Hypothesized:
    """Keep five proposals per brief that differ and invent nothing; the rest are rejects."""
    kept: dict[str, list[Proposal]] = {brief.touchpoint_id: [] for brief in briefs}
    by_id = {brief.touchpoint_id: brief for brief in briefs}
    rejects: list[Reject] = []
    for place, proposal in enumerate(proposals, start=1):
        fault = _fault(proposal, by_id.get(proposal.touchpoint_id), kept)
        if fault:
            row_id = f"{proposal.touchpoint_id}/{place}"
            rejects.append(Reject(row_id, "hypothesize", *fault))
        else:
            kept[proposal.touchpoint_id].append(proposal)
    rejects += [
        Reject(key, "hypothesize", "fewer_than_five", f"{len(found)} of {HOW_MANY} proposals hold")
        for key, found in kept.items()
        if len(found) < HOW_MANY
    ]
    return _as_tables(by_id, kept, rejects, settings)


def _as_tables(
    briefs: dict[str, Brief],
    kept: dict[str, list[Proposal]],
    rejects: list[Reject],
    settings: Hypothesize,
) -> Hypothesized:
    rows: list[Hypothesis] = []
    evidence: list[HypothesisEvidence] = []
    for touchpoint_id, proposals in kept.items():
        for position, proposal in enumerate(proposals, start=1):
            row = _hypothesis(proposal, position, briefs[touchpoint_id].owner)
            rows.append(row)
            shown = list(dict.fromkeys(proposal.mention_ids))[: settings.quotes]
            evidence += [HypothesisEvidence(row.hypothesis_id, one) for one in shown]
    return Hypothesized(
        HYPOTHESES.frame(rows), HYPOTHESIS_EVIDENCE.frame(evidence), REJECTS.frame(rejects)
    )


def _hypothesis(proposal: Proposal, position: int, owner: str) -> Hypothesis:
    return Hypothesis(
        hypothesis_id=stable_id(proposal.touchpoint_id, proposal.lever, proposal.change),
        touchpoint_id=proposal.touchpoint_id,
        position=position,
        lever=proposal.lever,
        change=proposal.change,
        resources=proposal.resources,
        measure=proposal.measure,
        baseline=proposal.baseline,
        target=proposal.target,
        side_effects=proposal.side_effects,
        owner=owner,
        status="proposed",
    )


def _fault(
    proposal: Proposal, brief: Brief | None, kept: dict[str, list[Proposal]]
) -> tuple[str, str] | None:
    """Return reason and detail of the first fault, or None when the proposal holds."""
    if brief is None:
        return "unknown_touchpoint", f"no brief for {shorten(proposal.touchpoint_id)!r}"
    others = kept[brief.touchpoint_id]
    return (
        _fault_in_text(proposal, brief)
        or _fault_in_evidence(proposal, brief)
        or _fault_beside(proposal, others)
    )


def _texts(proposal: Proposal) -> dict[str, str]:
    return {
        field.name: getattr(proposal, field.name)
        for field in fields(proposal)
        if field.name not in {"touchpoint_id", "mention_ids"}
    }


def _fault_in_text(proposal: Proposal, brief: Brief) -> tuple[str, str] | None:
    texts = _texts(proposal)
    empty = [name for name, text in texts.items() if not text.strip()]
    if empty:
        return "empty_field", f"{proposal.lever or 'a proposal'}: no text in {', '.join(empty)}"
    for name, text in texts.items():
        words = invented(text, (said for _, said in brief.quotes()))
        if words:
            return "invented_quote", f"{name}: no customer said {shorten(words)!r}"
    return None


def _fault_in_evidence(proposal: Proposal, brief: Brief) -> tuple[str, str] | None:
    known = {mention_id for mention_id, _ in brief.quotes()}
    unknown = [one for one in proposal.mention_ids if one not in known]
    if unknown:
        return "unknown_evidence", f"{proposal.lever}: not in the brief: {shorten(unknown[0])!r}"
    if known and not proposal.mention_ids:
        return "no_evidence", f"{proposal.lever}: names no quote it rests on"
    return None


def _fault_beside(proposal: Proposal, others: list[Proposal]) -> tuple[str, str] | None:
    """Compare with the proposals already kept for the same touchpoint."""
    for other in others:
        if normalise(other.lever) == normalise(proposal.lever):
            return "same_lever", f"{proposal.lever}: kept once already"
        likeness = token_set_ratio(normalise(other.change), normalise(proposal.change))
        if likeness >= _SAME_CHANGE:
            return "same_change", f"{proposal.lever}: says the same as {other.lever}"
    if len(others) == HOW_MANY:
        return "too_many", f"{proposal.lever}: {HOW_MANY} are kept already"
    return None


def _read(tables: Tables, n_quotes: int) -> _Facts:
    documents = DOCUMENTS.rows(tables["documents"])
    mentions: dict[str, list[Mention]] = {}
    for mention in MENTIONS.rows(tables["mentions"]):
        mentions.setdefault(mention.touchpoint_id, []).append(mention)
    pain_points: dict[str, list[PainPoint]] = {}
    for pain_point in PAIN_POINTS.rows(most_told(tables["pain_points"])):
        pain_points.setdefault(pain_point.touchpoint_id, []).append(pain_point)
    edge_evidence: dict[str, list[EdgeEvidence]] = {}
    for evidence in EDGE_EVIDENCE.rows(tables["edge_evidence"]):
        edge_evidence.setdefault(evidence.edge_id, []).append(evidence)
    return _Facts(
        documents={row.document_id: row for row in documents},
        mentions=mentions,
        touchpoints={row.touchpoint_id: row for row in TOUCHPOINTS.rows(tables["touchpoints"])},
        pain_points=pain_points,
        edges=EDGES.rows(tables["edges"]),
        edge_evidence=edge_evidence,
        scores={(s.touchpoint_id, s.dimension): s for s in SCORES.rows(tables["scores"])},
        stages={row.stage: row for row in STAGES.rows(tables["stages"])},
        n_all_customers=n_customers(tables["documents"]),
        n_quotes=n_quotes,
    )


def _brief(facts: _Facts, touchpoint: Touchpoint) -> Brief:
    key = touchpoint.touchpoint_id
    mentions = facts.mentions.get(key, [])
    stage = facts.stages.get(touchpoint.stage)
    emotion = facts.scores.get((key, "emotion"))
    function = facts.scores.get((key, "function"))
    segment, n_segment, n_segment_pain = _worst_segment(facts, mentions)
    return Brief(
        touchpoint_id=key,
        name=touchpoint.name,
        definition=touchpoint.definition,
        owner=touchpoint.owner,
        stage=touchpoint.stage,
        stage_done_when=stage.done_when if stage else "",
        stage_timeframe_days=stage.timeframe_days if stage else _NAN,
        n_customers=touchpoint.n_customers,
        n_all_customers=facts.n_all_customers,
        n_pain_customers=len({m.customer_id for m in mentions if _hurts(m)}),
        n_praise_customers=len({m.customer_id for m in mentions if m.kind == "praise"}),
        emotion=emotion.value if emotion else _NAN,
        function=function.value if function else _NAN,
        n_function_customers=function.n_customers if function else 0,
        pains=_pains(facts, touchpoint, mentions),
        praises=_quotes(facts, _unspoilt_praise(facts, mentions)),
        suggestions=_quotes(facts, [m for m in mentions if m.kind == "suggestion"]),
        expectations=_quotes(facts, [m for m in mentions if m.kind == "expectation"]),
        outgoing=_neighbours(facts, [(e, e.target_id) for e in facts.edges if e.source_id == key]),
        incoming=_neighbours(facts, [(e, e.source_id) for e in facts.edges if e.target_id == key]),
        worst_segment=segment,
        n_segment=n_segment,
        n_segment_pain=n_segment_pain,
        emotion_low=emotion.low if emotion else _NAN,
        emotion_high=emotion.high if emotion else _NAN,
    )


def _hurts(mention: Mention) -> bool:
    return mention.kind == "pain" or mention.pain_point_id != ""


def _unspoilt_praise(facts: _Facts, mentions: list[Mention]) -> list[Mention]:
    """Return the praise that nothing around it speaks against: not weak, not failed, and not by
    someone who complains of the same touchpoint in the same document or is not content at all."""
    sour = {m.document_id for m in mentions if _hurts(m)}
    return [
        m for m in mentions
        if m.kind == "praise" and m.polarity >= _FIRM_PRAISE and m.outcome != "failed"
        and m.document_id not in sour and not _detracts(facts.documents.get(m.document_id))
    ]  # fmt: skip


def _detracts(document: Document | None) -> bool:
    """Tell whether the customer of a document gave a score of who is not content."""
    return document is not None and document.score <= _DETRACTS.get(document.score_kind, -math.inf)


def _pains(facts: _Facts, touchpoint: Touchpoint, mentions: list[Mention]) -> tuple[Pain, ...]:
    """Return the named pains, most customers first; without any, the unnamed ones as a single."""
    pains = []
    for row in facts.pain_points.get(touchpoint.touchpoint_id, []):
        own = [m for m in mentions if m.pain_point_id == row.pain_point_id]
        quotes = _typical_quotes(facts, own, row.quote_mention_id)
        pains.append(Pain(row.pain_point_id, row.name, row.n_customers, row.severity, quotes))
    if pains:
        return tuple(pains)
    own = [m for m in mentions if _hurts(m)] or [m for m in mentions if m.polarity < 0]
    if not own:
        return ()
    quotes = _typical_quotes(facts, own, "")
    named = min(quotes, key=lambda q: (abs(len(q.text) - 50), q.mention_id)).text
    name = shorten(named).removesuffix(".")
    several = f"problems with no name in common, such as “{name}”" if len(own) > 1 else name
    return (Pain("", several, len({m.customer_id for m in own}), _NAN, quotes),)


def _typical_quotes(facts: _Facts, mentions: list[Mention], typical: str) -> tuple[Quote, ...]:
    """Return the typical quote and the strongest ones, a customer's second only if room is left."""
    seen: Counter[str] = Counter()
    ranked = []
    for m in sorted(mentions, key=lambda m: (m.mention_id != typical, -m.intensity, m.mention_id)):
        ranked.append((seen[m.customer_id], m))
        seen[m.customer_id] += 1
    ranked.sort(key=lambda pair: pair[0])
    taken = [mention for _, mention in ranked[: facts.n_quotes]]
    taken.sort(key=lambda m: (m.polarity, -m.intensity, m.mention_id))
    return tuple(_quote(facts, mention) for mention in taken)


def _quotes(facts: _Facts, mentions: list[Mention]) -> tuple[Quote, ...]:
    mentions.sort(key=lambda m: (-m.confidence, -m.intensity, m.mention_id))
    return tuple(_quote(facts, mention) for mention in mentions[:_OTHER_QUOTES])


def _quote(facts: _Facts, mention: Mention) -> Quote:
    document = facts.documents.get(mention.document_id)
    return Quote(
        mention_id=mention.mention_id,
        text=mention.quote,
        customer_id=mention.customer_id,
        polarity=mention.polarity,
        outcome=mention.outcome,
        kind=mention.kind,
        pain_point_id=mention.pain_point_id,
        segment=document.segment if document else "",
        channel=document.channel if document else "",
        language=document.language if document else "",
    )


def _neighbours(facts: _Facts, links: list[tuple[Edge, str]]) -> tuple[Neighbour, ...]:
    """Return one neighbour per touchpoint and kind of edge, stated causes first."""
    best: dict[tuple[str, str], Neighbour] = {}
    for edge, key in sorted(links, key=lambda link: (-link[0].n_customers, link[0].edge_id)):
        touchpoint = facts.touchpoints.get(key)
        if touchpoint is None or (edge.kind, key) in best:
            continue
        said = facts.edge_evidence.get(edge.edge_id, []) if edge.kind == "influences" else []
        typical = min(said, key=lambda row: (len(row.quote), row.mention_id), default=None)
        best[edge.kind, key] = Neighbour(
            touchpoint_id=key,
            name=touchpoint.name,
            owner=touchpoint.owner,
            kind=edge.kind,
            n_customers=edge.n_customers,
            quote=typical.quote if typical else "",
            mention_id=typical.mention_id if typical else "",
        )
    order = sorted(best.values(), key=lambda n: (n.kind != "influences", -n.n_customers, n.name))
    return tuple(order)


def _worst_segment(facts: _Facts, mentions: list[Mention]) -> tuple[str, int, int]:
    """Return the segment with clearly more customers in pain than the rest, and its counts."""
    hurt = {m.customer_id for m in mentions if _hurts(m)}
    members: dict[str, set[str]] = {}
    for mention in mentions:
        document = facts.documents.get(mention.document_id)
        members.setdefault(document.segment if document else "", set()).add(mention.customer_id)
    everyone = set().union(*members.values())
    worst = (_SEGMENT_P, "", 0, 0)
    for segment, people in sorted(members.items()):
        k, n = len(people & hurt), len(people)
        rest = everyone - people
        if not segment or n < _SEGMENT_CUSTOMERS or not rest:
            continue
        k_rest = len(rest & hurt)
        p_value = fisher_exact_greater((k, n), (k_rest, len(rest)))
        worst = min(worst, (p_value, segment, k, n))
    return worst[1], worst[3], worst[2]

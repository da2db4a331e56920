"""reads what a later step wrote, touchpoints, aliases, mentions, decisions -> writes the same with
what reviewers decided about it, and decisions with what became of these.

Each function finds again what a decision is about: a link by its ends and kind, which also lead to
what their touchpoints were merged into; a hypothesis by its id, else by its touchpoint and lever.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
from rapidfuzz.fuzz import token_set_ratio

from pipeline.decisions.wording import amount_of
from pipeline.methods.choices import choice_of
from pipeline.methods.grades import in_words
from pipeline.methods.measures import best_first, usable
from pipeline.methods.whereabouts import OVER, AwayError, Said, Whereabouts, read_all
from pipeline.schema import Tables
from pipeline.tables import (
    ALIASES,
    DECISIONS,
    EDGES,
    HYPOTHESES,
    MENTIONS,
    MOMENTS,
    SCORES,
    Edge,
    Hypothesis,
    Mention,
    Moment,
    Score,
)

_NAN = float("nan")
_SAME_CHANGE = 80
"""Least token set ratio of two wordings of one proposal: with the figures of another quarter they
had 90 and more, two proposals of one kind for different problems 74 and less."""
_WORDINGS = ("change", "resources", "measure", "target", "side_effects", "owner")
_STATUS = {
    "accept_hypothesis": "accepted", "edit_hypothesis": "edited", "drop_hypothesis": "dropped",
}  # fmt: skip
_REVIEW = {"confirm": "confirmed", "hide": "hidden"}


class _Review(NamedTuple):
    """The decisions, and where the touchpoints are that they are about."""

    said: list[Said]
    places: Whereabouts

    def settle(
        self, actions: Iterable[str], apply: Callable[[Said], str | None]
    ) -> dict[str, tuple[str, str]]:
        """Apply the decisions of some kinds; return state and note of each by its id.

        `apply` returns what is to be known of a decision that holds, if anything.
        """
        wanted = frozenset(actions)
        fates: dict[str, tuple[str, str]] = {}
        for one in self.said:
            if one.row.action in wanted and one.row.state not in OVER:
                try:
                    fates[one.row.decision_id] = ("applied", apply(one) or "")
                except AwayError as away:
                    fates[one.row.decision_id] = ("waiting", str(away))
        return fates


def _open(tables: Tables) -> _Review:
    """Return the decisions in the order they were made, and what became of touchpoints by them."""
    rows = DECISIONS.rows(tables["decisions"])
    said = read_all(sorted(rows, key=lambda row: (row.at, row.decision_id)))
    touchpoints = tables["touchpoints"]
    names = zip(touchpoints["touchpoint_id"], touchpoints["name"], strict=True)
    aliases = ((row.touchpoint_id, row.alias) for row in ALIASES.rows(tables["aliases"]))
    places = Whereabouts(dict(names), aliases, said)
    for one in said:
        if one.row.state in OVER:
            continue
        if one.row.action == "merge" and one.row.target_id not in places.names:
            places.merge(one.row.target_id, str(one.argument["into"]))
        if one.row.action == "reject":
            places.reject_unless_part(one.row.target_id)
        if one.row.action == "link" and one.row.state == "applied":
            places.same(str(one.argument["earlier_id"]), one.row.target_id)
    return _Review(said, places)


def _ended(decisions: pd.DataFrame, fates: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return the decisions with what became of some."""
    return DECISIONS.frame(
        replace(row, state=fates[row.decision_id][0], note=fates[row.decision_id][1])
        if row.decision_id in fates
        else row
        for row in DECISIONS.rows(decisions)
    )


def overrule_network(tables: Tables) -> Tables:
    """Return edges, moments and decisions: links confirmed or hidden, moments marked or not.

    A hidden link stays in the table and is not drawn; a confirmed one is drawn.
    """
    review = _open(tables)
    edges = {(e.source_id, e.target_id, e.kind): e for e in EDGES.rows(tables["edges"])}
    moments = {(m.touchpoint_id, m.decision): m for m in MOMENTS.rows(tables["moments"])}
    used = usable(tables["documents"], tables["mentions"], tables["touchpoints"])
    fates = review.settle(_REVIEW, lambda said: _judge_edge(review, said, edges))
    fates |= review.settle(("mark", "unmark"), lambda s: _judge_moment(review, s, moments, used))
    return {
        "edges": EDGES.frame(edges.values()),
        "moments": MOMENTS.frame(moments.values()),
        "decisions": _ended(tables["decisions"], fates),
    }


def _judge_edge(review: _Review, said: Said, edges: dict[tuple[str, str, str], Edge]) -> None:
    source, target = (review.places.end(said, end) for end in ("source_id", "target_id"))
    kind = str(said.argument["kind"])
    edge = edges.get((source, target, kind))
    if edge is None:
        names = (review.places.called(end) for end in (source, target))
        raise AwayError(f"no link ({kind}) from {' to '.join(names)} in this period")
    verdict = _REVIEW[said.row.action]
    edges[source, target, kind] = replace(edge, review=verdict, is_shown=verdict == "confirmed")


def _judge_moment(
    review: _Review, said: Said, moments: dict[tuple[str, str], Moment], used: pd.DataFrame
) -> None:
    key = (review.places.target(said, follow=True), str(said.argument["decision"]))
    if said.row.action == "unmark":
        if moments.pop(key, None) is None:
            name = review.places.called(key[0])
            raise AwayError(f"customers do not decide to {key[1]} at {name} in this period")
        return
    if key not in moments:
        moments[key] = _marked(said, key, used)


def _marked(said: Said, key: tuple[str, str], used: pd.DataFrame) -> Moment:
    """Return a moment as a reviewer marked it; it counts who told of the decision themselves.

    What shows it is the quote that the reviewer chose, else one that tells of the decision.
    """
    own = best_first(used[used["touchpoint_id"] == key[0]])
    quotes = MENTIONS.rows(own[list(MENTIONS.columns)])
    told = [m for m in quotes if m.kind == "decision" and choice_of(m.quote) == key[1]]
    chosen = [m for m in quotes if m.mention_id == said.argument.get("mention_id")]
    if not (chosen or told):
        raise AwayError("no quote of this period shows it")
    shown: Mention = [*chosen, *told][0]
    n = len({m.customer_id for m in told})
    why = f": {said.row.reason}" if said.row.reason else ""
    return Moment(*key, f"marked by {said.row.who}{why}", n, shown.mention_id)


def overrule_scores(tables: Tables) -> Tables:
    """Return scores and decisions: a score that a reviewer set has no interval, is quite sure, and
    its basis tells who set it and why, and what customers' own figure is; a decision against what
    that leaves likely has a note."""
    review = _open(tables)
    measured = {(s.touchpoint_id, s.dimension): s for s in SCORES.rows(tables["scores"])}
    scores = dict(measured)

    def judge(said: Said) -> str:
        key = (review.places.target(said), str(said.argument["dimension"]))
        value = float(said.argument["value"])
        scores[key] = _scored(measured[key], said, value)
        return _against(measured[key], value)

    fates = review.settle(("score",), judge)
    return {
        "scores": SCORES.frame(scores.values()),
        "decisions": _ended(tables["decisions"], fates),
    }


def _scored(score: Score, said: Said, value: float) -> Score:
    why = f": {said.row.reason}" if said.row.reason else ""
    return replace(
        score, value=value, low=_NAN, high=_NAN, label=in_words(score.dimension, value),
        basis=f"set by {said.row.who} in {said.row.period}{why}; {_own(score)}", confidence=1.0,
    )  # fmt: skip


def _own(score: Score) -> str:
    """Return what a score is by what customers said."""
    if math.isnan(score.value):
        return f"customers' own figure: {score.label}"
    amount, low, high = (
        amount_of(score.dimension, value) for value in (score.value, score.low, score.high)
    )
    known = "" if math.isnan(score.low) else f" ({low} to {high})"
    people = f"{score.n_customers} customer{'s' * (score.n_customers != 1)}"
    return f"customers' own figure: {amount}{known}, {people}"


def _against(score: Score, value: float) -> str:
    """Return customers' own figure where its interval leaves out what a reviewer set."""
    is_out = value < score.low or value > score.high
    return f"{amount_of(score.dimension, value)} lies outside {_own(score)}" if is_out else ""


def overrule_changes(tables: Tables, earlier: pd.DataFrame | None) -> Tables:
    """Return decisions: whether what is linked to, or not to, the period before is there.

    `earlier`: the touchpoints of the period before under today's ids, None when there is none.
    """
    review = _open(tables)
    known = set(earlier["touchpoint_id"]) if earlier is not None else set()

    def judge(said: Said) -> None:
        key = review.places.target(said)
        if said.row.action == "link" and key not in known:
            name = review.places.called(str(said.argument["earlier_id"]))
            raise AwayError(f"no touchpoint {name} in the period before")

    fates = review.settle(("link", "unlink"), judge)
    return {"decisions": _ended(tables["decisions"], fates)}


def overrule_priorities(priorities: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Return the priorities, each effort that a reviewer gave marked as such."""
    review = _open(tables)
    given = set()
    for said in review.said:
        if said.row.action == "effort" and said.row.state == "applied":
            with suppress(AwayError):  # merged or rejected since
                given.add(review.places.target(said))
    by_reviewer = priorities["touchpoint_id"].isin(given)
    return priorities.assign(effort_basis=priorities["effort_basis"].mask(by_reviewer, "reviewer"))


def overrule_hypotheses(tables: Tables) -> Tables:
    """Return hypotheses and decisions: found_hypotheses accepted, edited or dropped.

    One that was dropped stays in the table, with its status.
    """
    review = _open(tables)
    rows = {h.hypothesis_id: h for h in HYPOTHESES.rows(tables["found_hypotheses"])}

    seen = _seen(review.said)

    def judge(said: Said) -> None:
        own = _proposed(review, said, rows, seen[said.row.target_id])
        said_anew = {name: said.argument[name] for name in _WORDINGS if said.argument.get(name)}
        rows[own.hypothesis_id] = replace(own, status=_STATUS[said.row.action], **said_anew)

    fates = review.settle(_STATUS, judge)
    return {
        "hypotheses": HYPOTHESES.frame(rows.values()),
        "decisions": _ended(tables["decisions"], fates),
    }


def _seen(said: Iterable[Said]) -> Mapping[str, list[str]]:
    """Return by hypothesis the changes it was seen to propose: an edit gave it other words."""
    seen: dict[str, list[str]] = defaultdict(list)
    for one in said:
        if one.row.action in _STATUS and one.before.get("change"):
            seen[one.row.target_id].append(str(one.before["change"]))
    return seen


def _proposed(
    review: _Review, said: Said, rows: Mapping[str, Hypothesis], seen: Sequence[str]
) -> Hypothesis:
    """Return the hypothesis that a decision is about, of which the changes `seen` are known."""
    if said.row.target_id in rows:
        return rows[said.row.target_id]
    stood, lever = str(said.before.get("touchpoint_id", "")), str(said.before.get("lever", ""))
    key = review.places.find(stood, follow=True) if stood else ""
    own = [
        h
        for h in rows.values()
        if (h.touchpoint_id, h.lever) == (key, lever) and _is_one_of(h.change, seen)
    ]
    if not own:
        place = f"for {review.places.called(key)} " if key else ""
        raise AwayError(f"no such hypothesis is proposed {place}in this period")
    return own[0]


def _is_one_of(change: str, seen: Sequence[str]) -> bool:
    """Tell whether a proposal says what was seen, in the figures and quotes of another period."""
    return not seen or any(token_set_ratio(change, one) >= _SAME_CHANGE for one in seen)

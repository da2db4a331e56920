"""The accounts of a review: every quote found is still somewhere, every decision told of."""

from collections import Counter
from typing import NamedTuple

from pipeline.methods.whereabouts import OVER
from pipeline.schema import Tables
from pipeline.tables import DECISIONS, EDGES, FLAGS, MENTIONS, Decision, Edge

_STATES = ("applied", "undone", "superseded", "waiting")
_REVIEWED = (("confirmed", True), ("hidden", False))


class Proof(NamedTuple):
    """One check: what should hold, for how many rows, and a sentence for each that fails."""

    what: str
    n_checked: int
    failures: list[str]


def candidates_land(tables: Tables) -> Proof:
    """Check that every candidate is one mention, or one row set aside when touchpoints were made
    or reviewed."""
    rejects = tables["rejects"]
    candidates = tables["candidates"]["mention_id"].tolist()
    known = set(candidates)
    landed = Counter(tables["mentions"]["mention_id"].tolist())
    at_review = rejects[rejects["stage"].isin(["resolve", "decide"])]
    landed.update(key for key in at_review["row_id"].tolist() if key in known)
    failures = [
        f"quote {key}: it is in {landed[key]} places, not in one" for key in candidates
        if landed[key] != 1
    ]  # fmt: skip
    failures += [f"mention {key}: nobody found it" for key in sorted(landed.keys() - known)]
    what = "quotes that were found are mentions or set aside, once"
    return Proof(what, len(candidates), failures)


def decisions_end(tables: Tables) -> Proof:
    """Check that it is told of every decision what became of it, and of one that waits why."""
    rows = DECISIONS.rows(tables["decisions"])
    failures = [
        f"decision {row.decision_id} ({row.action} by {row.who}): {fault}"
        for row in rows
        if (fault := _fault(row))
    ]
    return Proof("decisions hold, are over, or say why they wait", len(rows), failures)


def flags_stand(tables: Tables) -> Proof:
    """Check the quotes that are to be looked at again."""
    mentions = {row.mention_id: row for row in MENTIONS.rows(tables["mentions"])}
    touchpoints = {"", *tables["touchpoints"]["touchpoint_id"]}
    decided = set(tables["decisions"]["decision_id"])
    rows = FLAGS.rows(tables["flags"])
    failures = [
        f"flag of mention {row.mention_id}: its mention, decision or touchpoint is not there"
        for row in rows
        if row.mention_id not in mentions
        or row.decision_id not in decided
        or row.touchpoint_id not in touchpoints
        or row.touchpoint_id == mentions[row.mention_id].touchpoint_id
    ]
    return Proof("flags are of mentions, raised by a decision", len(rows), failures)


def links_are_drawn(tables: Tables) -> Proof:
    """Check that links are drawn, or not, as reviewers said."""
    rows = EDGES.rows(tables["edges"])
    failures = [
        f"edge {row.edge_id}: it is {row.review!r} and {'' if row.is_shown else 'not '}drawn"
        for row in rows
        if not _is_drawn_right(row)
    ]
    return Proof("links are drawn as reviewers said", len(rows), failures)


def _fault(row: Decision) -> str:
    """Return what is wrong with the end of a decision, '' when nothing is."""
    if row.state not in _STATES:
        return f"{row.state!r} is no state"
    if row.state == "waiting" and not row.note:
        return "it waits, and nobody knows why"
    if row.state in OVER and row.note:
        return f"it is {row.state}, and its note is {row.note!r}"
    return ""


def _is_drawn_right(row: Edge) -> bool:
    return not row.review or (row.review, row.is_shown) in _REVIEWED


ACCOUNTS = (candidates_land, decisions_end, flags_stand, links_are_drawn)

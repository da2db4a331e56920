"""Which decisions count: what undo, settle and later decisions leave standing.

Nothing here depends on the order in which the rows are given, or on rows that stand twice: they
count by their time, then by their id.

1. Undone: an undo that stands itself names it. Undoing an undo brings the decision back.
2. Overruled: of the verdicts (VERDICTS) of several reviewers on one target the latest `settle`
   chose one; the verdicts that others gave on that target before then are superseded. A settle
   holds as long as the decision it chose is not undone.
3. Replaced: of what is left, a later decision by anybody about the same supersedes the first:

   =========================================  ====================================================
   action                                     is superseded by a later
   =========================================  ====================================================
   rename, redefine, move, own, effort        same action on the same touchpoint
   accept, reject                             accept or reject of the same touchpoint
   score                                      score of the same dimension of the same touchpoint
   merge                                      merge of the same touchpoint
   link, unlink                               link or unlink of the same touchpoint
   mark, unmark                               mark or unmark of the same decision of customers there
   keep, reassign, discard                    keep, reassign or discard of the same quote
   confirm, hide                              confirm or hide of the same link
   rename_pain, merge_pain                    same action on the same pain point
   accept_hypothesis, drop_hypothesis         any decision about the same hypothesis
   edit_hypothesis                            drop, or edits that reword all the parts it reworded
                                              (an accept after an edit accepts what was edited)
   settle                                     settle of the same target
   add, split, dismiss, undo                  nothing
   =========================================  ====================================================

What was superseded counts again as soon as what replaced it is undone.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from pipeline.decisions.actions import ACTIONS, NAMES_TOUCHPOINT
from pipeline.tables import Decision
from pipeline.text import normalise

Kind = Literal["touchpoint", "quote", "link", "hypothesis"]


class Judged(NamedTuple):
    """What an action says as a verdict."""

    kind: Kind
    verdict: str


VERDICTS: Mapping[str, Judged] = {
    "accept": Judged("touchpoint", "accept"),
    "rename": Judged("touchpoint", "change"),
    "redefine": Judged("touchpoint", "change"),
    "move": Judged("touchpoint", "change"),
    "merge": Judged("touchpoint", "change"),
    "split": Judged("touchpoint", "change"),
    "reject": Judged("touchpoint", "reject"),
    "keep": Judged("quote", "keep"),
    "reassign": Judged("quote", "reassign"),
    "discard": Judged("quote", "discard"),
    "confirm": Judged("link", "confirm"),
    "hide": Judged("link", "hide"),
    "accept_hypothesis": Judged("hypothesis", "accept"),
    "edit_hypothesis": Judged("hypothesis", "edit"),
    "drop_hypothesis": Judged("hypothesis", "drop"),
}
"""Actions that judge what the engine found. Others add what it cannot know: owner, effort ..."""

OVER = ("undone", "superseded")
"""States of what does not count."""
_ON_DECISIONS = frozenset({"undo", "settle"})
_OF_HYPOTHESIS = ("change", "resources", "measure", "target", "side_effects", "owner")
_ALTERED = {"merge": ("into",), "merge_pain": ("into",), "split": ("touchpoint_id", "quotes")}
"""Arguments that name what an action alters beside its target."""
_NAMED = (*NAMES_TOUCHPOINT, "quotes", "mention_id", "decision_id")
"""Arguments that may name what an action concerns beside its target."""
_Slot = tuple[str, ...]
"""What a decision settles until a later one does: what about which target."""


class Fate(NamedTuple):
    """What became of a decision, and the decision that did it; both '' when it counts."""

    state: Literal["", "undone", "superseded"]
    by: str


def ordered(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return each decision once, by time, then by id."""
    once = {row.decision_id: row for row in decisions}
    return tuple(sorted(once.values(), key=lambda row: (row.at, row.decision_id)))


def comes_before(one: Decision, other: Decision) -> bool:
    """Tell whether a decision was made before another."""
    return (one.at, one.decision_id) < (other.at, other.decision_id)


def reviewer(decision: Decision) -> str:
    """Return the same for all ways to type a reviewer's name: 'Ann Lee', 'ann  lee'."""
    return normalise(decision.who)


@lru_cache(maxsize=1 << 16)
def told(argument: str) -> Mapping[str, object]:
    """Return the argument of a decision by field; read-only, it is kept."""
    found: Mapping[str, object] = json.loads(argument) if argument else {}
    return found


def standing(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions to apply, in order: all that count but undo and settle.

    These act on decisions, and what they do is done here.
    """
    rows = ordered(decisions)
    found = fates(rows)
    return tuple(
        row for row in rows if not found[row.decision_id].state and row.action not in _ON_DECISIONS
    )


def states(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return for each decision_id 'undone', 'superseded' or '' when it counts."""
    return {key: fate.state for key, fate in fates(decisions).items()}


def fates(decisions: Iterable[Decision]) -> dict[str, Fate]:
    """Return for each decision_id what became of it, and by which decision."""
    rows = ordered(decisions)
    found: dict[str, Fate] = {row.decision_id: Fate("", "") for row in rows}
    undone = _undone(rows)
    found |= {key: Fate("undone", by) for key, by in undone.items() if key in found}
    left = [row for row in rows if row.decision_id not in undone]
    overruled = _overruled(left)
    left = [row for row in left if row.decision_id not in overruled]
    replaced = _replaced(left)
    return found | {key: Fate("superseded", by) for key, by in (overruled | replaced).items()}


def settled(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Return for each target the latest settle that holds."""
    rows = ordered(decisions)
    undone = _undone(rows)
    return _settles([row for row in rows if row.decision_id not in undone])


def about(decisions: Iterable[Decision], target_id: str) -> tuple[Decision, ...]:
    """Return in order all that concerns a target, also as a part of what others became.

    An undo or a settle concerns all that the decision concerns which it is about.
    """
    rows = ordered(decisions)
    concerned = _concerned(rows, dict.fromkeys(ACTIONS, _NAMED))
    return tuple(row for row in rows if target_id in concerned[row.decision_id])


def latest(decisions: Iterable[Decision], target_id: str) -> str:
    """Return the id of the last decision that altered a target, '' when none did."""
    return latest_of_all(decisions).get(target_id, "")


def latest_of_all(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return the id of the last decision that altered each target: what a form has seen.

    Quotes that move and links that are hidden do not alter their touchpoints: two reviewers at
    work on one touchpoint's quotes are not in each other's way.
    """
    rows = ordered(decisions)
    altered = _concerned(rows, _ALTERED)
    return {target: row.decision_id for row in rows for target in altered[row.decision_id]}


def since(
    decisions: Iterable[Decision], targets: Collection[str], seen: Mapping[str, str]
) -> tuple[Decision, ...]:
    """Return in order what altered any of the targets after the decision seen last of it."""
    rows = ordered(decisions)
    altered = _concerned(rows, _ALTERED)
    place = {row.decision_id: number for number, row in enumerate(rows)}
    return tuple(
        row
        for number, row in enumerate(rows)
        if any(
            target in altered[row.decision_id] and number > place.get(seen.get(target, ""), -1)
            for target in targets
        )
    )


def _concerned(
    rows: Sequence[Decision], fields: Mapping[str, Sequence[str]]
) -> dict[str, frozenset[str]]:
    """Return by decision_id the ids it concerns: its target, those in its arguments `fields`.

    An undo or a settle concerns besides what its decision concerns, which came before it.
    """
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        argument = told(row.argument)
        ids = {row.target_id}
        for name in fields.get(row.action, ()):
            value = argument.get(name, "")
            ids.update(map(str, value) if isinstance(value, list) else [str(value)])
        if row.action in _ON_DECISIONS:
            ids |= found.get(_chosen(row) or row.target_id, frozenset())
        found[row.decision_id] = frozenset(ids - {""})
    return found


def _undone(rows: Sequence[Decision]) -> dict[str, str]:
    """Return what is undone, with the undo.

    From the last row back: an undo comes after what it undoes, so when we come to it, all that
    could have undone it has been seen.
    """
    found: dict[str, str] = {}
    for row in reversed(rows):
        if row.action == "undo" and row.decision_id not in found:
            found.setdefault(row.target_id, row.decision_id)
    return found


def _settles(left: Sequence[Decision]) -> dict[str, Decision]:
    """Return for each target the last settle whose chosen decision is there, and about it."""
    targets = {row.decision_id: row.target_id for row in left if row.action in VERDICTS}
    return {
        row.target_id: row
        for row in left
        if row.action == "settle" and targets.get(_chosen(row)) == row.target_id
    }


def _overruled(left: Sequence[Decision]) -> dict[str, str]:
    """Return what a settle took the place of: verdicts of others, and settles before it."""
    who = {row.decision_id: reviewer(row) for row in left}
    settles = _settles(left)
    chosen = {target: _chosen(settle) for target, settle in settles.items()}
    found: dict[str, str] = {}
    for row in left:
        settle = settles.get(row.target_id)
        if settle is None or not comes_before(row, settle):
            continue
        of_other = row.action in VERDICTS and reviewer(row) != who[chosen[row.target_id]]
        if of_other or row.action == "settle":
            found[row.decision_id] = settle.decision_id
    return found


def _chosen(settle: Decision) -> str:
    """Return the decision a settle chose."""
    return str(told(settle.argument).get("decision_id", ""))


def _replaced(left: Sequence[Decision]) -> dict[str, str]:
    """Return what a later decision about the same replaced, by the table in the module's text."""
    taken: dict[_Slot, str] = {}
    found: dict[str, str] = {}
    for row in reversed(left):
        held, takes = _slots(row)
        if held and all(slot in taken for slot in held):
            found[row.decision_id] = taken[held[0]]
            continue
        for slot in takes:
            taken.setdefault(slot, row.decision_id)
    return found


def _slots(row: Decision) -> tuple[list[_Slot], list[_Slot]]:
    """Return what a decision settles, and what of earlier ones it takes the place of."""
    target, argument = row.target_id, told(row.argument)
    if row.action in ("accept_hypothesis", "edit_hypothesis", "drop_hypothesis"):
        return _hypothesis_slots(row)
    about_what = {
        "accept": "verdict", "reject": "verdict", "link": "earlier", "unlink": "earlier",
        "keep": "quote", "reassign": "quote", "discard": "quote", "confirm": "edge",
        "hide": "edge", "mark": "moment", "unmark": "moment",
    }.get(row.action, row.action)  # fmt: skip
    if row.action in ("add", "split", "dismiss", "undo", "settle"):
        return [], []
    if row.action == "score":
        about_what += str(argument.get("dimension"))
    if about_what == "moment":
        about_what += str(argument.get("decision"))
    return [(about_what, target)], [(about_what, target)]


def _hypothesis_slots(row: Decision) -> tuple[list[_Slot], list[_Slot]]:
    """Return the same of a decision about a hypothesis, of which each part can be reworded."""
    verdict: _Slot = ("hypothesis", row.target_id)
    parts: list[_Slot] = [(name, row.target_id) for name in _OF_HYPOTHESIS]
    if row.action == "accept_hypothesis":
        return [verdict], [verdict]
    if row.action == "drop_hypothesis":
        return [verdict], [verdict, *parts]
    reworded = [part for part in parts if told(row.argument).get(part[0])]
    return reworded, [verdict, *reworded]

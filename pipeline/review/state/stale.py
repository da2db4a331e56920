"""Which hypotheses were written before a decision touched what they rest on."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline import tables as t
from pipeline.decisions.actions import NAMES_TOUCHPOINT
from pipeline.decisions.history import standing
from pipeline.schema import Tables
from pipeline.tables import Decision

_CALM = frozenset(
    {"accept", "keep", "dismiss", "settle", "accept_hypothesis", "edit_hypothesis"}
    | {"drop_hypothesis", "link", "unlink"}
)
"""Actions that change nothing a proposal is made from."""


def stale_ids(
    decisions: Sequence[Decision],
    tables: Tables,
    decided: frozenset[str],
    fresh: Mapping[str, frozenset[str]],
) -> frozenset[str]:
    """Return the touchpoints with hypotheses that decisions since may have made wrong.

    `decided`: decision_ids the run was made with; `fresh`: those that hypotheses proposed anew
    for a touchpoint took into account. What was decided and undone since has made nothing wrong.
    """
    homes = dict(_homes(tables, "pain_points", "pain_point_id"))
    homes |= dict(_homes(tables, "mentions", "mention_id"))
    stale = set(_touched(_changed(decisions, decided), homes)) - fresh.keys()
    for touchpoint_id, known in fresh.items():
        if touchpoint_id in set(_touched(_changed(decisions, known), homes)):
            stale.add(touchpoint_id)
    written = {touchpoint_id for _, touchpoint_id in _homes(tables, "hypotheses", "hypothesis_id")}
    return frozenset(stale & written)


def _changed(decisions: Sequence[Decision], known: frozenset[str]) -> list[Decision]:
    """Return the decisions that stand now and did not with only those known, or the reverse."""
    now = {d.decision_id for d in standing(decisions)}
    then = {d.decision_id for d in standing([d for d in decisions if d.decision_id in known])}
    return [d for d in decisions if d.decision_id in now ^ then]


def _touched(decisions: Iterable[Decision], homes: Mapping[str, str]) -> Iterator[str]:
    """Yield the touchpoints whose evidence or name the decisions change."""
    for decision in decisions:
        if decision.action in _CALM:
            continue
        yield decision.target_id
        yield homes.get(decision.target_id, "")
        for text in (decision.argument, decision.before):
            said = json.loads(text) if text else {}
            yield from (str(said[field]) for field in NAMES_TOUCHPOINT if said.get(field))


def _homes(tables: Tables, name: str, key: str) -> Iterator[tuple[str, str]]:
    """Yield each row's id with the touchpoint it belongs to."""
    frame = tables.get(name, t.ALL[name].frame())
    yield from zip(frame[key].tolist(), frame["touchpoint_id"].tolist(), strict=True)

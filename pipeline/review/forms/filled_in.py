"""What a form need not say, because the run does: where a quote or a link stands, and how the
target of a decision was before it."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, is_dataclass

from pipeline.decisions.actions import ACTIONS, NAMES_TOUCHPOINT, Argument, ScoreIs, Target
from pipeline.publish.words import clean
from pipeline.review.state.view import View
from pipeline.tables import (
    CANDIDATES,
    Candidate,
    Decision,
    Edge,
    Hypothesis,
    Mention,
    PainPoint,
)

_NEW = "add"
_CHANGED: Mapping[str, tuple[str, ...]] = {
    "rename": ("name",),
    "redefine": ("definition",),
    "move": ("stage",),
    "own": ("owner", "backup"),
    "rename_pain": ("name",),
    "reassign": ("touchpoint_id",),
    "confirm": ("review", "is_shown"),
    "hide": ("review", "is_shown"),
    "edit_hypothesis": ("change", "resources", "measure", "target", "side_effects", "owner"),
}
"""What an action changes of the target's own row."""
_FOUND_BY: Mapping[Target, tuple[str, ...]] = {
    "touchpoint": ("name",),
    "pain_point": ("name", "touchpoint_id"),
    "mention": ("quote", "touchpoint_id"),
    "hypothesis": ("touchpoint_id", "lever", "change"),
    "decision": ("who",),
    "edge": (),
    "advice": (),
}
"""What tells a person, and another run, which row was meant."""
LONGEST_WORDS = 300


def is_there(view: View, action: str, target_id: str) -> bool:
    """Tell whether what an action is about is in the run as reviewed."""
    if action == _NEW:
        return True
    return target_id in _known(view, ACTIONS[action].target)


def quote_of(view: View, mention_id: str) -> str:
    """Return the words of a quote, '' when the run has none of this id."""
    mention = _mentions(view).get(mention_id)
    return mention.quote if mention else ""


def called(view: View, action: str, target_id: str) -> str:
    """Return what people call the target of an action, '' when nobody has a name for it."""
    kind = ACTIONS[action].target
    row = _known(view, kind).get(target_id)
    if isinstance(row, Edge):
        ends = (view.names().get(end, "?") for end in (row.source_id, row.target_id))
        return " → ".join(ends)
    if kind == "decision":
        return view.told().get(target_id, "")
    words = (getattr(row, field, "") for field in ("name", "quote", "change"))
    return next(filter(None, words), "") or view.names().get(target_id, "")


def filled_in(view: View, action: str, target_id: str) -> dict[str, object]:
    """Return the fields of an argument that only say where the target stands."""
    kind = ACTIONS[action].target
    if kind == "mention" and (mention := _mentions(view).get(target_id)):
        return {"turn_id": mention.turn_id, "start": mention.start, "end": mention.end}
    if kind == "edge" and (edge := _edges(view).get(target_id)):
        return {"source_id": edge.source_id, "target_id": edge.target_id, "kind": edge.kind}
    return {}


def before(
    view: View, action: str, target_id: str, argument: Argument, words: str = ""
) -> dict[str, object]:
    """Return what a reviewer saw of the target: what the action changes of it, by what it is found
    again in another run, and the names of all that is named beside it.

    `words` is what the form says of the target where the run does not know it, as for advice.
    """
    kind = ACTIONS[action].target
    row = _row(view, kind, target_id)
    fields = (*_FOUND_BY[kind], *_CHANGED.get(action, ()))
    found = {name: row[name] for name in fields if name in row}
    if kind == "decision":
        found["words"] = view.told()[target_id]
    elif kind == "advice" and words:
        found["words"] = clean(words)[:LONGEST_WORDS]
    return found | _named(view, found, argument) | _numbers(view, action, target_id, argument)


def _named(view: View, found: Mapping[str, object], argument: Argument) -> dict[str, object]:
    """Return how what the decision names is called: by field, as words are made from it, and by
    id, by which another run finds it."""
    names, told = view.names(), {}
    by_id: dict[str, str] = {}
    for field in NAMES_TOUCHPOINT:
        for key in (getattr(argument, field, ""), found.get(field, "")):
            if isinstance(key, str) and key in names:
                told[f"{field.removesuffix('_id')}_name"] = names[key]
                by_id[key] = names[key]
    return told | ({"names": by_id} if by_id else {})


def _numbers(view: View, action: str, target_id: str, argument: Argument) -> dict[str, object]:
    """Return the score or effort that a decision overrides; None when there was none."""
    if isinstance(argument, ScoreIs):
        score = view.lookup.scores.get((target_id, argument.dimension))
        value = score.value if score and not math.isnan(score.value) else None
        return {"dimension": argument.dimension, "value": value}
    if action == "effort":
        priority = view.lookup.priorities.get(target_id)
        return {"effort": priority.effort if priority else None}
    return {}


def _row(view: View, kind: Target, target_id: str) -> dict[str, object]:
    """Return what the run holds of a target, {} when nothing."""
    row = _known(view, kind).get(target_id)
    return asdict(row) if is_dataclass(row) and not isinstance(row, type) else {}


def _known(view: View, kind: Target) -> Mapping[str, object]:
    """Return the rows that a kind of target may be, by id."""
    return _ROWS[kind](view)


class _Anything(dict[str, str]):
    """Advice is computed anew for each view: any id of one may have been there."""

    def __contains__(self, _: object) -> bool:
        return True


def _touchpoints(view: View) -> Mapping[str, object]:
    return view.lookup.touchpoints


class _Quotes(Mapping[str, Mention | Candidate]):
    """The quotes of touchpoints, and those that belong to none, looked up when asked for."""

    def __init__(self, view: View) -> None:
        self._mentions = view.lookup.mentions
        self._candidates = view.tables.get("candidates", CANDIDATES.frame())

    def __getitem__(self, mention_id: str) -> Mention | Candidate:
        """Return the quote; KeyError when the run has none of this id."""
        if mention_id in self._mentions:
            return self._mentions[mention_id]
        rows = CANDIDATES.rows(self._candidates[self._candidates["mention_id"] == mention_id])
        if not rows:
            raise KeyError(mention_id)
        return rows[0]

    def __iter__(self) -> Iterator[str]:
        """Yield all ids."""
        return iter(dict.fromkeys((*self._mentions, *self._candidates["mention_id"])))

    def __len__(self) -> int:
        """Return how many quotes there are."""
        return len(set(self))


def _mentions(view: View) -> Mapping[str, Mention | Candidate]:
    return _Quotes(view)


def _edges(view: View) -> Mapping[str, Edge]:
    return {edge.edge_id: edge for edge in view.lookup.edges}


def _pains(view: View) -> Mapping[str, PainPoint]:
    return {p.pain_point_id: p for found in view.lookup.pains_at.values() for p in found}


def _hypotheses(view: View) -> Mapping[str, Hypothesis]:
    return {h.hypothesis_id: h for found in view.lookup.hypotheses_at.values() for h in found}


def _decisions(view: View) -> Mapping[str, Decision]:
    return {d.decision_id: d for d in view.decisions}


def _advice(_: View) -> Mapping[str, object]:
    return _Anything()


_ROWS: Mapping[Target, Callable[[View], Mapping[str, object]]] = {
    "touchpoint": _touchpoints,
    "mention": _mentions,
    "edge": _edges,
    "pain_point": _pains,
    "hypothesis": _hypotheses,
    "decision": _decisions,
    "advice": _advice,
}

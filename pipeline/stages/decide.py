"""reads candidates, found_mentions, found_touchpoints, found_aliases, found_pain_points, remainder,
decisions -> writes mentions, touchpoints, aliases, pain_points, decisions, flags, rejects

What was found, as reviewers decided it to be. Decisions are applied in the order in which they were
made, each to what those before it left. One whose touchpoint, pain point or quote is not in this
run waits, and says so. Decisions about links, moments, scores and hypotheses are applied later, to
the tables they are about (see overrule.py); here they only wait.

A split, and a touchpoint made by hand, carry over to quotes that nobody has judged by the quotes
that show what belongs to them (see `methods.carrying`). A part of which nobody speaks waits:
without quotes it is none. A touchpoint made by hand is there all the same, as one of the catalogue
is: a person said that it exists, and that no customer speaks of it is to be seen.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.config import Resolve
from pipeline.decisions.history import ordered, states
from pipeline.methods.carrying import (
    SURELY,
    Likeness,
    Matrix,
    fits_no_more,
    goes_along,
    nearness,
)
from pipeline.methods.membership import Rows
from pipeline.methods.reviewing import Raised, Review, begin
from pipeline.methods.whereabouts import AwayError, Said, read_all
from pipeline.schema import Tables
from pipeline.tables import DECISIONS, FLAGS, Decision
from pipeline.text import normalise

LATER = frozenset(
    {
        "score", "mark", "unmark", "confirm", "hide", "unlink", "accept_hypothesis",
        "edit_hypothesis", "drop_hypothesis",
    }
)  # fmt: skip
"""Actions that later steps apply."""
NONE_LIKE = "no quote of this period is like those that show it"
NONE_LEFT = "none of the quotes that were chosen is there any more"
"""Why a split waits in another period than its own, and in its own."""
_SURE = 1.0
"""How sure it is where a quote belongs that a person put there."""


class Decided(NamedTuple):
    """What the stage writes."""

    mentions: pd.DataFrame
    touchpoints: pd.DataFrame
    aliases: pd.DataFrame
    pain_points: pd.DataFrame
    decisions: pd.DataFrame
    flags: pd.DataFrame
    rejects: pd.DataFrame


def decide(
    found: Tables,
    decisions: pd.DataFrame,
    likeness: Likeness,
    period: str,
    settings: Resolve,
) -> Decided:
    """Return what was found as reviewers decided it to be.

    `found`: candidates, found_mentions, found_touchpoints, found_aliases, found_pain_points and
    remainder; every candidate is in the mentions or in the rejects. `period`: the run's, by name.
    """
    said = read_all(_with_states(DECISIONS.rows(decisions)))
    review = begin(found, said, likeness, period)
    ended = [_apply(review, one) for one in said]
    mentions = review.quotes.mentions(settings.min_pain_customers)
    return Decided(
        mentions,
        review.touchpoint_table(mentions),
        review.alias_table(),
        review.quotes.pain_points(mentions),
        DECISIONS.frame(ended),
        FLAGS.frame(review.raised()),
        review.quotes.rejects(found["remainder"]),
    )


def _with_states(rows: Sequence[Decision]) -> list[Decision]:
    """Return decisions in order, each with its state if it does not count."""
    fates = states(rows)
    return [replace(row, state=fates[row.decision_id], note="") for row in ordered(rows)]


def _apply(review: Review, said: Said) -> Decision:
    """Carry out a decision that stands; return it with its state and, when it waits, why."""
    row = said.row
    if row.state:
        return row
    if row.action in LATER:
        return replace(row, state="waiting", note="")
    try:
        _ACTIONS[row.action](review, said)
    except AwayError as away:
        return replace(row, state="waiting", note=str(away))
    return replace(row, state="applied", note="")


def _nothing(_review: Review, _said: Said) -> None:
    """Do nothing: what the decision changes are other decisions, or nothing in the tables."""


def _accept(review: Review, said: Said) -> None:
    review.places.target(said)


def _rename(review: Review, said: Said) -> None:
    review.rename(review.places.target(said), str(said.argument["name"]))


def _redefine(review: Review, said: Said) -> None:
    """Flag the quotes that the new words leave behind."""
    old, new = review.touchpoints[review.places.target(said)], str(said.argument["definition"])
    key = review.change(said, definition=new)
    rows = review.quotes.at(key)
    if not len(rows) or new == old.definition:
        return
    before, now = review.likeness([old.definition or old.name, new])
    lost = rows[fits_no_more(review.vectors(rows), before, now)]
    review.flag(said, lost, Raised(key, "", "redefined"))


def _move(review: Review, said: Said) -> None:
    review.change(said, stage=said.argument["stage"])


def _own(review: Review, said: Said) -> None:
    review.change(said, owner=said.argument["owner"], backup=said.argument.get("backup", ""))


def _effort(review: Review, said: Said) -> None:
    review.change(said, effort=float(said.argument["effort"]))


def _merge(review: Review, said: Said) -> None:
    own = _part(review, said)
    into = _whole(review, said, own)
    if own == into:
        raise AwayError(f"it is {review.places.called(into)} itself")
    review.quotes.merge(own, into)
    gone = review.touchpoints.pop(own)
    review.also(into, gone.name, *sorted(review.aliases.pop(own, set())))
    review.places.merge(own, into)


def _part(review: Review, said: Said) -> str:
    """Return the touchpoint that is merged; where it is away, what is said of it goes to the
    other one."""
    try:
        return review.places.target(said)
    except AwayError:
        with suppress(AwayError):
            review.places.part_of(said.row.target_id, review.places.end(said, "into"))
        raise


def _whole(review: Review, said: Said, part: str) -> str:
    """Return the touchpoint that another is merged into.

    Where it is not in this period, the other stands in for it: it goes on under its id and name.
    """
    places, key = review.places, str(said.argument["into"])
    try:
        return places.end(said, "into")
    except AwayError:
        if places.is_rejected(key):
            raise
    row = review.touchpoints[part]
    name = str(said.before.get("into_name") or places.told(key) or row.name)
    review.touchpoints[key] = replace(row, touchpoint_id=key, name=name)
    places.add(key, name)
    return key


def _reject(review: Review, said: Said) -> None:
    key = review.places.target(said)
    review.quotes.take_out(review.quotes.at(key), "touchpoint_rejected")
    review.places.reject(key)
    del review.touchpoints[key]
    review.aliases.pop(key, None)


def _link(review: Review, said: Said) -> None:
    review.places.same(str(said.argument["earlier_id"]), review.places.target(said))


def _add(review: Review, said: Said) -> None:
    """Make a touchpoint, and bring it the quotes of none that are surely like those it shows."""
    key = review.make(said.row.target_id, said.argument, None)
    rows = review.unjudged(review.quotes.at(""))
    if not len(rows):
        return
    near = nearness(review.vectors(rows), _shown(review, said.argument))
    is_sure = near >= SURELY
    review.quotes.move(rows[is_sure], key)
    review.quotes.trust(rows[is_sure], near[is_sure].astype(np.float64).round(3))


def _split(review: Review, said: Said) -> None:
    """Take a part out of a touchpoint: in the run in which it was decided the quotes chosen, and
    those like them are flagged; in any other the quotes like those that show the part.

    One without quotes waits, unless what was found is taken for it.
    """
    parent = review.places.target(said)
    if review.places.named(str(said.argument["name"])) == parent:
        review.places.part_of(str(said.argument["touchpoint_id"]), parent)
        raise AwayError(f"the part has the name of the whole, {review.places.called(parent)}")
    rows = review.quotes.at(parent)
    chosen = _chosen(review, said, rows)
    others = rows[~np.isin(rows, chosen)]
    is_here = said.row.period == review.period
    like = _shown(review, said.argument, chosen if is_here else chosen[:0])
    alike = review.unjudged(others[goes_along(review.vectors(others), like)])
    taken = chosen if is_here else np.union1d(chosen, alike)
    key = str(said.argument["touchpoint_id"])
    if not (len(taken) or review.same(key, str(said.argument["name"]))):
        raise AwayError(NONE_LEFT if is_here else NONE_LIKE)
    child = review.make(key, said.argument, review.touchpoints[parent])
    review.quotes.move(taken, child)
    if is_here:
        review.flag(said, alike, Raised(parent, child, "like_split"))


def _shown(review: Review, argument: Mapping[str, object], chosen: Rows | None = None) -> Matrix:
    """Return the vectors of the quotes that show what belongs to a touchpoint; without any, that of
    its definition or name."""
    given = argument.get("like")
    texts = [str(text) for text in given] if isinstance(given, list) else []
    if chosen is not None:
        texts += review.quotes.quotes(chosen)
    return review.likeness(texts or [str(argument.get("definition") or argument["name"])])


def _chosen(review: Review, said: Said, rows: Rows) -> Rows:
    """Return which rows of the parent a reviewer chose: by their ids, and where these are gone, as
    after another engine has read, those in the words that were to be shown."""
    quotes = [review.quotes.find(str(key)) for key in said.argument["quotes"]]
    found = np.intersect1d(rows, np.array(quotes, dtype=np.int64))
    if -1 not in quotes or said.row.period != review.period:
        return found
    like = {normalise(text) for text in said.argument.get("like", ())}
    same = [normalise(quote) in like for quote in review.quotes.quotes(rows)]
    return np.union1d(found, rows[np.array(same, dtype=np.bool_)])


def _keep(review: Review, said: Said) -> None:
    row = review.row(said)
    review.judge(row)
    if review.quotes.home(row):
        review.quotes.trust(np.array([row]), _SURE)


def _reassign(review: Review, said: Said) -> None:
    row, into = review.row(said), review.places.end(said, "touchpoint_id")
    review.judge(row)
    review.quotes.move(np.array([row]), into)
    if review.quotes.home(row):
        review.quotes.trust(np.array([row]), _SURE)


def _discard(review: Review, said: Said) -> None:
    row = review.row(said)
    review.judge(row)
    review.quotes.take_out(np.array([row]), "discarded")


def _rename_pain(review: Review, said: Said) -> None:
    review.quotes.pains[review.pain(said)].name = str(said.argument["name"])


def _merge_pain(review: Review, said: Said) -> None:
    own, pains = review.pain(said), review.quotes.pains
    into = review.other_pain(said, own)
    if into == own:
        raise AwayError("both are one pain point in this period")
    if pains[into].touchpoint_id != pains[own].touchpoint_id:
        raise AwayError("the two pain points are at different touchpoints in this period")
    review.quotes.join(own, into)
    review.joined[own] = into


_ACTIONS: Mapping[str, Callable[[Review, Said], None]] = {
    "accept": _accept, "rename": _rename, "redefine": _redefine, "move": _move, "own": _own,
    "effort": _effort, "merge": _merge, "split": _split, "reject": _reject, "add": _add,
    "link": _link, "keep": _keep, "reassign": _reassign, "discard": _discard,
    "rename_pain": _rename_pain, "merge_pain": _merge_pain, "dismiss": _nothing,
    "settle": _nothing, "undo": _nothing,
}  # fmt: skip

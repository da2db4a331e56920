"""What a page of the review app is: a path, a template, and a function from what was asked to what
the template shows. Page modules export `PAGES`, a tuple of Page; app.py joins them.

The context of every template has, beside what `build` returns: `who`, `csrf`, `here` (the path with
its query, for `next`), `manifest`, `progress` (share of the impact reviewed, 0 to 1), `n_decisions`
(since the run), `words` (publish.words), `flash` (what was just done, or None), `undo_last` (the
reviewer's last decision that stands, or None) and `page` (the Page).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pipeline.decisions.history import VERDICTS, latest_of_all, standing, told
from pipeline.decisions.wording import all_in_words, names_given
from pipeline.errors import TouchpointsError
from pipeline.manifest import Manifest
from pipeline.publish.lookup import Lookup
from pipeline.review.state.weights import weigh
from pipeline.schema import Tables
from pipeline.tables import Decision

if TYPE_CHECKING:
    from pipeline.review.state.desk import Desk

ID = r"[0-9a-zA-Z_-]{1,64}"
"""What may stand for an id in a path."""


class MissingError(TouchpointsError):
    """What the address names is not in this run: answered with 404 and this text."""


@dataclass(frozen=True)
class View:
    """A run as the decisions so far leave it. Never change its tables: all pages share them."""

    tables: Tables
    """After every decision."""
    lookup: Lookup
    """Of `tables`."""
    decisions: tuple[Decision, ...]
    """All of the log in the order they were made, with state and note."""
    base: Tables
    """As the run folder holds them: found_* is what the engine proposed."""
    stale: frozenset[str]
    """touchpoint_ids whose hypotheses were written before a decision touched them."""
    manifest: Manifest
    version: str
    """Changes whenever anything above does: a key for what is worth computing once."""
    decided: frozenset[str] = frozenset()
    """decision_ids that the run itself was made with; the others came since."""
    fresh: frozenset[str] = frozenset()
    """touchpoint_ids whose hypotheses were proposed anew since the run, and are not published."""
    earlier: tuple[tuple[str, str], ...] = ()
    """id and name of the touchpoints of the period before, by name."""

    def seen(self, target_id: str) -> str:
        """Return the last decision about a target, '' when none: what a form sends as `seen`."""
        return self._latest.get(target_id, "")

    def names(self) -> Mapping[str, str]:
        """Return the names of touchpoints and pain points by id, also of those merged or rejected:
        how history tells them."""
        return self._names

    def standing(self) -> tuple[Decision, ...]:
        """Return the decisions that count, in order: none undone, replaced or overruled."""
        return self._standing

    @cached_property
    def _standing(self) -> tuple[Decision, ...]:
        return standing(self.decisions)

    def told(self) -> Mapping[str, str]:
        """Return every decision in words, by id; an undo tells what it undid."""
        return self._told

    @cached_property
    def _told(self) -> Mapping[str, str]:
        return all_in_words(self.decisions, self.names())

    @cached_property
    def _latest(self) -> Mapping[str, str]:
        return latest_of_all(self.decisions)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        found = _names_in(self.base, *(f"found_{name}" for name in _NAMED), *_NAMED)
        # Of what is gone, the last name that it had; of what is there, the one it has.
        given = names_given(self.decisions)
        return dict(self.earlier) | found | given | _names_in(self.tables, *_NAMED)


_NAMED = ("touchpoints", "pain_points")
"""Tables of what has a name."""


def _names_in(tables: Tables, *wanted: str) -> dict[str, str]:
    """Return the names in some tables by id."""
    names: dict[str, str] = {}
    for table in wanted:
        if table in tables:
            key = f"{table.removeprefix('found_').removesuffix('s')}_id"
            names |= dict(zip(tables[table][key], tables[table]["name"], strict=True))
    return names


class Asked(NamedTuple):
    """What a page is built from."""

    view: View
    query: Mapping[str, str]
    """The first value of each field of the query."""
    path: Mapping[str, str]
    """The parts of the path in braces; ids by their pattern."""
    who: str
    """The reviewer's name."""
    desk: "Desk"


class Page(NamedTuple):
    """One page."""

    path: str
    """Like '/touchpoints/{touchpoint_id}': each part in braces is an id."""
    name: str
    """What it is called in the navigation and the title."""
    template: str
    """In review/templates; extends base.html."""
    build: Callable[[Asked], Mapping[str, object]]
    """MissingError: nothing is at this address."""


def reviewed(view: View) -> frozenset[str]:
    """Return the touchpoints that a reviewer has judged, or made, by a decision which still stands.

    Who owns one, or what it would cost to change, says nothing of whether it is right.
    """
    targets = {d.target_id for d in view.standing() if is_judgement(d)}
    made = {str(told(d.argument)["touchpoint_id"]) for d in view.standing() if d.action == "split"}
    return frozenset((targets | made) & view.lookup.touchpoints.keys())


def is_judgement(decision: Decision) -> bool:
    """Tell whether a decision says that a touchpoint is right, or what is right instead."""
    verdict = VERDICTS.get(decision.action)
    return decision.action == "add" or (verdict is not None and verdict.kind == "touchpoint")


def progress(view: View) -> float:
    """Return the share of what is at stake that has been reviewed, 0 to 1, of the touchpoints that
    customers spoke of, as in the work list; 1 when they spoke of none."""
    lookup = view.lookup
    weights = {
        key: weigh(lookup, key).value for key in lookup.touchpoints if lookup.mentions_at.get(key)
    }
    done, total = reviewed(view), sum(weights.values())
    return sum(weight for key, weight in weights.items() if key in done) / total if total else 1.0

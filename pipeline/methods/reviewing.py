"""Everything found in a run, in the making of what reviewers decided it to be."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.errors import shorten
from pipeline.methods.carrying import Likeness, Matrix
from pipeline.methods.measures import among
from pipeline.methods.membership import Membership, Rows
from pipeline.methods.whereabouts import AwayError, Said, Whereabouts
from pipeline.schema import Tables
from pipeline.tables import ALIASES, TOUCHPOINTS, Alias, Flag, Touchpoint
from pipeline.text import normalise

NOT_THIS_PERIODS = "the quote is not in this period"
OTHER_WORDS = "other words stand in the quote's place by now"
_TELLING = 4
"""Words of a quote that is known again wherever it stands; shorter ones many people say."""


class Raised(NamedTuple):
    """Why a quote should be looked at again."""

    at: str
    """The touchpoint it was at."""
    instead: str
    """The touchpoint at which it may belong, '' when nothing tells."""
    reason: str


@dataclass(slots=True)
class Review:
    """The touchpoints, quotes and pain points as the decisions so far leave them."""

    places: Whereabouts
    quotes: Membership
    touchpoints: dict[str, Touchpoint]
    aliases: dict[str, set[str]]
    likeness: Likeness
    period: str
    """The run's, by name."""
    flags: dict[tuple[int, str], Raised] = field(default_factory=dict)
    """By row of `quotes` and decision_id."""
    joined: dict[str, str] = field(default_factory=dict)
    """Pain points that became a part of another."""

    def change(self, said: Said, **facts: object) -> str:
        """Set fields of the touchpoint that a decision is about; return its id."""
        key = self.places.target(said)
        self.touchpoints[key] = replace(self.touchpoints[key], **facts)  # type: ignore[arg-type]
        return key

    def rename(self, key: str, name: str) -> None:
        """Give a touchpoint a name; the old one stays an alias."""
        old = self.touchpoints[key]
        self.touchpoints[key] = replace(old, name=name)
        self.places.add(key, name)
        own = self.aliases.setdefault(key, set())
        own -= {alias for alias in own if normalise(alias) == normalise(name)}
        self.also(key, old.name)

    def also(self, key: str, *names: str) -> None:
        """Give a touchpoint other names, unless it goes by them."""
        own = self.aliases.setdefault(key, set())
        known = {normalise(self.touchpoints[key].name), *map(normalise, own)}
        own |= {name for name in names if normalise(name) not in known}

    def same(self, key: str, name: str) -> str:
        """Return what is there already of a touchpoint to be made: by its id or name, else ''."""
        return key if key in self.touchpoints else self.places.named(name)

    def make(self, key: str, argument: Mapping[str, object], parent: Touchpoint | None) -> str:
        """Make a touchpoint, which has from its parent what nobody gave it; return its id.

        One that was found under the id, or has the name, is taken for it.
        """
        name = str(argument["name"])
        same = self.same(key, name)
        if same:
            self.places.same(key, same)
            return same
        told = {
            column: str(argument.get(column) or (getattr(parent, column) if parent else ""))
            for column in ("stage", "channel", "owner", "backup")
        }
        self.touchpoints[key] = Touchpoint(
            touchpoint_id=key, name=name, definition=str(argument.get("definition", "")),
            origin="reviewer", audience=parent.audience if parent else "customer",
            effort=float("nan"), n_customers=0, n_mentions=0,
            position=1 + max((row.position for row in self.touchpoints.values()), default=-1),
            **told,
        )  # fmt: skip
        self.places.add(key, name)
        return key

    def row(self, said: Said) -> int:
        """Return the row of the quote that a decision is about, by its id, else where it stands.

        Both tell places in files, which others take when a file is edited: so the words must be the
        same too. In the period that was reviewed they may stand elsewhere by now.
        """
        place, stood = said.argument, str(said.before.get("touchpoint_id", ""))
        words = str(said.before.get("quote", ""))
        row = self.quotes.find(said.row.target_id)
        if row < 0:
            row = self.quotes.find_place(place["turn_id"], place["start"], place["end"], stood)
        if row >= 0 and self.quotes.says(row, words):
            return row
        moved = self.quotes.find_words(words, place["turn_id"], stood)
        if moved < 0 and said.row.period == self.period and len(words.split()) >= _TELLING:
            moved = self.quotes.find_words(words, "", stood)
        if moved < 0:
            raise AwayError(OTHER_WORDS if row >= 0 else NOT_THIS_PERIODS)
        return moved

    def judge(self, row: int) -> None:
        """Note that a person placed a quote: likeness moves it no more, its flags are settled."""
        self.quotes.judged.add(row)
        for key in [key for key in self.flags if key[0] == row]:
            del self.flags[key]

    def flag(self, said: Said, rows: Rows, raised: Raised) -> None:
        """Ask reviewers to look at quotes again."""
        for row in rows.tolist():
            self.flags[row, said.row.decision_id] = raised

    def unjudged(self, rows: Rows) -> Rows:
        """Return the rows that no person placed."""
        return rows[~np.isin(rows, sorted(self.quotes.judged))]

    def vectors(self, rows: Rows) -> Matrix:
        """Return the vectors of some quotes."""
        return self.likeness(self.quotes.quotes(rows))

    def pain(self, said: Said) -> str:
        """Return the pain point that a decision is about, by its id, else by its name."""
        pains, key = self.quotes.pains, said.row.target_id
        if key in pains:
            return key
        stood = str(said.before.get("touchpoint_id", ""))
        stood = self.places.find(stood, follow=True) if stood else ""
        return self.pain_called(next(iter(said.names), ""), stood)

    def other_pain(self, said: Said, own: str) -> str:
        """Return the pain point that another becomes a part of."""
        key = str(said.argument["into"])
        while key in self.joined:
            key = self.joined[key]
        if key in self.quotes.pains:
            return key
        home = self.quotes.pains[own].touchpoint_id
        return self.pain_called(str(said.before.get("into_name", "")), home)

    def pain_called(self, name: str, touchpoint_id: str) -> str:
        """Return the pain point of a name at a touchpoint; where none is told, the only one."""
        own = [
            key
            for key, pain in self.quotes.pains.items()
            if normalise(pain.name) == normalise(name) and touchpoint_id in ("", pain.touchpoint_id)
        ]
        if not name or len(own) != 1:
            called = f" '{shorten(name, 60)}'" if name else ""
            place = f" at {self.places.called(touchpoint_id)}" if touchpoint_id else ""
            raise AwayError(f"no pain point{called}{place} in this period")
        return own[0]

    def touchpoint_table(self, mentions: pd.DataFrame) -> pd.DataFrame:
        """Return the touchpoints, counted again where quotes came or went."""
        changed = self.quotes.changed
        groups = mentions[among(mentions["touchpoint_id"], changed)].groupby("touchpoint_id")
        customers, numbers = groups["customer_id"].nunique(), groups.size()
        rows = dict(self.touchpoints)
        for key in changed & rows.keys():
            n_customers, n_mentions = int(customers.get(key, 0)), int(numbers.get(key, 0))
            rows[key] = replace(rows[key], n_customers=n_customers, n_mentions=n_mentions)
        return TOUCHPOINTS.frame(rows.values())

    def alias_table(self) -> pd.DataFrame:
        """Return the other names of the touchpoints."""
        return ALIASES.frame(Alias(key, name) for key, own in self.aliases.items() for name in own)

    def raised(self) -> Iterator[Flag]:
        """Yield the flags of quotes that are still where they were when a decision raised them."""
        ids = self.quotes.rows["mention_id"].tolist() if self.flags else []
        for (row, decision_id), one in self.flags.items():
            at, instead = self._today(one.at), self._today(one.instead)
            if at and self.quotes.home(row) == at != instead:
                yield Flag(ids[row], decision_id, instead, one.reason)

    def _today(self, key: str) -> str:
        """Return under which id a touchpoint is found by now, '' when it is not."""
        with suppress(AwayError):
            return self.places.find(key, follow=True) if key else ""
        return ""


def begin(found: Tables, said: list[Said], likeness: Likeness, period: str) -> Review:
    """Return what was found before anything is decided."""
    touchpoints = {row.touchpoint_id: row for row in TOUCHPOINTS.rows(found["found_touchpoints"])}
    pairs = [(row.touchpoint_id, row.alias) for row in ALIASES.rows(found["found_aliases"])]
    aliases: dict[str, set[str]] = {}
    for key, alias in pairs:
        aliases.setdefault(key, set()).add(alias)
    candidates = found["candidates"]
    left = candidates[among(candidates["mention_id"], found["remainder"]["row_id"])]
    return Review(
        Whereabouts({key: row.name for key, row in touchpoints.items()}, pairs, said),
        Membership(found["found_mentions"], left, found["found_pain_points"]),
        touchpoints, aliases, likeness, period,
    )  # fmt: skip

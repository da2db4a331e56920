"""Which quote belongs to which touchpoint and pain point while decisions move them about."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.methods.measures import QUOTES_KEPT, among, pains
from pipeline.methods.problems import pain_points
from pipeline.tables import MENTIONS, PAIN_POINTS, REJECTS, PainPoint, Reject
from pipeline.text import normalise, stable_id

Rows = npt.NDArray[np.int64]
_LEFT = -1
"""The place of a quote that belongs to no touchpoint."""
_OUT = -2
"""The place of a quote that a decision took out."""
_DETAIL = 200
_BETWEEN = re.compile(r"\W+")


@dataclass(slots=True)
class Pain:
    """A pain point while quotes come and go."""

    touchpoint_id: str
    name: str
    is_recounted: bool = False
    """Its quotes are others than those that were found."""


class Membership:
    """The quotes that were found, numbered, and where each belongs."""

    def __init__(
        self, mentions: pd.DataFrame, left: pd.DataFrame, found_pains: pd.DataFrame
    ) -> None:
        """Take mentions, the candidates that belong to no touchpoint, and pain points."""
        self._found = mentions
        self._found_pains = found_pains
        unplaced = left.drop(columns="label").assign(pain_point_id="", touchpoint_id="")
        self.rows = pd.concat([mentions, unplaced], ignore_index=True)
        codes, ids = pd.factorize(self.rows["touchpoint_id"])
        self._ids = [str(key) for key in ids]
        self._codes = {key: n for n, key in enumerate(self._ids)}
        none = self._codes.get("", _OUT)
        self._home: Rows = np.where(codes == none, _LEFT, codes).astype(np.int64)
        self._pain = self.rows["pain_point_id"].to_numpy(dtype=object).copy()
        self._sure = self.rows["confidence"].to_numpy(dtype=np.float64).copy()
        self._why: dict[int, str] = {}
        self._moved: set[int] = set()
        self.judged: set[int] = set()
        """Rows that a reviewer placed one by one."""
        self.changed: set[str] = set()
        """Touchpoints with other quotes than those that were found."""
        self.pains = {
            row.pain_point_id: Pain(row.touchpoint_id, row.name)
            for row in PAIN_POINTS.rows(found_pains)
        }

    @cached_property
    def _by_id(self) -> dict[str, int]:
        return {key: n for n, key in enumerate(self.rows["mention_id"].tolist())}

    @cached_property
    def _turns(self) -> tuple[Rows, dict[str, int]]:
        """The turn of each row as a number, and the number of each turn."""
        numbers, turns = pd.factorize(self.rows["turn_id"])
        return numbers.astype(np.int64), {key: n for n, key in enumerate(turns.tolist())}

    @cached_property
    def _quotes(self) -> npt.NDArray[np.object_]:
        return self.rows["quote"].to_numpy(dtype=object)

    @cached_property
    def _said(self) -> dict[str, list[int]]:
        """The rows of each quote, by its words."""
        found: dict[str, list[int]] = {}
        for row, quote in enumerate(self._quotes.tolist()):
            found.setdefault(_letters(quote), []).append(row)
        return found

    @cached_property
    def _places(self) -> Rows:
        """A number for each row that is the same for quotes of one span."""
        start, end = (self.rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        spans = pd.factorize(start * (int(end.max(initial=0)) + 1) + end)[0]
        places: Rows = self._turns[0] * max(len(spans), 1) + spans
        return places

    def at(self, touchpoint_id: str) -> Rows:
        """Return the rows at a touchpoint, '' for those that belong to none."""
        code = self._codes.get(touchpoint_id, _OUT - 1) if touchpoint_id else _LEFT
        return np.flatnonzero(self._home == code).astype(np.int64)

    def home(self, row: int) -> str:
        """Return the touchpoint of a row, '' when it belongs to none or was taken out."""
        code = int(self._home[row])
        return self._ids[code] if code >= 0 else ""

    def quotes(self, rows: Rows) -> list[str]:
        """Return the words of some rows."""
        quotes: list[str] = self._quotes[rows].tolist()
        return quotes

    def find(self, mention_id: str) -> int:
        """Return the row of a mention, -1 when it is not there."""
        return self._by_id.get(mention_id, -1)

    def find_place(self, turn_id: str, start: int, end: int, touchpoint_id: str) -> int:
        """Return the row of a span, that at the touchpoint if there are several, -1 for none."""
        numbers, turns = self._turns
        if turn_id not in turns:
            return -1
        said = np.flatnonzero(numbers == turns[turn_id]).tolist()
        spans = self.rows[["start", "end"]].iloc[said].to_numpy().tolist()
        own = [row for row, span in zip(said, spans, strict=True) if span == [start, end]]
        return min(own, key=lambda row: (self.home(row) != touchpoint_id, row), default=-1)

    def says(self, row: int, words: str) -> bool:
        """Tell whether a quote has the words, '' for any; signs and white space do not matter."""
        return not words or _letters(self._quotes[row]) == _letters(words)

    def find_words(self, words: str, turn_id: str, touchpoint_id: str) -> int:
        """Return the only quote with the words in a turn, '' for any turn; -1 for none or several.

        Of those on one span, that at the touchpoint counts.
        """
        numbers, turns = self._turns
        own = self._said.get(_letters(words), []) if words else []
        if turn_id:
            own = [row for row in own if numbers[row] == turns.get(turn_id, -1)]
        near = [row for row in own if self.home(row) == touchpoint_id] or own
        return near[0] if len(near) == 1 else -1

    def move(self, rows: Rows, touchpoint_id: str) -> None:
        """Bring rows to a touchpoint; one whose span is there already is taken out.

        A pain point goes along under its name, or joins that of the same name.
        """
        code = self._code(touchpoint_id)
        rows = rows[self._home[rows] != code]
        is_twice = np.isin(self._places[rows], self._places[self.at(touchpoint_id)])
        self.take_out(rows[is_twice], "same_quote")
        rows = rows[~is_twice]
        self._leave(rows)
        self._home[rows] = code
        for row in self._why.keys() & set(rows.tolist()):
            del self._why[row]
        own = self._pain[rows]
        for key in sorted(set(own.tolist())):
            self._pain[rows[own == key]] = self._pain_at(key, touchpoint_id)
        self.changed.add(touchpoint_id)

    def merge(self, touchpoint_id: str, into: str) -> None:
        """Bring all of a touchpoint to another; its pain points keep their ids."""
        there = {self._problem(key): key for key, pain in self.pains.items()}
        for key, pain in list(self.pains.items()):
            if pain.touchpoint_id != touchpoint_id:
                continue
            same = there.get((into, normalise(pain.name)))
            if same:
                self.join(key, same)
            else:
                pain.touchpoint_id = into
        self.move(self.at(touchpoint_id), into)

    def join(self, pain_point_id: str, into: str) -> None:
        """Make a pain point a part of another."""
        own = self._pain == pain_point_id
        self._pain[own] = into
        self._moved.update(np.flatnonzero(own).tolist())
        self.pains[into].is_recounted = True
        del self.pains[pain_point_id]

    def take_out(self, rows: Rows, reason: str) -> None:
        """Let rows belong nowhere, for a reason that the rejects tell."""
        self._leave(rows)
        self._home[rows] = _OUT
        self._why.update(dict.fromkeys(rows.tolist(), reason))

    def trust(self, rows: Rows, confidence: npt.NDArray[np.float64] | float) -> None:
        """Set how sure it is that rows belong where they are."""
        self._sure[rows] = confidence
        self._moved.update(rows.tolist())

    def mentions(self, least: int) -> pd.DataFrame:
        """Return the table; pain points of fewer than `least` customers vanish if decisions
        changed them."""
        self._drop_small(least)
        if not self._moved:
            return self._found
        used = np.flatnonzero(self._home >= 0)
        homes = np.array(self._ids, dtype=object)[self._home[used]]
        placed = self.rows.iloc[used].assign(
            touchpoint_id=pd.Series(homes, used, "str"),
            pain_point_id=pd.Series(self._pain[used], used, "str"),
            confidence=self._sure[used],
        )
        return MENTIONS.check(placed)

    def pain_points(self, mentions: pd.DataFrame) -> pd.DataFrame:
        """Return the table; `mentions` is what `mentions` returned."""
        found = {row.pain_point_id: row for row in PAIN_POINTS.rows(self._found_pains)}
        named = {key: pain.name for key, pain in self.pains.items() if pain.is_recounted}
        hurt = pains(mentions[among(mentions["pain_point_id"], named)])
        hurt = hurt.assign(name=hurt["pain_point_id"].map(named).astype("str"))
        counted = {row.pain_point_id: row for row in PAIN_POINTS.rows(pain_points(hurt))}
        rows = []
        for key, pain in self.pains.items():
            row = counted[key] if pain.is_recounted else found[key]
            rows.append(_called(row, pain))
        return PAIN_POINTS.frame(rows)

    def rejects(self, remainder: pd.DataFrame) -> pd.DataFrame:
        """Return the remainder that nobody claimed, and what decisions took out."""
        if not self._moved:
            return remainder
        left = among(remainder["row_id"], self.rows["mention_id"].iloc[self.at("")])
        out = sorted(self._why)
        ids, quotes = self.rows["mention_id"].iloc[out], self.quotes(np.array(out, dtype=np.int64))
        taken = REJECTS.frame(
            Reject(mention_id, "decide", self._why[row], quote[:_DETAIL])
            for row, mention_id, quote in zip(out, ids, quotes, strict=True)
        )
        return REJECTS.check(pd.concat([remainder[left], taken]))

    def _code(self, touchpoint_id: str) -> int:
        if touchpoint_id not in self._codes:
            self._codes[touchpoint_id] = len(self._ids)
            self._ids.append(touchpoint_id)
        return self._codes[touchpoint_id]

    def _leave(self, rows: Rows) -> None:
        """Note that rows are no longer where they were."""
        self._moved.update(rows.tolist())
        self.changed.update(self._ids[code] for code in np.unique(self._home[rows]) if code >= 0)
        for key in set(self._pain[rows].tolist()) & self.pains.keys():
            self.pains[key].is_recounted = True

    def _problem(self, pain_point_id: str) -> tuple[str, str]:
        pain = self.pains[pain_point_id]
        return pain.touchpoint_id, normalise(pain.name)

    def _pain_at(self, pain_point_id: str, touchpoint_id: str) -> str:
        """Return the pain point of a touchpoint that goes by the name of another's."""
        pain = self.pains.get(pain_point_id)
        if pain is None or pain.touchpoint_id == touchpoint_id:
            return pain_point_id if pain else ""
        wanted = (touchpoint_id, normalise(pain.name))
        same = next((key for key in self.pains if self._problem(key) == wanted), "")
        key = same or stable_id("pain", *wanted)
        self.pains.setdefault(key, Pain(touchpoint_id, pain.name)).is_recounted = True
        return key

    def _drop_small(self, least: int) -> None:
        """Let go of pain points that decisions left too few customers."""
        used = self._home >= 0
        for key in [key for key, pain in self.pains.items() if pain.is_recounted]:
            own = np.flatnonzero(used & (self._pain == key))
            if self.rows["customer_id"].iloc[own].nunique() < least:
                self._pain[own] = ""
                del self.pains[key]


@lru_cache(maxsize=QUOTES_KEPT)
def _letters(text: str) -> str:
    """Return a text without what stands between its words."""
    return _BETWEEN.sub(" ", normalise(text)).strip()


def _called(row: PainPoint, pain: Pain) -> PainPoint:
    """Return a pain point where it is now and as it is called now."""
    return PainPoint(
        row.pain_point_id, pain.touchpoint_id, pain.name, row.n_customers, row.n_mentions,
        row.severity, row.quote_mention_id,
    )  # fmt: skip
